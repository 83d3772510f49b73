// Package baseline keeps the known departures of one target: which cases fail
// for which clause, why, and until when or under which issue that is accepted.
package baseline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/nearest"
	"github.com/eci-conform/conform/internal/plan"
)

// Entry is one known departure.
type Entry struct {
	// Case is a glob over case ids, as for plan.Match.
	Case string
	// Clause is a glob over the ids of clauses, Pointer a place in the answer
	// that stands for all below it. The entry excuses what both fit; an empty
	// one fits everything.
	Clause, Pointer string
	Reason          string
	// Until is the last day, as 2006-01-02, on which the entry excuses
	// anything; empty for no end. One of Until and Issue is always given.
	Until, Issue string
	Place        contract.Place
}

// String says why the departure is known and until when.
func (e *Entry) String() string {
	out := e.Reason
	for _, tail := range [][2]string{{"issue ", e.Issue}, {"until ", e.Until}} {
		if tail[1] != "" {
			out += " (" + tail[0] + tail[1] + ")"
		}
	}
	return out
}

// over says whether the entry's last day is past on the day of now.
func (e *Entry) over(now time.Time) bool {
	return e.Until != "" && e.Until < now.Format(time.DateOnly)
}

// narrow says whether the entry is about some of a case's findings only.
func (e *Entry) narrow() bool { return e.Clause != "" || e.Pointer != "" }

// excuses says whether the entry is about the finding.
func (e *Entry) excuses(f check.Finding) bool {
	return (e.Clause == "" || plan.Match(e.Clause, f.Clause)) && below(e.Pointer, f.Pointer)
}

// below says whether a pointer is the other or leads to something within it.
func below(root, pointer string) bool {
	return root == "" || pointer == root || strings.HasPrefix(pointer, strings.TrimSuffix(root, "/")+"/")
}

// Baseline is the entries for one target. The zero value, and nil, know of no
// departure.
type Baseline struct{ Entries []*Entry }

// Join returns a baseline of all entries of those given, which may be nil.
func Join(all ...*Baseline) *Baseline {
	out := &Baseline{}
	for _, b := range all {
		if b != nil {
			out.Entries = append(out.Entries, b.Entries...)
		}
	}
	return out
}

// Check holds the baseline against the whole plan and the contract: an entry
// that fits no case or no clause is an error with its place, which names the
// nearest ids.
func (b *Baseline) Check(p *plan.Plan, c *contract.Contract) error {
	var errs []error
	for _, e := range b.entries() {
		if !slices.ContainsFunc(p.Cases, func(k *plan.Case) bool { return plan.Match(e.Case, k.ID) }) {
			errs = append(errs, fmt.Errorf("%s: case %q: no case matches; %s", e.Place, e.Case, p.Hint(e.Case)))
		}
		if e.Clause != "" && !slices.ContainsFunc(c.Clauses, func(k *contract.Clause) bool { return plan.Match(e.Clause, k.ID) }) {
			errs = append(errs, fmt.Errorf("%s: clause %q: no clause matches; %s", e.Place, e.Clause, clauseHint(e.Clause, c)))
		}
	}
	return errors.Join(errs...)
}

func clauseHint(glob string, c *contract.Contract) string {
	ids := make([]string, len(c.Clauses))
	for i, k := range c.Clauses {
		ids[i] = k.ID
	}
	near := nearest.Close(glob, ids, 3)
	if len(near) == 0 {
		return "see conform coverage"
	}
	return "nearest: " + strings.Join(near, ", ")
}

func (b *Baseline) entries() []*Entry {
	if b == nil {
		return nil
	}
	return b.Entries
}

// Expected is what is known about one case on one day.
type Expected struct{ live, over []*Entry }

// Case returns what is known about the case on the day of now, in now's zone.
func (b *Baseline) Case(id string, now time.Time) Expected {
	var out Expected
	for _, e := range b.entries() {
		switch {
		case !plan.Match(e.Case, id):
		case e.over(now):
			out.over = append(out.over, e)
		default:
			out.live = append(out.live, e)
		}
	}
	return out
}

// Excuse returns the entry that excuses the finding, or nil.
func (x Expected) Excuse(f check.Finding) *Entry { return find(x.live, f) }

// Expired returns the entry that excused the finding until a day that is past,
// or nil.
func (x Expected) Expired(f check.Finding) *Entry { return find(x.over, f) }

// Names says whether an entry about the case, expired or not, names the
// finding's clause or its place.
func (x Expected) Names(f check.Finding) bool {
	return slices.ContainsFunc(x.All(), func(e *Entry) bool { return e.narrow() && e.excuses(f) })
}

func find(entries []*Entry, f check.Finding) *Entry {
	for _, e := range entries {
		if e.excuses(f) {
			return e
		}
	}
	return nil
}

// All returns every entry about the case, expired or not.
func (x Expected) All() []*Entry { return slices.Concat(x.live, x.over) }
