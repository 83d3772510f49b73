package run

import (
	"fmt"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// ending is all that a verdict depends on.
type ending struct {
	findings []check.Finding
	strict   contract.Level // weakest level whose breach fails
	err      error          // how the case ended: nil, Skip, Inconclusive, or a fault
	isKnown  bool           // the baseline expects it to fail
	known    string         // why
}

// verdict is the one place where findings become a verdict. A fault of the
// harness says nothing about the target, so it comes first; a departure that
// was seen stands, however the case went on; and a case that could not be
// judged is neither a known failure nor a fixed one.
func (e ending) verdict() (v Verdict, reason string, fault bool) {
	skip, isSkip := plan.IsSkip(e.err)
	unsure, isUnsure := plan.IsInconclusive(e.err)
	deciding := e.deciding()
	switch {
	case e.err != nil && !isSkip && !isUnsure:
		return Inconclusive, "fault in the harness: " + e.err.Error(), true
	case deciding != nil && e.isKnown:
		return Known, e.known, false
	case deciding != nil:
		return Fail, e.describe(*deciding), false
	case isSkip:
		return Skip, skip, false
	case isUnsure:
		return Inconclusive, unsure, false
	case e.isKnown:
		return Fixed, "expected to fail: " + e.known, false
	case len(e.findings) > 0:
		return Observed, e.describe(e.findings[0]), false
	}
	return Pass, "", false
}

// deciding returns the first finding that fails the case, or nil.
func (e ending) deciding() *check.Finding {
	for i := range e.findings {
		if e.findings[i].Level >= e.strict {
			return &e.findings[i]
		}
	}
	return nil
}

func (e ending) describe(f check.Finding) string {
	text := fmt.Sprintf("%s: want %s, got %s", f.Clause, f.Want, f.Got)
	if more := len(e.findings) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}
