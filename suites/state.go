package suites

import (
	"context"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// stateFamily tests the state machines: what becomes of resources over time,
// what each operation does to one in each state, and what it leaves alone.
func stateFamily(b *builder) {
	for _, kind := range b.subjects() {
		m, err := model.New(b.c, kind.Name)
		if err != nil {
			b.fault("plan %s: %w", b.op.Name, err)
			continue
		}
		f := states{builder: b, op: b.op, m: m, kind: kind}
		f.matrix()
		f.identity()
		switch b.op.Effect.Kind {
		case contract.Creates:
			f.creation()
			f.walks()
		case contract.Updates:
			f.updates()
		case contract.Deletes:
			f.otherNames()
		case contract.Copies:
			f.copies()
		case contract.Tags, contract.Untags:
			f.tags()
		}
	}
}

// subjects are the kinds of resources that the operation is about: its own, or
// all that can be tagged.
func (b *builder) subjects() []*contract.Resource {
	if r := b.c.Resource(b.op.Effect.Resource); r != nil {
		return []*contract.Resource{r}
	}
	if !b.op.Effect.Kind.OfTags() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(b.c.Resources), func(r *contract.Resource) bool { return r.TagType == "" })
}

// states derives the cases of one operation about one kind of resource.
type states struct {
	*builder
	op   *contract.Operation // the builder's moves on
	m    *model.Machine
	kind *contract.Resource
}

func (f states) input() Input { return f.in[f.op.Name] }

// play is a case of several requests.
type play struct {
	subject, variant string
	clause           *contract.Clause
	promise          string // in place of the clause's
	steps            []string
	judges           []*contract.Clause // besides clause
	needs            plan.Needs
	run              func(ctx context.Context, t *stage) error
}

func (f states) play(c play) {
	if c.clause == nil {
		return
	}
	others := slices.DeleteFunc(slices.Clone(c.judges), func(j *contract.Clause) bool { return j == nil || j.ID == c.clause.ID })
	f.add(&plan.Case{
		Subject: c.subject, Variant: c.variant, Clause: c.clause, Also: others, Promise: c.promise, Steps: c.steps, Needs: c.needs,
		Run: func(ctx context.Context, s *plan.Session) error {
			return c.run(ctx, &stage{Session: s, in: f.in, m: f.m, kind: f.kind})
		},
	})
}

// about is a valid request of the operation about a resource of the kind, which
// stands in it as $id:KIND; false where the operation names no resource.
func (f states) about(op *contract.Operation) (wire.Params, bool) {
	in := f.in[op.Name]
	params := in.Minimal.Clone()
	if op.Effect.Kind == contract.Reads {
		for _, filter := range op.Effect.Filters {
			if filter.Member == f.kind.IDMember {
				return params.Set(first(filter.Parameter), f.self()), true
			}
		}
		return nil, false
	}
	if holdsResource(params, f.self()) {
		return params, true
	}
	for key, v := range in.With {
		if strings.HasSuffix(key, "="+f.kind.TagType) && holdsResource(v.Set, f.self()) {
			return merge(params, v.Set), true
		}
	}
	return nil, false
}

func (f states) self() string { return "$id:" + f.kind.Name }

func holdsResource(p wire.Params, template string) bool {
	return slices.ContainsFunc(p, func(q wire.Param) bool { return q.Value == template })
}

// stage is where one case about one kind of resource plays.
type stage struct {
	*plan.Session
	in   Inputs
	m    *model.Machine
	kind *contract.Resource
}

// named returns the parameters in which the resource's id stands in place of
// its template.
func (t *stage) named(p wire.Params, id string) wire.Params {
	out := p.Clone()
	for i := range out {
		if out[i].Value == "$id:"+t.kind.Name {
			out[i].Value = id
		}
	}
	return out
}

// request is one judged request of a scenario.
type request struct {
	op     *contract.Operation
	params wire.Params
	how    []plan.Option
}

// send sends a request with its templates filled in, and returns what it was
// with all values in place.
func (t *stage) send(ctx context.Context, r request) (*check.Answer, model.Call, error) {
	bound, err := t.Bind(ctx, r.params)
	if err != nil {
		return nil, model.Call{}, err
	}
	p := probeOf(r.op, bound)
	a, err := t.Probe(ctx, &p, append([]plan.Option{plan.Bound()}, r.how...)...)
	return a, model.Call{Operation: r.op, Params: bound}, err
}

// admitted sends a request, and sends it again as long as it is turned away
// because the resource is busy, unless that is fine: an earlier request may be
// worked on for longer than the resource's state tells.
func (t *stage) admitted(ctx context.Context, r request, fine func(*check.Answer, model.Call) bool) (a *check.Answer, call model.Call, err error) {
	a, err = letIn(ctx, t.Session, func() (*check.Answer, error) {
		a, call, err = t.send(ctx, r)
		return a, err
	}, func(a *check.Answer) bool { return fine != nil && fine(a, call) })
	return a, call, err
}

// letIn sends a request, and sends it again as long as it is turned away because
// what it is about is busy, unless that is fine; fine may be nil.
func letIn(ctx context.Context, s *plan.Session, send func() (*check.Answer, error), fine func(*check.Answer) bool) (*check.Answer, error) {
	a, err := send()
	if err != nil || !isBusy(s.Contract, a) || fine != nil && fine(a) {
		return a, err
	}
	waited := s.Eventually(ctx, "the request to be let in", func() (bool, error) {
		a, err = send()
		return err != nil || !isBusy(s.Contract, a), err
	})
	if plan.IsTimeout(waited) {
		waited = nil // the last answer stands
	}
	return a, waited
}

// isBusy says that the answer is a documented refusal because of work under way.
func isBusy(c *contract.Contract, a *check.Answer) bool {
	return slices.ContainsFunc(a.Rows, func(row *contract.Error) bool { return c.Class(row) == contract.ClassBusy })
}

func probeOf(op *contract.Operation, params wire.Params) plan.Probe {
	return plan.Probe{Operation: op.Name, Params: params, Method: "POST", Scheme: wire.V1, Format: "JSON", Form: len(params) > 40}
}

// look returns the resource's list item, nil where there is none.
func (t *stage) look(ctx context.Context, id string) (*wire.Map, error) {
	item, found, err := t.Read(ctx, t.kind.Name, id)
	if err != nil || !found {
		return nil, err
	}
	return item, nil
}

// state is the item's, empty for no item.
func (t *stage) state(item *wire.Map) string {
	if item == nil {
		return ""
	}
	return check.Text(item, t.kind.StateMember)
}

// allowed holds the answer against what the contract allows. How sure the rows
// are that refuse counts no more than how sure it is that something must.
func (t *stage) allowed(a *check.Answer, want model.Allowed) []check.Finding {
	rows := want.Refusals()
	switch {
	case a.OK && want.Accepts():
		return nil
	case len(rows) == 0:
		return t.Judge.Accepted(a, want.Clause)
	}
	var first []check.Finding
	for i, row := range rows {
		found := t.Judge.Refused(a, want.Clause, row)
		if len(found) == 0 {
			return nil
		}
		if i == 0 {
			first = found
		}
	}
	return atMost(first, want.Clause.Level)
}

// atMost lowers the findings to the level.
func atMost(found []check.Finding, level contract.Level) []check.Finding {
	out := slices.Clone(found)
	for i := range out {
		out[i].Level = min(out[i].Level, level)
	}
	return out
}

// unready ends a case whose step did not work out.
func unready(step string, a *check.Answer) error {
	return plan.Inconclusive(step + ": answered " + a.Summary())
}
