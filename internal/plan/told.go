package plan

import "github.com/eci-conform/conform/internal/wire"

// Take returns the exchanges kept so far and keeps them no longer, for a case
// that tries several times and tells of one of them.
func (s *Session) Take() []*wire.Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.exchanges
	s.exchanges = nil
	return kept
}

// Tell keeps the exchanges, as Take returned them, in place of those since.
func (s *Session) Tell(kept []*wire.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exchanges = kept
}
