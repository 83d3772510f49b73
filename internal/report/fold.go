package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/run"
)

// Report is the results of one run, folded. The zero value is empty and
// ready; Add is not safe for concurrent use.
type Report struct {
	Run Run
	// Planned is how many cases the run was to execute, 0 when unknown.
	Planned int
	// Elapsed is how long the run took; without it, it is taken from the
	// records.
	Elapsed time.Duration
	// Exit is the run's exit code, -1 when it is not known; Unknown says then
	// why it is not.
	Exit    int
	Unknown string
	// Notes are what the run has to say besides its cases: leaks, an
	// interruption.
	Notes   []string
	records []Record
	sorted  bool
}

// cutShort says whether cases are missing and nobody says why.
func (r *Report) cutShort() bool { return r.Exit < 0 && len(r.records) < r.Planned }

// short is the note of a run that was cut short.
func (r *Report) short() string {
	return fmt.Sprintf("%d of %s; the run was cut short", len(r.records), plural(r.Planned, "case"))
}

// Add takes one more record.
func (r *Report) Add(rec Record) {
	if r.Run == (Run{}) {
		r.Run = rec.Run
	}
	r.records, r.sorted = append(r.records, rec), false
}

// Records returns all records in plan order.
func (r *Report) Records() []Record {
	if !r.sorted {
		slices.SortStableFunc(r.records, func(a, b Record) int {
			return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Case, b.Case))
		})
		r.sorted = true
	}
	return r.records
}

// Count returns how many records have the verdict.
func (r *Report) Count(v run.Verdict) int {
	n := 0
	for _, rec := range r.records {
		if rec.Verdict == v {
			n++
		}
	}
	return n
}

// verdicts is every verdict, in the order in which people want to hear them.
var verdicts = []run.Verdict{
	run.Fail, run.Inconclusive, run.Fixed, run.Known, run.Observed, run.Skip, run.Pass,
}

// Tally is the number of records by verdict.
type Tally map[run.Verdict]int

// Total returns the number of all records counted.
func (t Tally) Total() int {
	n := 0
	for _, k := range t {
		n += k
	}
	return n
}

// Matrix counts by operation and family. The names keep plan order.
type Matrix struct {
	Operations, Families []string
	cells                map[[2]string]Tally
}

// Cell returns the counts of an operation in a family; an empty name stands
// for all of them.
func (m Matrix) Cell(operation, family string) Tally { return m.cells[[2]string{operation, family}] }

// Matrix counts the records by operation and family.
func (r *Report) Matrix() Matrix {
	m := Matrix{cells: map[[2]string]Tally{}}
	for _, rec := range r.Records() {
		if !slices.Contains(m.Operations, rec.Operation) {
			m.Operations = append(m.Operations, rec.Operation)
		}
		if !slices.Contains(m.Families, rec.Family) {
			m.Families = append(m.Families, rec.Family)
		}
		for _, o := range []string{rec.Operation, ""} {
			for _, f := range []string{rec.Family, ""} {
				m.add(o, f, rec.Verdict)
			}
		}
	}
	return m
}

func (m Matrix) add(operation, family string, v run.Verdict) {
	key := [2]string{operation, family}
	if m.cells[key] == nil {
		m.cells[key] = Tally{}
	}
	m.cells[key][v]++
}

// Group is the cases that depart from one promise: most often one root cause.
type Group struct {
	Clause string
	// Also are further clauses that the contract makes in the same place with
	// the same words, such as those of a parameter that operations share.
	Also    []string
	Level   contract.Level
	Promise Promise
	Cases   []Departure
}

// Departure is what one case found about one promise.
type Departure struct {
	Record   Record
	Findings []check.Finding
}

// Failures groups the failed cases by the deciding promise that they break,
// the one with most cases first.
func (r *Report) Failures() []Group {
	return r.groups(func(rec Record, f check.Finding) bool {
		return rec.Verdict == run.Fail && f.Known == "" && r.decides(rec, f)
	})
}

// Observed groups what departs from clauses that do not decide.
func (r *Report) Observed() []Group {
	return r.groups(func(rec Record, f check.Finding) bool { return !r.decides(rec, f) })
}

