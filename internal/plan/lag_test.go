package plan

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// behind is a fake whose listings show what is made only after a while.
func behind(f *fake, by time.Duration) {
	var made time.Time
	f.before = func(_ int, action string) (int, string, error) {
		switch {
		case action == "CreateImageCache":
			made = time.Now()
		case action == "DescribeImageCaches" && time.Since(made) < by:
			return 200, `"ImageCaches":[],"TotalCount":0`, nil
		}
		return 0, "", nil
	}
}

// What misled a case is waited for when it begins again, and by all others.
func TestMisledCasesBeginAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		by   time.Duration
		want bool
	}{{0, false}, {50 * time.Millisecond, true}} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			behind(f, tt.by)
			e, s := testSession(t, f)
			defer s.Close(t.Context())
			lease(t, s)
			if got := s.Misled(t.Context()); got != tt.want {
				t.Fatalf("Misled() = %v where listings are %v behind, want %v", got, tt.by, tt.want)
			}
			next := e.Session(&Case{ID: "next"})
			defer next.Close(t.Context())
			if _, err := next.Create(t.Context(), "ImageCache", nil); err != nil {
				t.Fatal(err)
			}
			if next.early < tt.by {
				t.Errorf("the next case reads %v after a change, want %v at least", next.early, tt.by)
			}
			if next.Misled(t.Context()) {
				t.Error("Misled() of a case that has waited")
			}
		})
	}
}

// What is never listed is not waited for as long as work may take.
func TestLeaseOfWhatIsNeverListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		behind(f, time.Hour)
		target := testTarget(t, f)
		target.Wait = Wait{Initial: time.Second, Factor: 2, Cap: 5 * time.Second, Deadline: 10 * time.Minute}
		s := NewEnvironment(target).Session(&Case{ID: "c"})
		begin := time.Now()
		_, err := s.Lease(t.Context(), "ImageCache")
		if reason, ok := IsInconclusive(err); !ok || !strings.Contains(reason, "ImageCache imc-1 is not in its listing after 1m0s") {
			t.Errorf("Lease() = %v", err)
		}
		if took := time.Since(begin); took > maxLag+target.Wait.Cap {
			t.Errorf("it took %v, want about %v", took, maxLag)
		}
		s.Close(t.Context())
	})
}

func TestShows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		at   int // look that sees it
		want bool
		lag  bool
	}{{"at once", 1, true, false}, {"late", 3, true, true}, {"never", 1 << 30, false, false}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e, s := testSession(t, newFake())
				s.disturb(&message{})
				looks := 0
				got, err := s.Shows(t.Context(), "x", func() (bool, error) { looks++; return looks >= tt.at, nil })
				if got != tt.want || err != nil {
					t.Errorf("Shows() = %v, %v, want %v", got, err, tt.want)
				}
				if lag := e.lag.suspected > 0; lag != tt.lag {
					t.Errorf("listings are thought to be behind: %v, want %v", lag, tt.lag)
				}
			})
		})
	}
}

// A look that does not show what others have shown is no listing that is behind,
// however long the work has taken until then.
func TestLeaseOfWhatIsMissedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.state = "Creating"
		begin, looks := time.Now(), 0
		f.before = func(_ int, action string) (int, string, error) {
			if action != "DescribeImageCaches" {
				return 0, "", nil
			}
			if time.Since(begin) > 5*time.Minute {
				f.state = "Ready"
			}
			if looks++; looks%20 == 0 {
				return 200, `"ImageCaches":[],"TotalCount":0`, nil
			}
			return 0, "", nil
		}
		target := testTarget(t, f)
		target.Wait = Wait{Initial: time.Second, Factor: 2, Cap: 5 * time.Second, Deadline: 10 * time.Minute}
		s := NewEnvironment(target).Session(&Case{ID: "c"})
		if _, err := s.Lease(t.Context(), "ImageCache"); err != nil || looks < 40 {
			t.Errorf("Lease() after %d looks: %v", looks, err)
		}
		s.Close(t.Context())
	})
}

