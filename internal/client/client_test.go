package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/client"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/spec"
	"github.com/eci-conform/conform/suites"
)

var loaded = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load("spec/openapi.yaml", spec.OpenAPI) })

// inputs are the valid requests that resources are made with.
var inputs = sync.OnceValues(func() (plan.Inputs, error) {
	c, err := loaded()
	if err != nil {
		return nil, err
	}
	in, err := suites.LoadInputs(c, fixtures.Inputs, "inputs")
	if err != nil {
		return nil, err
	}
	p, err := suites.Plan(c, in)
	return p.Inputs, err
})

// judged is a run of the client cases against a driver.
type judged struct {
	contract *contract.Contract
	bench    *client.Bench
	plan     *plan.Plan
	results  map[string]run.Result
}

// judge runs the cases that match the globs.
func judge(t *testing.T, make func(*contract.Contract) driver.Driver, globs ...string) *judged {
	t.Helper()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	in, err := inputs()
	if err != nil {
		t.Fatal(err)
	}
	b := client.NewBench(client.BenchOptions{Contract: c, Clock: time.Now, Salt: t.Name(), Emulator: func(key driver.Credentials) (http.Handler, error) {
		return emulator.New(emulator.Options{Contract: c, World: fixtures.World, Clock: time.Now, Keys: []emulator.Key{{
			AccessKeyID: key.AccessKeyID, AccessKeySecret: key.AccessKeySecret, Account: "default",
		}}})
	}})
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	d := make(c)
	t.Cleanup(func() { _ = d.Close() })
	p, err := client.Cases(client.Options{
		Contract: c, Inputs: in, Driver: d, Bench: b, Region: "cn-hangzhou", Endpoint: func() string { return server.URL },
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = p.Select(globs, nil, contract.Inferred); err != nil {
		t.Fatal(err)
	}
	return execute(t, &judged{contract: c, bench: b, plan: p, results: map[string]run.Result{}}, server.URL)
}

func execute(t *testing.T, j *judged, endpoint string) *judged {
	t.Helper()
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load("emulator.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	p.Endpoint = endpoint
	r := run.New(run.Options{
		Contract: j.contract, Plan: j.plan, Profile: p, Clock: time.Now, Seed: 1, Jobs: 16, Strict: contract.Inferred,
		Sink: func(res run.Result) { j.results[res.Case] = res },
	})
	r.Start(t.Context())
	r.Wait()
	return j
}

// broken makes a driver of a client with a fault.
func broken(fault string) func(*contract.Contract) driver.Driver { return made(&sdk{fault: fault}) }

// different makes a driver of a client that has a way of its own.
func different(way string) func(*contract.Contract) driver.Driver { return made(&sdk{way: way}) }

func made(s *sdk) func(*contract.Contract) driver.Driver {
	return func(c *contract.Contract) driver.Driver {
		s.contract, s.run = c, strings.ReplaceAll(s.fault+s.way, " ", "")
		s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
		return driver.Local(s.hello(), s.call, 0)
	}
}

// TestSoundClient: a client as the pages want one is found to be one, in every
// case and by every clause.
func TestSoundClient(t *testing.T) {
	t.Parallel()
	j := judge(t, broken(""))
	for _, c := range j.plan.Cases {
		if res := j.results[c.ID]; res.Verdict != run.Pass {
			t.Errorf("%s: %s %s %+v", c.ID, res.Verdict, res.Reason, res.Findings)
		}
	}
	if n := j.bench.Strays(); n > 0 {
		t.Errorf("%d requests came with a key of no case", n)
	}
}

// ways are of clients that do right what the sound one does otherwise.
var ways = []string{
	"form", "plus for space", "lower-case hex", "other order", "lower-case format", "region always", "has little", "no retries",
	"retries by itself", "texts for numbers", "empty for absent", "more words", "length ahead", "struct as JSON",
}

// TestDifferentClients: who does it otherwise and right departs from nothing.
func TestDifferentClients(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			j := judge(t, different(way), "CreateImageCache/**", "DescribeImageCaches/**", "UntagResources/**", "*/*/DataSource*/**")
			passed := 0
			for _, c := range j.plan.Cases {
				switch res := j.results[c.ID]; res.Verdict {
				case run.Pass:
					passed++
				case run.Skip:
				default:
					t.Errorf("%s: %s %s %+v", c.ID, res.Verdict, res.Reason, res.Findings)
				}
			}
			if passed == 0 {
				t.Error("no case passed")
			}
		})
	}
}

