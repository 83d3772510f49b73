package run

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limiter is a target that takes so many requests a second and counts those that
// it turns away as well.
type limiter struct {
	mu     sync.Mutex
	rate   float64
	tokens float64
	last   time.Time
}

func (l *limiter) admits() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.tokens = min(l.rate, l.tokens+now.Sub(l.last).Seconds()*l.rate) - 1
	l.last = now
	if l.tokens < 0 {
		l.tokens = max(l.tokens, -1)
		return false
	}
	return true
}

// The rate settles just below what the target takes: most requests pass, and the
// run takes little longer than it must.
func TestPacerFindsTheRate(t *testing.T) {
	t.Parallel()
	const requests, workers = 4000, 32
	for _, tt := range []struct {
		name          string
		profile, took float64 // requests a second
	}{{"no rate in the profile", 0, 50}, {"too high a rate in the profile", 200, 50}, {"a slow target", 0, 5}, {"a rate that is right", 40, 50}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, l := newPacer(tt.profile, time.Now), &limiter{rate: tt.took, tokens: tt.took, last: time.Now()}
				begin := time.Now()
				var mu sync.Mutex
				left, refused := requests, 0
				var all sync.WaitGroup
				for range workers {
					all.Go(func() {
						for {
							mu.Lock()
							mine := left > 0
							left--
							mu.Unlock()
							if !mine {
								return
							}
							for {
								if err := p.Wait(t.Context()); err != nil {
									t.Error(err)
									return
								}
								time.Sleep(2 * time.Millisecond)
								if l.admits() {
									break
								}
								mu.Lock()
								refused++
								mu.Unlock()
								p.Slow(40 * time.Millisecond)
							}
						}
					})
				}
				all.Wait()
				best := requests / tt.took
				if tt.profile > 0 {
					best = max(best, requests/tt.profile)
				}
				if got := time.Since(begin).Seconds(); got > best*2 {
					t.Errorf("%d requests took %.0f s, want %.0f at most", requests, got, best*2)
				}
				if refused > requests/4 {
					t.Errorf("%d of %d requests were turned away", refused, requests)
				}
			})
		})
	}
}
