package suites

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// updates tests what an update changes, and what it leaves.
func (f states) updates() {
	f.leaves(part{group: "maximal", what: "all that can be changed at once", params: f.input().Maximal})
	done := map[string]bool{}
	for _, e := range f.op.Effect.Echo {
		if group := top(e.Parameter); !done[group] {
			done[group] = true
			f.leaves(part{group: group, what: group + " alone", params: f.around(group)})
		}
	}
	f.spared()
	f.sameAgain()
	f.forced()
	f.refusedUpdate()
	f.retained()
	f.settles()
	for _, tr := range f.failures(f.op.Effect.To) {
		for _, condition := range tr.Conditions {
			f.failingUpdate(tr, condition)
		}
	}
}

// furnished are the parameters of a creation that its list item shows, with
// values that are not the usual ones: what is lost can be seen.
func (f states) furnished() wire.Params {
	create := f.c.Operation(f.kind.Create)
	var out wire.Params
	for _, p := range f.in[create.Name].Maximal {
		if slices.ContainsFunc(create.Effect.Echo, func(e contract.Echo) bool { return within(contract.Generic(p.Name), e.Parameter) }) {
			out = append(out, p)
		}
	}
	return out
}

// part is an update of some of what can be updated.
type part struct {
	group  string // the first segment of what it names, or maximal
	what   string // for people
	params wire.Params
	// spares is an optional parameter that all other valid requests have, and
	// this one has not; empty for none.
	spares string
}

// leaves updates one group of parameters and compares all that the list shows
// of the others.
func (f states) leaves(p part) {
	if len(below(p.params, p.group)) == 0 && p.group != "maximal" {
		return
	}
	c := play{
		subject: "rest", variant: p.group, clause: f.op.Effect.Rest, needs: f.needs(p.params, p.group),
		steps: []string{
			"make " + contract.Articled(f.kind.Name) + " with unusual values", "update " + p.what,
			"wait until it settles", "expect all that the update did not name to be as it was",
		},
		run: func(ctx context.Context, t *stage) error { return f.left(ctx, t, p) },
	}
	if p.spares != "" {
		c.variant, c.judges = "without-"+p.spares, []*contract.Clause{f.optional(p.spares)}
	}
	f.play(c)
}

// left sends the update and compares. That a request may lack what it spares is
// promised by the parameter.
func (f states) left(ctx context.Context, t *stage, p part) error {
	before, err := t.furnished(ctx, f)
	if err != nil {
		return err
	}
	id := check.Text(before, f.kind.IDMember)
	a, call, err := t.admitted(ctx, request{op: f.op, params: t.named(p.params, id)}, nil)
	switch {
	case err != nil:
		return err
	case !a.OK && p.spares != "":
		t.Find(t.Judge.Accepted(a, f.optional(p.spares))...)
		return nil
	case !a.OK:
		return unready("update "+p.what, a)
	}
	after, err := t.Usable(ctx, f.kind.Name, id)
	if err == nil {
		t.Find(t.keeps(before, after, f.op.Effect.Rest, f.touched(call)...)...)
	}
	return err
}

// optional is the promise that the parameter may be left out, for the page that
// says so: another one may not.
func (f states) optional(path string) *contract.Clause {
	return capped(f.op.Parameter(path).Clauses["type"], contract.Inferred)
}

// spared leaves out, one at a time, what is optional and shown, and stands in
// all valid requests because not all pages call it optional. Something else is
// updated in its place.
func (f states) spared() {
	for _, e := range f.op.Effect.Echo {
		name := e.Parameter
		if field := f.op.Parameter(name); f.input().Minimal.Count(name) == 0 || field == nil || field.Required || field.Parent != nil {
			continue
		}
		for _, other := range f.op.Effect.Echo {
			if group := top(other.Parameter); group != name && f.input().Minimal.Count(first(other.Parameter)) == 0 {
				f.leaves(part{group: group, what: group + " without " + name, params: drop(f.around(group), name), spares: name})
				break
			}
		}
	}
}

// furnished makes a resource with unusual values.
func (t *stage) furnished(ctx context.Context, f states) (*wire.Map, error) {
	r, err := t.Create(ctx, f.kind.Name, f.furnished())
	if err != nil {
		return nil, err
	}
	item, err := t.look(ctx, r.ID)
	if err == nil && item == nil {
		err = plan.Inconclusive("prepare " + contract.Articled(f.kind.Name) + ": it is not in its listing")
	}
	return item, err
}