// TestEveryClause: each promise about clients has a case that is about it, or
// is judged in all of them.
func TestEveryClause(t *testing.T) {
	t.Parallel()
	c, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	p, err := client.Cases(client.Options{Contract: c, Region: "cn-hangzhou"})
	if err != nil {
		t.Fatal(err)
	}
	always := []string{
		"call.ends", "request.method", "request.format", "signature.time", "error.message", "error.status", "error.requestId", "retry.nonce",
	}
	for keyword, clause := range c.Client.Clauses {
		has := slices.ContainsFunc(p.Cases, func(k *plan.Case) bool { return k.Clause == clause })
		if has == slices.Contains(always, keyword) {
			t.Errorf("clause %s: has a case of its own: %v", keyword, has)
		}
	}
	for _, family := range []string{
		client.FamilySerialisation, client.FamilySigning, client.FamilyDeserialisation,
		client.FamilyErrors, client.FamilyRetries, client.FamilyTimeouts,
	} {
		for _, op := range c.Operations {
			if !slices.ContainsFunc(p.Cases, func(k *plan.Case) bool { return k.Family == family && k.Operation == op.Name }) {
				t.Errorf("%s has no case of family %s", op.Name, family)
			}
		}
	}
}

// fault is what a broken client gets wrong, by which family it is to be
// caught, and by which clause.
type fault struct{ name, family, clause string }

