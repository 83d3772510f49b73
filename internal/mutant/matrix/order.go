package matrix

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/mutant"
	"github.com/eci-conform/conform/internal/plan"
)

// few is how many of the cases that judge a clause are tried at first: a clause
// of the protocol has hundreds, one for each operation and form.
const few = 16

// order returns the plan's cases in stages, each case once: a few that judge the
// clause, the others of the family about the operation that errs, those of the
// whole family, and all others.
func (x *execution) order(m *mutant.Mutant) [][]*plan.Case {
	mine := func(c *plan.Case) bool { return c.Family == m.Family }
	bound := x.bound(m)
	taken := map[string]bool{}
	var stages [][]*plan.Case
	for _, want := range []func(*plan.Case) bool{
		func(c *plan.Case) bool { return slices.Contains(bound, c.ID) },
		func(c *plan.Case) bool { return mine(c) && c.Operation == x.about(m) },
		mine,
		func(*plan.Case) bool { return true },
	} {
		var stage []*plan.Case
		for _, c := range x.Plan.Cases {
			if !taken[c.ID] && want(c) {
				taken[c.ID] = true
				stage = append(stage, c)
			}
		}
		stages = append(stages, stage)
	}
	return stages
}

// about is the operation that a mutant is tried on: the one that errs, or the
// first of the plan.
func (x *execution) about(m *mutant.Mutant) string {
	if m.Operation == "" && len(x.Plan.Cases) > 0 {
		return x.Plan.Cases[0].Operation
	}
	return m.Operation
}

// bound returns a few of the family's cases that judge the mutant's clause,
// those about its operation first. A message is judged together with its row.
func (x *execution) bound(m *mutant.Mutant) []string {
	var near, far []string
	for _, clause := range []string{m.Clause, strings.TrimSuffix(m.Clause, "/message")} {
		for _, id := range x.Bound[clause] {
			c := x.cases[id]
			switch {
			case c == nil || c.Family != m.Family || slices.Contains(near, id) || slices.Contains(far, id):
			case c.Operation == m.Operation:
				near = append(near, id)
			default:
				far = append(far, id)
			}
		}
	}
	return append(spread(near, few), spread(far, few)...)
}

// spread returns at most n of the ids, as far from each other as they can be.
func spread(ids []string, n int) []string {
	if len(ids) <= n {
		return ids
	}
	out := make([]string, n)
	for i := range out {
		out[i] = ids[i*len(ids)/n]
	}
	return out
}

// inPlanOrder sorts ids by where they stand in the plan.
func (x *execution) inPlanOrder(ids []string) {
	at := make(map[string]int, len(ids))
	for i, c := range x.Plan.Cases {
		at[c.ID] = i
	}
	slices.SortFunc(ids, func(a, b string) int { return at[a] - at[b] })
}
