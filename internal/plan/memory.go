package plan

import (
	"context"
	"sync"
	"time"
)

// Memory is a recording in place of a target: cases that are judged from it
// are lent what they were lent, and their time is what it was.
type Memory interface {
	// Begin is when the recorded run began.
	Begin() time.Time
	// Case is what is remembered of a case: when its first request was sent,
	// zero where it sent none, and what it was lent, in order.
	Case(id string) (begin time.Time, lent []Loan)
}

// recalled is a clock that goes on only where something takes time: an
// exchange, as long as it took, or a wait, which ends at once.
type recalled struct {
	mu  sync.Mutex
	now time.Time
}

func (r *recalled) reach(t time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.After(r.now) {
		r.now = t
	}
}

func (r *recalled) add(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *recalled) time() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// remember prepares a session that is judged from a recording.
func (s *Session) remember(m Memory) {
	begin, lent := m.Case(s.Case.ID)
	if begin.IsZero() {
		begin = m.Begin()
	}
	s.clock, s.loans = &recalled{now: begin}, lent
}

// recall lends what the case was lent of the kind: the next of it, or nil.
func (s *Session) recall(kind string) *Resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.loans {
		if l.Kind == kind {
			s.loans = append(s.loans[:i:i], s.loans[i+1:]...)
			c := s.env.Credentials["default"]
			return &Resource{Kind: s.Contract.Resource(kind), ID: l.ID, Region: l.Region, credentials: c}
		}
	}
	return nil
}

// Pause waits for d, or less if ctx ends.
func (s *Session) Pause(ctx context.Context, d time.Duration) error {
	if s.clock == nil {
		return pause(ctx, d)
	}
	s.clock.add(d)
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return nil
}
