package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eci-conform/conform/internal/plan"
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

// grace is how long a target that has answered nothing for a whole timeout may
// go on so.
const grace = 8 * time.Second

// maxThrottled is how long a target may turn away every request for coming too
// fast: longer than the minute for which such rates are counted.
const maxThrottled = 90 * time.Second

// health ends the run when the target no longer answers: one verdict, not a
// failure for each case that is left.
type health struct {
	limit    int64
	timeout  time.Duration // of one request
	clock    func() time.Time
	failures atomic.Int64 // in a row
	excesses atomic.Int64 // answers in a row that were too much to read
	heard    atomic.Int64 // when the last answer came, by the clock
	letIn    atomic.Int64 // when the last one came that was none for coming too fast

	mu      sync.Mutex
	parent  context.Context // of the run, nil before it starts
	ctx     context.Context
	cancel  context.CancelCauseFunc
	silence *time.Timer // ends the run; nil while the target answers
	dead    error       // why the run was ended, nil while it is not
}

func newHealth(o Options) *health {
	h := &health{limit: int64(max(minFailures, 2*min(o.Jobs, len(o.Plan.Cases)))), timeout: o.Timeout, clock: o.Clock}
	h.heard.Store(o.Clock().UnixNano())
	h.letIn.Store(h.heard.Load())
	return h
}

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
		now := h.clock().UnixNano()
		h.heard.Store(now)
		h.letIn.Store(now)
		if h.failures.Load() != 0 {
			h.failures.Store(0)
		}
		if h.excesses.Load() != 0 {
			h.excesses.Store(0)
		}
		return
	}
	if errors.Is(err, plan.ErrOverLimit) {
		h.overLimit()
		return
	}
	if errors.Is(err, plan.ErrThrottled) {
		h.heard.Store(h.clock().UnixNano())
		if h.since(h.letIn.Load()) > maxThrottled {
			h.end(fmt.Sprintf("every request was turned away as too fast for %v", maxThrottled))
		}
		return
	}
	if h.failures.Add(1) >= h.limit {
		h.end(fmt.Sprintf("no answer to %d requests in a row", h.limit))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		h.listen()
	}
}

// overLimit counts an answer that is too much to read. Each is a finding of its
// case, and costs far more than others: a target that gives no other is given up.
func (h *health) overLimit() {
	now := h.clock().UnixNano()
	h.heard.Store(now)
	h.letIn.Store(now)
	h.failures.Store(0)
	if h.excesses.Add(1) >= h.limit {
		h.end(fmt.Sprintf("%d answers in a row were too much to read", h.limit))
	}
}

// since is the time from an answer until now.
func (h *health) since(answer int64) time.Duration { return h.clock().Sub(time.Unix(0, answer)) }

// end ends the run.
func (h *health) end(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead == nil && h.cancel != nil && h.parent.Err() == nil {
		h.dead = fmt.Errorf("%w: %s", ErrUnreachable, why)
		h.cancel(h.dead)
	}
}

// listen gives a target that has let a request wait for its whole time, and has
// answered no other meanwhile, the grace to answer any.
func (h *health) listen() {
	last := h.heard.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.silence != nil || h.cancel == nil || h.since(last) < h.timeout {
		return
	}
	h.silence = time.AfterFunc(grace, func() {
		if h.heard.Load() == last {
			h.end(fmt.Sprintf("no answer to any request for %v", h.timeout+grace))
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.silence = nil
	})
}

// outcome says how the run ended, so far.
func (h *health) outcome() (interrupted bool, unreachable string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.dead != nil:
		return false, h.dead.Error()
	case h.parent != nil:
		return h.parent.Err() != nil, ""
	}
	return false, ""
}

// context is that of the run, which ends with the target.
func (h *health) context() context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx == nil {
		return context.Background()
	}
	return h.ctx
}

// close releases the context.
func (h *health) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.silence != nil {
		h.silence.Stop()
	}
	if h.cancel != nil {
		h.cancel(nil)
	}
	h.cancel = nil
}