var faults = []fault{
	{"list from 0", client.FamilySerialisation, "parameters.sent"},
	{"false dropped", client.FamilySerialisation, "parameters.sent"},
	{"zero dropped", client.FamilySerialisation, "parameters.sent"},
	{"True for true", client.FamilySerialisation, "parameters.sent"},
	{"integer through a float", client.FamilySerialisation, "parameters.sent"},
	{"only ASCII", client.FamilySerialisation, "parameters.sent"},
	{"values trimmed", client.FamilySerialisation, "parameters.sent"},
	{"struct as text", client.FamilySerialisation, "parameters.sent"},
	{"key with a wrong length", client.FamilySerialisation, "parameters.sent"},
	{"only the first element", client.FamilySerialisation, "parameters.sent"},
	{"plus not encoded", client.FamilySerialisation, "parameters.sent"},
	{"encoded twice", client.FamilySerialisation, "parameters.sent"},
	{"empty text dropped", client.FamilySerialisation, "parameters.empty"},
	{"element in an empty list", client.FamilySerialisation, "parameters.emptyList"},
	{"parameter of its own", client.FamilySerialisation, "parameters.absent"},
	{"other version", client.FamilySerialisation, "parameters.sent"},
	{"wrong key", client.FamilySigning, "signature.right"},
	{"method not signed", client.FamilySigning, "signature.right"},
	{"plus not encoded", client.FamilySigning, "signature.right"},
	{"nonce reused", client.FamilySigning, "signature.nonce"},
	{"clock an hour late", client.FamilySigning, "signature.time"},
	{"token not sent", client.FamilySigning, "signature.token"},
	{"method ignored", client.FamilySigning, "request.method"},
	{"format ignored", client.FamilyDeserialisation, "request.format"},
	{"member lost", client.FamilyDeserialisation, "response.values"},
	{"only the first item", client.FamilyDeserialisation, "response.values"},
	{"answer's integer through a float", client.FamilyDeserialisation, "response.values"},
	{"times rewritten", client.FamilyDeserialisation, "response.values"},
	{"only ASCII read", client.FamilyDeserialisation, "response.values"},
	{"fails for new members", client.FamilyDeserialisation, "response.unknown"},
	{"fails for null", client.FamilyDeserialisation, "response.null"},
	{"wants every member", client.FamilyDeserialisation, "response.absent"},
	{"error swallowed", client.FamilyErrors, "error.raised"},
	{"code lost", client.FamilyErrors, "error.code"},
	{"message lost", client.FamilyErrors, "error.message"},
	{"status ignored", client.FamilyErrors, "error.status"},
	{"request id lost", client.FamilyErrors, "error.requestId"},
	{"panics on a page", client.FamilyErrors, "call.ends"},
	{"any success is one", client.FamilyErrors, "response.unreadable"},
	{"error in a success is one", client.FamilyErrors, "error.inSuccess"},
	{"nonce reused on retry", client.FamilyRetries, "retry.nonce"},
	{"new token on retry", client.FamilyRetries, "retry.same"},
	{"new token on retry", client.FamilyRetries, "retry.once"},
	{"parameter lost on retry", client.FamilyRetries, "retry.same"},
	{"retries by itself after 400", client.FamilyRetries, "retry.refused"},
	{"never retries", client.FamilyRetries, "retry.asked"},
	{"one retry too many", client.FamilyRetries, "retry.count"},
	{"no token of its own", client.FamilyRetries, "retry.untokened"},
	{"retry-after ignored", client.FamilyRetries, "retry.after"},
	{"time of the first try", client.FamilyRetries, "retry.time"},
	{"only lost answers repeated", client.FamilyRetries, "retry.asked"},
	{"zero for absent", client.FamilySerialisation, "parameters.absent"},
	{"nothing taken for a result", client.FamilyErrors, "error.raised"},
	{"cut body taken", client.FamilyTimeouts, "response.unreadable"},
	{"timeout ignored", client.FamilyTimeouts, "timeout.kept"},
	{"impatient", client.FamilyTimeouts, "timeout.patience"},
	{"connection for each call", client.FamilyTimeouts, "connection.reuse"},
}

// TestBrokenClients: each fault is caught by the family that is meant to.
func TestBrokenClients(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		t.Run(f.name+"/"+f.clause, func(t *testing.T) {
			t.Parallel()
			j := judge(t, broken(f.name), "CreateImageCache/"+f.family+"/**", "CreateDataCache/"+f.family+"/**", "DescribeDataCaches/"+f.family+"/**")
			caught := 0
			for _, res := range j.results {
				for _, found := range res.Findings {
					if found.Clause == "common#client/"+f.clause && res.Verdict == run.Fail {
						caught++
					}
				}
			}
			if caught == 0 {
				t.Errorf("no case of the family %s found a breach of %s", f.family, f.clause)
			}
		})
	}
}

// TestOneBlamedAlone: a client that dies under one call fails that case and no
// other, however many were under way.
func TestOneBlamedAlone(t *testing.T) {
	t.Parallel()
	var n sync.Map
	j := judge(t, func(c *contract.Contract) driver.Driver {
		sound := broken("")(c)
		return driver.Local(sound.Hello(), func(ctx context.Context, k driver.Call) (driver.Reply, error) {
			if _, again := n.LoadOrStore(k.Input["Name"], true); !again { // the first time in company
				return driver.Reply{}, &driver.Fault{Kind: driver.Died, Call: k.ID, Detail: "ended", Company: 1}
			}
			return sound.Call(ctx, k)
		}, 0)
	}, "DescribeRegions/serialisation/**")
	for id, res := range j.results {
		if res.Verdict != run.Pass {
			t.Errorf("%s: %s %s", id, res.Verdict, res.Reason)
		}
	}
}
