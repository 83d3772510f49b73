package plan

import (
	"context"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
)

// full says that the target refused to make something because the account has
// as many as it may, without the case having asked for that.
func (s *Session) full(m *message, a *check.Answer) bool {
	usual, _ := s.Credentials("default")
	if !m.creates() || m.credentials != usual || a.Status < 400 || a.Status > 499 {
		return false
	}
	return slices.ContainsFunc(a.Rows, func(row *contract.Error) bool {
		return s.Contract.Class(row) == contract.ClassQuota && !slices.Contains(a.Brought, row.Condition)
	})
}

// maxRoom is how often room is made for one request.
const maxRoom = 64

// makeRoom gives up something that the run holds and nobody uses, or waits
// until somebody does, and says whether to try again: not where nobody will.
// From then on the run holds no more than what found room.
func (s *Session) makeRoom(ctx context.Context, m *message, a *check.Answer, p *patience) (again bool, err error) {
	if p.room++; p.room > maxRoom {
		return false, s.crowdedOut(m, a)
	}
	own := s.holds()
	spare, changed := s.env.pool.crowded(own)
	switch {
	case spare.evicted != nil:
		s.discard(ctx, spare.evicted)
		s.env.pool.leave(1)
		return true, nil
	case spare.unused != nil:
		spare.unused.owner.Close(ctx)
		return true, nil
	case changed == nil:
		return false, s.crowdedOut(m, a)
	}
	defer s.env.pool.uncrowded(own)
	if ctx.Value(quietKey{}) != nil {
		return false, s.crowdedOut(m, a) // nobody else gets on
	}
	if again, err = p.until(ctx, changed, s.env.Wait.Deadline); again || err != nil {
		return again, err
	}
	return false, s.crowdedOut(m, a)
}

// holds is how many resources the case has, but for the one that it asks for.
func (s *Session) holds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.places-s.spare+s.pending+len(s.held)-1)
}

// crowdedOut notes that no room was found, and how the target said so.
func (s *Session) crowdedOut(m *message, a *check.Answer) error {
	outgrown := s.env.pool.hasMade(m.operation.Effect.Resource)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crowded, s.outgrown = a.Summary(), outgrown
	return nil
}

// Pressed says that the target had no room for something at any time in the run:
// what a case has made may have gone since, to make room for another.
func (s *Session) Pressed() bool {
	s.env.pool.mu.Lock()
	defer s.env.pool.mu.Unlock()
	return s.env.pool.full
}

// Crowded says that there was no room for something that the case wanted to make,
// at the target or by the profile, whatever the run gave up for it.
func (s *Session) Crowded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crowded != ""
}

// Outgrown is why a case is skipped for which there is no room even when nothing
// else of the run is there: nil where the run could never make anything of the
// kind, so that the room may be taken by others.
func (s *Session) Outgrown() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.outgrown {
		return nil
	}
	return Skip("no room for all that the case needs at once, even with nothing else of the run there: " + s.crowded)
}

// Anew makes the case ready to begin again, without anything that it has or
// found, and by itself: the caller sees to it that no other case runs then.
func (s *Session) Anew(ctx context.Context) {
	s.mu.Lock()
	shared := s.shared
	s.shared = nil
	s.mu.Unlock()
	s.env.pool.unshare(shared)
	s.Restart(ctx)
	s.reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byItself = true
}

func (s *Session) isByItself() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byItself
}

// reset forgets what the case found so far.
func (s *Session) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.findings, s.unfit, s.attached, s.exchanges, s.hasRead = nil, "", nil, nil, false
	s.crowded, s.outgrown, s.heldUp = "", false, false
	s.Rand = s.env.source(s.Case)
}

// made notes that the target made something of the kind.
func (p *pool) made(kind string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kinds == nil {
		p.kinds = map[string]bool{}
	}
	p.kinds[kind] = true
}

func (p *pool) hasMade(kind string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kinds[kind]
}

// until waits for a change, all waits of the request together no longer than
// the limit, and says whether it came.
func (p *patience) until(ctx context.Context, changed <-chan struct{}, limit time.Duration) (bool, error) {
	if p.over == nil {
		p.over = time.After(limit)
	}
	select {
	case <-changed:
		return true, nil
	case <-p.over:
		return false, nil
	case <-ctx.Done():
		return false, interrupted(ctx)
	}
}

// crowded is called for a request that found no room, of a case that holds so
// many resources. It gives up something free, or says what to wait for: nil
// where the run has none, or where all that have some wait as well, so that one
// of them must give up. Who gets something to wait for calls uncrowded when it
// does so no more.
func (p *pool) crowded(own int) (g grant, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.full = true
	if len(p.free) > 0 {
		return grant{evicted: p.remove(0)}, nil
	}
	if b := p.idle(); b != nil {
		return grant{unused: b}, nil
	}
	if there := p.live - p.refused - 1; there <= 0 || own > 0 && p.stuck+own >= there {
		return grant{}, nil
	}
	p.stuck += own
	p.refused++
	if most := max(1, p.live-p.refused); p.limit == 0 || most < p.limit {
		p.limit = most
	}
	return grant{}, p.changed
}

func (p *pool) uncrowded(own int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stuck -= own
	p.refused--
}
