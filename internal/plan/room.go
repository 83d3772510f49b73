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
	s.mu.Lock()
	own := s.places + s.pending + len(s.held)
	s.mu.Unlock()
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
		return false, nil
	}
	defer s.env.pool.uncrowded(own)
	if ctx.Value(quietKey{}) != nil {
		return false, nil // nobody else gets on
	}
	return p.until(ctx, changed, s.env.Wait.Deadline)
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
// many places. It gives up something free, or says what to wait for: nil where
// all that hold something wait as well. Who gets something to wait for calls
// uncrowded when it does so no more.
func (p *pool) crowded(own int) (g grant, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) > 0 {
		return grant{evicted: p.remove(0)}, nil
	}
	if b := p.idle(); b != nil {
		return grant{unused: b}, nil
	}
	if p.stuck+own >= p.live {
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
