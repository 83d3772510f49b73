package rerun

import (
	"cmp"
	"slices"

	"github.com/eci-conform/conform/internal/cassette"
)

// byStart are the exchanges in the order in which they began: records stand in
// the order in which they ended.
func byStart(c *cassette.Cassette) []int {
	out := make([]int, c.Len())
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(c.Entry(a).Start, c.Entry(b).Start) })
	return out
}
