package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/wire"
)

func lease(t *testing.T, s *Session) *Resource {
	t.Helper()
	r, err := s.Lease(context.Background(), "ImageCache")
	if err != nil {
		t.Fatalf("Lease: %v", err)
	}
	return r
}

func update(id string) *Probe {
	return &Probe{Operation: "UpdateImageCache", Params: wire.Params{{Name: "RegionId", Value: "$region"}, {Name: "ImageCacheId", Value: id}}}
}

func TestLeaseKeepsCleanResources(t *testing.T) {
	t.Parallel()
	refuse := func(_ int, action string) (int, string, error) {
		if action == "UpdateImageCache" {
			return 400, `"Code":"InvalidParameter"`, nil
		}
		return 0, "", nil
	}
	tests := []struct {
		name   string
		before func(int, string) (int, string, error)
		use    func(t *testing.T, s *Session, r *Resource)
		reused bool
	}{
		{"nothing was sent", nil, func(*testing.T, *Session, *Resource) {}, true},
		{"it was refused", refuse, func(t *testing.T, s *Session, r *Resource) { mustProbe(t, s, update(r.ID)) }, true},
		{"another was changed", nil, func(t *testing.T, s *Session, r *Resource) { mustProbe(t, s, update("imc-x")) }, true},
		{"it was read", nil, func(t *testing.T, s *Session, r *Resource) {
			if _, found, err := s.Read(t.Context(), "ImageCache", r.ID); !found || err != nil {
				t.Errorf("Read() = %v, %v", found, err)
			}
		}, true},
		{"it may be meant by its path", nil, func(t *testing.T, s *Session, r *Resource) {
			mustProbe(t, s, &Probe{Operation: "UpdateImageCache", Params: wire.Params{{Name: "ImageCacheName", Value: "n"}}})
		}, false},
		{"it was changed", nil, func(t *testing.T, s *Session, r *Resource) { mustProbe(t, s, update("$id:ImageCache")) }, false},
		{"the answer is lost", func(_ int, action string) (int, string, error) {
			if action == "UpdateImageCache" {
				return 0, "", errors.New("timeout")
			}
			return 0, "", nil
		}, func(t *testing.T, s *Session, r *Resource) {
			if _, err := s.Probe(t.Context(), update(r.ID)); err == nil {
				t.Error("Probe() succeeded without an answer")
			}
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.before = tt.before
			e, s := testSession(t, f)
			r, err := s.leased(t.Context(), "ImageCache")
			if err != nil {
				t.Fatal(err)
			}
			tt.use(t, s, r)
			s.Close(t.Context())
			if _, lives := f.live[r.ID]; lives != tt.reused {
				t.Errorf("after the case the resource lives: %v, want %v", lives, tt.reused)
			}
			next := e.Session(&Case{ID: "next"})
			again := lease(t, next)
			if (again == r) != tt.reused {
				t.Errorf("the next case got %s after %s, want it reused: %v", again.ID, r.ID, tt.reused)
			}
			next.Close(t.Context())
			if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 {
				t.Errorf("Close() = %v with %v alive, want nothing left", leaks, f.live)
			}
		})
	}
}

func TestLeaseIsExclusive(t *testing.T) {
	t.Parallel()
	e, a := testSession(t, newFake())
	b := e.Session(&Case{ID: "b"})
	if x, y := lease(t, a), lease(t, b); x == y {
		t.Errorf("two cases hold %s", x.ID)
	}
}

