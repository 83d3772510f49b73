package run

import (
	"net/http"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
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
	// Attachments are evidence for people, redacted; a line of results.ndjson
	// holds where they are written, not what is in them.
	Attachments []Attachment
	Requests    int // how many requests the case sent, kept or not
	Start       time.Time
	Duration    time.Duration // of the case's own steps, what it cleared away left out
	Seed        uint64
}

// Attachment is a file that belongs to a case.
type Attachment struct {
	Name      string `json:"name"`
	MediaType string `json:"mediaType"`
	Path      string `json:"path"` // below the folder of the reports, with slashes
	Data      []byte `json:"-"`    // nil in a result that was read from a line
}

// Exchange is one request and its answer, fit to be written: secrets are
// masked, long bodies cut.
type Exchange struct {
	Operation  string
	Method     string
	URL        string // without the signature
	Header     http.Header
	Params     []Param // the operation's own, as meant
	Body       string
	Status     int // 0 when there was no answer
	RespHeader http.Header
	RespBody   string
	Error      string // why there was no whole answer
	Start      time.Time
	Duration   time.Duration
}

// Param is one parameter, decoded.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
