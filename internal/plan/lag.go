package plan

import (
	"context"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/contract"
)

// lag is how far listings are behind what was done. Nobody promises that a
// change can be read at once, and where it always can nothing ever waits for it.
type lag struct {
	mu        sync.Mutex
	suspected time.Duration // the longest that something took to be shown
	known     time.Duration // what reading waits for: zero until it has misled a case
}

// longest is the longest that something took to be shown.
func (l *lag) longest() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.suspected
}

// suspect takes a time after which something was shown that had not been.
func (l *lag) suspect(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.suspected = max(l.suspected, d)
}

// await is how long after a change nothing is read.
func (l *lag) await() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known
}

// misled says whether a case that read so early may have been shown what was
// before. From then on all reading waits, and a quarter longer.
func (l *lag) misled(early time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if early >= l.suspected {
		return false
	}
	l.known = max(l.known, l.suspected*5/4)
	return true
}

// catchUp waits before a reading request until listings may be expected to show
// what the case has done, and notes how early it reads. Who is quiet does not
// wait, but to count.
func (s *Session) catchUp(ctx context.Context, m *message) error {
	if m.operation == nil || !m.operation.Effect.Kind.Looks() {
		return nil
	}
	if ctx.Value(quietKey{}) != nil && m.operation.Effect.Kind != contract.ShowsUsage {
		return nil
	}
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	if changed.IsZero() {
		return nil
	}
	if err := s.Pause(ctx, s.env.lag.await()-s.Now().Sub(changed)); err != nil {
		return err
	}
	since := s.Now().Sub(changed)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hasRead || since < s.early {
		s.hasRead, s.early = true, since
	}
	return nil
}

// Misled says that what the case found may be due to listings that are behind,
// and makes it ready to begin again: from now on reading waits for them. It
// forgets what was found.
func (s *Session) Misled(ctx context.Context) bool {
	s.mu.Lock()
	read, early := s.hasRead, s.early
	s.mu.Unlock()
	if !read || !s.env.lag.misled(early) {
		return false
	}
	s.Restart(ctx)
	s.reset()
	return true
}

// maxLag is how far behind a listing may be that is waited for where nothing else
// can be done: work may take far longer.
const maxLag = time.Minute

// Bounds of waiting for what is there already to be shown, in pauses of the
// policy: in its longest, and in its first once many such waits have run out and
// none has ever come to its end.
const (
	sightings = 10
	glances   = 5
)

// watching is who waits for a listing: as long as most, but twice what something
// took to be shown at least, and a minute at most of that.
func (s *Session) watching(what string, most time.Duration) patient {
	w := s.env.Wait
	late := min(2*s.env.lag.longest(), maxLag)
	w.Deadline = min(w.Deadline, max(most, late))
	limit := s.env.eyes.limit(w, max(glances*w.Initial, late))
	return patient{what: what, wait: w, limit: limit, stamina: &s.env.eyes, sure: true}
}

// Listed is Eventually for what a listing should show by now, within a minute at
// most. Running out of time is a timeout however many waits have run out before: a
// listing in which nothing ever came late is not behind.
func (s *Session) Listed(ctx context.Context, what string, f func() (bool, error)) error {
	return s.listed(ctx, s.watching(what, maxLag), f)
}

// Shows asks again, by the profile's wait policy, until f sees what it looks for;
// false where it does not for ten of the policy's longest pauses, or for as long as
// listings are known to be behind if that is longer.
func (s *Session) Shows(ctx context.Context, what string, f func() (bool, error)) (bool, error) {
	if ok, err := f(); ok || err != nil {
		return ok, err
	}
	p := s.watching(what, sightings*s.env.Wait.Cap)
	p.late = true
	err := s.listed(ctx, p, f)
	if isOver(err) {
		return false, nil
	}
	return err == nil, err
}

// listed waits for a listing. What it does not show at first tells how far it is
// behind.
func (s *Session) listed(ctx context.Context, p patient, f func() (bool, error)) error {
	begin := s.Now()
	err := s.eventually(ctx, p, func() (bool, error) {
		done, err := f()
		p.late = p.late || !done
		return done, err
	})
	if err != nil || !p.late {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.changed.IsZero() { // else others have made it
		begin = s.changed
	}
	s.env.lag.suspect(s.Now().Sub(begin))
	return nil
}
