package baseline

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/plan"
)

// Unfiled is the issue of entries that nobody has looked at yet.
const Unfiled = "unfiled"

// Judged is what a run says about one case.
type Judged struct {
	Case string
	// Fixed says that the baseline expects a failure and there was none.
	Fixed bool
	// Open are the findings that fail the case and that nothing excuses.
	Open []check.Finding
}

// Revised returns the baseline with which the same run finds neither a failure
// nor a stale entry: what is fixed is taken out, what is open put in, an entry
// per case and clause. Entries about other cases stay; one that is about such
// cases as well as about fixed ones is split by the cases of the whole plan.
func (b *Baseline) Revised(p *plan.Plan, judged []Judged, now time.Time) *Baseline {
	out := &Baseline{}
	for _, e := range b.entries() {
		out.Entries = append(out.Entries, e.kept(p, judged, now)...)
	}
	for _, j := range judged {
		out.Entries = append(out.Entries, fresh(j)...)
	}
	slices.SortStableFunc(out.Entries, compare)
	out.Entries = slices.CompactFunc(out.Entries, func(a, b *Entry) bool { return compare(a, b) == 0 })
	return out
}

// compare orders entries by what they are about.
func compare(a, b *Entry) int {
	return cmp.Or(cmp.Compare(a.Case, b.Case), cmp.Compare(a.Clause, b.Clause), cmp.Compare(a.Pointer, b.Pointer))
}

// kept is what the run leaves of an entry.
func (e *Entry) kept(p *plan.Plan, judged []Judged, now time.Time) []*Entry {
	gone := map[string]bool{}
	for _, j := range judged {
		if plan.Match(e.Case, j.Case) && (j.Fixed || e.over(now) && len(j.Open) > 0) {
			gone[j.Case] = true
		}
	}
	if len(gone) == 0 {
		return []*Entry{e}
	}
	var out []*Entry
	for _, k := range p.Cases {
		if plan.Match(e.Case, k.ID) && !gone[k.ID] {
			one := *e
			one.Case = k.ID
			out = append(out, &one)
		}
	}
	return out
}

// fresh makes entries of what is open, one for each clause.
func fresh(j Judged) []*Entry {
	var out []*Entry
	for _, f := range j.Open {
		if !slices.ContainsFunc(out, func(e *Entry) bool { return e.Clause == f.Clause }) {
			reason := "want " + line(f.Want) + ", got " + line(f.Got)
			out = append(out, &Entry{Case: j.Case, Clause: f.Clause, Reason: reason, Issue: Unfiled})
		}
	}
	return out
}

// maxText is how many characters a reason keeps of either side.
const maxText = 160

// line makes a text fit for a reason: one line, not too long.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText]) + "…"
	}
	return cmp.Or(s, "nothing")
}

// written is an entry as it stands in the file.
type written struct {
	Case    string `yaml:"case"`
	Clause  string `yaml:"clause,omitempty"`
	Pointer string `yaml:"pointer,omitempty"`
	Reason  string `yaml:"reason"`
	Until   string `yaml:"until,omitempty"`
	Issue   string `yaml:"issue,omitempty"`
}

// Encode writes the baseline as Load reads it, with a comment on top that says
// of which target it is.
func (b *Baseline) Encode(target string) ([]byte, error) {
	list := []written{}
	for _, e := range b.entries() {
		list = append(list, written{e.Case, e.Clause, e.Pointer, e.Reason, e.Until, e.Issue})
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Known departures of %s, as conform run --write-baseline found them.\n", line(target))
	fmt.Fprintf(&out, "# Give each entry a reason of your own, and an issue or a last day (until) in\n# place of %q.\n", Unfiled)
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(list); err != nil {
		return nil, fmt.Errorf("write baseline: %w", err)
	}
	return out.Bytes(), enc.Close()
}
