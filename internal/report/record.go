// Package report folds the stream of Results into what people and machines
// read: console, NDJSON, JUnit, Markdown and HTML. All of them are made from
// Records, the form in which a result stands in a file, so that a report
// rendered again from results.ndjson is the report of the run itself.
package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// Run says what produced a result. Every Record carries it, so that a line is
// evidence by itself and files can be joined.
type Run struct {
	Tool     string `json:"tool"`     // version of conform
	Suite    string `json:"suite"`    // version of the suite
	Contract string `json:"contract"` // API version, and the start of the text's digest
	Target   string `json:"target"`
	Endpoint string `json:"endpoint"`
	Region   string `json:"region"`
	Strict   string `json:"strict"` // the lowest level that decides: must, should or inferred
	Seed     uint64 `json:"seed"`
	// Planned is how many cases the run was to execute, 0 when unknown.
	Planned int `json:"planned,omitempty"`
	// Rerun is the command that repeats the run; a case's own command adds
	// its id to it.
	Rerun string `json:"rerun"`
}

// Record is a Result with what a reader needs besides: the promises that it is
// about, its place in the plan, and the run that made it.
type Record struct {
	run.Result
	extra
}

// extra is what a Record adds to its Result's line.
type extra struct {
	Promise string             `json:"promise"` // the case's
	Clauses map[string]Promise `json:"clauses"` // by id: the case's own and those of its findings
	Order   int                `json:"order"`   // the case's place in the plan, from 0
	Run     Run                `json:"run"`

	// runText is Run as it is written, the same for all records of a run; nil
	// in a record that was read.
	runText []byte
}

// Promise is what a clause says and where.
type Promise struct {
	Text  string `json:"promise"`
	Place string `json:"place"` // FILE:LINE
}

// Recorder turns Results into Records. It is safe for concurrent use.
type Recorder struct {
	contract *contract.Contract
	run      Run
	runText  []byte // nil where it cannot be written
	order    map[string]int
	promise  map[string]string
}

// NewRecorder returns a recorder for the results of the plan's cases.
func NewRecorder(c *contract.Contract, r Run, cases []*plan.Case) *Recorder {
	rec := &Recorder{
		contract: c, run: r,
		order: make(map[string]int, len(cases)), promise: make(map[string]string, len(cases)),
	}
	if text, err := marshal(r); err == nil {
		rec.runText = text
	}
	for i, p := range cases {
		rec.order[p.ID], rec.promise[p.ID] = i, p.Promise
	}
	return rec
}

// Record returns the result with its promises.
func (r *Recorder) Record(res run.Result) Record {
	rec := Record{Result: res, extra: extra{
		Promise: r.promise[res.Case], Clauses: map[string]Promise{},
		Order: r.order[res.Case], Run: r.run, runText: r.runText,
	}}
	rec.Duration = rec.Duration.Truncate(time.Microsecond) // as its line has it
	r.cite(rec, res.Clause)
	for _, f := range res.Findings {
		r.cite(rec, f.Clause)
	}
	if rec.Promise == "" {
		rec.Promise = rec.Clauses[res.Clause].Text
	}
	return rec
}

// cite adds what the clause says.
func (r *Recorder) cite(rec Record, id string) {
	if c := r.contract.Clause(id); c != nil {
		rec.Clauses[id] = Promise{Text: c.Promise, Place: c.Place.String()}
	}
}

// encode returns the record as one line: its Result's line with the extra
// members behind.
func (r Record) encode() ([]byte, error) {
	head, err := r.Result.MarshalJSON()
	if err != nil {
		return nil, err
	}
	line := append(bytes.TrimSuffix(head, []byte("}")), ',')
	if r.runText != nil && len(r.Clauses) <= 1 {
		return r.extra.appendTo(line)
	}
	tail, err := marshal(r.extra)
	if err != nil {
		return nil, err
	}
	return append(append(line, tail[1:]...), '\n'), nil
}

// appendTo appends the members of an extra of one clause at most, as most are,
// and the end of the line: what marshal writes, at a fraction of its cost.
func (e extra) appendTo(line []byte) ([]byte, error) {
	w := &textWriter{line: append(line, `"promise":`...)}
	w.text(e.Promise)
	w.line = append(w.line, `,"clauses":{`...)
	for id, p := range e.Clauses {
		w.text(id)
		w.line = append(w.line, `:{"promise":`...)
		w.text(p.Text)
		w.line = append(w.line, `,"place":`...)
		w.text(p.Place)
		w.line = append(w.line, '}')
	}
	w.line = append(w.line, `},"order":`...)
	w.line = strconv.AppendInt(w.line, int64(e.Order), 10)
	w.line = append(w.line, `,"run":`...)
	w.line = append(w.line, e.runText...)
	return append(w.line, '}', '\n'), w.err
}

// textWriter appends texts as JSON has them, until one fails.
type textWriter struct {
	line []byte
	err  error
}

func (w *textWriter) text(s string) {
	if w.err == nil {
		w.line, w.err = run.AppendText(w.line, s)
	}
}

// marshal is json.Marshal that leaves characters such as < readable.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// decode reads a line of a result file.
func decode(line []byte) (Record, error) {
	var rec Record
	if err := json.Unmarshal(line, &rec.Result); err != nil {
		return rec, err
	}
	if rec.Case == "" {
		return rec, errors.New(`want an object with "case" and "verdict"`)
	}
	ids := rec.Case + rec.Operation + rec.Family + rec.Clause
	for _, f := range rec.Findings {
		ids += f.Clause
	}
	if strings.ContainsFunc(ids, wire.Steers) {
		return Record{}, errors.New("want ids without control characters")
	}
	if err := json.Unmarshal(line, &rec.extra); err != nil {
		return Record{}, fmt.Errorf("read what the report adds: %w", err)
	}
	return rec, nil
}
