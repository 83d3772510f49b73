package run

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// pacer spreads requests evenly over time, and further apart while the target
// throttles.
type pacer struct {
	clock    func() time.Time
	interval time.Duration // between two requests; zero for no rate
	idle     atomic.Bool   // nothing to wait for: the usual state without a rate

	mu     sync.Mutex
	next   time.Time // when the next request may go
	factor float64   // by which the interval is stretched; 1 for not at all
}

// Adaptation to throttling: each answer that asks for it doubles the interval,
// each request that passes takes a little of it back.
const (
	throttledInterval = 20 * time.Millisecond // where there is no rate
	maxFactor         = 64
	recovery          = 0.97
)

func newPacer(rate float64, clock func() time.Time) *pacer {
	p := &pacer{clock: clock, factor: 1}
	if rate > 0 {
		p.interval = time.Duration(float64(time.Second) / rate)
	}
	p.idle.Store(rate <= 0)
	return p
}

// Wait returns when the next request may go, or ctx's error.
func (p *pacer) Wait(ctx context.Context) error {
	if p.idle.Load() {
		return nil
	}
	delay := p.reserve()
	if delay <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reserve takes the next place in time and says how far off it is.
func (p *pacer) reserve() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if p.next.Before(now) {
		p.next = now
	}
	delay := p.next.Sub(now)
	p.next = p.next.Add(p.gap())
	p.factor = max(1, p.factor*recovery)
	p.idle.Store(p.interval == 0 && p.factor == 1)
	return delay
}

// gap is the present interval between two requests.
func (p *pacer) gap() time.Duration {
	interval := p.interval
	if interval == 0 && p.factor > 1 {
		interval = throttledInterval
	}
	return time.Duration(float64(interval) * p.factor)
}

// Slow says that the target asked for fewer requests, and for none before the
// pause is over.
func (p *pacer) Slow(pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.factor = min(maxFactor, p.factor*2)
	if until := p.clock().Add(pause); until.After(p.next) {
		p.next = until
	}
	p.idle.Store(false)
}
