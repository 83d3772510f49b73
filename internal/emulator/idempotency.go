package emulator

import (
	"context"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// maxTokens bounds how many tokens are remembered.
const maxTokens = 1 << 18

// memory is what is known of the tokens that clients sent: one success each.
// A failure is forgotten at once, so that the client may try again.
//
// A token is forgotten after keep, or when there are more than maxTokens.
type memory struct {
	keep time.Duration

	mu      sync.Mutex
	entries map[string]*effect
	order   []*effect // oldest first, for forgetting
}

// effect is one piece of work that a token stands for.
type effect struct {
	key         string
	fingerprint string // of the parameters
	until       time.Time
	done        chan struct{} // closed when result is set or the work failed
	result      *wire.Map     // nil after a failure
}

func newMemory(keep time.Duration) *memory {
	return &memory{keep: keep, entries: map[string]*effect{}}
}

// claim returns the effect that stands under key and whether the caller owns
// it, that is has to do the work and call settle.
func (m *memory) claim(key, fingerprint string, now time.Time) (e *effect, owned bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	if e := m.entries[key]; e != nil {
		return e, false
	}
	e = &effect{key: key, fingerprint: fingerprint, until: now.Add(m.keep), done: make(chan struct{})}
	m.entries[key] = e
	m.order = append(m.order, e)
	return e, true
}

// settle ends the work of an owned effect; a nil result is a failure.
func (m *memory) settle(e *effect, result *wire.Map) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.result = result
	if result == nil {
		delete(m.entries, e.key)
	}
	close(e.done)
}

// wait waits for the work that another request does; false when it failed or
// ctx ended first.
func (e *effect) wait(ctx context.Context) bool {
	select {
	case <-e.done:
		return e.result != nil
	case <-ctx.Done():
		return false
	}
}

func (m *memory) forget(now time.Time) {
	n := 0
	for n < len(m.order) && (now.After(m.order[n].until) || len(m.order)-n > maxTokens) {
		if e := m.order[n]; m.entries[e.key] == e {
			delete(m.entries, e.key)
		}
		n++
	}
	m.order = m.order[n:]
}
