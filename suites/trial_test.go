package suites

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/run"
)

// trial judges an emulator that may err by the contract as it is.
type trial struct {
	edit    func(*contract.Contract)        // of the contract that the emulator obeys
	wrap    func(http.Handler) http.Handler // between client and emulator
	lenient bool
	bare    bool          // judge with a profile that binds next to nothing
	settle  time.Duration // in each state that passes by itself; zero for none
	patient time.Duration // the deadline of waits; zero for the profile's
	pause   time.Duration // the shortest and the longest between looks; zero for the profile's
	hooks   *emulator.Hooks
	ahead   time.Duration // of the emulator's clock before ours
	quota   int           // how many resources of a kind an account may have; zero for the world's
	selects []string
	strict  contract.Level
	seed    uint64
	jobs    int
}

// judged is a trial's outcome.
type judged struct {
	results []run.Result
	summary run.Summary
}

func (tr trial) judge(t testing.TB) judged {
	t.Helper()
	c, p := loadPlan(t)
	selected, err := p.Select(tr.selects, nil, contract.Inferred)
	if err != nil {
		t.Fatal(err)
	}
	o := tr.options(t, c, selected)
	var out judged
	o.Sink = func(r run.Result) { out.results = append(out.results, r) }
	runner := run.New(o)
	runner.Start(context.Background())
	out.summary = runner.Wait()
	return out
}

func (tr trial) options(t testing.TB, c *contract.Contract, p *plan.Plan) run.Options {
	t.Helper()
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	prof, err := profile.Load("emulator.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if tr.bare {
		prof.Conditions, prof.Bindings = nil, map[string]string{
			"SecurityGroupId": prof.Bindings["SecurityGroupId"], "VSwitchId": prof.Bindings["VSwitchId"],
		}
		prof.Credentials = map[string]profile.Credential{"default": prof.Credentials["default"]}
	}
	if tr.patient > 0 {
		prof.Wait.Deadline = tr.patient
	}
	prof.Endpoint = tr.serve(t, c)
	keys, err := prof.Resolve(profile.Lookups{})
	if err != nil {
		t.Fatal(err)
	}
	return run.Options{
		Contract: c, Plan: p, Profile: prof, Credentials: keys, Transport: transport(), Clock: time.Now,
		Seed: tr.seed, Jobs: tr.jobs, Strict: tr.strict, Redactor: redactor(keys), Timeout: 10 * time.Second,
	}
}

// clock is that of the emulator.
func (tr trial) clock() time.Time { return time.Now().Add(tr.ahead) }

// dated tells the emulator's time with each answer.
func (tr trial) dated(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", tr.clock().UTC().Format(http.TimeFormat))
		h.ServeHTTP(w, r)
	})
}

func (tr trial) serve(t testing.TB, c *contract.Contract) string {
	t.Helper()
	obeyed := c
	if tr.edit != nil {
		obeyed = c.Clone()
		tr.edit(obeyed)
		obeyed.Reindex()
	}
	settle := tr.settle
	if settle == 0 {
		settle = -1
	}
	e, err := emulator.New(emulator.Options{
		Contract: obeyed, World: tr.world(), Clock: tr.clock, Seed: tr.seed, Lenient: tr.lenient, Settle: settle, Hooks: tr.hooks,
	})
	if err != nil {
		t.Fatal(err)
	}
	var h http.Handler = e
	if tr.wrap != nil {
		h = tr.wrap(h)
	}
	s := httptest.NewServer(tr.dated(h))
	t.Cleanup(s.Close)
	return s.URL
}

// green holds that no case failed, and says which did.
func (j judged) green(t testing.TB) {
	t.Helper()
	shown := 0
	for _, r := range j.results {
		if r.Verdict != run.Fail && !r.Fault && r.Verdict != run.Inconclusive {
			continue
		}
		if shown++; shown <= 20 {
			t.Errorf("%s: %s: %s %s", r.Verdict, r.Case, r.Reason, failure(r))
		}
	}
	if shown > 20 {
		t.Errorf("and %d more", shown-20)
	}
	if s := j.summary; len(s.Leaks) > 0 || s.Total == 0 {
		t.Errorf("%d cases ran, %d resources leaked: %v", s.Total, len(s.Leaks), s.Leaks)
	}
}

// failed returns the cases of a family that failed.
func (j judged) failed(family string) []string {
	var out []string
	for _, r := range j.results {
		if r.Verdict == run.Fail && r.Family == family {
			out = append(out, r.Case)
		}
	}
	return out
}

// world is the emulator's, but for the quota.
func (tr trial) world() []byte {
	if tr.quota == 0 {
		return fixtures.World
	}
	return regexp.MustCompile(`(?m)^    quota: \d+$`).ReplaceAll(fixtures.World, fmt.Appendf(nil, "    quota: %d", tr.quota))
}
