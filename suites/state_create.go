package suites

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// creation tests what becomes of what the operation makes.
func (f states) creation() {
	f.becomesUsable()
	for _, tr := range f.failures("") {
		for _, condition := range tr.Conditions {
			f.becomesFailed(tr, condition)
		}
	}
	f.nothingMade()
	f.duplicate()
	f.retention()
	f.eviction()
	f.complete()
}

// becomesUsable follows a resource from the first moment to the state in which
// it can be used.
func (f states) becomesUsable() {
	usable := (&stage{kind: f.kind}).usable()
	route := f.m.Route(usable)
	if len(route) == 0 {
		return
	}
	var ways []*contract.Clause
	for _, tr := range route {
		ways = append(ways, tr.Clause)
	}
	last := route[len(route)-1]
	f.play(play{
		subject: "lifecycle", variant: "usable", clause: last.Clause, judges: ways, needs: f.needs(f.input().Minimal, ""),
		promise: fmt.Sprintf("What %s makes becomes %s, by no other way than the state machine's, and stays it.", f.op.Name, usable),
		steps: []string{
			"send a valid " + f.op.Name, "read the " + f.kind.Name + " until it settles",
			"expect each state to follow from the one before, and " + usable + " within the time that the profile grants",
			"read it again, and expect it to stay " + usable,
		},
		run: func(ctx context.Context, t *stage) error {
			id, err := t.create(ctx, f.input().Minimal)
			if err != nil {
				return err
			}
			if err := t.appears(ctx, id); err != nil {
				return err
			}
			_, err = t.watch(ctx, journey{id: id, from: route[0].To, want: usable, clause: last.Clause})
			return err
		},
	})
}

// complete looks for what a resource shows once it can be used. No text says how
// soon after.
func (f states) complete() {
	k := f.kind.Complete
	if k == nil {
		return
	}
	f.play(play{
		subject: k.Member, variant: "usable", clause: k.Clause, needs: f.needs(f.input().Minimal, ""),
		promise: k.Clause.Promise,
		steps:   []string{"make " + contract.Articled(f.kind.Name), "wait until it can be used", "expect its " + k.Member + " in the listing"},
		run: func(ctx context.Context, t *stage) error {
			r, err := t.Lease(ctx, f.kind.Name)
			if err != nil {
				return err
			}
			ok, err := t.Shows(ctx, "the "+k.Member+" of "+r.ID, func() (bool, error) {
				item, err := t.find(ctx, where{region: t.Region}, r.ID)
				return item != nil && check.Text(item, k.Member) != "", err
			})
			if err == nil && !ok {
				t.Find(check.Found(k.Clause, "/"+k.Member, "an id", "nothing"))
			}
			return err
		},
	})
}

// failures are the edges on which work fails that an operation began: an update
// where from is the state that it leads to, or else a creation.
func (f states) failures(from string) []contract.Transition {
	update := f.c.Operation(f.kind.Update)
	return slices.DeleteFunc(slices.Clone(f.kind.Transitions), func(tr contract.Transition) bool {
		updating := update != nil && tr.From == update.Effect.To
		return tr.On != "fail" || updating != (from != "")
	})
}

// becomesFailed makes what cannot work.
func (f states) becomesFailed(tr contract.Transition, condition string) {
	f.play(play{
		subject: "lifecycle", variant: condition, clause: tr.Clause, judges: []*contract.Clause{f.kind.State(tr.To).Clause},
		promise: fmt.Sprintf("What %s makes under condition %s becomes %s.", f.op.Name, condition, tr.To),
		needs:   merged(f.needs(f.input().Minimal, ""), plan.Needs{Conditions: []string{condition}}),
		steps: []string{
			"send a valid " + f.op.Name + " under condition " + condition, "expect success",
			"read the " + f.kind.Name + " until it settles, and expect it to be " + tr.To,
		},
		run: func(ctx context.Context, t *stage) error {
			a, _, err := t.send(ctx, request{op: f.op, params: f.input().Minimal, how: []plan.Option{plan.Under(condition)}})
			if err != nil {
				return err
			}
			t.Find(t.Judge.Accepted(a, tr.Clause)...)
			id, _ := memberText(a.Body, f.op.Effect.ID)
			if !a.OK || id == "" {
				return nil
			}
			if err := t.appears(ctx, id); err != nil {
				return err
			}
			_, err = t.watch(ctx, journey{id: id, from: t.m.Route(tr.From)[0].To, want: tr.To, clause: tr.Clause})
			return err
		},
	})
}

// ownName is a filter of the listing by which what one request made can be
// found, and the parameter that it was given by.
func (f states) ownName() (filter contract.Filter, parameter string, ok bool) {
	for _, filter := range f.c.Operation(f.kind.List).Effect.Filters {
		for _, e := range f.op.Effect.Echo {
			v, _ := f.input().Minimal.Get(e.Parameter)
			if e.Member == filter.Member && strings.Contains(v, "name") && strings.Contains(v, "$") {
				return filter, e.Parameter, true
			}
		}
	}
	return contract.Filter{}, "", false
}

