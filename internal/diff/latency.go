package diff

import (
	"fmt"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/compare"
)

// Bound is by how much the median time of an operation has to differ to be a
// difference: by both of these.
type Bound struct {
	Ratio float64       // of the longer to the shorter, 1 or more; 0 for none
	Floor time.Duration // between the two
	// Counts makes such a difference one for Report.Differs.
	Counts bool
}

// Default is a bound that the noise of a machine and a network stays below.
var Default = Bound{Ratio: 2, Floor: 100 * time.Millisecond}

// GradeLatency adds the operations that take another time in B than in A to the
// differences, as the lightest of them.
func (r *Report) GradeLatency(b Bound) {
	r.latencyCounts = b.Counts
	for _, l := range r.Latency {
		if b.Ratio == 0 || !b.exceeded(l.A, l.B) {
			continue
		}
		r.Differences = append(r.Differences, Difference{Operation: l.Operation, Finding: compare.Finding{
			Grade: compare.Latency, Pointer: latencyPath, Path: latencyPath, Want: l.told(l.A), Got: l.told(l.B),
		}})
	}
}

const latencyPath = "/latency"

func (b Bound) exceeded(x, y time.Duration) bool {
	short, long := min(x, y), max(x, y)
	return long-short >= b.Floor && float64(long) >= b.Ratio*float64(short)
}

func (l Latency) told(d time.Duration) string {
	return fmt.Sprintf("%v, median of %d", d.Round(time.Microsecond), l.Requests)
}

// counts says whether a difference is one for Differs.
func (r *Report) counts(d Difference) bool { return d.Grade != compare.Latency || r.latencyCounts }

// Differs says whether there is any difference that counts.
func (r *Report) Differs() bool {
	return len(r.Unmatched) > 0 || slices.ContainsFunc(r.Differences, r.counts)
}
