package run

import (
	"context"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// A case that was to begin again when the run was interrupted is reported, once,
// and leaves nothing behind.
func TestInterruptedBeforeItBeganAgain(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tries := 0
	slow := does("c/1", func(ctx context.Context, s *plan.Session) error {
		tries++
		if _, err := s.Probe(ctx, &plan.Probe{Operation: "CreateImageCache", Params: wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}}}); err != nil {
			return err
		}
		s.Outrun()
		return plan.Skip("it passes too quickly")
	})
	last := does("c/2", func(context.Context, *plan.Session) error {
		cancel()
		return nil
	})
	o := testOptions(t, roomFor(2), slow, last)
	o.Jobs = 1
	told := map[string]int{}
	o.Sink = func(r Result) { told[r.Case]++ }
	r := New(o)
	r.Start(ctx)
	sum := r.Wait()
	if res := r.Result(t.Context(), slow.ID); res.Verdict != Inconclusive || res.Reason != reasonInterrupted {
		t.Errorf("%s: %s %q, want it interrupted", slow.ID, res.Verdict, res.Reason)
	}
	if diff := cmp.Diff(map[string]int{slow.ID: 1, last.ID: 1}, told); diff != "" || tries != 1 {
		t.Errorf("after %d tries, results mismatch (-want +got):\n%s", tries, diff)
	}
	if !sum.Interrupted || sum.Total != 2 || sum.Faults != 0 || len(sum.Leaks) != 0 {
		t.Errorf("Wait() = %+v, want an interrupted run of two cases", sum)
	}
}
