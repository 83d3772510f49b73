package emulator

import (
	"sync"
	"time"
)

// maxNonces bounds one generation of remembered nonces, and so the memory.
const maxNonces = 1 << 18

// nonces remembers which nonces each key has used. Two generations make
// forgetting cheap: every nonce is kept for at least one whole keep.
type nonces struct {
	keep time.Duration

	mu       sync.Mutex
	turned   time.Time
	now, old map[string]struct{}
}

// newNonces returns a memory that keeps each nonce for at least keep.
func newNonces(keep time.Duration) *nonces {
	return &nonces{keep: keep, now: map[string]struct{}{}}
}

// use says whether the key has not used the nonce before, and marks it used.
func (n *nonces) use(key, nonce string, at time.Time) bool {
	id := key + "\x00" + nonce
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turn(at)
	if _, used := n.now[id]; used {
		return false
	}
	if _, used := n.old[id]; used {
		return false
	}
	n.now[id] = struct{}{}
	return true
}

func (n *nonces) turn(at time.Time) {
	if n.turned.IsZero() {
		n.turned = at
	}
	if at.Sub(n.turned) < n.keep && len(n.now) < maxNonces {
		return
	}
	n.old, n.now, n.turned = n.now, make(map[string]struct{}, len(n.now)), at
}
