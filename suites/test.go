package suites

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// Target is a server to be judged by Test.
type Target struct {
	// URL is where it listens: http://HOST:PORT, as of an httptest.Server.
	URL string
	// Clock says what time it is there: time.Now, in nearly every test.
	Clock func() time.Time
	// AccessKeyID and AccessKeySecret are a key that the server knows.
	AccessKeyID     string
	AccessKeySecret string
	// Region is one that the server has.
	Region string
	// Bindings are real things on the server by wire name, such as
	// VSwitchId. Cases about things that are missing here are skipped.
	Bindings map[string]string
	// Profile is a target profile in YAML, such as conform run --target reads,
	// for what has no field here: conditions, further keys, limits, waits. What
	// the fields say goes before it, and URL stands for its endpoint, so it may
	// leave out what they give. A baseline that it names is not read.
	Profile []byte
	// Select and Skip are globs over case ids; see conform run --select.
	Select, Skip []string
	// Strict is the weakest level whose breach fails the test: must (or
	// empty), should or inferred.
	Strict string
	// Seed decides everything that is made up.
	Seed uint64
	// Jobs is how many cases run at once; zero means 8.
	Jobs int
}

// Test judges a server by the contract that comes with this module: a subtest
// per operation and family, and in it one per case. What the profile leaves no
// way to provoke is skipped with its reason; a case that could not be judged
// fails, since nothing was found out. It fails the test at once where the
// target or its profile makes no sense.
func Test(t *testing.T, target Target) {
	t.Helper()
	o, err := target.options()
	if err != nil {
		t.Fatal(err)
	}
	transport := transport()
	t.Cleanup(transport.CloseIdleConnections)
	o.Transport = transport
	if err := run.Preflight(t.Context(), o); err != nil {
		t.Fatalf("target %s: %v", target.URL, err)
	}
	runner := run.New(o)
	runner.Start(t.Context())
	for _, op := range grouped(o.Plan.Cases, operationOf) {
		for _, family := range grouped(op, familyOf) {
			t.Run(family[0].Operation+"/"+family[0].Family, func(t *testing.T) { subtests(t, family, runner) })
		}
	}
	sum := runner.Wait()
	if sum.Judged() == 0 {
		t.Errorf("target %s: none of %d cases could be judged: the reasons are those of the skipped ones", target.URL, sum.Total)
	}
	for _, leak := range sum.Leaks {
		t.Errorf("%s %s in %s, made by %s, was not removed: %s", leak.Resource, leak.ID, leak.Region, leak.Case, leak.Reason)
	}
}

func subtests(t *testing.T, cases []*plan.Case, r Results) {
	for _, c := range cases {
		t.Run(c.Subject+"/"+c.Variant, func(t *testing.T) {
			res := r.Result(context.WithoutCancel(t.Context()), c.ID)
			switch {
			case res.Fault, res.Verdict == run.Fail:
				t.Errorf("%s (%s)", failure(res), c.Clause.Place)
			case res.Verdict == run.Inconclusive:
				t.Errorf("could not judge: %s (%s)", res.Reason, c.Clause.Place)
			case res.Verdict == run.Skip:
				t.Skip(res.Reason)
			}
		})
	}
}

// options makes a run of the target. It returns all that is wrong with it.
func (target Target) options() (run.Options, error) {
	if target.Clock == nil {
		return run.Options{}, errors.New("target: Clock is missing: want time.Now, or the clock of the server")
	}
	if target.Jobs < 0 {
		return run.Options{}, fmt.Errorf("target: Jobs %d: want 1 or more, or 0 for 8", target.Jobs)
	}
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		return run.Options{}, fmt.Errorf("load contract: %w", err)
	}
	p, err := target.plan(c)
	if err != nil {
		return run.Options{}, err
	}
	prof, err := target.profile(c)
	if err != nil {
		return run.Options{}, err
	}
	keys, err := prof.Resolve(profile.Lookups{})
	if err != nil {
		return run.Options{}, err
	}
	strict := contract.Must
	if target.Strict != "" {
		if strict, err = contract.ParseLevel(target.Strict); err != nil {
			return run.Options{}, fmt.Errorf("target: Strict: %w", err)
		}
	}
	return run.Options{
		Contract: c, Plan: p, Profile: prof, Credentials: keys, Clock: target.Clock,
		Seed: target.Seed, Jobs: target.Jobs, Strict: strict, Redactor: redactor(keys),
	}, nil
}

func redactor(keys map[string]wire.Credentials) *wire.Redactor {
	r := wire.NewRedactor()
	for _, k := range keys {
		for _, secret := range []string{k.AccessKeySecret, k.SecurityToken} {
			if secret != "" {
				r.Add(secret)
			}
		}
	}
	return r
}

// transport keeps as many connections as cases may run at once.
func transport() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true, IdleConnTimeout: 30 * time.Second}
}

func (target Target) plan(c *contract.Contract) (*plan.Plan, error) {
	in, err := LoadInputs(c, fixtures.Inputs, "inputs")
	if err != nil {
		return nil, err
	}
	p, err := Plan(c, in)
	if err != nil {
		return nil, err
	}
	chosen, err := p.Select(target.Select, target.Skip, contract.Inferred)
	switch {
	case err != nil:
		return nil, fmt.Errorf("target: Select and Skip: %w", err)
	case len(chosen.Cases) == 0:
		return nil, errors.New("target: Select and Skip leave no case")
	}
	return chosen, nil
}

// profile is the target's: what its Profile says, and over it what stands in
// the code.
func (target Target) profile(c *contract.Contract) (*profile.Profile, error) {
	if err := profile.CheckEndpoint(target.URL); err != nil {
		return nil, fmt.Errorf("target: URL: %w", err)
	}
	p := &profile.Profile{
		File: "target", Region: target.Region,
		Wait: profile.Wait{Initial: 5 * time.Millisecond, Factor: 1.5, Cap: 200 * time.Millisecond, Deadline: time.Minute},
	}
	if target.Profile != nil {
		var err error
		base := profile.Profile{File: "target: Profile", Endpoint: target.URL, Region: target.Region}
		if p, err = profile.LoadOver(base, target.Profile); err != nil {
			return nil, err
		}
	}
	if err := target.giveKey(p); err != nil {
		return nil, err
	}
	p.Endpoint, p.Region = target.URL, cmp.Or(target.Region, p.Region)
	if p.Region == "" {
		return nil, errors.New("target: Region is missing: want one that the server has")
	}
	bind(p, target.Bindings)
	return p, p.Validate(c)
}

// giveKey makes the target's own key the profile's default.
func (target Target) giveKey(p *profile.Profile) error {
	_, has := p.Credentials["default"]
	switch {
	case target.AccessKeyID != "" && target.AccessKeySecret != "":
		if p.Credentials == nil {
			p.Credentials = map[string]profile.Credential{}
		}
		p.Credentials["default"] = profile.Credential{AccessKeyID: target.AccessKeyID, AccessKeySecret: target.AccessKeySecret}
	case target.AccessKeyID != "" || target.AccessKeySecret != "" || !has:
		return errors.New("target: AccessKeyID and AccessKeySecret are missing: want a key that the server knows")
	}
	return nil
}

// bind adds bindings to those of the profile.
func bind(p *profile.Profile, more map[string]string) {
	all := maps.Clone(p.Bindings)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, more)
	p.Bindings = all
}