// touched are the members that a request may change.
func (f states) touched(c model.Call) []string {
	var out []string
	for _, e := range f.op.Effect.Echo {
		if c.Has(top(e.Parameter)) {
			out = append(out, top(e.Member))
		}
	}
	for _, p := range c.Params {
		out = append(out, top(p.Name))
	}
	if k := f.kind.Retention; k != nil && c.Has(k.Parameter) {
		out = append(out, k.Until)
	}
	return out
}

// common are the parameters of a minimal update that say what the resource is
// to be, and that a creation takes too.
func (f states) common() wire.Params {
	create := f.c.Operation(f.kind.Create)
	return slices.DeleteFunc(f.input().Minimal.Clone(), func(p wire.Param) bool {
		return create.Parameter(contract.Generic(p.Name)) == nil || p.Value == "$region" || isResource(p.Value)
	})
}

// sameAgain updates a resource to what it is.
func (f states) sameAgain() {
	clause, expect := f.op.Effect.Clause, "expect success, and that nothing has changed"
	row := f.op.Error(f.op.Effect.Same)
	if row != nil {
		clause, expect = row.Row, fmt.Sprintf("expect a refusal: %d %s, and that nothing has changed%s", row.Status, row.Code, cite(row))
	}
	f.play(play{
		subject: "same", variant: "nothing", clause: clause, judges: also(row), needs: f.needs(f.input().Minimal, ""),
		promise: f.op.Name + " with values that the " + f.kind.Name + " has already has nothing to do.",
		steps:   []string{"make " + contract.Articled(f.kind.Name), "update it to the values that it was made with", expect},
		run: func(ctx context.Context, t *stage) error {
			return f.again(ctx, t, wire.Params{}, clause)
		},
	})
}

// forced sends what asks for work by being there, unchanged.
func (f states) forced() {
	for _, path := range f.op.Effect.Force {
		create := f.in[f.kind.Create].Minimal
		f.play(play{
			subject: "same", variant: path, clause: f.op.Effect.Clause, needs: f.needs(f.input().Minimal, ""),
			promise: f.op.Name + " with an unchanged " + path + " is work to be done.",
			steps:   []string{"make " + contract.Articled(f.kind.Name), "update it to the values that it was made with, its " + path + " among them", "expect success, and that nothing has changed"},
			run: func(ctx context.Context, t *stage) error {
				return f.again(ctx, t, below(create, path), f.op.Effect.Clause)
			},
		})
	}
}

// again makes a resource and updates it to the same values, and to more that
// are the same.
func (f states) again(ctx context.Context, t *stage, more wire.Params, clause *contract.Clause) error {
	common, err := t.Bind(ctx, f.common())
	if err != nil {
		return err
	}
	made := model.Call{Operation: f.c.Operation(f.kind.Create)}
	if made.Params, err = t.Bind(ctx, merge(f.in[f.kind.Create].Minimal, common)); err != nil {
		return err
	}
	r, err := t.Create(ctx, f.kind.Name, made.Params)
	if err != nil {
		return err
	}
	before, err := t.look(ctx, r.ID)
	if err != nil {
		return err
	}
	params := t.named(merge(merge(f.input().Minimal, common), more), r.ID)
	a, call, err := t.admitted(ctx, request{op: f.op, params: params}, nil)
	if err != nil {
		return err
	}
	state := t.m.Step(model.State{}, made).After(true)[0]
	state.Name = t.usable()
	level := clause.Level
	visible := call
	visible.Params = slices.DeleteFunc(call.Params.Clone(), func(p wire.Param) bool { return hidden(f.op, f.input().Minimal, p.Name) })
	if a.OK && len(visible.Params) < len(call.Params) {
		level = contract.Inferred // what no listing shows may count as a change
	}
	t.Find(atMost(t.allowed(a, f.m.Step(state, visible)), level)...)
	after, err := t.Usable(ctx, f.kind.Name, r.ID)
	if err == nil && before != nil {
		t.Find(t.keeps(before, after, clause)...)
	}
	return err
}

// refusedUpdate sends a good value and a bad one.
func (f states) refusedUpdate() {
	params, bad, ok := f.spoiled(f.input().Minimal)
	if !ok {
		return
	}
	f.play(play{
		subject: "refused", variant: "nothingChanged", clause: capped(f.op.Effect.Clause, contract.Should), needs: f.needs(params, ""),
		promise: "A refused " + f.op.Name + " changes nothing.",
		steps:   []string{"send a " + f.op.Name + " with good values and a bad " + bad, "expect the " + f.kind.Name + " to be as it was"},
		run: func(ctx context.Context, t *stage) error {
			id, before, err := t.settledIn(ctx, t.usable())
			if err != nil {
				return err
			}
			a, _, err := t.send(ctx, request{op: f.op, params: t.named(params, id)})
			if err != nil || a.OK {
				return orUnready(err, "provoke a refusal", a)
			}
			after, err := t.look(ctx, id)
			if err == nil && before != nil {
				t.Find(t.keeps(before, after, capped(f.op.Effect.Clause, contract.Should))...)
			}
			return err
		},
	})
}

