package run

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/fake"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var load = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

func theContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

// target answers with what its function says: a status and the members of a
// JSON body beside RequestId and, of errors, HostId and Message.
type target struct {
	mu       sync.Mutex
	requests int
	answer   func(n int, q url.Values) (status int, members string, err error)
}

func (f *target) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.requests++
	n := f.requests
	f.mu.Unlock()
	status, members, err := f.answer(n, r.URL.Query())
	if err != nil {
		return nil, err
	}
	return fake.Answer(n, status, members), nil
}

func good() *target {
	return &target{answer: func(int, url.Values) (int, string, error) { return 200, `"Regions":[]`, nil }}
}

// ask is a case that sends one request and wants it accepted.
func ask(id string, level contract.Level) *plan.Case {
	clause := &contract.Clause{ID: id + "#clause", Level: level}
	return &plan.Case{ID: id, Operation: "DescribeRegions", Family: "parameter", Clause: clause, Run: func(ctx context.Context, s *plan.Session) error {
		a, err := s.Probe(ctx, &plan.Probe{Operation: "DescribeRegions"})
		if err != nil {
			return err
		}
		s.Find(s.Judge.Accepted(a, clause)...)
		return nil
	}}
}

func asks(n int) []*plan.Case {
	out := make([]*plan.Case, n)
	for i := range out {
		out[i] = ask(fmt.Sprintf("Op/family/subject/%03d", i), contract.Must)
	}
	return out
}

func does(id string, f func(ctx context.Context, s *plan.Session) error) *plan.Case {
	return &plan.Case{ID: id, Clause: &contract.Clause{ID: id + "#clause", Level: contract.Must}, Run: f}
}

func testOptions(t testing.TB, rt http.RoundTripper, cases ...*plan.Case) Options {
	return Options{
		Contract: theContract(t), Plan: &plan.Plan{Cases: cases, Inputs: func(string) (wire.Params, bool) { return nil, false }},
		Profile: &profile.Profile{
			Endpoint: "http://fake", Region: "cn-hangzhou",
			Wait: profile.Wait{Initial: time.Millisecond, Factor: 2, Cap: 10 * time.Millisecond, Deadline: time.Second},
		},
		Credentials: map[string]wire.Credentials{"default": {AccessKeyID: "id", AccessKeySecret: "the-key-secret", SecurityToken: "the-sts-token"}},
		Transport:   rt, Clock: time.Now, Seed: 1, Run: "t", Jobs: 4, Strict: contract.Must,
	}
}

func runAll(t testing.TB, o Options) (Summary, []Result) {
	t.Helper()
	var results []Result
	o.Sink = func(r Result) { results = append(results, r) }
	r := New(o)
	r.Start(t.Context())
	return r.Wait(), results
}
