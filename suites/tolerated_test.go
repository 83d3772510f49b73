package suites

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
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

// TestSmallQuota holds that a target with little room is judged as any other, but
// for the cases that need more than there is: those are skipped.
func TestSmallQuota(t *testing.T) {
	for quota, skips := range map[int]int{6: 50, 1: 300} {
		t.Run(strconv.Itoa(quota), func(t *testing.T) {
			t.Parallel()
			out := trial{
				quota: quota, selects: []string{"*/state/**", "*/idempotency/**", "*/concurrency/**", "*/error/**", "*/listing/**"},
				strict: contract.Inferred, seed: 3, jobs: 16, patient: time.Second,
			}.judge(t)
			out.green(t)
			n := 0
			for _, r := range out.results {
				if strings.Contains(r.Reason, "no room for all that the case needs") {
					n++
				}
			}
			if n > skips {
				t.Errorf("%d of %d cases are skipped for lack of room, want at most %d", n, out.summary.Total, skips)
			}
		})
	}
}
