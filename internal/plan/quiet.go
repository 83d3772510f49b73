package plan

import "context"

type quietKey struct{}

// Quiet runs f while no other case of the run sends anything, so that what f
// does follows as fast as the target answers. All others wait meanwhile: f must
// send a few requests and wait for nothing. It must not lease; it may send as
// many creating requests as places says, for which room is found ahead.
func (s *Session) Quiet(ctx context.Context, places int, f func(ctx context.Context) error) error {
	if err := s.provide(ctx, places); err != nil {
		return err
	}
	s.env.quiet.Lock()
	defer s.env.quiet.Unlock()
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
	e.quiet.RLock()
	return e.quiet.RUnlock
}
