package run

import (
	"context"
	"net/url"
	"testing"

	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// What a case clears away belongs to its turn: one that is to be alone waits for
// it where there is no pool as well.
func TestClearingAwayBelongsToTheTurn(t *testing.T) {
	t.Parallel()
	var r *Runner
	deletions, disturbed := 0, 0
	target := roomFor(1)
	answer := target.answer
	target.answer = func(n int, q url.Values) (int, string, error) {
		if q.Get("Action") == "DeleteImageCache" {
			deletions++
			if r.alone.TryLock() {
				r.alone.Unlock()
				disturbed++
			}
		}
		return answer(n, q)
	}
	makes := does("c/1", func(ctx context.Context, s *plan.Session) error {
		_, err := s.Probe(ctx, &plan.Probe{Operation: "CreateImageCache", Params: wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}}})
		return err
	})
	r = New(testOptions(t, target, makes))
	r.Result(t.Context(), makes.ID)
	if deletions == 0 || disturbed != 0 {
		t.Errorf("%d of %d deletions were sent while a case could run by itself", disturbed, deletions)
	}
	if sum := r.Wait(); len(sum.Leaks) != 0 {
		t.Errorf("leaks: %v", sum.Leaks)
	}
}
