package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/report"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/suites"
)

// errorTable is the rows of the operations' error tables, as a target's profile
// lets them be provoked or as the results of a run show that they were.
type errorTable struct {
	title string
	rows  []suites.ErrorRow
}

func (a *app) errorTable(f *coverageFlags, c *contract.Contract, p *plan.Plan) (*errorTable, error) {
	prof, err := loadProfile(f.target)
	if err == nil {
		err = prof.Validate(c)
	}
	if err != nil {
		return nil, usage(err)
	}
	t := &errorTable{title: "error tables, as the profile of " + f.target + " can provoke them"}
	t.rows = suites.ErrorTable(c, p, a.meets(prof).Unmet)
	if f.results == "" {
		return t, nil
	}
	t.title = "error tables, as " + f.results + " shows them provoked"
	return t, t.judge(f.results)
}

// meets is what the target's profile offers. Nothing is sent.
func (a *app) meets(p *profile.Profile) *plan.Environment {
	t := plan.Target{
		Bindings: p.Bindings, Conditions: map[string]plan.Condition{}, Credentials: map[string]wire.Credentials{}, Clock: a.Now,
	}
	for name, c := range p.Conditions {
		t.Conditions[name] = plan.Condition{Credentials: c.Credentials, Set: c.Set, Unavailable: c.Unavailable}
	}
	for name := range p.Credentials {
		t.Credentials[name] = wire.Credentials{}
	}
	return plan.NewEnvironment(t)
}

// judge takes from a result file what became of the rows.
func (t *errorTable) judge(file string) error {
	rep, err := report.ReadFile(file)
	if err != nil {
		return usage(err)
	}
	seen := map[string]run.Result{}
	for _, rec := range rep.Records() {
		seen[rec.Result.Case] = rec.Result
	}
	for i, r := range t.rows {
		result, ok := seen[r.Case]
		switch {
		case !ok:
			t.rows[i].Left("its case did not run")
		case result.Verdict == run.Pass || result.Verdict == run.Fixed:
			t.rows[i].Left("")
		case result.Verdict == run.Skip:
			t.rows[i].Left(result.Reason)
		default:
			t.rows[i].Left(string(result.Verdict) + ": " + result.Reason)
		}
	}
	return nil
}

// write counts the rows by operation and says why some are not provoked.
func (t *errorTable) write(out io.Writer, c *contract.Contract) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, t.title+"\n")
	fmt.Fprintln(w, "\trows\tprovoked\tnot here")
	all := 0
	for _, op := range c.Operations {
		left := 0
		for _, r := range t.rows {
			if r.Operation == op && r.Reason != "" {
				left++
			}
		}
		all += left
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", op.Name, len(op.Errors), len(op.Errors)-left, left)
	}
	fmt.Fprintf(w, "all\t%d\t%d\t%d\n", len(t.rows), len(t.rows)-all, all)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, strings.Join(append(t.left(), ""), "\n"))
	return err
}

// left are the rows that were not provoked, by reason.
func (t *errorTable) left() []string {
	var order []string
	rows := map[string][]string{}
	for _, r := range t.rows {
		if r.Reason == "" {
			continue
		}
		if !slices.Contains(order, r.Reason) {
			order = append(order, r.Reason)
		}
		rows[r.Reason] = append(rows[r.Reason], fmt.Sprintf("%s %d %s", r.Operation.Name, r.Row.Status, r.Row.Code))
	}
	lines := []string{""}
	for _, reason := range order {
		lines = append(lines, fmt.Sprintf("%4d not provoked: %s", len(rows[reason]), reason))
		for _, r := range rows[reason] {
			lines = append(lines, "       "+r)
		}
	}
	if len(order) == 0 {
		return nil
	}
	return lines
}
