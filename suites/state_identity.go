package suites

import (
	"context"
	"slices"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// stranger is a way to mean a resource that is not there for who asks.
type stranger struct {
	variant, say string
	needs        plan.Needs
	change       func(t *stage, p wire.Params, id string) (wire.Params, error)
	how          []plan.Option
	// malformed says that the id is none at all: then it may be refused for
	// that.
	malformed bool
}

// otherAccount is the profile's entry for a second account.
const otherAccount = "secondary"

// identity sends the operation about a resource that is elsewhere, belongs to
// somebody else, is of another kind, or has an impossible name.
func (f states) identity() {
	params, ok := f.about(f.op)
	if !ok {
		return
	}
	for _, x := range f.strangers() {
		c := identityCase{states: f, stranger: x, params: params}
		clause := f.m.Step(model.State{}, model.Call{Operation: f.op, Params: params}).Clause
		f.play(play{
			subject: f.kind.Name, variant: x.variant, clause: clause, needs: merged(f.needs(params, ""), x.needs),
			promise: f.op.Name + " finds no " + f.kind.Name + " " + x.say + ", and leaves the one that there is alone.",
			steps:   []string{"send a valid " + f.op.Name + ", but for an id " + x.say, c.say()},
			judges:  []*contract.Clause{f.op.Effect.Clause},
			run:     c.run,
		})
	}
}

func merged(a, b plan.Needs) plan.Needs {
	a.Bindings = append(slices.Clone(a.Bindings), b.Bindings...)
	a.Credentials = append(slices.Clone(a.Credentials), b.Credentials...)
	return a
}

func (f states) strangers() []stranger {
	out := []stranger{{
		variant: "otherAccount", say: "that belongs to another account", needs: plan.Needs{Credentials: []string{otherAccount}},
		how: []plan.Option{plan.As(otherAccount)},
	}, {
		variant: "malformedId", say: "that no resource can have", malformed: true,
		change: func(t *stage, p wire.Params, id string) (wire.Params, error) { return swapped(p, id, id+"/../*"), nil },
	}}
	if elsewhere := f.otherRegion(); elsewhere != "" {
		out = append(out, stranger{
			variant: "otherRegion", say: "that exists in another region", needs: plan.Needs{Bindings: []string{elsewhere}},
			change: func(t *stage, p wire.Params, _ string) (wire.Params, error) {
				region, _ := t.Binding(elsewhere)
				return swapped(p, "$region", region), nil
			},
		})
	}
	for _, r := range f.c.Resources {
		if r != f.kind {
			out = append(out, stranger{
				variant: "otherKind", say: "that is " + contract.Articled(r.Name) + "'s", malformed: true,
				change: func(t *stage, p wire.Params, id string) (wire.Params, error) {
					return swapped(p, id, "$id:"+r.Name), nil
				},
			})
			break
		}
	}
	return out
}

// otherRegion is the binding that names a second region: that of an operation
// which works between two.
func (f states) otherRegion() string {
	for _, op := range f.c.Operations {
		for _, p := range f.in[op.Name].Minimal {
			if field := op.Parameter(p.Name); field != nil && field.Binding == contract.RegionBinding && p.Value == "$binding" {
				return p.Name
			}
		}
	}
	return ""
}

// swapped replaces one value by another.
func swapped(p wire.Params, old, value string) wire.Params {
	out := p.Clone()
	for i := range out {
		if out[i].Value == old {
			out[i].Value = value
		}
	}
	return out
}

type identityCase struct {
	states
	stranger
	params wire.Params
}

func (c identityCase) reads() bool {
	return slices.Contains([]contract.EffectKind{contract.Reads, contract.ListsTags}, c.op.Effect.Kind)
}

func (c identityCase) say() string {
	if c.reads() {
		return "expect a list without it, or a refusal"
	}
	return "expect a refusal, and that the " + c.kind.Name + " is as it was"
}

func (c identityCase) run(ctx context.Context, t *stage) error {
	id, before, err := t.settledIn(ctx, t.usable())
	if err != nil {
		return err
	}
	params := t.named(c.params, id)
	if c.change != nil {
		if params, err = c.change(t, params, id); err != nil {
			return err
		}
	}
	a, call, err := t.send(ctx, request{op: c.op, params: params, how: c.how})
	if err != nil {
		return err
	}
	if c.reads() {
		c.hidden(t, a, id)
		return nil
	}
	want := c.m.Step(model.State{}, call)
	if c.malformed {
		t.Find(atMost(t.Judge.Refused(a, want.Clause, nil), want.Clause.Level)...)
	} else {
		t.Find(t.allowed(a, want)...)
	}
	after, err := t.look(ctx, id)
	if err == nil && before != nil {
		t.Find(t.keeps(before, after, c.op.Effect.Clause)...)
	}
	return err
}

// hidden holds that a listing does not show the resource. Whether it is refused
// instead is left to it, where the request names something impossible.
func (c identityCase) hidden(t *stage, a *check.Answer, id string) {
	if !a.OK && !c.malformed {
		t.Find(atMost(t.Judge.Accepted(a, c.op.Effect.Clause), contract.Inferred)...)
	}
	v, _ := check.Lookup(a.Body, "/"+c.op.Effect.Items)
	if member := c.idMember(); slices.Contains(texts(v, []string{"N", member}), id) {
		t.Find(check.Found(c.op.Effect.Clause, "/"+c.op.Effect.Items, "no item of "+id, "one with this "+member))
	}
}

// idMember is the member of a listed item that the id selects by.
func (c identityCase) idMember() string {
	for _, p := range c.params {
		for _, f := range c.op.Effect.Filters {
			if p.Value == c.self() && f.Parameter == contract.Generic(p.Name) {
				return f.Member
			}
		}
	}
	return c.kind.IDMember
}
