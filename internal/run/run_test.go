package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eci-conform/conform/internal/baseline"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

func TestRunJudgesEveryCaseOnce(t *testing.T) {
	t.Parallel()
	var ran [50]atomic.Int32
	var cases []*plan.Case
	for i := range ran {
		cases = append(cases, does(fmt.Sprintf("c/%02d", i), func(context.Context, *plan.Session) error { ran[i].Add(1); return nil }))
	}
	sum, results := runAll(t, testOptions(t, good(), cases...))
	if sum.Pass != 50 || sum.Total != 50 || len(results) != 50 || sum.ExitCode() != ExitConforms {
		t.Errorf("Wait() = %+v with %d results, want 50 passes", sum, len(results))
	}
	for i := range ran {
		if n := ran[i].Load(); n != 1 {
			t.Errorf("case %d ran %d times", i, n)
		}
	}
}

func TestRunFollowsThePlan(t *testing.T) {
	t.Parallel()
	o := testOptions(t, good(), asks(30)...)
	o.Jobs = 1
	_, results := runAll(t, o)
	if !slices.IsSortedFunc(results, func(a, b Result) int { return strings.Compare(a.Case, b.Case) }) {
		t.Error("one job ran the cases in another order than the plan's")
	}
}

func TestResultWaitsOrRunsInline(t *testing.T) {
	t.Parallel()
	o := testOptions(t, good(), asks(8)...)
	inline := New(o)
	if res := inline.Result(t.Context(), o.Plan.Cases[3].ID); res.Verdict != Pass {
		t.Errorf("Result() inline = %+v, want a pass", res)
	}
	if sum := inline.Wait(); sum.Total != 1 || sum.ExitCode() != ExitConforms {
		t.Errorf("Wait() = %+v, want the one case", sum)
	}
	pooled := New(o)
	pooled.Start(t.Context())
	var wg sync.WaitGroup
	for _, c := range o.Plan.Cases {
		wg.Go(func() {
			if res := pooled.Result(t.Context(), c.ID); res.Verdict != Pass || res.Case != c.ID {
				t.Errorf("Result(%s) = %+v, want its pass", c.ID, res)
			}
		})
	}
	wg.Wait()
	if sum := pooled.Wait(); sum.Total != 8 {
		t.Errorf("Wait() counts %d cases, want 8", sum.Total)
	}
	if res := pooled.Result(t.Context(), "nobody"); res.Verdict != Inconclusive || !res.Fault {
		t.Errorf("Result(nobody) = %+v, want a fault", res)
	}
}

// A serial case runs by itself, and behind all others, which need not stop for
// it.
func TestSerialCaseIsAlone(t *testing.T) {
	t.Parallel()
	var inside, worst, through, early atomic.Int32
	body := func(context.Context, *plan.Session) error {
		inside.Add(1)
		defer inside.Add(-1)
		through.Add(1)
		return nil
	}
	var cases []*plan.Case
	for i := range 40 {
		c := does(fmt.Sprintf("c/%d", i), body)
		if i%5 == 0 {
			c.Serial = true
			c.Run = func(ctx context.Context, s *plan.Session) error {
				worst.Store(max(worst.Load(), inside.Load()))
				if through.Load() < 32 {
					early.Add(1)
				}
				return body(ctx, s)
			}
		}
		cases = append(cases, c)
	}
	o := testOptions(t, good(), cases...)
	o.Jobs = 16
	runAll(t, o)
	if worst.Load() != 0 {
		t.Errorf("%d cases ran beside a serial one", worst.Load())
	}
	if early.Load() != 0 {
		t.Errorf("%d serial cases did not wait for the others", early.Load())
	}
}

func TestPanicIsAFaultOfOneCase(t *testing.T) {
	t.Parallel()
	cases := append(asks(5), does("c/panics", func(context.Context, *plan.Session) error { panic("oops") }),
		does("c/errs", func(context.Context, *plan.Session) error { return errors.New("no such thing") }), &plan.Case{ID: "c/empty"})
	sum, results := runAll(t, testOptions(t, good(), cases...))
	if sum.Pass != 5 || sum.Faults != 3 || sum.Inconclusive != 3 || sum.ExitCode() != ExitFault {
		t.Errorf("Wait() = %+v exits %d, want 5 passes and 3 faults", sum, sum.ExitCode())
	}
	for _, r := range results {
		if r.Fault && !strings.Contains(r.Reason, "fault in the harness") {
			t.Errorf("%s: reason %q", r.Case, r.Reason)
		}
	}
}

