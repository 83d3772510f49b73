package run

import (
	"io"
	"net/http"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
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

// Result is what became of one case: the one type that every report folds. It
// holds no secret. It reads and writes as a line of results.ndjson.
type Result struct {
	Case      string
	Operation string
	Family    string
	Clause    string
	Level     contract.Level
	Verdict   Verdict
	Reason    string
	// Fault says that the harness itself went wrong in this case.
	Fault     bool
	Findings  []check.Finding
	Exchanges []Exchange // of a case that did not pass, redacted and shortened
	Requests  int        // how many requests the case sent, kept or not
	Start     time.Time
	Duration  time.Duration
	Seed      uint64
}

// Exchange is one request and its answer, fit to be written: secrets are
// masked, long bodies cut.
type Exchange struct {
	Operation  string        `json:"operation"`
	Method     string        `json:"method"`
	URL        string        `json:"url"`
	Header     http.Header   `json:"header,omitempty"`
	Params     []Param       `json:"params,omitempty"`
	Body       string        `json:"body,omitempty"`
	Status     int           `json:"status"`
	RespHeader http.Header   `json:"responseHeader,omitempty"`
	RespBody   string        `json:"responseBody,omitempty"`
	Error      string        `json:"error,omitempty"`
	Start      time.Time     `json:"start"`
	Duration   time.Duration `json:"-"`
}

// Param is one parameter as meant, decoded.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Decode reads results as they were written, one JSON object a line.
func Decode(r io.Reader) ([]Result, error) { return nil, nil }

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
	Faults       int // cases that ended by a fault of the harness; they count as inconclusive too
	Requests     int
	Leaks        []plan.Leak // what could not be removed
	Interrupted  bool
	Unreachable  string // why the run ended early; empty where it did not
	Start        time.Time
	Duration     time.Duration
}

// Add counts one result.
func (s *Summary) Add(r Result) {}

// ExitCode is the exit code of conform run.
func (s Summary) ExitCode() int { return 0 }
