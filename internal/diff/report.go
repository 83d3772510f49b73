// Package diff says what changed between two recordings, or between a recording
// and a target of today, to which it sends the recorded requests again. What was
// not compared is counted with its reason.
package diff

import (
	"cmp"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/compare"
	"github.com/eci-conform/conform/internal/redact"
)

// Source is a recording: a *cassette.Cassette, or records in memory.
type Source interface {
	// Len returns the number of exchanges.
	Len() int
	// Entry returns exchange i, from 0, without its bodies. It is shared and
	// is not changed.
	Entry(i int) *cassette.Entry
	// Record returns exchange i with its bodies.
	Record(i int) (redact.Record, error)
}

// Why is the reason for which an exchange was not compared.
type Why string

// The reasons.
const (
	Unanswered Why = "the recording has no whole answer"
	Strange    Why = "the contract does not know the operation"
	Unusual    Why = "it was not sent as clients do"
	Unsigned   Why = "it was not signed, or not well"
	Keyless    Why = "it was signed by a key that the target has none for"
	Write      Why = "it changes something, and --allow-writes is not given"
	Unmade     Why = "it is about what was not made or changed here"
	Alien      Why = "it changes what was not made here"
	Hidden     Why = "it holds a secret that is not recorded"
	Overlap    Why = "others were under way at the same time"
	Standing   Why = "the answer tells of the moment or the account"
	Lonely     Why = "the other side did not prepare, choose or clear away alike"
	Again      Why = "the case began again, which that of the other run did not"
	Apart      Why = "the same thing was changed on one side alone before"
)

// Difference is a finding about two answers.
type Difference struct {
	Operation string `json:"operation"`
	Track     string `json:"track,omitempty"`
	A         int    `json:"a"`           // number of the exchange in A
	B         int    `json:"b,omitempty"` // and in B, where that is a recording
	compare.Finding
}

// Exchange is one that the other side has not.
type Exchange struct {
	Side      string `json:"side"` // A or B
	ID        int    `json:"id"`
	Operation string `json:"operation"`
	Track     string `json:"track,omitempty"`
}

// Leak is a thing that was made and could not be removed.
type Leak struct {
	Resource string `json:"resource"`
	ID       string `json:"id"` // empty where the answer that names it was lost
	Region   string `json:"region"`
	Reason   string `json:"reason"`
}

// Latency is how long an operation took, the median, on either side.
type Latency struct {
	Operation string        `json:"operation"`
	Requests  int           `json:"requests"`
	A         time.Duration `json:"aNanoseconds"`
	B         time.Duration `json:"bNanoseconds"`
}

// Count is how often something was not compared.
type Count struct {
	Why   string `json:"why"`
	Count int    `json:"count"`
}

// Report is what came of comparing two sides.
type Report struct {
	Exchanges   int          `json:"exchanges"` // in A
	Polls       int          `json:"polls"`     // of those, that only waited for a later one
	Compared    int          `json:"compared"`  // pairs of answers
	Same        int          `json:"same"`      // of those, without a difference
	Values      int          `json:"values"`    // single values that were compared
	Learned     int          `json:"learned"`   // places whose values differ between equal requests
	Made        int          `json:"made"`      // things that were made on the target
	Differences []Difference `json:"differences"`
	Unmatched   []Exchange   `json:"unmatched"`
	// Skipped are exchanges of A, and Left values, that were not compared.
	Skipped []Count   `json:"skipped"`
	Left    []Count   `json:"left"`
	Latency []Latency `json:"latency"`
	Leaks   []Leak    `json:"leaks"`

	latencyCounts bool
}

// tally collects a Report.
type tally struct {
	Report
	skipped map[Why]int
	left    map[compare.Why]int
	took    map[string][][2]time.Duration
}

func newTally() *tally {
	return &tally{Report: Report{Differences: []Difference{}, Unmatched: []Exchange{}, Leaks: []Leak{}}, skipped: map[Why]int{}, left: map[compare.Why]int{}, took: map[string][][2]time.Duration{}}
}

// compared counts one pair of answers. b is 0 for none of a recording.
func (t *tally) compared(a, b *redact.Record, r compare.Result) {
	t.Compared++
	t.Values += r.Values
	for why, n := range r.Left {
		t.left[why] += n
	}
	for _, f := range r.Findings {
		t.Differences = append(t.Differences, Difference{Operation: a.Operation, Track: a.Track, A: a.ID, B: b.ID, Finding: f})
	}
	t.took[a.Operation] = append(t.took[a.Operation], [2]time.Duration{a.Duration, b.Duration})
}

// close sorts what was collected, without what was learned to say nothing.
func (t *tally) close(c *compare.Comparer) *Report {
	r := &t.Report
	all := len(r.Differences)
	r.Differences = slices.DeleteFunc(r.Differences, func(d Difference) bool {
		return (d.Grade == compare.Value || d.Grade == compare.Class || d.Grade == compare.Order) && c.Varies(d.Operation, d.Path)
	})
	t.left[compare.Volatile] += all - len(r.Differences)
	r.Learned = c.Learned()
	differ := map[int]bool{}
	for _, d := range r.Differences {
		differ[d.A] = true
	}
	r.Same = r.Compared - len(differ)
	weight := func(d Difference) int { return slices.Index(compare.Grades(), d.Grade) }
	slices.SortStableFunc(r.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Path, b.Path), cmp.Compare(a.A, b.A))
	})
	r.Skipped, r.Left, r.Latency = counts(t.skipped), counts(t.left), medians(t.took)
	return r
}

func counts[W ~string](m map[W]int) []Count {
	out := []Count{}
	for why, n := range m {
		if n > 0 {
			out = append(out, Count{string(why), n})
		}
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Why, b.Why)) })
	return out
}

func medians(took map[string][][2]time.Duration) []Latency {
	out := []Latency{}
	for op, all := range took {
		var sides [2]time.Duration
		for side := range sides {
			slices.SortFunc(all, func(a, b [2]time.Duration) int { return cmp.Compare(a[side], b[side]) })
			sides[side] = all[len(all)/2][side]
		}
		out = append(out, Latency{op, len(all), sides[0], sides[1]})
	}
	slices.SortFunc(out, func(a, b Latency) int { return cmp.Compare(a.Operation, b.Operation) })
	return out
}