func TestCancelledRunStillReportsEveryCase(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var cases []*plan.Case
	for i := range 20 {
		cases = append(cases, does(fmt.Sprintf("c/%02d", i), func(ctx context.Context, _ *plan.Session) error {
			if i == 3 {
				cancel()
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}))
	}
	o := testOptions(t, good(), cases...)
	o.Jobs = 1
	var results []Result
	o.Sink = func(r Result) { results = append(results, r) }
	r := New(o)
	r.Start(ctx)
	sum := r.Wait()
	if sum.Pass != 3 || sum.Inconclusive != 17 || !sum.Interrupted || sum.ExitCode() != ExitInterrupted {
		t.Errorf("Wait() = %+v exits %d, want 3 passes, 17 interrupted", sum, sum.ExitCode())
	}
	for _, res := range results[3:] {
		if res.Reason != reasonInterrupted || res.Fault {
			t.Errorf("%s: %s %q, want interrupted", res.Case, res.Verdict, res.Reason)
		}
	}
}

func TestDeadTargetIsOneVerdict(t *testing.T) {
	t.Parallel()
	f := &target{answer: func(n int, _ url.Values) (int, string, error) {
		if n <= 100 {
			return 200, `"Regions":[]`, nil
		}
		return 0, "", errors.New("connection refused")
	}}
	sum, results := runAll(t, testOptions(t, f, asks(1000)...))
	if sum.Pass != 100 || sum.Fail != 0 || sum.Total != 1000 || sum.ExitCode() != ExitNotJudged {
		t.Errorf("Wait() = %+v exits %d, want 100 passes, no failure, exit 3", sum, sum.ExitCode())
	}
	if f.requests > 100+minFailures+2*4 {
		t.Errorf("%d requests were sent to a dead target", f.requests-100)
	}
	told := 0
	for _, r := range results {
		if strings.Contains(r.Reason, ErrUnreachable.Error()) {
			told++
		}
	}
	if told < 900-minFailures-2*4 {
		t.Errorf("%d of 900 cases say that the target is unreachable", told)
	}
	if sum.Unreachable == "" {
		t.Error("the summary does not say that the target is dead")
	}
}

func TestTargetThatFaltersIsNotDead(t *testing.T) {
	t.Parallel()
	f := &target{answer: func(n int, _ url.Values) (int, string, error) {
		if n%2 == 0 {
			return 0, "", errors.New("timeout")
		}
		return 200, `"Regions":[]`, nil
	}}
	o := testOptions(t, f, asks(100)...)
	o.Jobs = 1
	sum, _ := runAll(t, o)
	if sum.Pass != 50 || sum.Inconclusive != 50 || sum.Unreachable != "" {
		t.Errorf("Wait() = %+v, want half of the cases judged", sum)
	}
}

func TestThrottlingSlowsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &target{answer: func(n int, _ url.Values) (int, string, error) {
			if n%5 == 0 {
				return 400, `"Code":"Throttling"`, nil
			}
			return 200, `"Regions":[]`, nil
		}}
		sum, _ := runAll(t, testOptions(t, f, asks(40)...))
		if sum.Pass != 40 || sum.Duration < 100*time.Millisecond {
			t.Errorf("Wait() = %+v, want 40 passes, and time taken for them", sum)
		}
	})
}

func TestRateIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := testOptions(t, good(), asks(51)...)
		o.Rate = 10
		sum, _ := runAll(t, o)
		if sum.Pass != 51 || sum.Duration != 5*time.Second {
			t.Errorf("51 requests took %v, want 5s at 10 a second", sum.Duration)
		}
	})
}

func TestSkipNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := ask("c", contract.Must)
	c.Needs.Conditions = []string{"zone.noStock"}
	f := good()
	sum, results := runAll(t, testOptions(t, f, c))
	if sum.Skip != 1 || f.requests != 0 || !strings.Contains(results[0].Reason, "zone.noStock") {
		t.Errorf("Wait() = %+v after %d requests, %q; want one skip that names the condition", sum, f.requests, results[0].Reason)
	}
	if sum.ExitCode() != ExitNotJudged {
		t.Errorf("a run that judged nothing exits %d", sum.ExitCode())
	}
}

func TestLeakIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &target{answer: func(_ int, q url.Values) (int, string, error) {
			switch q.Get("Action") {
			case "CreateImageCache":
				return 200, `"ImageCacheId":"imc-1","ContainerGroupId":"eci-1"`, nil
			case "DescribeImageCaches":
				return 200, `"ImageCaches":[{"ImageCacheId":"imc-1","Status":"Ready"}]`, nil
			}
			return 400, `"Code":"InvalidParameter"`, nil
		}}
		c := does("c", func(ctx context.Context, s *plan.Session) error {
			_, err := s.Probe(ctx, &plan.Probe{Operation: "CreateImageCache"})
			return err
		})
		sum, _ := runAll(t, testOptions(t, f, c))
		if len(sum.Leaks) != 1 || sum.Leaks[0].ID != "imc-1" || sum.ExitCode() != ExitLeaked {
			t.Errorf("Wait() = %+v exits %d, want the leak of imc-1", sum, sum.ExitCode())
		}
	})
}

func TestKnownFailures(t *testing.T) {
	t.Parallel()
	finds := func(id, clause string) *plan.Case {
		return does(id, func(_ context.Context, s *plan.Session) error {
			s.Find(check.Finding{Clause: clause, Level: contract.Must})
			return nil
		})
	}
	o := testOptions(t, good(), ask("c/passes", contract.Must), finds("c/fails", "x"), finds("c/both", "x"), finds("c/lapsed", "y"))
	o.Baseline = &baseline.Baseline{Entries: []*baseline.Entry{
		{Case: "c/*", Clause: "x", Reason: "issue seven", Issue: "7"},
		{Case: "c/lapsed", Reason: "soon", Until: "2001-02-03", Place: contract.Place{File: "b.yaml", Line: 9}},
	}}
	sum, results := runAll(t, o)
	if sum.Known != 2 || sum.Fixed != 1 || sum.Fail != 1 || sum.ExitCode() != ExitDeparts {
		t.Errorf("Wait() = %+v exits %d, want two known, one fixed, one failure", sum, sum.ExitCode())
	}
	for _, r := range results {
		line, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back Result
		if err := back.UnmarshalJSON(line); err != nil || len(back.Findings) != len(r.Findings) {
			t.Fatalf("%s: %v in %s", r.Case, err, line)
		}
		switch r.Verdict {
		case Known:
			if r.Reason != "issue seven (issue 7)" || back.Findings[0].Known != r.Reason {
				t.Errorf("%s is known for %q, its finding %+v", r.Case, r.Reason, back.Findings[0])
			}
		case Fail:
			want := "excused until 2001-02-03, which is past, by b.yaml:9: soon"
			if !strings.HasSuffix(r.Reason, want) || back.Findings[0].Lapsed != want {
				t.Errorf("%s fails for %q, its finding %+v", r.Case, r.Reason, back.Findings[0])
			}
		}
	}
}

func TestStandingIsNoFailure(t *testing.T) {
	t.Parallel()
	f := &target{answer: func(int, url.Values) (int, string, error) { return 403, `"Code":"QuotaExceeded"`, nil }}
	create := does("c", func(ctx context.Context, s *plan.Session) error {
		a, err := s.Probe(ctx, &plan.Probe{Operation: "CreateImageCache"})
		if err == nil {
			s.Find(s.Judge.Accepted(a, s.Case.Clause)...)
		}
		return err
	})
	o := testOptions(t, f, create)
	o.Baseline = &baseline.Baseline{Entries: []*baseline.Entry{{Case: "c", Reason: "r", Issue: "7"}}}
	sum, results := runAll(t, o)
	if sum.Inconclusive != 1 || sum.Total != 1 || sum.ExitCode() != ExitNotJudged || !strings.Contains(results[0].Reason, "account.quotaExceeded") {
		t.Errorf("Wait() = %+v exits %d for %q, want inconclusive that names the row, exit 3", sum, sum.ExitCode(), results[0].Reason)
	}
}

