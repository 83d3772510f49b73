package plan

import (
	"context"
	"errors"
	"testing"
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
}

func TestQuietEndsWithItsContext(t *testing.T) {
	t.Parallel()
	env, s := testSession(t, newFake())
	for range together {
		if err := env.quiet.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
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

// TestQuietEnds leaves a quiet while another case is in it, which must not let
// a third one in before the requests that wait.
func TestQuietEnds(t *testing.T) {
	t.Parallel()
	var h hush
	for range 2 {
		if h.join() != nil {
			t.Fatal("join() did not let two cases in")
		}
	}
	h.leave()
	over := h.join()
	if over == nil {
		t.Fatal("join() let a case in after one was done")
	}
	h.leave()
	<-over
	if !h.requests.TryRLock() {
		t.Error("no ordinary request may go after the last quiet case")
	}
}
