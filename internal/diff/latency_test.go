package diff

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/compare"
)

func TestLatency(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		a, b  time.Duration
		bound Bound
		want  []string // of A and B
	}{
		"slower":                     {100 * ms, 300 * ms, Default, []string{"100ms, median of 3", "300ms, median of 3"}},
		"faster":                     {300 * ms, 100 * ms, Default, []string{"300ms, median of 3", "100ms, median of 3"}},
		"by much, but of little":     {2 * ms, 90 * ms, Default, nil},
		"by little, though it is ms": {1000 * ms, 1500 * ms, Default, nil},
		"by just as much":            {100 * ms, 200 * ms, Default, []string{"100ms, median of 3", "200ms, median of 3"}},
		"not asked for":              {100 * ms, 900 * ms, Bound{Floor: 1}, nil},
		"from nothing":               {0, 100 * ms, Default, []string{"0s, median of 3", "100ms, median of 3"}},
	} {
		for _, counts := range []bool{false, true} {
			r := &Report{Latency: []Latency{{"ListUsage", 3, test.a, test.b}}}
			test.bound.Counts = counts
			r.GradeLatency(test.bound)
			var got []string
			for _, d := range r.Differences {
				if d.Grade != compare.Latency || d.Operation != "ListUsage" {
					t.Errorf("%s: difference %+v", name, d)
				}
				got = append(got, d.Want, d.Got)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: times mismatch (-want +got):\n%s", name, diff)
			}
			if want := counts && test.want != nil; r.Differs() != want {
				t.Errorf("%s: Differs() = %v, want %v", name, r.Differs(), want)
			}
		}
	}
}
