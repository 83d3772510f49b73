package plan

import (
	"sync"
	"time"
)

// stamina is how long the waits of a run may be: a target on which nothing comes
// about must not hold up a run for days. It is safe for concurrent use.
type stamina struct {
	mu      sync.Mutex
	full    int           // how many may run out before later ones are cut to a half, and again before a quarter, and so on
	out     int           // waits that ran out
	longest time.Duration // that did not
}

// limit is how long a wait may take now: the policy's deadline, or less where
// many have run out, but never less than least nor than four times what a wait
// that came to its end has taken.
func (s *stamina) limit(w Wait, least time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(w.Deadline, max(w.Deadline>>(s.out/s.full), least, 4*s.longest))
}

func (s *stamina) ranOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out++
}

// lasted takes how long a wait took that came to its end without an error.
func (s *stamina) lasted(err error, d time.Duration) {
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.longest = max(s.longest, d)
}
