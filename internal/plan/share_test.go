package plan

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// five makes as many resources side by side, as those that share them do.
func five(ctx context.Context, s *Session) (any, error) {
	var all sync.WaitGroup
	made, errs := make([]*Resource, 5), make([]error, 5)
	for i := range made {
		all.Go(func() { made[i], errs[i] = s.Create(ctx, "ImageCache", nil) })
	}
	all.Wait()
	return made, errors.Join(errs...)
}

func TestSharedResourcesAreMadeOnce(t *testing.T) {
	t.Parallel()
	f := newFake()
	e, s := testSession(t, f)
	other := e.Session(&Case{ID: "Op/family/subject/other"})
	var got [2]any
	var all sync.WaitGroup
	for i, user := range []*Session{s, other} {
		all.Go(func() { got[i], _ = user.Share(t.Context(), "set", five) })
	}
	all.Wait()
	if one, two := got[0].([]*Resource), got[1].([]*Resource); one[0] != two[0] || f.made != 5 {
		t.Errorf("Share() gave different resources, or made %d, want 5", f.made)
	}
	s.Close(t.Context())
	other.Close(t.Context())
	if len(f.live) != 5 {
		t.Errorf("%d are left while the run goes on, want 5", len(f.live))
	}
	if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 {
		t.Errorf("Close() leaves %d and reports %v", len(f.live), leaks)
	}
}

// What nobody uses makes room for others; what is used does not, and several
// goroutines of its maker do not wait for one another.
func TestSharedResourcesMakeRoom(t *testing.T) {
	t.Parallel()
	f := newFake()
	target := testTarget(t, f)
	target.MaxResources = 3
	e := NewEnvironment(target)
	s := e.Session(&Case{ID: "Op/family/subject/variant"})
	if _, err := s.Share(t.Context(), "set", five); err == nil || !s.Crowded() {
		t.Fatalf("Share() = %v beside others, want it refused: there are places for three", err)
	}
	s.Anew(t.Context())
	before := f.made
	if _, err := s.Share(t.Context(), "set", five); err != nil {
		t.Fatalf("Share: %v", err)
	}
	waiting := make(chan error, 1)
	other := e.Session(&Case{ID: "Op/family/subject/other"})
	go func() {
		_, err := other.Lease(t.Context(), "ImageCache")
		waiting <- err
	}()
	if got, err := s.Share(t.Context(), "set", five); err != nil || len(got.([]*Resource)) != 5 || f.made != before+5 {
		t.Errorf("Share() again = %v, %v, and %d made, want the same five", got, err, f.made-before)
	}
	s.Close(t.Context())
	if err := <-waiting; err != nil {
		t.Fatalf("Lease: %v", err)
	}
	if len(f.live) != 1 {
		t.Errorf("%d live, want the leased one alone", len(f.live))
	}
	other.Close(t.Context())
	if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 {
		t.Errorf("Close() leaves %d and reports %v", len(f.live), leaks)
	}
}

func TestSharedFailureIsEverybodys(t *testing.T) {
	t.Parallel()
	e, s := testSession(t, newFake())
	broken := func(context.Context, *Session) (any, error) { return nil, Inconclusive("no") }
	for _, user := range []*Session{s, e.Session(&Case{ID: "Op/family/subject/other"})} {
		_, err := user.Share(t.Context(), "set", broken)
		if reason, ok := IsInconclusive(err); !ok || reason != "no" {
			t.Errorf("Share() = %v, want its maker's reason", err)
		}
		user.Close(t.Context())
	}
	e.Close(t.Context())
}

func TestLose(t *testing.T) {
	t.Parallel()
	for name, stage := range map[string]Stage{"written": Written, "answered": Answered} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var done atomic.Int64
			gone := make(chan bool, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				done.Add(1)
				if stage == Written {
					<-r.Context().Done() // never, unless the client goes
				}
				w.WriteHeader(http.StatusOK)
				gone <- true
			}))
			t.Cleanup(server.Close)
			target := testTarget(t, &http.Transport{})
			target.Endpoint, target.Timeout = server.URL, 30*time.Second
			s := NewEnvironment(target).Session(&Case{ID: "Op/family/subject/variant"})
			p := &Probe{Operation: "ListUsage", Params: wire.Params{{Name: "RegionId", Value: "$region"}}}
			if err := s.Lose(t.Context(), p, stage); err != nil {
				t.Fatalf("Lose: %v", err)
			}
			<-gone
			if n := done.Load(); n != 1 {
				t.Errorf("the request came %d times, want once", n)
			}
			kept, requests := s.Exchanges()
			if requests != 1 || len(kept) != 1 || kept[0].Err == nil || kept[0].Status != 0 {
				t.Errorf("Exchanges() = %v of %d, want one without an answer", kept, requests)
			}
			if found := s.Findings(); len(found) > 0 {
				t.Errorf("Lose() finds %v", found)
			}
		})
	}
}

func TestLoseWantsTheRequestWritten(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.before = func(int, string) (int, string, error) { return 0, "", errors.New("refused") }
	_, s := testSession(t, f)
	err := s.Lose(t.Context(), regions(), Answered)
	if _, ok := IsInconclusive(err); !ok {
		t.Errorf("Lose() = %v, want Inconclusive: nothing was sent", err)
	}
}

// What a lost request made is found by its name and deleted.
func TestWhatALostRequestMadeIsDeleted(t *testing.T) {
	t.Parallel()
	f := newFake()
	name := ""
	f.before = func(_ int, action string) (int, string, error) {
		if action == "DescribeImageCaches" && len(f.live) > 0 && f.seen[len(f.seen)-1].Get("ImageCacheId") == "" {
			return 200, `"ImageCaches":[{"ImageCacheId":"imc-1","ImageCacheName":"` + name + `","Status":"Ready"}],"TotalCount":1`, nil
		}
		return 0, "", nil
	}
	e, s := testSession(t, f)
	params, _ := inputs("CreateImageCache")
	bound, err := s.Bind(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	name, _ = bound.Get("ImageCacheName")
	if err := s.Lose(t.Context(), &Probe{Operation: "CreateImageCache", Params: bound}, Answered, Bound()); err != nil {
		t.Fatalf("Lose: %v", err)
	}
	if len(f.live) != 1 {
		t.Fatalf("%d live, want what the lost request made", len(f.live))
	}
	s.Close(t.Context())
	if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 {
		t.Errorf("Close() leaves %v and reports %v", f.live, leaks)
	}
}

// A mistake in what makes the shared thing ends the case that made it; the
// others do not wait for ever.
func TestSharedPanicEndsTheWait(t *testing.T) {
	t.Parallel()
	e, s := testSession(t, newFake())
	other := e.Session(&Case{ID: "Op/family/subject/other"})
	func() {
		defer func() { _ = recover() }()
		_, _ = s.Share(t.Context(), "set", func(context.Context, *Session) (any, error) { panic("a mistake") })
	}()
	_, err := other.Share(t.Context(), "set", five)
	if reason, ok := IsInconclusive(err); !ok || !strings.Contains(reason, "shared/set") {
		t.Errorf("Share() error %v, want an inconclusive one that names the set", err)
	}
}
