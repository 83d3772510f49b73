package plan

import (
	"context"
	"sync"
)

type quietKey struct{}

// hush keeps ordinary requests apart from cases that want no others. Such cases
// share the quiet, so that the run does not stand still for each of them; once
// the first of them is done no other joins, so that it ends.
type hush struct {
	requests sync.RWMutex // read-locked by every ordinary request

	mu      sync.Mutex
	inside  int           // cases that share the quiet; the lock on requests is theirs
	closing bool          // one of them is done
	over    chan struct{} // closed when the last of them is done
}

// together is how many cases share a quiet: each has one request under way at
// most, and more than a few would be slow for each other.
const together = 2

// enter waits until no ordinary request is under way and keeps off others.
func (h *hush) enter(ctx context.Context) error {
	for {
		over := h.join()
		if over == nil {
			return nil
		}
		select {
		case <-over:
		case <-ctx.Done():
			return interrupted(ctx)
		}
	}
}

// join begins a quiet or joins the one there is; else it returns when to try
// again.
func (h *hush) join() (over <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.inside == 0:
		h.requests.Lock()
		h.closing, h.over = false, make(chan struct{})
	case h.closing || h.inside == together:
		return h.over
	}
	h.inside++
	return nil
}

// leave lets the ordinary requests that wait go first.
func (h *hush) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inside--
	h.closing = true
	if h.inside == 0 {
		h.requests.Unlock()
		close(h.over)
	}
}

// Quiet runs f while no other case of the run sends anything, but for a few
// that are in Quiet as well, so that what f does follows as fast as the target
// answers. All others wait meanwhile: f must send a few requests, one at a time,
// and wait for nothing. It must not lease; it may send as many creating requests
// as places says, for which room is found ahead.
func (s *Session) Quiet(ctx context.Context, places int, f func(ctx context.Context) error) error {
	if err := s.provide(ctx, places); err != nil {
		return err
	}
	if err := s.env.quiet.enter(ctx); err != nil {
		return err
	}
	defer s.env.quiet.leave()
	return f(context.WithValue(ctx, quietKey{}, true))
}

// provide takes places ahead of the requests that need them. Those that are
// never needed are given back when the case ends.
func (s *Session) provide(ctx context.Context, places int) error {
	s.mu.Lock()
	missing := places - s.spare
	s.mu.Unlock()
	for range missing {
		g, err := s.place(ctx, "")
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.places++
		s.spare++
		s.mu.Unlock()
		s.placed()
		if g.evicted != nil {
			s.discard(ctx, g.evicted)
		}
	}
	return nil
}

// spend uses up a place that was provided.
func (s *Session) spend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spare == 0 {
		return false
	}
	s.spare--
	return true
}

// among waits until no other case wants to be alone, and returns what ends the
// request.
func (e *Environment) among(ctx context.Context) (done func()) {
	if ctx.Value(quietKey{}) != nil {
		return func() {}
	}
	e.quiet.requests.RLock()
	return e.quiet.requests.RUnlock
}

// Room is how many resources the run may have at once; zero for any number.
func (s *Session) Room() int { return s.env.MaxResources }
