package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
)

// line is a Result as it is written. Its names are an interface.
type line struct {
	Case        string         `json:"case"`
	Operation   string         `json:"operation"`
	Family      string         `json:"family"`
	Clause      string         `json:"clause"`
	Level       string         `json:"level"`
	Verdict     Verdict        `json:"verdict"`
	Reason      string         `json:"reason"`
	Fault       bool           `json:"fault,omitempty"`
	Findings    []findingLine  `json:"findings"`
	Exchanges   []exchangeLine `json:"exchanges"`
	Attachments []Attachment   `json:"attachments,omitempty"`
	Requests    int            `json:"requests"`
	Start       time.Time      `json:"start"`
	DurationMs  float64        `json:"durationMs"`
	Seed        uint64         `json:"seed"`
}

type findingLine struct {
	Clause  string `json:"clause"`
	Level   string `json:"level"`
	Pointer string `json:"pointer"`
	Want    string `json:"want"`
	Got     string `json:"got"`
	Known   string `json:"known,omitempty"`
	Lapsed  string `json:"lapsed,omitempty"`
}

type exchangeLine struct {
	Operation  string      `json:"operation"`
	Method     string      `json:"method"`
	URL        string      `json:"url"`
	Header     http.Header `json:"header,omitempty"`
	Params     []Param     `json:"params,omitempty"`
	Body       string      `json:"body,omitempty"`
	Status     int         `json:"status"`
	RespHeader http.Header `json:"responseHeader,omitempty"`
	RespBody   string      `json:"responseBody,omitempty"`
	Error      string      `json:"error,omitempty"`
	Start      time.Time   `json:"start"`
	DurationMs float64     `json:"durationMs"`
}

// MarshalJSON writes the result as a line of results.ndjson.
func (r Result) MarshalJSON() ([]byte, error) {
	if len(r.Findings)+len(r.Exchanges)+len(r.Attachments) == 0 {
		return r.bare(make([]byte, 0, 512))
	}
	return encoded(r.line())
}

// line is the result as it is written.
func (r Result) line() line {
	l := line{
		Case: r.Case, Operation: r.Operation, Family: r.Family, Clause: r.Clause, Level: r.Level.String(),
		Verdict: r.Verdict, Reason: r.Reason, Fault: r.Fault,
		Findings: make([]findingLine, len(r.Findings)), Exchanges: make([]exchangeLine, len(r.Exchanges)),
		Attachments: r.Attachments, Requests: r.Requests, Start: r.Start, DurationMs: millis(r.Duration), Seed: r.Seed,
	}
	for i, f := range r.Findings {
		l.Findings[i] = findingLine{f.Clause, f.Level.String(), f.Pointer, f.Want, f.Got, f.Known, f.Lapsed}
	}
	for i, x := range r.Exchanges {
		l.Exchanges[i] = exchangeLine{
			x.Operation, x.Method, x.URL, x.Header, x.Params, x.Body, x.Status,
			x.RespHeader, x.RespBody, x.Error, x.Start, millis(x.Duration),
		}
	}
	return l
}

// encoded is json.Marshal that leaves bodies for people to read.
func encoded(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// UnmarshalJSON reads a line of results.ndjson; members that it does not know
// are left alone.
func (r *Result) UnmarshalJSON(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	level, err := contract.ParseLevel(l.Level)
	if err != nil {
		return err
	}
	*r = Result{
		Case: l.Case, Operation: l.Operation, Family: l.Family, Clause: l.Clause, Level: level,
		Verdict: l.Verdict, Reason: l.Reason, Fault: l.Fault,
		Attachments: l.Attachments, Requests: l.Requests, Start: l.Start, Duration: duration(l.DurationMs), Seed: l.Seed,
	}
	if (&Summary{}).count(r.Verdict) == nil {
		return fmt.Errorf("unknown verdict %q", r.Verdict)
	}
	for _, f := range l.Findings {
		level, err := contract.ParseLevel(f.Level)
		if err != nil {
			return fmt.Errorf("finding about %s: %w", f.Clause, err)
		}
		r.Findings = append(r.Findings, check.Finding{
			Clause: f.Clause, Level: level, Pointer: f.Pointer, Want: f.Want, Got: f.Got, Known: f.Known, Lapsed: f.Lapsed,
		})
	}
	for _, x := range l.Exchanges {
		r.Exchanges = append(r.Exchanges, Exchange{
			x.Operation, x.Method, x.URL, x.Header, x.Params, x.Body, x.Status,
			x.RespHeader, x.RespBody, x.Error, x.Start, duration(x.DurationMs),
		})
	}
	return nil
}

// millis is to the microsecond, so that lines stay short.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func duration(millis float64) time.Duration {
	return time.Duration(millis*1000+0.5) * time.Microsecond
}