// How far a listing was behind once is waited for at least, however many waits
// have run out since, and whatever the policy's pauses are.
func TestWaitsAreNoShorterThanTheLag(t *testing.T) {
	t.Parallel()
	const second = time.Second
	for _, tt := range []struct {
		name  string
		lag   time.Duration
		tired bool
		want  [2]time.Duration // of Listed, and of Shows
	}{
		{"nothing was late", 0, false, [2]time.Duration{60 * second, 2 * second}},
		{"and waits ran out", 0, true, [2]time.Duration{time.Second / 20, time.Second / 20}},
		{"something was late", 4 * second, false, [2]time.Duration{60 * second, 8 * second}},
		{"late, and waits ran out", 4 * second, true, [2]time.Duration{8 * second, 8 * second}},
		{"very late", 50 * second, true, [2]time.Duration{60 * second, 60 * second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				target := testTarget(t, newFake())
				target.Wait = Wait{Initial: 10 * time.Millisecond, Factor: 2, Cap: second / 5, Deadline: 10 * time.Minute}
				e := NewEnvironment(target)
				s := e.Session(&Case{ID: "c"})
				look := func(at time.Duration) func() (bool, error) {
					begin := time.Now()
					return func() (bool, error) { return time.Since(begin) >= at, nil }
				}
				e.lag.suspect(tt.lag)
				if tt.tired {
					e.eyes.out = 1000
				}
				begin := time.Now()
				if err := s.Listed(t.Context(), "y", look(time.Hour)); !IsTimeout(err) || time.Since(begin) != tt.want[0] {
					t.Errorf("Listed() = %v after %v, want a timeout after %v", err, time.Since(begin), tt.want[0])
				}
				begin = time.Now()
				if ok, err := s.Shows(t.Context(), "y", look(time.Hour)); ok || err != nil || time.Since(begin) != tt.want[1] {
					t.Errorf("Shows() = %v, %v after %v, want nothing after %v", ok, err, time.Since(begin), tt.want[1])
				}
			})
		})
	}
}

// What Listed had to wait for tells how far listings are behind, as Shows does.
func TestListedTellsTheLag(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		at      int // look that sees it
		changed bool
		want    time.Duration
	}{
		{"at once", 1, true, 0},
		{"late", 2, true, 11 * time.Millisecond}, // ten since the change, and a pause
		{"made by others", 2, false, time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e, s := testSession(t, newFake())
				if tt.changed {
					s.disturb(&message{})
				}
				time.Sleep(10 * time.Millisecond)
				looks := 0
				if err := s.Listed(t.Context(), "x", func() (bool, error) { looks++; return looks >= tt.at, nil }); err != nil {
					t.Fatal(err)
				}
				if got := e.lag.suspected; got != tt.want {
					t.Errorf("listings are thought to be %v behind, want %v", got, tt.want)
				}
			})
		})
	}
}

// A target may close a connection that it thinks idle at any time.
func TestIdleConnectionsMayBeClosed(t *testing.T) {
	t.Parallel()
	f := newFake()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1)%2 == 0 { // the second one on each connection
			c, _, _ := http.NewResponseController(w).Hijack()
			_ = c.Close()
			return
		}
		resp, err := f.RoundTrip(r)
		if err != nil {
			t.Error(err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.Copy(w, resp.Body)
	}))
	t.Cleanup(server.Close)
	target := testTarget(t, &http.Transport{})
	target.Endpoint = server.URL
	s := NewEnvironment(target).Session(&Case{ID: "c"})
	for range 4 {
		if a := mustProbe(t, s, regions()); !a.OK {
			t.Fatalf("Probe() = %s", a.Summary())
		}
	}
	if found := s.Findings(); len(found) > 0 {
		t.Errorf("Findings() = %v, want none", found)
	}
	s.Close(context.Background())
}
