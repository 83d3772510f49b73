package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/suites"
)

// coverageFlags are the flags of conform coverage.
type coverageFlags struct {
	source  source
	target  string
	results string
	format  string
	verbose bool
}

func newCoverage(a *app) *cobra.Command {
	f := &coverageFlags{}
	c := &cobra.Command{
		Use:   "coverage",
		Short: "Say which clauses are bound to cases, and why others are not",
		Long: `Show which rows of the error tables a target's profile lets be provoked, or with
--results which were, and why the others are not.

Then set every clause of the contract against the cases that judge it. A clause
is bound to cases, or held by a check of every answer, or excluded for a reason.
One that is none of these is open: then the exit code is 1.`,
		Example: `  conform coverage
  conform coverage --target sandbox.yaml
  conform coverage --results reports/out/results.ndjson
  conform coverage --verbose | grep UpdateDataCache
  conform coverage --format json`,
		Args: noWords,
		RunE: func(*cobra.Command, []string) error { return a.coverage(f) },
	}
	s := c.Flags()
	s.StringVar(&f.target, "target", embedded, "whose profile says what can be provoked: a `NAME` of fixtures/targets, a profile's file, or a URL")
	s.StringVar(&f.results, "results", "", "results.ndjson `FILE` of a run, which says what was provoked")
	addFormat(c, &f.format, "text", "json")
	s.BoolVarP(&f.verbose, "verbose", "v", false, "one line for every clause")
	f.source.add(c)
	return c
}

func (a *app) coverage(f *coverageFlags) error {
	if err := oneOf("format", f.format, "text", "json"); err != nil {
		return err
	}
	c, err := f.source.sound()
	if err != nil {
		return err
	}
	p, err := cases(c)
	if err != nil {
		return err
	}
	t, err := a.errorTable(f, c, p)
	if err != nil {
		return err
	}
	l := suites.Coverage(c, p)
	switch {
	case f.format == "json":
		err = coverageJSON(a.Out, l, t)
	case f.verbose:
		err = coverageLines(a.Out, l)
	default:
		if err = t.write(a.Out, c); err == nil {
			err = coverageText(a.Out, l)
		}
	}
	if err == nil && len(l.Open()) > 0 {
		return exit(exitDeparts, fmt.Errorf("nothing enforces %d clauses, and no reason is given", len(l.Open())))
	}
	return err
}

// ledger sets the clauses against the cases.
func ledger(c *contract.Contract) (suites.Ledger, error) {
	p, err := cases(c)
	if err != nil {
		return suites.Ledger{}, err
	}
	return suites.Coverage(c, p), nil
}

// unenforced names the clauses that nothing enforces, as FILE:LINE: MESSAGE.
func unenforced(c *contract.Contract) ([]string, error) {
	l, err := ledger(c)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, k := range l.Open() {
		out = append(out, fmt.Sprintf("%s: %s: no case and no check enforces this clause", k.Place, k.ID))
	}
	return out, nil
}

// coverageDocument is what conform coverage --format json writes.
type coverageDocument struct {
	Clauses []binding   `json:"clauses"`
	Errors  []provoking `json:"errors"` // the rows of the operations' error tables
}

// binding is an entry of the ledger.
type binding struct {
	Clause   string   `json:"clause"`
	Level    string   `json:"level"`
	Place    string   `json:"place"`
	Cases    []string `json:"cases"`
	Every    string   `json:"everyAnswer,omitempty"`
	Excluded string   `json:"excluded,omitempty"`
}

// provoking is a row of an error table and whether the target lets it be
// provoked.
type provoking struct {
	Operation string `json:"operation"`
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Condition string `json:"condition"`
	Clause    string `json:"clause"`
	Case      string `json:"case"`
	Provoked  bool   `json:"provoked"`
	Reason    string `json:"reason,omitempty"` // why it is not
}

func coverageJSON(out io.Writer, l suites.Ledger, t *errorTable) error {
	doc := coverageDocument{Clauses: make([]binding, len(l.Entries)), Errors: make([]provoking, len(t.rows))}
	for i, e := range l.Entries {
		doc.Clauses[i] = binding{
			Clause: e.Clause.ID, Level: e.Clause.Level.String(), Place: e.Clause.Place.String(),
			Cases: append([]string{}, e.Cases...), Every: e.Every, Excluded: e.Excluded,
		}
	}
	for i, r := range t.rows {
		doc.Errors[i] = provoking{
			Operation: r.Operation.Name, Status: r.Row.Status, Code: r.Row.Code, Condition: r.Row.Condition,
			Clause: r.Row.Row.ID, Case: r.Case, Provoked: r.Reason == "", Reason: r.Reason,
		}
	}
	return writeJSON(out, doc)
}

// row counts the clauses of one operation, of one resource, or of what all
// operations share.
type row struct {
	owner                                 string
	clauses, bound, every, excluded, open int
}

func (r *row) count(e suites.Entry) {
	r.clauses++
	switch {
	case e.Open():
		r.open++
	case len(e.Cases) > 0:
		r.bound++
	case e.Every != "":
		r.every++
	default:
		r.excluded++
	}
}

// rows counts by the part of the clause's id ahead of #.
func rows(l suites.Ledger) []row {
	var out []row
	at := map[string]int{}
	all := row{owner: "all"}
	for _, e := range l.Entries {
		owner, _, _ := strings.Cut(e.Clause.ID, "#")
		i, ok := at[owner]
		if !ok {
			i = len(out)
			at[owner], out = i, append(out, row{owner: owner})
		}
		out[i].count(e)
		all.count(e)
	}
	return append(out, all)
}

// coverageLines writes one line for every clause.
func coverageLines(out io.Writer, l suites.Ledger) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range l.Entries {
		fmt.Fprintf(w, "%s\t%s\t%s\n", e.Clause.ID, e.Clause.Level, boundBy(e))
	}
	return w.Flush()
}

func coverageText(out io.Writer, l suites.Ledger) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tclauses\tby cases\tin every answer\texcluded\topen")
	for _, r := range rows(l) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\n", r.owner, r.clauses, r.bound, r.every, r.excluded, r.open)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return coverageReasons(out, l)
}

// boundBy says what enforces the clause.
func boundBy(e suites.Entry) string {
	switch {
	case e.Open():
		return "open"
	case len(e.Cases) == 1:
		return e.Cases[0]
	case len(e.Cases) > 1:
		return fmt.Sprintf("%s and %d more", e.Cases[0], len(e.Cases)-1)
	case e.Every != "":
		return e.Every
	default:
		return "excluded: " + e.Excluded
	}
}

// coverageReasons says why clauses are excluded, and names the open ones.
func coverageReasons(out io.Writer, l suites.Ledger) error {
	var order []string
	counts := map[string]int{}
	for _, e := range l.Entries {
		if e.Open() || len(e.Cases) > 0 || e.Every != "" {
			continue
		}
		if counts[e.Excluded]++; !slices.Contains(order, e.Excluded) {
			order = append(order, e.Excluded)
		}
	}
	lines := []string{""}
	for _, reason := range order {
		lines = append(lines, fmt.Sprintf("%4d excluded: %s", counts[reason], reason))
	}
	for _, k := range l.Open() {
		lines = append(lines, fmt.Sprintf("open: %s (%s)", k.ID, k.Place))
	}
	_, err := fmt.Fprintln(out, strings.Join(lines, "\n"))
	return err
}