func TestLeaseThatFailsNamesTheStep(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(f *fake)
		want  string
	}{
		{"the creation is refused", func(f *fake) {
			f.before = func(int, string) (int, string, error) { return 403, `"Code":"QuotaExceeded"`, nil }
		}, "CreateImageCache: the target is not in a state to be judged: 403 QuotaExceeded"},
		{"it fails", func(f *fake) { f.state = "Failed" }, "became Failed"},
		{"it never is usable", func(f *fake) { f.state = "Creating" }, "it stayed Creating"},
		{"the listing is refused", func(f *fake) {
			f.before = func(_ int, action string) (int, string, error) {
				if action == "DescribeImageCaches" {
					return 400, `"Code":"InvalidParameter"`, nil
				}
				return 0, "", nil
			}
		}, "DescribeImageCaches answered 400"},
		{"the creation names no id", func(f *fake) {
			f.before = func(int, string) (int, string, error) { return 200, `"X":1`, nil }
		}, "CreateImageCache: answered 200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				tt.spoil(f)
				e, s := testSession(t, f)
				_, err := s.Probe(t.Context(), update("$id:ImageCache"))
				reason, ok := IsInconclusive(err)
				if !ok || !strings.Contains(reason, tt.want) || !strings.Contains(reason, "prepare an ImageCache") {
					t.Errorf("Probe() error = %v, want inconclusive with %q", err, tt.want)
				}
				if len(s.Findings()) > 0 {
					t.Errorf("Findings() = %v: what prepares a case is not what it is about", s.Findings())
				}
				s.Close(t.Context())
				if len(f.live) > 0 {
					t.Errorf("%v is left", f.live)
				}
				if e.pool.live != 0 {
					t.Errorf("%d places are taken after the case", e.pool.live)
				}
			})
		})
	}
}

func TestThingsOfOneRegionStayThere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		with wire.Params
		o    []Option
		want string
	}{
		"at home":         {nil, nil, "vsw-1"},
		"the same region": {wire.Params{{Name: "RegionId", Value: "$region"}}, nil, "vsw-1"},
		"another region":  {wire.Params{{Name: "RegionId", Value: "cn-shanghai"}}, nil, ""},
		"another account": {nil, []Option{As("arrears")}, ""},
		"one of its own":  {wire.Params{{Name: "RegionId", Value: "cn-shanghai"}, {Name: "VSwitchId", Value: "vsw-2"}}, nil, "vsw-2"},
	} {
		f := newFake()
		_, s := testSession(t, f)
		if _, err := s.Create(t.Context(), "ImageCache", test.with, test.o...); err != nil {
			t.Errorf("%s: Create() error: %v", name, err)
		}
		if got := f.seen[0].Get("VSwitchId"); got != test.want {
			t.Errorf("%s: Create() sent VSwitchId %q, want %q", name, got, test.want)
		}
	}
}

func TestWhatACaseMakesIsDeletedInReverse(t *testing.T) {
	t.Parallel()
	f := newFake()
	e, s := testSession(t, f)
	params, _ := inputs("CreateImageCache")
	for range 2 {
		mustProbe(t, s, &Probe{Operation: "CreateImageCache", Params: params})
	}
	if _, err := s.Create(t.Context(), "ImageCache", wire.Params{{Name: "Tag.1.Key", Value: "k"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // an interrupted case cleans up, too
	s.Close(ctx)
	var deleted []string
	for i, call := range f.calls {
		if call == "DeleteImageCache" {
			deleted = append(deleted, f.seen[i].Get("ImageCacheId"))
		}
	}
	if diff := cmp.Diff([]string{"imc-3", "imc-2", "imc-1"}, deleted); diff != "" {
		t.Errorf("deleted mismatch (-want +got):\n%s", diff)
	}
	if leaks := e.Close(t.Context()); len(leaks) > 0 || e.pool.live != 0 {
		t.Errorf("Close() = %v, %d places taken", leaks, e.pool.live)
	}
	if kept, n := s.Exchanges(); len(kept) != 2 || n != 7 {
		t.Errorf("Exchanges() = %d of %d, want the 2 probes of 7", len(kept), n)
	}
}

func TestWhatALostAnswerMadeIsDeleted(t *testing.T) {
	t.Parallel()
	f := newFake()
	name := ""
	f.before = func(n int, action string) (int, string, error) {
		switch action {
		case "CreateImageCache":
			name = f.seen[n-1].Get("ImageCacheName")
			f.live["imc-lost"] = "cn-hangzhou"
			return 0, "", errors.New("timeout")
		case "DescribeImageCaches":
			if f.live["imc-lost"] != "" {
				return 200, fmt.Sprintf(`"ImageCaches":[{"ImageCacheId":"imc-other","ImageCacheName":"x"},{"ImageCacheId":"imc-lost","ImageCacheName":%q}]`, name), nil
			}
		}
		return 0, "", nil
	}
	e, s := testSession(t, f)
	params, _ := inputs("CreateImageCache")
	if _, err := s.Probe(t.Context(), &Probe{Operation: "CreateImageCache", Params: params}); err == nil {
		t.Fatal("Probe() succeeded without an answer")
	}
	s.Close(t.Context())
	if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 || e.pool.live != 0 {
		t.Errorf("Close() = %v with %v alive and %d places taken, want nothing left", leaks, f.live, e.pool.live)
	}
}

func TestWhatCannotBeDeletedIsALeak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.before = func(_ int, action string) (int, string, error) {
			if action == "DeleteImageCache" {
				return 400, `"Code":"IncorrectStatus"`, nil
			}
			return 0, "", nil
		}
		e, s := testSession(t, f)
		params, _ := inputs("CreateImageCache")
		mustProbe(t, s, &Probe{Operation: "CreateImageCache", Params: params})
		s.Close(t.Context())
		leaks := e.Close(t.Context())
		if len(leaks) != 1 || leaks[0].ID != "imc-1" || leaks[0].Case != s.Case.ID || leaks[0].Region != "cn-hangzhou" {
			t.Errorf("Close() = %v, want one leak imc-1 of the case", leaks)
		}
	})
}

