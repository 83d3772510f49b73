// Package suites derives the cases of conform from the contract, one family a
// file, shows them as a Ginkgo tree, and runs them from a Go test against any
// http.Handler. It learns about the API from the contract and about the target
// from its profile, and from nowhere else.
package suites

import (
	"errors"
	"fmt"
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// family is a kind of cases. A new one is a function in a file of its own and
// a line in the table below.
type family struct {
	name  string
	cases func(*builder)
}

var families = []family{
	{"parameter", parameterFamily},
	{"auth", authFamily},
	{"format", formatFamily},
	{"idempotency", idempotencyFamily},
	{"listing", listingFamily},
	{"error", errorFamily},
	{"state", stateFamily},
	{"concurrency", concurrencyFamily},
}

// Plan derives all cases from the contract and the valid inputs: operations in
// the contract's order, families within them, and within a family the order of
// the parameters. The same arguments always give the same plan. It returns all
// that is wrong with the derivation at once.
func Plan(c *contract.Contract, in Inputs) (*plan.Plan, error) {
	b := &builder{c: c, in: in, ids: map[string]bool{}, sent: map[string]*plan.Case{}}
	for _, op := range c.Operations {
		if _, ok := in[op.Name]; !ok {
			b.fault("plan %s: no valid input", op.Name)
			continue
		}
		for _, f := range families {
			b.op, b.family = op, f.name
			f.cases(b)
		}
	}
	return &plan.Plan{Cases: b.cases, Inputs: in.minimal}, errors.Join(b.errs...)
}

func (in Inputs) minimal(operation string) (wire.Params, bool) {
	input, ok := in[operation]
	return input.Minimal.Clone(), ok
}

// builder collects the cases of a plan. It stands at one operation and family
// at a time.
type builder struct {
	c      *contract.Contract
	in     Inputs
	op     *contract.Operation
	family string
	cases  []*plan.Case
	ids    map[string]bool
	sent   map[string]*plan.Case // fingerprint to the case that sends it
	errs   []error
}

func (b *builder) fault(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

func (b *builder) input() Input { return b.in[b.op.Name] }

// add gives the case its operation, family and id, and keeps it. A case
// without a clause has nothing to judge by and is left out: the contract does
// not make the promise.
func (b *builder) add(k *plan.Case) {
	if k.Clause == nil {
		return
	}
	k.Operation, k.Family = b.op.Name, b.family
	k.ID = k.Operation + "/" + k.Family + "/" + k.Subject + "/" + k.Variant
	k.Also = slices.DeleteFunc(k.Also, func(c *contract.Clause) bool { return c == nil })
	if k.Promise == "" {
		k.Promise = k.Clause.Promise
	}
	b.once(k)
	if b.ids[k.ID] {
		b.fault("plan %s: two cases have this id", k.ID)
		return
	}
	b.ids[k.ID] = true
	b.cases = append(b.cases, k)
}

// once holds that no two cases send the same bytes.
func (b *builder) once(k *plan.Case) {
	if k.Probe == nil {
		return
	}
	print := k.Probe.Fingerprint()
	if other, ok := b.sent[print]; ok {
		b.fault("plan %s: sends the same bytes as %s", k.ID, other.ID)
	}
	b.sent[print] = k
}

// capped returns the clause at most at the level: some forms of a breach rest
// on weaker sources than the clause itself.
func capped(c *contract.Clause, level contract.Level) *contract.Clause {
	if c == nil || c.Level <= level {
		return c
	}
	weaker := *c
	weaker.Level = level
	return &weaker
}
