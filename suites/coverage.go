package suites

import (
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// Ledger says for every clause of the contract what enforces it.
type Ledger struct {
	Entries []Entry // in the contract's order
}

// Entry is one clause and what enforces it: cases, a check of every answer, or
// nothing, for a reason.
type Entry struct {
	Clause *contract.Clause
	// Cases are the ids of the cases that judge it, in plan order.
	Cases []string
	// Every says which check of every answer enforces it; empty for none.
	Every string
	// Excluded says why neither does.
	Excluded string
}

// Open reports whether nothing enforces the clause and no reason is given: a
// hole in the suite.
func (e Entry) Open() bool { return len(e.Cases) == 0 && e.Every == "" && e.Excluded == "" }

// Coverage binds each clause of the contract to the plan's cases.
func Coverage(c *contract.Contract, p *plan.Plan) Ledger {
	cases := map[string][]string{}
	for _, k := range p.Cases {
		for _, clause := range append([]*contract.Clause{k.Clause}, k.Also...) {
			if have := cases[clause.ID]; !slices.Contains(have[max(0, len(have)-1):], k.ID) {
				cases[clause.ID] = append(have, k.ID)
			}
		}
	}
	var l Ledger
	for _, clause := range c.Clauses {
		e := Entry{Clause: clause, Cases: cases[clause.ID]}
		e.Every = every(clause)
		if len(e.Cases) == 0 && e.Every == "" {
			e.Excluded = excluded(c, clause)
		}
		l.Entries = append(l.Entries, e)
	}
	return l
}

// Open returns the clauses that nothing enforces and nothing excuses.
func (l Ledger) Open() []*contract.Clause {
	var out []*contract.Clause
	for _, e := range l.Entries {
		if e.Open() {
			out = append(out, e.Clause)
		}
	}
	return out
}
