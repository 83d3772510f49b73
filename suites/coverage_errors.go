package suites

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// ErrorRow is a row of an operation's error table and the case that provokes
// it.
type ErrorRow struct {
	Operation *contract.Operation
	Row       *contract.Error
	Case      string // id
	// Reason says why it is not provoked; empty where it is.
	Reason string
}

// ErrorTable lists the rows of all operations, in the contract's order, and
// says which of them can be provoked where unmet says what a target does not
// meet. A row that needs luck, such as a target slow enough to be watched at its
// work, counts as one that cannot.
func ErrorTable(c *contract.Contract, p *plan.Plan, unmet func(plan.Needs) string) []ErrorRow {
	var out []ErrorRow
	for _, op := range c.Operations {
		for _, row := range op.Errors {
			r := ErrorRow{Operation: op, Row: row, Case: op.Name + "/error/" + rowSubject(row) + "/" + row.Condition}
			if k := p.Case(r.Case); k == nil {
				r.Reason = "no case provokes it"
			} else {
				r.Left((&provocation{c: c, op: op, row: row}).unmet(k.Needs, unmet))
			}
			out = append(out, r)
		}
	}
	return out
}

// Left says why the row is not provoked, besides what the contract notes about
// it; an empty reason says that it is.
func (r *ErrorRow) Left(why string) {
	r.Reason = why
	if why != "" && r.Row.Note != "" {
		r.Reason += " (the contract notes: " + r.Row.Note + ")"
	}
}

// unmet says what keeps the row's case from provoking it.
func (p *provocation) unmet(needs plan.Needs, unmet func(plan.Needs) string) string {
	if why := unmet(needs); why != "" {
		return why
	}
	sure := p.sure()
	if len(sure) == 0 || slices.ContainsFunc(sure, func(name string) bool { return unmet(plan.Needs{Conditions: []string{name}}) == "" }) {
		return ""
	}
	why := unmet(plan.Needs{Conditions: sure[:1]})
	if len(sure) > 1 {
		why += ", nor " + strings.Join(sure[1:], " or ")
	}
	return why
}

// sure are the conditions any of which, met by the profile, provokes the row;
// none where the API's own operations do so without fail.
func (p *provocation) sure() []string {
	condition, class := p.row.Condition, p.c.Class(p.row)
	switch {
	case class == contract.ClassTags, class == contract.ClassUnchanged && p.op.Effect.Kind == contract.Updates:
		return nil
	case p.op.Effect.Wrong == p.row.Code && p.kind() != nil:
		return append([]string{condition}, p.failing(p.kind())...)
	}
	return []string{condition}
}
