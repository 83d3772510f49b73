package plan

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// small is a fake that has room for so many image caches.
func small(room int) *fake {
	f := newFake()
	f.before = func(_ int, action string) (int, string, error) {
		if action == "CreateImageCache" && len(f.live) >= room {
			return 403, `"Code":"QuotaExceeded"`, nil
		}
		return 0, "", nil
	}
	return f
}

func create() *Probe {
	p, _ := inputs("CreateImageCache")
	return &Probe{Operation: "CreateImageCache", Params: p}
}

func TestWhatIsFreeMakesRoom(t *testing.T) {
	t.Parallel()
	f := small(1)
	e, s := testSession(t, f)
	lease(t, s)
	s.Close(t.Context()) // one that is clean stays
	other := e.Session(&Case{ID: "Op/family/subject/other"})
	defer other.Close(t.Context())
	if a := mustProbe(t, other, create()); !a.OK {
		t.Errorf("Probe() = %s, want room made for it", a.Summary())
	}
}

func TestWhatIsSharedMakesRoom(t *testing.T) {
	t.Parallel()
	f := small(1)
	e, s := testSession(t, f)
	make := func(ctx context.Context, s *Session) (any, error) { return s.Lease(ctx, "ImageCache") }
	if _, err := s.Share(t.Context(), "key", make); err != nil {
		t.Fatal(err)
	}
	s.Close(t.Context())
	other := e.Session(&Case{ID: "Op/family/subject/other"})
	defer other.Close(t.Context())
	lease(t, other)
}

// TestRoomIsWaitedFor holds that many cases get through a small quota, and that
// the run holds no more from then on.
func TestRoomIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := small(2)
		target := testTarget(t, f)
		target.Wait.Deadline = time.Hour
		e := NewEnvironment(target)
		refused := make(chan string, 8)
		for range 8 {
			go func() {
				s := e.Session(&Case{ID: "Op/family/subject/variant"})
				a := mustProbe(t, s, create())
				time.Sleep(time.Second) // of the bubble's clock
				s.Close(t.Context())
				refused <- a.Code
			}()
		}
		for range 8 {
			if code := <-refused; code != "" {
				t.Errorf("a creation was refused: %s", code)
			}
		}
		if e.pool.limit > 2 {
			t.Errorf("the run may hold %d, want what there is room for", e.pool.limit)
		}
	})
}

// TestNobodyWaitsForHimself holds that a case that has all the room there is
// gets its refusal at once, and so do two that wait for each other.
func TestNobodyWaitsForHimself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := small(2)
		target := testTarget(t, f)
		target.Wait.Deadline = time.Hour
		e := NewEnvironment(target)
		begin := time.Now()
		codes := make(chan string, 2)
		for range 2 {
			go func() {
				s := e.Session(&Case{ID: "Op/family/subject/variant"})
				defer s.Close(t.Context())
				mustProbe(t, s, create())
				time.Sleep(time.Second)
				codes <- mustProbe(t, s, create()).Code
			}()
		}
		if got := []string{<-codes, <-codes}; !slices.Contains(got, "QuotaExceeded") {
			t.Errorf("the codes are %q, want one refused", got)
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("it took %v, want no waiting", took)
		}
	})
}

func TestAQuotaThatIsAskedForIsAnAnswer(t *testing.T) {
	t.Parallel()
	f := small(0)
	_, s := testSession(t, f)
	defer s.Close(t.Context())
	if a := mustProbe(t, s, create(), As("arrears")); a.Code != "QuotaExceeded" || len(f.calls) != 1 {
		t.Errorf("Probe() = %s after %d requests, want the refusal of the first", a.Summary(), len(f.calls))
	}
	if _, err := s.Lease(t.Context(), "ImageCache"); err == nil {
		t.Errorf("Lease() = %v, want it inconclusive", err)
	}
}
