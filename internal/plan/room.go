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
func (s *Session) makeRoom(ctx context.Context, p *patience) (again bool, err error) {
	if p.room++; p.room > maxRoom {
		return false, nil
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
		return false, s.crowdedOut()
	}
	defer s.env.pool.uncrowded(own)
	if ctx.Value(quietKey{}) != nil {
		return false, s.crowdedOut() // nobody else gets on
	}
	if again, err = p.until(ctx, changed, s.env.Wait.Deadline); again || err != nil {
		return again, err
	}
	return false, s.crowdedOut()
}

// holds is how many resources the case has, but for the one that it asks for.
func (s *Session) holds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.places-s.spare+s.pending+len(s.held)-1)
}

// crowdedOut notes that no room was found.
func (s *Session) crowdedOut() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.crowded = true
	return nil
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
