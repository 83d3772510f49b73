package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/baseline"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// ending is all that a verdict depends on.
type ending struct {
	findings []check.Finding
	strict   contract.Level // weakest level whose breach fails
	err      error          // how the case ended: nil, Skip, Inconclusive, or a fault
	expected baseline.Expected
}

// excuse says in each finding what the baseline has to say about it.
func (e ending) excuse() {
	for i := range e.findings {
		f := &e.findings[i]
		if entry := e.expected.Excuse(*f); entry != nil {
			f.Known = entry.String()
		} else if entry := e.expected.Expired(*f); entry != nil {
			f.Lapsed = fmt.Sprintf("excused until %s, which is past, by %s: %s", entry.Until, entry.Place, entry.Reason)
		}
	}
}

// verdict is the one place where findings become a verdict. A fault of the
// harness says nothing about the target, so it comes first; a departure that
// was seen stands, however the case went on; and a case that could not be
// judged is neither a known failure nor a fixed one.
func (e ending) verdict() (v Verdict, reason string, fault bool) {
	skip, isSkip := plan.IsSkip(e.err)
	unsure, isUnsure := plan.IsInconclusive(e.err)
	known, counts := e.deciding()
	switch {
	case e.err != nil && !isSkip && !isUnsure:
		return Inconclusive, "fault in the harness: " + e.err.Error(), true
	case len(counts) > 0:
		return Fail, e.describe(counts[0]), false
	case len(known) > 0:
		return Known, reasons(known), false
	case isSkip:
		return Skip, skip, false
	case isUnsure:
		return Inconclusive, unsure, false
	case e.fixed():
		return Fixed, e.stale(), false
	case len(e.findings) > 0:
		return Observed, e.describe(e.findings[0]), false
	}
	return Pass, "", false
}

// deciding returns the findings whose level fails the case: those that the
// baseline excuses, and those that count.
func (e ending) deciding() (known, counts []check.Finding) {
	for _, f := range e.findings {
		switch {
		case f.Level < e.strict:
		case f.Known != "":
			known = append(known, f)
		default:
			counts = append(counts, f)
		}
	}
	return known, counts
}

// fixed says whether the baseline expects the case to depart and nothing is
// left of that. A departure that the baseline names is still there even where
// this run is too lenient for it to decide.
func (e ending) fixed() bool {
	return len(e.expected.All()) > 0 && !slices.ContainsFunc(e.findings, e.expected.Names)
}

// stale names the entries that are to be taken out of the baseline.
func (e ending) stale() string {
	var out []string
	for _, entry := range e.expected.All() {
		out = append(out, fmt.Sprintf("%s (%s)", entry, entry.Place))
	}
	return "expected to fail: " + strings.Join(out, "; ")
}

// reasons are those of the findings, each once.
func reasons(known []check.Finding) string {
	var out []string
	for _, f := range known {
		if !slices.Contains(out, f.Known) {
			out = append(out, f.Known)
		}
	}
	return strings.Join(out, "; ")
}

func (e ending) describe(f check.Finding) string {
	text := fmt.Sprintf("%s: want %s, got %s", f.Clause, f.Want, f.Got)
	if more := len(e.findings) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	if f.Lapsed != "" {
		text += "; " + f.Lapsed
	}
	return text
}
