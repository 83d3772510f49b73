package plan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFoundlingsAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.before = func(n int, action string) (int, string, error) {
			switch {
			case action == "CreateImageCache":
				return 0, "", errors.New("timeout")
			case f.seen[n-1].Get("AccessKeyId") != "id":
				return 400, `"Code":"Wrong.Key"`, nil
			}
			return 400, `"Code":"Throttling"`, nil
		}
		target, slowed := testTarget(t, f), &slows{}
		target.Gate = slowed
		e := NewEnvironment(target)
		s := e.Session(&Case{ID: "c"})
		params, _ := inputs("CreateImageCache")
		if _, err := s.Probe(t.Context(), &Probe{Operation: "CreateImageCache", Params: params}, Under("account.arrears")); err == nil {
			t.Fatal("Probe() succeeded without an answer")
		}
		s.Close(t.Context())
		got := f.seen[len(f.seen)-1]
		if len(f.seen) != 2 || got.Get("Action") != "DescribeImageCaches" || got.Get("AccessKeyId") != "id" || slowed.times != 0 {
			t.Errorf("Close() sent %v, the last with key %s, and slowed the run %d times; want one listing with the default key",
				f.calls, got.Get("AccessKeyId"), slowed.times)
		}
	})
}

// slows is a gate that counts how often it is told to slow down.
type slows struct{ times int }

func (g *slows) Wait(ctx context.Context) error { return ctx.Err() }
func (g *slows) Slow(time.Duration)             { g.times++ }

func TestAnInterruptedRunEndsSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		target := testTarget(t, f)
		target.Wait.Deadline = time.Hour
		f.before = func(_ int, action string) (int, string, error) {
			if action == "DeleteImageCache" {
				return 409, `"Code":"Busy"`, nil
			}
			return 0, "", nil
		}
		e := NewEnvironment(target)
		ctx, interrupt := context.WithCancel(t.Context())
		var sessions []*Session
		for range 3 {
			s := e.Session(&Case{ID: "c"})
			params, _ := inputs("CreateImageCache")
			if _, err := s.Probe(ctx, &Probe{Operation: "CreateImageCache", Params: params}); err != nil {
				t.Fatalf("Probe: %v", err)
			}
			sessions = append(sessions, s)
		}
		var begin time.Time
		time.AfterFunc(time.Second, func() { begin = time.Now(); interrupt() }) // while the first one clears away
		for _, s := range sessions {
			s.Close(ctx)
		}
		if leaks, took := e.Close(ctx), time.Since(begin); len(leaks) != 3 || took > maxEnding+time.Second {
			t.Errorf("Close() = %d leaks %v after the interrupt, want 3 after %v", len(leaks), took, maxEnding)
		}
	})
}

// What was sent again after its answer was lost made what was lent: it is no
// foundling.
func TestWhatIsLentIsNoFoundling(t *testing.T) {
	t.Parallel()
	f := newFake()
	name := ""
	f.before = func(n int, action string) (int, string, error) {
		switch {
		case action == "CreateImageCache" && name == "":
			name = f.seen[n-1].Get("ImageCacheName")
			return 0, "", io.EOF
		case action == "DescribeImageCaches" && f.live["imc-1"] != "" && f.seen[n-1].Get("ImageCacheId") == "":
			return 200, fmt.Sprintf(`"ImageCaches":[{"ImageCacheId":"imc-1","ImageCacheName":%q}]`, name), nil
		}
		return 0, "", nil
	}
	e, s := testSession(t, f)
	lent := lease(t, s)
	s.Close(t.Context())
	next := e.Session(&Case{ID: "next"})
	if got := lease(t, next); got != lent || f.live[got.ID] == "" {
		t.Errorf("the next case is lent %s of %v, want %s and that it lives", got.ID, f.live, lent.ID)
	}
	next.Close(t.Context())
}

// What the pool holds at the end is deleted by as many sessions as cases may run,
// and by no more.
func TestCloseDeletesAtOnce(t *testing.T) {
	t.Parallel()
	const jobs = 3
	f := newFake()
	var deletes, inside, most atomic.Int32
	together := make(chan struct{})
	target := testTarget(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Query().Get("Action") != "DeleteImageCache" {
			return f.RoundTrip(r)
		}
		most.Store(max(most.Load(), inside.Add(1)))
		defer inside.Add(-1)
		if deletes.Add(1) == jobs {
			close(together)
		}
		select {
		case <-together:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		return f.RoundTrip(r)
	}))
	target.Jobs = jobs
	e := NewEnvironment(target)
	var users []*Session
	for range 3 * jobs {
		s := e.Session(&Case{ID: "c"})
		lease(t, s)
		users = append(users, s)
	}
	for _, s := range users {
		s.Close(t.Context())
	}
	if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 {
		t.Errorf("Close() = %v with %v alive, want nothing left", leaks, f.live)
	}
	if most.Load() != jobs {
		t.Errorf("%d deletions at once, want %d", most.Load(), jobs)
	}
}
