package suites

import (
	"context"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// The promises of a resource about requests at the same time.
const (
	promiseCreated = "created"
	promiseUnique  = "unique"
	promiseWritten = "written"
	promiseSettled = "settled"
	promiseDeleted = "deleted"
	promiseGone    = "gone"
	promiseTagged  = "tagged"
	promiseLinear  = "linear"
)

// concurrencyFamily lets several clients work on one resource at the same time
// and looks for an order of their requests that explains all answers.
func concurrencyFamily(b *builder) {
	switch b.op.Effect.Kind {
	case contract.Creates:
		b.creationContests()
	case contract.Updates:
		b.updateContests()
	case contract.Deletes:
		b.deletionContests()
	case contract.Copies:
		b.copyContests()
	case contract.Tags:
		b.tagContests()
	}
}

// contestCase is a case of the family.
type contestCase struct {
	subject, variant string
	kind             *contract.Resource
	promises         []string // by keyword, the case's own first
	steps            []string
	params           wire.Params // whose bindings it needs
	run              func(ctx context.Context, c *contest) error
}

// contestOf adds a case; one whose first promise the contract does not make is
// left out.
func (b *builder) contestOf(c contestCase) {
	if c.kind == nil {
		return
	}
	var clauses []*contract.Clause
	for _, keyword := range c.promises {
		if clause := c.kind.Consistency[keyword]; clause != nil {
			clauses = append(clauses, clause)
		}
	}
	if len(clauses) == 0 || clauses[0].Keyword != c.promises[0] {
		return
	}
	b.add(&plan.Case{
		Subject: c.subject, Variant: c.variant, Clause: clauses[0], Also: clauses[1:],
		Steps: append(slices.Clone(c.steps), "look for an order of the requests that explains all answers"),
		Needs: b.needs(c.params, ""),
		Run: func(ctx context.Context, s *plan.Session) error {
			return c.run(ctx, &contest{Session: s, kind: c.kind})
		},
	})
}

// register is a value of a resource that requests write and its listing shows.
type register struct {
	param  string // wire name in requests
	echo   *contract.Echo
	field  *contract.Field
	always bool   // an update must name it
	form   string // the template of a fresh value; empty for a number
}

// registersOf are the values that both the creation and the update of the
// resource can set to anything within bounds, so that each request can leave a
// mark of its own.
func (b *builder) registersOf(kind *contract.Resource) []register {
	create, update := b.c.Operation(kind.Create), b.c.Operation(kind.Update)
	if create == nil || update == nil {
		return nil
	}
	var out []register
	for i := range update.Effect.Echo {
		e := &update.Effect.Echo[i]
		f := update.Parameter(e.Parameter)
		if f == nil || create.Parameter(e.Parameter) == nil || strings.Contains(e.Parameter, ".") || !showsIn(create, e) {
			continue
		}
		r := register{param: e.Parameter, echo: e, field: f, always: f.Required}
		if b.free(f) {
			r.form, _ = b.in[create.Name].Minimal.Get(r.param)
		}
		if f.Type == contract.Integer || r.form != "" {
			out = append(out, r)
		}
	}
	return out
}

// showsIn says whether the operation's echo shows in the same member.
func showsIn(op *contract.Operation, e *contract.Echo) bool {
	return slices.ContainsFunc(op.Effect.Echo, func(o contract.Echo) bool {
		return o.Parameter == e.Parameter && o.Member == e.Member
	})
}

// lacking drops the registers from a request, and what stands below them.
func lacking(p wire.Params, list []register) wire.Params {
	for _, r := range list {
		p = drop(p, r.param)
	}
	return p
}
