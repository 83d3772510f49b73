package plan

// Outrun says that the case was too slow for something that passes. Unless it is
// by itself other cases may have held it up: then it is to begin again alone.
func (s *Session) Outrun() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heldUp = !s.byItself
}

// HeldUp says that other cases may be why the case was too slow.
func (s *Session) HeldUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heldUp
}
