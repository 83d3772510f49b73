package replay

import "sync"

// maxNonces bounds one generation of remembered nonces.
const maxNonces = 1 << 18

// nonces remembers which nonces each key has used; of two generations the
// older one is forgotten.
type nonces struct {
	mu       sync.Mutex
	now, old map[nonce]struct{}
}

type nonce struct{ key, value string }

// reused says whether a request's nonce was seen before.
func (p *Player) reused(q *asked) bool {
	value, n := q.in.Common("SignatureNonce")
	if n == 0 {
		return false
	}
	return p.nonces.use(nonce{q.key, value})
}

func (s *nonces) use(n nonce) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, now := s.now[n]
	_, old := s.old[n]
	if s.now == nil || len(s.now) >= maxNonces {
		s.old, s.now = s.now, map[nonce]struct{}{}
	}
	s.now[n] = struct{}{}
	return now || old
}
