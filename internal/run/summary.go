package run

import (
	"fmt"
	"time"

	"github.com/eci-conform/conform/internal/plan"
)

// Summary is what became of a run.
type Summary struct {
	Total        int
	Pass         int
	Fail         int
	Observed     int
	Known        int
	Fixed        int
	Skip         int
	Inconclusive int
	Faults       int // faults of the harness; cases that ended by one count as inconclusive too
	Requests     int
	Leaks        []plan.Leak // what could not be removed
	Interrupted  bool
	Unreachable  string   // why the run ended early; empty where it did not
	Absent       []string // operations that the target says it does not have
	Start        time.Time
	Duration     time.Duration
}

// Add counts one result.
func (s *Summary) Add(r Result) {
	s.Total++
	s.Requests += r.Requests
	if r.Fault {
		s.Faults++
	}
	if n := s.count(r.Verdict); n != nil {
		*n++
	}
}

func (s *Summary) count(v Verdict) *int {
	switch v {
	case Pass:
		return &s.Pass
	case Fail:
		return &s.Fail
	case Observed:
		return &s.Observed
	case Known:
		return &s.Known
	case Fixed:
		return &s.Fixed
	case Skip:
		return &s.Skip
	case Inconclusive:
		return &s.Inconclusive
	}
	return nil
}

// Judged is how many cases were judged.
func (s Summary) Judged() int { return s.Pass + s.Fail + s.Observed + s.Known + s.Fixed }

// check says whether every case has one verdict.
func (s Summary) check() error {
	if sum := s.Judged() + s.Skip + s.Inconclusive; sum != s.Total {
		return fmt.Errorf("count verdicts: %d cases, but %d verdicts", s.Total, sum)
	}
	return nil
}

// The exit codes of conform run. 2, for usage, configuration and the contract,
// is given before there is a run.
const (
	ExitConforms    = 0
	ExitDeparts     = 1
	ExitUsage       = 2
	ExitNotJudged   = 3 // unreachable, refused credentials, nothing ran, or cases without a verdict
	ExitFault       = 4
	ExitStale       = 5
	ExitLeaked      = 6
	ExitInterrupted = 130
)

// ExitCode is the exit code of conform run. Where several apply, what puts the
// verdicts themselves in doubt comes first. A run in which a case could not be
// judged does not exit 0: it has not shown that the target conforms.
func (s Summary) ExitCode() int {
	switch {
	case s.Interrupted:
		return ExitInterrupted
	case s.Faults > 0 || s.check() != nil:
		return ExitFault
	case s.Unreachable != "":
		return ExitNotJudged
	case s.Fail > 0:
		return ExitDeparts
	case len(s.Leaks) > 0:
		return ExitLeaked
	case s.Fixed > 0:
		return ExitStale
	case s.Judged() == 0 || s.Inconclusive > 0:
		return ExitNotJudged
	}
	return ExitConforms
}
