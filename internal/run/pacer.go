package run

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// pacer spreads requests evenly over time. Where the target throttles it looks
// for the rate that it takes: it goes down at once and up little by little, most
// slowly where it was turned away last.
type pacer struct {
	clock func() time.Time
	limit float64      // requests a second that the profile allows; zero for any number
	idle  atomic.Bool  // nothing to wait for: the usual state without a rate
	sent  atomic.Int64 // while idle, since begin

	mu      sync.Mutex
	begin   time.Time // of being idle
	next    time.Time // when the next request may go
	rate    float64   // requests a second; zero for any number
	ceiling float64   // the rate at which the target throttled last; zero for none
	settled time.Time // when the latest rate holds for all that is sent
}

// How the rate follows the target.
const (
	decrease   = 0.8 // is left of it when the target throttles,
	steep      = 0.4 // and when it does so again within this time:
	goesOn     = time.Second / 2
	safely     = 0.9   // of the ceiling is come back to soon,
	approach   = 0.02  // by this part of what is missing with each request,
	increase   = 1.001 // and beyond it grows by so much
	minRate    = 0.2
	unbounded  = 5000.0                 // a rate that is as good as none
	tooShort   = 200 * time.Millisecond // what was under way when the rate went down says nothing new
	firstGuess = 100.0                  // where nothing was sent that could be counted
)

func newPacer(rate float64, clock func() time.Time) *pacer {
	p := &pacer{clock: clock, limit: max(0, rate), begin: clock()}
	p.rate = p.limit
	p.idle.Store(rate <= 0)
	return p
}

// Wait returns when the next request may go, or ctx's error.
func (p *pacer) Wait(ctx context.Context) error {
	if p.idle.Load() {
		p.sent.Add(1)
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
	if p.rate > 0 {
		p.next = p.next.Add(time.Duration(float64(time.Second) / p.rate))
	}
	p.recover(now)
	return delay
}

// recover takes back a little of what the target's throttling took.
func (p *pacer) recover(now time.Time) {
	if p.ceiling == 0 || now.Before(p.settled) {
		return
	}
	if goal := safely * p.ceiling; p.rate < goal {
		p.rate += (goal - p.rate) * approach
	} else {
		p.rate *= increase
	}
	switch {
	case p.limit > 0 && p.rate >= p.limit:
		p.rate, p.ceiling = p.limit, 0
	case p.limit == 0 && p.rate > unbounded:
		p.rate, p.ceiling, p.begin = 0, 0, now
		p.sent.Store(0)
		p.idle.Store(true)
	}
}

// Slow says that the target asked for fewer requests, and for none before the
// pause is over.
func (p *pacer) Slow(pause time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if until := now.Add(pause); until.After(p.next) {
		p.next = until
	}
	if now.Before(p.settled) {
		return
	}
	if p.rate == 0 {
		p.rate = p.measured(now)
	}
	first, known := p.ceiling == 0, p.rate
	if first || now.Sub(p.settled) < goesOn {
		p.rate *= steep
		known = p.rate // the target takes much less than it was sent
	} else {
		p.rate *= decrease
	}
	p.rate = max(minRate, p.rate)
	// What has its place in time already goes at the old rate.
	p.ceiling, p.settled = known, p.next.Add(tooShort)
	p.idle.Store(false)
}

// measured is how many requests a second were sent while nobody counted them.
func (p *pacer) measured(now time.Time) float64 {
	sent, took := p.sent.Load(), now.Sub(p.begin).Seconds()
	if sent == 0 || took <= 0 {
		return firstGuess
	}
	return min(unbounded, max(minRate, float64(sent)/took))
}
