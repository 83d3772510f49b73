package plan

import (
	"sync"
	"time"
)

// arrivals is how soon things come about that pass, so that the next one is looked
// for when it is due and not from the beginning. It is safe for concurrent use.
type arrivals struct {
	mu  sync.Mutex
	due map[string]time.Duration
}

// Due is how long after its begin something that passes is looked for; zero where
// nobody knows.
func (s *Session) Due(what string) time.Duration {
	a := &s.env.arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.due[what]
}

// Came takes how long after its begin something had not come about yet, zero where
// it had at the first look: then the next one is looked for earlier.
func (s *Session) Came(what string, early time.Duration) {
	const soon, sooner = 2, 4 // there is little time to lose: a half of it, or a quarter less
	a := &s.env.arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.due == nil {
		a.due = map[string]time.Duration{}
	}
	switch due := a.due[what]; {
	case early == 0:
		a.due[what] = due - due/sooner
	case due == 0 || early/soon < due:
		a.due[what] = early / soon
	}
}