// decides says whether the finding's level decides.
func (r *Report) decides(rec Record, f check.Finding) bool {
	strict, err := contract.ParseLevel(rec.Run.Strict)
	if err != nil {
		strict = contract.Must
	}
	return f.Level >= strict
}

// findings returns what the case found. A failure always has a finding, so that
// none is lost when failures are grouped.
func (r Record) findings() []check.Finding {
	if len(r.Findings) > 0 || r.Verdict != run.Fail {
		return r.Findings
	}
	return []check.Finding{{Clause: r.Clause, Level: contract.Must, Want: r.Promise, Got: r.Reason}}
}

// groups collects the findings that take is true for, by what was promised where.
func (r *Report) groups(take func(Record, check.Finding) bool) []Group {
	var out []*Group
	index := map[Promise]*Group{}
	for _, rec := range r.Records() {
		for _, f := range rec.findings() {
			if !take(rec, f) {
				continue
			}
			key := rec.Clauses[f.Clause]
			if key.Place == "" {
				key.Text = f.Clause
			}
			g := index[key]
			if g == nil {
				g = &Group{Clause: f.Clause, Level: f.Level, Promise: rec.Clauses[f.Clause]}
				index[key], out = g, append(out, g)
			}
			g.add(rec, f)
		}
	}
	slices.SortStableFunc(out, func(a, b *Group) int { return cmp.Compare(len(b.Cases), len(a.Cases)) })
	groups := make([]Group, len(out))
	for i, g := range out {
		groups[i] = *g
	}
	return groups
}

// clauses names the group's clauses.
func (g Group) clauses() string {
	if len(g.Also) == 0 {
		return g.Clause
	}
	return fmt.Sprintf("%s and %s like it", g.Clause, plural(len(g.Also), "clause"))
}

func (g *Group) add(rec Record, f check.Finding) {
	if f.Clause != g.Clause && !slices.Contains(g.Also, f.Clause) {
		g.Also = append(g.Also, f.Clause)
	}
	if n := len(g.Cases); n > 0 && g.Cases[n-1].Record.Case == rec.Case {
		g.Cases[n-1].Findings = append(g.Cases[n-1].Findings, f)
		return
	}
	g.Cases = append(g.Cases, Departure{Record: rec, Findings: []check.Finding{f}})
}

// Reason is the cases that share a verdict's reason.
type Reason struct {
	Text  string
	Cases []Record
}

// Reasons groups the cases of a verdict by their reason, most cases first.
func (r *Report) Reasons(v run.Verdict) []Reason {
	var out []Reason
	index := map[string]int{}
	for _, rec := range r.Records() {
		if rec.Verdict != v {
			continue
		}
		i, ok := index[rec.Reason]
		if !ok {
			i = len(out)
			index[rec.Reason], out = i, append(out, Reason{Text: rec.Reason})
		}
		out[i].Cases = append(out[i].Cases, rec)
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return cmp.Compare(len(b.Cases), len(a.Cases)) })
	return out
}

// elapsed returns how long the run took.
func (r *Report) elapsed() time.Duration {
	if r.Elapsed > 0 || len(r.records) == 0 {
		return r.Elapsed
	}
	first, last := r.records[0].Start, time.Time{}
	for _, rec := range r.records {
		if rec.Start.Before(first) {
			first = rec.Start
		}
		if end := rec.Start.Add(rec.Duration); end.After(last) {
			last = end
		}
	}
	return last.Sub(first)
}

// requests returns how many requests were made.
func (r *Report) requests() int {
	n := 0
	for _, rec := range r.records {
		n += rec.Requests
	}
	return n
}

// Meaning says what an exit code of conform means.
func Meaning(code int) string {
	if m, ok := meanings[code]; ok {
		return m
	}
	return "unknown"
}

var meanings = map[int]string{
	0:   "conforms",
	1:   "does not conform",
	2:   "usage, configuration or contract error",
	3:   "could not judge",
	4:   "fault in the harness",
	5:   "baseline stale",
	6:   "resources leaked",
	130: "interrupted",
}
