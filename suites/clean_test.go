package suites

import (
	"fmt"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
)

// seen is how long a state has to last to be seen whatever else runs.
const seen = 30 * time.Millisecond

func TestCleanTargetIsGreen(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			out := trial{seed: seed, strict: contract.Inferred, settle: seen}.judge(t)
			out.green(t)
			s := out.summary
			if perCase := float64(s.Requests) / float64(s.Total); perCase > 4 {
				t.Errorf("%d requests for %d cases: %.2f a case, want at most 4", s.Requests, s.Total, perCase)
			}
			if s.Skip > 0 {
				t.Errorf("%d cases skipped against a profile that binds everything", s.Skip)
			}
		})
	}
}

func TestJobsDoNotChangeVerdicts(t *testing.T) {
	for _, jobs := range []int{1, 64} {
		t.Run(fmt.Sprintf("%d jobs", jobs), func(t *testing.T) {
			trial{seed: 7, jobs: jobs, strict: contract.Inferred}.judge(t).green(t)
		})
	}
}

func TestBareProfile(t *testing.T) {
	out := trial{seed: 9, bare: true, strict: contract.Inferred}.judge(t)
	out.green(t)
	if out.summary.Skip == 0 {
		t.Error("no case was skipped although the profile binds next to nothing")
	}
	for _, r := range out.results {
		if r.Verdict == "skip" && r.Reason == "" {
			t.Errorf("%s skipped without a reason", r.Case)
		}
	}
}

func TestLenientTarget(t *testing.T) {
	trial{seed: 11, lenient: true, strict: contract.Must}.judge(t).green(t)
}