// spoiled returns the request with one value that is no value of its
// parameter's type, in a parameter as far behind as possible.
func (f states) spoiled(p wire.Params) (wire.Params, string, bool) {
	for _, field := range slices.Backward(f.op.Parameters) {
		if field.Type == contract.Integer {
			return p.Clone().Set(field.Path, integerTexts[0].text), field.Path, true
		}
	}
	return nil, "", false
}

// nothingMade looks for what a refused creation may have left.
func (f states) nothingMade() {
	filter, name, ok := f.ownName()
	params, bad, spoiled := f.spoiled(f.input().Minimal)
	if !ok || !spoiled {
		return
	}
	f.play(play{
		subject: "refused", variant: "nothingMade", clause: f.op.Effect.Clause, needs: f.needs(params, ""),
		promise: "A refused " + f.op.Name + " makes nothing.",
		steps:   []string{"send a " + f.op.Name + " with a name of its own and a bad " + bad, "list by " + filter.Parameter, "expect nothing"},
		run: func(ctx context.Context, t *stage) error {
			a, call, err := t.send(ctx, request{op: f.op, params: params})
			if err != nil || a.OK {
				return orUnready(err, "provoke a refusal", a)
			}
			own, _ := call.Params.Get(name)
			found, err := t.list(ctx, where{region: t.Region}, wire.Param{Name: first(filter.Parameter), Value: own})
			if err == nil && len(found) > 0 {
				t.Find(check.Found(f.op.Effect.Clause, "/"+f.op.Effect.ID, "no "+f.kind.Name+" named "+own, check.Text(found[0], f.kind.IDMember)))
			}
			return err
		},
	})
}

func orUnready(err error, step string, a *check.Answer) error {
	if err != nil {
		return err
	}
	return unready(step, a)
}

// where is whose resources to list, and in which region.
type where struct{ region, entry string }

// list returns the first page of the listing by one filter.
func (t *stage) list(ctx context.Context, w where, filters ...wire.Param) ([]*wire.Map, error) {
	op := t.Contract.Operation(t.kind.List)
	params := merge(swapped(t.in[op.Name].Minimal, "$region", w.region), filters)
	var how []plan.Option
	if w.entry != "" {
		how = append(how, plan.As(w.entry))
	}
	a, _, err := t.send(ctx, request{op: op, params: params, how: how})
	if err != nil {
		return nil, err
	}
	if !a.OK {
		return nil, unready("list "+t.kind.Name, a)
	}
	return op.ItemsIn(a.Body), nil
}

func firstOf(items []*wire.Map) *wire.Map {
	if len(items) == 0 {
		return nil
	}
	return items[0]
}

// find lists one resource by its id.
func (t *stage) find(ctx context.Context, w where, id string) (*wire.Map, error) {
	for _, filter := range t.Contract.Operation(t.kind.List).Effect.Filters {
		if filter.Member != t.kind.IDMember {
			continue
		}
		for _, besides := range t.Whereabouts(id) {
			found, err := t.list(ctx, w, append(besides, wire.Param{Name: first(filter.Parameter), Value: id})...)
			if err != nil || len(found) > 0 {
				return firstOf(found), err
			}
		}
	}
	return nil, nil
}

// duplicate makes a second resource in the place of the first.
func (f states) duplicate() {
	v := f.c.Violation("duplicate")
	if len(f.kind.Unique) == 0 || v == nil {
		return
	}
	f.play(play{
		subject: "unique", variant: strings.Join(f.kind.Unique, "+"), clause: v.Error.Row, needs: f.needs(f.input().Minimal, ""),
		promise: fmt.Sprintf("No two %ss of a region share %s.", f.kind.Name, strings.Join(f.kind.Unique, " and ")),
		steps:   []string{"send a valid " + f.op.Name, "send it again with the same " + strings.Join(f.kind.Unique, " and "), "expect a refusal, and the first one as it was"},
		run: func(ctx context.Context, t *stage) error {
			bound, err := t.Bind(ctx, f.input().Minimal)
			if err != nil {
				return err
			}
			made, err := t.Create(ctx, f.kind.Name, bound)
			if err != nil {
				return err
			}
			before, err := t.look(ctx, made.ID)
			if err != nil {
				return err
			}
			a, _, err := t.send(ctx, request{op: f.op, params: bound})
			if err != nil {
				return err
			}
			t.Find(atMost(t.Judge.Refused(a, v.Error.Row, nil), contract.Inferred)...)
			after, err := t.look(ctx, made.ID)
			if err == nil && before != nil {
				t.Find(t.keeps(before, after, v.Error.Row)...)
			}
			return err
		},
	})
}

// appears waits for what was just made to be listed for as long as listings may
// be behind; whether it is there then is for the caller to judge.
func (t *stage) appears(ctx context.Context, id string) error {
	_, err := t.Shows(ctx, t.kind.Name+" "+id+" in its listing", func() (bool, error) {
		item, err := t.look(ctx, id)
		return item != nil, err
	})
	return err
}

// present waits until a resource that was just made is listed.
func (t *stage) present(ctx context.Context, id string) (item *wire.Map, err error) {
	err = t.Listed(ctx, t.kind.Name+" "+id+" in its listing", func() (bool, error) {
		item, err = t.look(ctx, id)
		return item != nil, err
	})
	return item, err
}