func TestWhatIsGoneIsNoLeak(t *testing.T) {
	t.Parallel()
	f := newFake()
	e, s := testSession(t, f)
	r := lease(t, s)
	mustProbe(t, s, &Probe{Operation: "DeleteImageCache", Params: wire.Params{{Name: "RegionId", Value: "$region"}, {Name: "ImageCacheId", Value: r.ID}}})
	s.Close(t.Context())
	if leaks := e.Close(t.Context()); len(leaks) > 0 || e.pool.live != 0 {
		t.Errorf("Close() = %v, want no leak of what the case deleted", leaks)
	}
	if got := f.calls[len(f.calls)-1]; got != "DescribeImageCaches" {
		t.Errorf("the last request was %s, want a look whether it is gone", got)
	}
}

func TestDeletionThatIsOnlyClaimedIsMadeUpFor(t *testing.T) {
	t.Parallel()
	f := newFake()
	e, s := testSession(t, f)
	r := lease(t, s)
	lie := true
	f.before = func(_ int, action string) (int, string, error) {
		if action == "DeleteImageCache" && lie {
			lie = false
			return 200, `"X":1`, nil
		}
		return 0, "", nil
	}
	mustProbe(t, s, &Probe{Operation: "DeleteImageCache", Params: wire.Params{{Name: "RegionId", Value: "$region"}, {Name: "ImageCacheId", Value: r.ID}}})
	s.Close(t.Context())
	if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 {
		t.Errorf("Close() = %v with %v alive, want nothing left", leaks, f.live)
	}
}

func TestWhatIsGoneWithoutOurDoingIsNoLeak(t *testing.T) {
	t.Parallel()
	f := newFake()
	e, s := testSession(t, f)
	r := lease(t, s)
	mustProbe(t, s, update(r.ID))
	delete(f.live, r.ID)
	f.before = func(_ int, action string) (int, string, error) {
		if action == "DeleteImageCache" {
			return 404, `"Code":"InvalidParameter.NotFound"`, nil
		}
		return 0, "", nil
	}
	s.Close(t.Context())
	if leaks := e.Close(t.Context()); len(leaks) > 0 {
		t.Errorf("Close() = %v, want no leak of what is gone", leaks)
	}
}

func TestResourcesAreBounded(t *testing.T) {
	t.Parallel()
	f := newFake()
	target := testTarget(t, f)
	target.MaxResources = 3
	e := NewEnvironment(target)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			s := e.Session(&Case{ID: string(rune('a' + i))})
			defer s.Close(t.Context())
			if i%2 == 0 {
				params, _ := inputs("CreateImageCache")
				mustProbe(t, s, &Probe{Operation: "CreateImageCache", Params: params})
				return
			}
			lease(t, s)
		})
	}
	wg.Wait()
	if f.most > 3 {
		t.Errorf("%d resources lived at once, want at most 3", f.most)
	}
	if leaks := e.Close(t.Context()); len(leaks) > 0 || len(f.live) > 0 || e.pool.live != 0 {
		t.Errorf("Close() = %v with %v alive and %d places taken", leaks, f.live, e.pool.live)
	}
}

