package nearest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	t.Parallel()
	known := []string{"zone.noStock", "account.arrears", "account.overdueBills"}
	got := Names("acount.Arrears", known, 2)
	want := []string{"account.arrears", "account.overdueBills"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Names() mismatch (-want +got):\n%s", diff)
	}
	if got := Names("x", nil, 3); len(got) != 0 {
		t.Errorf("Names of nothing = %v, want none", got)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	known := []string{"UpdateImageCache/auth", "UpdateDataCache/auth", "UpdateImageCache/parameter", "UpdateImageCache"}
	tests := []struct {
		s    string
		want []string
	}{
		{"UpdateImageCach/auth", []string{"UpdateImageCache/auth"}},
		{"updateimagecache/paramter", []string{"UpdateImageCache/parameter"}},
		{"UpdateImageCache/nonsense", nil},
		{"UpdateImageCache/auth/more", nil},
		{"nonsense", nil},
		{"", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Close(tt.s, known, 3)); diff != "" {
			t.Errorf("Close(%q) mismatch (-want +got):\n%s", tt.s, diff)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-cü/.]{0,8}`)
		a, b, c := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c")
		if distance(a, b) != distance(b, a) {
			t.Fatalf("distance(%q, %q) is not symmetric", a, b)
		}
		if (distance(a, b) == 0) != (a == b) {
			t.Fatalf("distance(%q, %q) = %d", a, b, distance(a, b))
		}
		if distance(a, c) > distance(a, b)+distance(b, c) {
			t.Fatalf("distance breaks the triangle for %q, %q, %q", a, b, c)
		}
	})
}
