package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Sentinels of Preflight and of a run that ended early.
var (
	ErrUnreachable = errors.New("target is unreachable")
	ErrCredentials = errors.New("credentials are refused")
	// ErrRegion: the target does not have the region that it is to be judged in.
	ErrRegion = errors.New("no such region")
	// ErrPanic: the harness is at fault.
	ErrPanic = errors.New("panic")
)

// minFailures is how many requests in a row must fail, at least, before the
// target counts as dead.
const minFailures = 10

// health ends the run when the target no longer answers: one verdict, not a
// failure for each case that is left.
type health struct {
	limit    int64
	failures atomic.Int64 // in a row

	mu     sync.Mutex
	parent context.Context // of the run, nil before it starts
	ctx    context.Context
	cancel context.CancelCauseFunc
	dead   error // why the run was ended, nil while it is not
}

func newHealth(limit int) *health { return &health{limit: int64(limit)} }

// watch returns the context that the run's cases work under.
func (h *health) watch(parent context.Context) context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parent = parent
	h.ctx, h.cancel = context.WithCancelCause(parent)
	return h.ctx
}

// report counts a request without an answer; nil is an answer.
func (h *health) report(err error) {
	if err == nil {
		if h.failures.Load() != 0 {
			h.failures.Store(0)
		}
		return
	}
	if h.failures.Add(1) < h.limit {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead == nil && h.cancel != nil && h.parent.Err() == nil {
		h.dead = fmt.Errorf("%w: no answer to %d requests in a row", ErrUnreachable, h.limit)
		h.cancel(h.dead)
	}
}

// end releases the context and says how the run ended.
func (h *health) end() (interrupted bool, unreachable string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.parent == nil {
		return false, ""
	}
	if h.dead != nil {
		unreachable = h.dead.Error()
	}
	interrupted = h.parent.Err() != nil && h.dead == nil
	h.cancel(nil)
	return interrupted, unreachable
}
