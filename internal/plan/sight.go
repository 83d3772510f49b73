package plan

import (
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/wire"
)

// sight is how a resource was seen last, for a case that looks at it again
// before anything can have changed it.
type sight struct {
	of      Resource
	changes int       // of the session, before the look
	item    *wire.Map // nil where it was not there
	shown   shown
}

// shown is what came with a look that the case itself did not ask for.
type shown struct {
	exchange *wire.Exchange
	findings []check.Finding
}

// keeping is asFixture of a look that the case may come to ask for.
func keeping(k *shown) Option {
	return func(how *sending) {
		asFixture(how)
		how.shown = k
	}
}

// state is how often something was sent that may have changed anything.
func (s *Session) state() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes
}

// disturb says that something that may change a resource is sent, or answered:
// what was seen is no longer sure.
func (s *Session) disturb(m *message) {
	if m.operation != nil && m.operation.Effect.Kind.Looks() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	s.changed = s.Now()
}

// saw keeps what was seen of a resource, for one look.
func (s *Session) saw(g sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.changes == s.changes {
		s.seen = &g
	}
}

// forget says that time goes by.
func (s *Session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = nil
}

// sighted gives what was seen of the resource, once, as long as the case has done
// nothing since. What was wrong with the answer counts for the case from now on.
func (s *Session) sighted(r *Resource) (g *sight, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g = s.seen
	if g == nil || g.changes != s.changes || g.of.ID != r.ID || g.of.Kind != r.Kind || g.of.Region != r.Region || g.of.credentials != r.credentials {
		return nil, false
	}
	s.seen = nil
	return g, true
}

// look is what the case asks to be shown of the resource.
func (s *Session) look(g *sight) {
	if x := g.shown.exchange; x != nil {
		s.mu.Lock()
		s.keep(x)
		s.mu.Unlock()
	}
	s.Find(g.shown.findings...)
}
