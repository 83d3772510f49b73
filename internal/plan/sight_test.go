package plan

import (
	"slices"
	"testing"
)

// TestWhatWasSeenIsNotAskedForAgain follows how many requests a case sends to
// look at what it has just waited for.
func TestWhatWasSeenIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	f := newFake()
	_, s := testSession(t, f)
	r, err := s.Create(t.Context(), "ImageCache", nil)
	if err != nil {
		t.Fatal(err)
	}
	change := func() {
		mustProbe(t, s, &Probe{Operation: "TagResources"}, Once())
	}
	wait := func() {
		if err := s.Eventually(t.Context(), "nothing", func() (bool, error) { return true, nil }); err != nil {
			t.Fatal(err)
		}
	}
	usable := func() {
		if _, err := s.UsableOf(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		do   []func()
		want int // requests of the look
	}{
		{"made and waited for", nil, 0},
		{"looked at once already", nil, 1},
		{"waited for again", []func(){usable}, 0},
		{"changed since", []func(){usable, change}, 1},
		{"some time ago", []func(){usable, wait}, 1},
		{"of something else in between", []func(){usable, func() { mustProbe(t, s, regions()) }}, 0},
	} {
		for _, f := range tt.do {
			f()
		}
		before := f.requests
		item, found, err := s.ReadOf(t.Context(), r)
		if err != nil || !found || item == nil {
			t.Fatalf("%s: ReadOf() = %v, %v, %v", tt.name, item, found, err)
		}
		if got := f.requests - before; got != tt.want {
			t.Errorf("%s: %d requests, want %d", tt.name, got, tt.want)
		}
	}
	usable()
	other := *r
	other.Region = "cn-beijing"
	if _, ok := s.sighted(&other); ok {
		t.Error("what was seen in one region is taken for what is in another")
	}
}

func TestWhatWasSeenCountsOnceItIsAskedFor(t *testing.T) {
	t.Parallel()
	f := newFake()
	_, s := testSession(t, f)
	f.before = func(_ int, action string) (int, string, error) {
		if action == "DescribeImageCaches" {
			return 200, `"ImageCaches":[{"ImageCacheId":"imc-1","Status":"Ready","Progress":7}]`, nil
		}
		return 0, "", nil
	}
	r, err := s.Create(t.Context(), "ImageCache", nil)
	if err != nil || len(s.Findings()) > 0 {
		t.Fatalf("Create() = %v with %v, want no finding: what prepares a case is not what it is about", err, s.Findings())
	}
	before := f.requests
	if _, _, err := s.ReadOf(t.Context(), r); err != nil || f.requests != before {
		t.Fatalf("ReadOf() = %v after %d requests, want none", err, f.requests-before)
	}
	if len(s.Findings()) == 0 {
		t.Error("no finding, want that Progress is a number")
	}
	if kept, _ := s.Exchanges(); len(kept) != 1 {
		t.Errorf("%d exchanges are kept, want the one that was looked at", len(kept))
	}
}

func TestWhatWasSeenGoneIsNotLookedForAgain(t *testing.T) {
	t.Parallel()
	f := newFake()
	_, s := testSession(t, f)
	r, err := s.Create(t.Context(), "ImageCache", nil)
	if err != nil {
		t.Fatal(err)
	}
	mustProbe(t, s, &Probe{Operation: "DeleteImageCache", Params: s.deletion(r)})
	if _, found, err := s.ReadOf(t.Context(), r); found || err != nil {
		t.Fatalf("ReadOf() = %v, %v", found, err)
	}
	before := len(f.calls)
	s.Close(t.Context())
	if more := f.calls[before:]; slices.Contains(more, "DescribeImageCaches") {
		t.Errorf("Close() sends %v", more)
	}
}

func TestWhatIsLentIsLookedAtWhoeverMadeIt(t *testing.T) {
	t.Parallel()
	f := newFake()
	_, s := testSession(t, f)
	r, err := s.Lease(t.Context(), "ImageCache")
	if err != nil {
		t.Fatal(err)
	}
	before := f.requests
	if _, _, err := s.ReadOf(t.Context(), r); err != nil || f.requests != before+1 {
		t.Errorf("ReadOf() = %v after %d requests, want one", err, f.requests-before)
	}
}
