package plan

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestQuietIsShared runs two quiet cases that end only if both are inside, and
// looks whether an ordinary request could go meanwhile.
func TestQuietIsShared(t *testing.T) {
	t.Parallel()
	env, s := testSession(t, newFake())
	other := env.Session(&Case{ID: "other"})
	first, second := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- other.Quiet(t.Context(), 0, func(context.Context) error {
			close(second)
			<-first
			return nil
		})
	}()
	err := s.Quiet(t.Context(), 0, func(ctx context.Context) error {
		close(first)
		<-second
		if env.quiet.requests.TryRLock() {
			t.Error("an ordinary request may go while two cases are quiet")
		}
		_, err := s.Probe(ctx, regions())
		return err
	})
	if err := errors.Join(err, <-done); err != nil {
		t.Errorf("Quiet() = %v", err)
	}
	if !env.quiet.requests.TryRLock() {
		t.Error("no ordinary request may go after the last quiet case")
	}
	if diff := cmp.Diff(0, len(env.quiet.seats)); diff != "" {
		t.Errorf("seats taken mismatch (-want +got):\n%s", diff)
	}
}

func TestQuietEndsWithItsContext(t *testing.T) {
	t.Parallel()
	env, s := testSession(t, newFake())
	for range together {
		env.quiet.seats <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Quiet(ctx, 0, func(context.Context) error {
		t.Error("Quiet() ran while as many were quiet as may be")
		return nil
	})
	if _, ok := IsInconclusive(err); !ok {
		t.Errorf("Quiet() = %v, want it inconclusive", err)
	}
}