func TestACaseWithAResourceDoesNotWaitForAnother(t *testing.T) {
	t.Parallel()
	target := testTarget(t, newFake())
	target.MaxResources = 1
	e := NewEnvironment(target)
	s := e.Session(&Case{ID: "a"})
	lease(t, s)
	if _, err := s.Lease(t.Context(), "ImageCache"); err == nil || !s.Crowded() { // it would wait forever for itself
		t.Errorf("Lease() = %v, want no place for a second", err)
	}
	s.Anew(t.Context())
	lease(t, s)
	lease(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Session(&Case{ID: "b"}).Lease(ctx, "ImageCache"); !errors.Is(err, context.Canceled) {
		t.Errorf("Lease() error = %v, want the wait for a place interrupted", err)
	}
}

func TestReadGoesThroughAllPages(t *testing.T) {
	t.Parallel()
	c := theContract(t).Clone()
	list := c.Operation("DescribeImageCaches")
	list.Effect.Filters = nil
	f := newFake()
	pages := []string{
		`"ImageCaches":[{"ImageCacheId":"imc-a","Status":"Ready"}],"NextToken":"t1"`,
		`"ImageCaches":[{"ImageCacheId":"imc-b","Status":"Ready"}]`,
	}
	f.before = func(n int, _ string) (int, string, error) { return 200, pages[(n-1)%2], nil }
	target := testTarget(t, f)
	target.Contract = c
	s := NewEnvironment(target).Session(&Case{ID: "c"})
	if _, found, err := s.Read(t.Context(), "ImageCache", "imc-b"); !found || err != nil {
		t.Errorf("Read(imc-b) = %v, %v, want it found on the second page", found, err)
	}
	if got := f.seen[1].Get("NextToken"); got != "t1" {
		t.Errorf("second page asked for with %q, want t1", got)
	}
	if _, found, err := s.Read(t.Context(), "ImageCache", "imc-c"); found || err != nil {
		t.Errorf("Read(imc-c) = %v, %v, want it absent", found, err)
	}
}

func TestListingWithoutEndIsGivenUp(t *testing.T) {
	t.Parallel()
	c := theContract(t).Clone()
	c.Operation("DescribeImageCaches").Effect.Filters = nil
	f := newFake()
	f.before = func(n int, _ string) (int, string, error) {
		return 200, fmt.Sprintf(`"ImageCaches":[{"ImageCacheId":"imc-%d"}],"NextToken":"t%d"`, n, n), nil
	}
	target := testTarget(t, f)
	target.Contract = c
	s := NewEnvironment(target).Session(&Case{ID: "c"})
	_, _, err := s.Read(t.Context(), "ImageCache", "none")
	if reason, ok := IsInconclusive(err); !ok || !strings.Contains(reason, "goes on after 200 pages") || f.requests != maxPages {
		t.Errorf("Read() error = %v after %d requests, want it given up after %d", err, f.requests, maxPages)
	}
}

func TestUnmet(t *testing.T) {
	t.Parallel()
	e, _ := testSession(t, newFake())
	tests := []struct {
		needs Needs
		want  string
	}{
		{Needs{}, ""},
		{Needs{Bindings: []string{"VSwitchId"}, Conditions: []string{"account.arrears"}, Credentials: []string{"default"}}, ""},
		{Needs{Bindings: []string{"VSwitchId", "EipInstanceId"}}, "the profile has no binding for EipInstanceId"},
		{Needs{Conditions: []string{"account.riskControl"}}, "the profile does not say how to meet condition account.riskControl"},
		{Needs{Conditions: []string{"zone.noStock"}}, "condition zone.noStock cannot be met: not here"},
		{Needs{Credentials: []string{"secondary"}}, `the profile has no credentials "secondary"`},
	}
	for _, tt := range tests {
		if got := e.Unmet(tt.needs); got != tt.want {
			t.Errorf("Unmet(%v) = %q, want %q", tt.needs, got, tt.want)
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	e, s := testSession(t, newFake())
	names := []string{s.Name(), s.Name(), s.Token(), e.Session(&Case{ID: "x"}).Name()}
	for _, n := range names {
		if !strings.HasPrefix(n, "conform-t-") {
			t.Errorf("name %q does not start with conform-t-", n)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != 4 {
		t.Errorf("names repeat: %v", names)
	}
}