// settles follows a resource through an update.
func (f states) settles() {
	usable := (&stage{kind: f.kind}).usable()
	clause := f.back(usable)
	if clause == nil {
		return
	}
	f.play(play{
		subject: "lifecycle", variant: "updated", clause: clause, needs: f.needs(f.input().Minimal, ""),
		promise: fmt.Sprintf("What %s works on becomes %s again, and stays it.", f.op.Name, usable),
		steps:   []string{"update " + contract.Articled(f.kind.Name) + " so that there is work", "read it until it settles", "expect it to be " + usable + " again, and to stay it"},
		run: func(ctx context.Context, t *stage) error {
			r, err := t.Lease(ctx, f.kind.Name)
			if err != nil {
				return err
			}
			if err := t.update(ctx, r.ID); err != nil {
				return err
			}
			_, err = t.watch(ctx, journey{id: r.ID, from: f.op.Effect.To, want: usable, clause: clause})
			return err
		},
	})
}

// back is the promise that an update ends well.
func (f states) back(usable string) *contract.Clause {
	for _, tr := range f.kind.Transitions {
		if tr.From == f.op.Effect.To && tr.To == usable {
			return tr.Clause
		}
	}
	return nil
}

// failingUpdate updates to what cannot work.
func (f states) failingUpdate(tr contract.Transition, condition string) {
	f.play(play{
		subject: "lifecycle", variant: condition, clause: tr.Clause, judges: []*contract.Clause{f.kind.State(tr.To).Clause},
		promise: fmt.Sprintf("%s that %s changes under condition %s becomes %s and keeps its values.", upperFirst(contract.Articled(f.kind.Name)), f.op.Name, condition, tr.To),
		needs:   merged(f.needs(f.input().Minimal, ""), plan.Needs{Conditions: []string{condition}}),
		steps: []string{
			"send a valid " + f.op.Name + " under condition " + condition, "expect success",
			"read the " + f.kind.Name + " until it settles, and expect it to be " + tr.To + " and otherwise as before",
		},
		run: func(ctx context.Context, t *stage) error {
			id, before, err := t.settledIn(ctx, t.usable())
			if err != nil {
				return err
			}
			a, _, err := t.admitted(ctx, request{op: f.op, params: t.named(f.input().Minimal, id), how: []plan.Option{plan.Under(condition)}}, nil)
			if err != nil {
				return err
			}
			t.Find(t.Judge.Accepted(a, tr.Clause)...)
			if !a.OK {
				return nil
			}
			after, err := t.watch(ctx, journey{id: id, from: f.op.Effect.To, want: tr.To, clause: tr.Clause})
			if err == nil && after != nil && before != nil {
				t.Find(t.keeps(before, after, capped(f.kind.State(tr.To).Clause, contract.Inferred))...)
			}
			return err
		},
	})
}

// otherNames deletes resources by other parameters than their id.
func (f states) otherNames() {
	for _, key := range f.op.Effect.Key {
		if slices.Contains(key, f.kind.IDParameter) {
			continue
		}
		f.play(play{
			subject: "key", variant: strings.Join(key, "+"), clause: capped(f.op.Effect.Clause, contract.Inferred),
			needs:   f.needs(f.input().Minimal, ""),
			promise: f.op.Name + " also takes " + strings.Join(key, " and ") + " in place of the id.",
			steps:   []string{"make " + contract.Articled(f.kind.Name), "send " + f.op.Name + " with its " + strings.Join(key, " and "), "expect it to go away"},
			run: func(ctx context.Context, t *stage) error {
				return f.byKey(ctx, t, key)
			},
		})
	}
}

func (f states) byKey(ctx context.Context, t *stage, key []string) error {
	id, item, err := t.settledIn(ctx, t.usable())
	if err != nil || item == nil {
		return err
	}
	params := drop(f.input().Minimal, f.kind.IDParameter)
	for _, path := range key {
		v, ok := memberText(item, path)
		if !ok {
			return plan.Inconclusive("the listing shows no " + path + " of " + id)
		}
		params = params.Set(path, v)
	}
	a, _, err := t.admitted(ctx, request{op: f.op, params: params}, nil)
	if err != nil {
		return err
	}
	clause := capped(f.op.Effect.Clause, contract.Inferred)
	t.Find(t.Judge.Accepted(a, clause)...)
	if !a.OK {
		return nil
	}
	return t.gone(ctx, id, clause)
}
