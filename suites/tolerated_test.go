package suites

import (
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// tolerated is a target that is unlike the emulator and conforms all the same,
// up to a level.
type tolerated struct {
	name   string
	among  string // the glob of the cases that must not fail
	strict contract.Level
	edit   func(*contract.Contract)
	wrap   func(testing.TB) wrapper
	hooks  func() *emulator.Hooks
}

func TestToleratedTargetsAreGreen(t *testing.T) {
	for _, v := range []tolerated{
		{name: "another status for a changed request", among: "CreateImageCache/idempotency/*/changed", strict: contract.Should, edit: func(c *contract.Contract) {
			c.Idempotency.Mismatch.Status = 409
		}},
		{name: "another text for a changed request", among: "CreateImageCache/idempotency/*/changed", strict: contract.Should, edit: func(c *contract.Contract) {
			c.Idempotency.Mismatch.Message = "Used."
		}},
		{name: "an end reckoned from another moment", among: "*/state/**", strict: contract.Must, wrap: items(func(m *wire.Map) {
			if v, _ := m.Get("ExpireDateTime"); v != nil {
				at, _ := check.Moment(v.(string))
				m.Set("ExpireDateTime", at.Add(8*time.Hour).Format(time.RFC3339))
			}
		})},
		{name: "an update reckons the end from another moment", among: "Update*/state/RetentionDays/**", strict: contract.Inferred, wrap: items(func(m *wire.Map) {
			if v, _ := m.Get("ExpireDateTime"); v != nil {
				at, _ := check.Moment(v.(string))
				m.Set("ExpireDateTime", at.Add(8*time.Hour).Format(time.RFC3339))
			}
		})},
		{name: "no time of creation", among: "*/state/RetentionDays/**", strict: contract.Must, wrap: items(func(m *wire.Map) { drop1(m, "CreationTime") })},
	} {
		t.Run(strings.ReplaceAll(v.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			tr := trial{edit: v.edit, selects: []string{v.among}, strict: v.strict, seed: 5, patient: 200 * time.Millisecond}
			if v.wrap != nil {
				tr.wrap = v.wrap(t)
			}
			if v.hooks != nil {
				tr.hooks = v.hooks()
			}
			tr.judge(t).green(t)
		})
	}
}

// TestSmallQuota holds that a target with little room is judged as any other,
// but for the few cases that need more than there is.
func TestSmallQuota(t *testing.T) {
	t.Parallel()
	out := trial{
		quota: 6, selects: []string{"*/state/**", "*/idempotency/**", "*/concurrency/**", "*/error/**"},
		strict: contract.Inferred, seed: 3, jobs: 16, patient: 3 * time.Second,
	}.judge(t)
	for _, r := range out.results {
		if r.Verdict == run.Fail || r.Fault {
			t.Errorf("%s: %s: %s %s", r.Verdict, r.Case, r.Reason, failure(r))
		}
	}
	if s := out.summary; s.Inconclusive > s.Total/20 {
		t.Errorf("%d of %d cases are inconclusive, want at most one of twenty", s.Inconclusive, s.Total)
	}
}
