// Package mutant breaks the emulator on purpose, one clause of the contract at a
// time. Most mutants are derived from the contract: a copy of it that is edited
// at one place is what the mutant obeys. The others are written by hand as
// hooks into the emulator, for what no edit reaches. A suite that does not tell
// a mutant from the emulator does not check the clause.
package mutant

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/nearest"
)

// Mutant is an emulator with one clause broken.
type Mutant struct {
	// ID is FAMILY/SUBJECT/WHAT, with an operation or resource in front of the
	// subject where there is one; it never depends on the other mutants.
	ID string
	// Family is the family of cases that is meant to catch it.
	Family string
	// Clause is the id of the clause that it breaks.
	Clause string
	// Operation is the one that errs; empty where all do.
	Operation string
	// Summary says in one line how it errs.
	Summary string

	edit  func(*contract.Contract)     // of what it obeys
	world []string                     // pairs of old and new in the world's text
	hooks func(*tools) *emulator.Hooks // made anew for each emulator
	wrap  func(http.Handler) http.Handler
	// settle is how long the mutant stays in transitional states; zero for
	// what the options say.
	settle time.Duration
}

// tools are what hooks work with.
type tools struct {
	contract *contract.Contract // as it is, not as the mutant has it
	clock    func() time.Time
}

// New returns an emulator that errs as the mutant does. The options' contract
// and world are the sound ones; they are not changed. It fails where the edit
// does not fit them.
func (m *Mutant) New(o emulator.Options) (http.Handler, error) {
	t := &tools{contract: o.Contract, clock: o.Clock}
	if m.edit != nil {
		o.Contract = o.Contract.Clone()
		m.edit(o.Contract)
		o.Contract.Reindex()
	}
	for i := 0; i+1 < len(m.world); i += 2 {
		if !bytes.Contains(o.World, []byte(m.world[i])) {
			return nil, fmt.Errorf("make mutant %s: the world has no %q", m.ID, m.world[i])
		}
		o.World = bytes.ReplaceAll(o.World, []byte(m.world[i]), []byte(m.world[i+1]))
	}
	if m.hooks != nil {
		o.Hooks = m.hooks(t)
	}
	if m.settle != 0 {
		o.Settle = m.settle
	}
	e, err := emulator.New(o)
	if err != nil {
		return nil, fmt.Errorf("make mutant %s: %w", m.ID, err)
	}
	if m.wrap != nil {
		return m.wrap(e), nil
	}
	return e, nil
}

// All returns the mutants of a contract, family by family, in an order that
// depends on the contract alone. It fails, with all reasons at once, where a
// mutant names a clause that the contract does not have, or two have one id.
func All(c *contract.Contract) ([]*Mutant, error) {
	g := &generator{c: c, ids: map[string]bool{}}
	for _, f := range families {
		g.family = f.name
		for _, make := range f.make {
			make(g)
		}
	}
	return g.out, errors.Join(g.errs...)
}

// families are the makers of mutants by the family that is meant to catch what
// they make.
var families = []struct {
	name string
	make []func(*generator)
}{
	{"parameter", []func(*generator){fieldMutants, ruleMutants, violationMutants, echoMutants, parameterHand, tagMutants}},
	{"auth", []func(*generator){orderMutants, commonMutants, gatewayMutants, authHand}},
	{"format", []func(*generator){answerMutants, methodMutants, misspeltMutants, formatHand}},
	{"error", []func(*generator){rowMutants, errorHand}},
	{"state", []func(*generator){machineMutants, stateHand, copyMutants}},
	{"idempotency", []func(*generator){tokenMutants, idempotencyHand}},
	{"listing", []func(*generator){filterMutants, pageMutants, itemMutants, secondMutants, accountMutants}},
	{"concurrency", []func(*generator){concurrencyMutants}},
}

// Families returns the names of the families that have mutants, in order.
func Families() []string {
	out := make([]string, len(families))
	for i, f := range families {
		out[i] = f.name
	}
	return out
}

// Find returns the mutant with the id; the error names the nearest ids.
func Find(all []*Mutant, id string) (*Mutant, error) {
	ids := make([]string, len(all))
	for i, m := range all {
		if m.ID == id {
			return m, nil
		}
		ids[i] = m.ID
	}
	return nil, fmt.Errorf("mutant %q: there is none, did you mean %s?", id, strings.Join(nearest.Names(id, ids, 3), ", "))
}

// generator collects the mutants. It stands at one family at a time.
type generator struct {
	c      *contract.Contract
	family string
	out    []*Mutant
	ids    map[string]bool
	errs   []error
}

// add keeps a mutant; its ID is the part behind the family.
func (g *generator) add(m Mutant) {
	m.ID, m.Family = g.family+"/"+m.ID, g.family
	switch {
	case g.ids[m.ID]:
		g.errs = append(g.errs, fmt.Errorf("mutant %s: two have this id", m.ID))
	case g.c.Clause(m.Clause) == nil:
		g.errs = append(g.errs, fmt.Errorf("mutant %s: the contract has no clause %s", m.ID, m.Clause))
	}
	g.ids[m.ID] = true
	g.out = append(g.out, &m)
}
