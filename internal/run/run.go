// Package run executes cases, each at most once, and streams their Results.
package run

import (
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Verdict is what became of a case.
type Verdict string

// The verdicts. All but Pass carry a reason.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Observed     Verdict = "observed" // departs only from clauses below the level that decides
	Known        Verdict = "known"    // fails as its baseline says
	Fixed        Verdict = "fixed"    // a known failure that passes
	Skip         Verdict = "skip"
	Inconclusive Verdict = "inconclusive" // could not judge
)

// Result is what became of one case: the one type that every report folds.
type Result struct {
	Case      string
	Operation string
	Family    string
	Clause    string
	Level     contract.Level
	Verdict   Verdict
	Reason    string
	Findings  []check.Finding
	Exchanges []*wire.Exchange
	Start     time.Time
	Duration  time.Duration
	Seed      uint64
}
