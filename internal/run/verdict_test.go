package run

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eci-conform/conform/internal/baseline"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	at := func(levels ...contract.Level) []check.Finding {
		var out []check.Finding
		for _, l := range levels {
			out = append(out, check.Finding{Clause: l.String(), Level: l, Pointer: "/body/Code"})
		}
		return out
	}
	const must, should, inferred = contract.Must, contract.Should, contract.Inferred
	fault, skip, unsure := errors.New("bad"), plan.Skip("not here"), plan.Inconclusive("no answer")
	knows := func(e baseline.Entry) baseline.Expected {
		e.Case, e.Reason = "c/d", "r"
		return (&baseline.Baseline{Entries: []*baseline.Entry{&e}}).Case("c/d", time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC))
	}
	whole, clause := knows(baseline.Entry{Until: "2026-07-02"}), knows(baseline.Entry{Clause: "should", Issue: "7"})
	place, over := knows(baseline.Entry{Pointer: "/body", Issue: "7"}), knows(baseline.Entry{Until: "2026-07-01"})
	tests := []struct {
		name  string
		in    ending
		want  Verdict
		fault bool
	}{
		{"nothing found", ending{strict: must}, Pass, false},
		{"a must", ending{strict: must, findings: at(must)}, Fail, false},
		{"a must behind others", ending{strict: must, findings: at(inferred, should, must)}, Fail, false},
		{"a should", ending{strict: must, findings: at(should)}, Observed, false},
		{"an inferred", ending{strict: must, findings: at(inferred)}, Observed, false},
		{"a should, strictly", ending{strict: should, findings: at(should)}, Fail, false},
		{"an inferred, strictly", ending{strict: should, findings: at(inferred)}, Observed, false},
		{"an inferred, most strictly", ending{strict: inferred, findings: at(inferred)}, Fail, false},
		{"a skip", ending{strict: must, err: skip}, Skip, false},
		{"a wrapped skip", ending{strict: must, err: fmt.Errorf("x: %w", skip)}, Skip, false},
		{"no judgement", ending{strict: must, err: unsure}, Inconclusive, false},
		{"no judgement, but a must before", ending{strict: must, err: unsure, findings: at(must)}, Fail, false},
		{"no judgement, but a should before", ending{strict: must, err: unsure, findings: at(should)}, Inconclusive, false},
		{"a fault", ending{strict: must, err: fault}, Inconclusive, true},
		{"a fault behind a must", ending{strict: must, err: fault, findings: at(must)}, Inconclusive, true},
		{"known to fail", ending{strict: must, expected: whole, findings: at(must)}, Known, false},
		{"known to fail, and passes", ending{strict: must, expected: whole}, Fixed, false},
		{"known to fail, and only observed", ending{strict: must, expected: whole, findings: at(should)}, Fixed, false},
		{"known to fail, and not judged", ending{strict: must, expected: whole, err: unsure}, Inconclusive, false},
		{"known to fail, and skipped", ending{strict: must, expected: whole, err: skip}, Skip, false},
		{"known to fail, and a fault", ending{strict: must, expected: whole, err: fault}, Inconclusive, true},
		{"known for the clause", ending{strict: should, expected: clause, findings: at(should)}, Known, false},
		{"known for the clause, and observed", ending{strict: must, expected: clause, findings: at(should)}, Observed, false},
		{"known for another clause", ending{strict: must, expected: clause, findings: at(must)}, Fail, false},
		{"known for one of two clauses", ending{strict: should, expected: clause, findings: at(should, must)}, Fail, false},
		{"known for the clause, and another is observed", ending{strict: must, expected: clause, findings: at(inferred)}, Fixed, false},
		{"known for a place", ending{strict: must, expected: place, findings: at(must)}, Known, false},
		{"known until yesterday", ending{strict: must, expected: over, findings: at(must)}, Fail, false},
		{"known until yesterday, and passes", ending{strict: must, expected: over}, Fixed, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.in.excuse()
			got, reason, fault := tt.in.verdict()
			if got != tt.want || fault != tt.fault {
				t.Errorf("verdict() = %s, fault %v; want %s, fault %v", got, fault, tt.want, tt.fault)
			}
			if (reason == "") != (got == Pass) {
				t.Errorf("verdict() = %s for the reason %q", got, reason)
			}
		})
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	leak := []plan.Leak{{ID: "x"}}
	tests := []struct {
		name string
		sum  Summary
		want int
	}{
		{"all pass", Summary{Total: 2, Pass: 2}, 0},
		{"passes and skips", Summary{Total: 2, Pass: 1, Skip: 1}, 0},
		{"observed", Summary{Total: 2, Pass: 1, Observed: 1}, 0},
		{"known", Summary{Total: 1, Known: 1}, 0},
		{"a failure", Summary{Total: 3, Pass: 1, Fail: 1, Inconclusive: 1}, 1},
		{"a failure and a leak", Summary{Total: 1, Fail: 1, Leaks: leak}, 1},
		{"a failure and a stale baseline", Summary{Total: 2, Fail: 1, Fixed: 1}, 1},
		{"no case", Summary{}, 3},
		{"only skips", Summary{Total: 2, Skip: 2}, 3},
		{"only inconclusive", Summary{Total: 2, Inconclusive: 2}, 3},
		{"one of two not judged", Summary{Total: 2, Pass: 1, Inconclusive: 1}, 3},
		{"a dead target", Summary{Total: 2, Fail: 1, Inconclusive: 1, Unreachable: "x"}, 3},
		{"a fault", Summary{Total: 2, Fail: 1, Inconclusive: 1, Faults: 1}, 4},
		{"totals that do not add up", Summary{Total: 2, Pass: 1}, 4},
		{"a stale baseline", Summary{Total: 2, Pass: 1, Fixed: 1}, 5},
		{"a leak", Summary{Total: 1, Pass: 1, Leaks: leak}, 6},
		{"a leak and a stale baseline", Summary{Total: 1, Fixed: 1, Leaks: leak}, 6},
		{"interrupted", Summary{Total: 2, Fail: 1, Inconclusive: 1, Interrupted: true, Faults: 1}, 130},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.sum.ExitCode(); got != tt.want {
				t.Errorf("ExitCode() = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestSummaryAddsUp(t *testing.T) {
	t.Parallel()
	all := []Verdict{Pass, Fail, Observed, Known, Fixed, Skip, Inconclusive}
	rapid.Check(t, func(t *rapid.T) {
		verdicts := rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "verdicts")
		var s Summary
		green := len(verdicts) > 0
		judged := false
		for _, v := range verdicts {
			s.Add(Result{Verdict: v, Requests: 2})
			green = green && v != Fail && v != Fixed && v != Inconclusive
			judged = judged || v != Skip && v != Inconclusive
		}
		if err := s.check(); err != nil || s.Total != len(verdicts) || s.Requests != 2*len(verdicts) {
			t.Fatalf("summary %+v of %v: %v", s, verdicts, err)
		}
		if (s.ExitCode() == 0) != (green && judged) {
			t.Fatalf("%v exit %d", verdicts, s.ExitCode())
		}
	})
	var s Summary
	s.Add(Result{Verdict: "nonsense"})
	if s.check() == nil || s.ExitCode() != ExitFault {
		t.Error("an unknown verdict is not noticed")
	}
}