func TestResultsHoldNoSecret(t *testing.T) {
	t.Parallel()
	f := &target{answer: func(_ int, q url.Values) (int, string, error) {
		return 403, fmt.Sprintf(`"Code":"Nope","Echo":"the-key-secret %s pass-word-1"`, url.QueryEscape("the-sts-token")), nil
	}}
	var cases []*plan.Case
	for i, p := range []plan.Probe{{}, {Method: "POST", Form: true}, {Scheme: wire.ACS3}, {Scheme: wire.ACS3, Method: "POST", Form: true}} {
		p.Operation = "CreateImageCache"
		p.Params = wire.Params{{Name: "ImageRegistryCredential.1.Password", Value: "pass-word-1"}, {Name: "ImageRegistryCredential.2.Password", Value: "pw"}, {Name: "ImageCacheName", Value: "visible"}}
		cases = append(cases, does(fmt.Sprintf("c/%d", i), func(ctx context.Context, s *plan.Session) error {
			a, err := s.Probe(ctx, &p)
			if err == nil {
				s.Find(s.Judge.Accepted(a, s.Case.Clause)...)
			}
			return err
		}))
	}
	_, results := runAll(t, testOptions(t, f, cases...))
	for _, res := range results {
		line, err := res.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if res.Verdict != Fail || len(res.Exchanges) != 1 {
			t.Fatalf("%s: %s with %d exchanges, want a failure with its exchange", res.Case, res.Verdict, len(res.Exchanges))
		}
		for _, bad := range []string{"the-key-secret", "the-sts-token", "pass-word-1", `"pw"`, "=pw", "Signature=%", "&Signature=", "?Signature="} {
			if strings.Contains(string(line), bad) {
				t.Errorf("%s: the line holds %q:\n%s", res.Case, bad, line)
			}
		}
		for _, want := range []string{"visible", "ImageRegistryCredential.1.Password"} {
			if !strings.Contains(string(line), want) {
				t.Errorf("%s: the line does not hold %q", res.Case, want)
			}
		}
	}
}

func TestResultsAreBounded(t *testing.T) {
	t.Parallel()
	f := &target{answer: func(int, url.Values) (int, string, error) {
		return 400, fmt.Sprintf(`"Code":%q`, strings.Repeat("C", 1<<20)), nil
	}}
	c := does("c", func(ctx context.Context, s *plan.Session) error {
		a, err := s.Probe(ctx, &plan.Probe{Operation: "DescribeRegions"})
		if err == nil {
			err = plan.Inconclusive("answered " + a.Summary())
		}
		return err
	})
	_, results := runAll(t, testOptions(t, wordy{f}, c))
	line, err := results[0].MarshalJSON()
	if err != nil || len(line) > 1<<19 {
		t.Errorf("a result of %d bytes (%v), want its headers, body and reason cut", len(line), err)
	}
}

// wordy adds long and many headers.
type wordy struct{ *target }

func (w wordy) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.target.RoundTrip(r)
	resp.Header.Set("A-Long-One", strings.Repeat("h", 1<<20))
	for i := range 20000 {
		resp.Header.Set(fmt.Sprintf("X-%d", i), "and more of the same")
	}
	return resp, err
}

func TestRunsUnderOtherNamesSendOtherNonces(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var mu sync.Mutex
	f := &target{answer: func(_ int, q url.Values) (int, string, error) {
		mu.Lock()
		defer mu.Unlock()
		seen[q.Get("SignatureNonce")] = true
		return 200, `"Regions":[]`, nil
	}}
	for _, name := range []string{"a", "b"} {
		o := testOptions(t, f, asks(20)...)
		o.Run = name
		runAll(t, o)
	}
	if len(seen) != 40 {
		t.Errorf("two runs of 20 requests sent %d nonces", len(seen))
	}
}
