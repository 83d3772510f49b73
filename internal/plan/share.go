package plan

import "context"

// bundle is what several cases read and none may change, with the session that
// made it and holds it.
type bundle struct {
	key   string
	owner *Session
	ready chan struct{} // closed when value and err are there
	value any
	err   error
	users int // guarded by the pool
}

// Share gives what make made for the key: the first case that asks makes it, in
// a session that outlives the case, the others wait for it. Nobody may change
// it. It stands until the run ends or, while no case uses it, until another
// needs its place; then the next one that asks makes it again. A failure to make
// it is every user's, but for lack of room: then the next one that asks tries
// again. It should be the first thing that a case asks for.
func (s *Session) Share(ctx context.Context, key string, make func(context.Context, *Session) (any, error)) (any, error) {
	b, mine := s.env.pool.share(key)
	alone := s.first()
	s.mu.Lock()
	s.shared = append(s.shared, b)
	s.mu.Unlock()
	if mine {
		b.owner = s.env.Session(&Case{ID: "shared/" + key})
		// A case that holds a place must not wait for one on the way.
		b.owner.impatient, b.owner.byItself = !alone, s.isByItself()
		b.fill(ctx, make)
		return s.outcome(b)
	}
	select {
	case <-b.ready:
		return s.outcome(b)
	case <-ctx.Done():
		return nil, interrupted(ctx)
	}
}

// fill makes what is shared. Whoever waits for it goes on, even where that
// panics.
func (b *bundle) fill(ctx context.Context, make func(context.Context, *Session) (any, error)) {
	defer close(b.ready)
	b.err = Inconclusive("what several cases share could not be made: see " + b.owner.Case.ID)
	b.value, b.err = make(ctx, b.owner)
	if b.err != nil && b.owner.Crowded() {
		b.owner.Close(ctx)
		b.owner.env.pool.forget(b)
	}
}

// outcome is what the case gets of a bundle: lack of room is the case's own.
func (s *Session) outcome(b *bundle) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.err != nil && b.owner != s {
		b.owner.mu.Lock()
		defer b.owner.mu.Unlock()
		s.crowded, s.outgrown = b.owner.crowded, b.owner.outgrown
	}
	return b.value, b.err
}

// share returns the bundle of the key and whether the caller has to make it.
func (p *pool) share(key string) (b *bundle, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b := p.bundles[key]; b != nil {
		b.users++
		return b, false
	}
	b = &bundle{key: key, ready: make(chan struct{}), users: 1}
	if p.bundles == nil {
		p.bundles = map[string]*bundle{}
	}
	p.bundles[key] = b
	return b, true
}

// forget takes a bundle that could not be made out of the pool.
func (p *pool) forget(b *bundle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bundles[b.key] == b {
		delete(p.bundles, b.key)
	}
}

// unshare ends the use of bundles.
func (p *pool) unshare(used []*bundle) {
	if len(used) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range used {
		b.users--
	}
	p.announce()
}

// idle takes a bundle that nobody uses out of the pool; nil where there is
// none. The caller holds the lock, and closes the bundle's session without it.
func (p *pool) idle() *bundle {
	var found *bundle
	for _, b := range p.bundles {
		if b.users == 0 && (found == nil || b.key < found.key) {
			found = b
		}
	}
	if found != nil {
		delete(p.bundles, found.key)
	}
	return found
}

// bundled takes all bundles out of the pool.
func (p *pool) bundled() []*bundle {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*bundle
	for {
		b := p.idle()
		if b == nil {
			return out
		}
		out = append(out, b)
	}
}
