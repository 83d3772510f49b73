package suites

import (
	"context"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// copies follows a copy into the region that it was made in.
func (f states) copies() {
	elsewhere := f.otherRegion()
	if elsewhere == "" {
		return
	}
	var judges []*contract.Clause
	for _, e := range f.op.Effect.Echo {
		judges = append(judges, e.Clause)
	}
	if edge := f.m.Edge("", f.op.Name); edge != nil {
		judges = append(judges, edge.Clause)
	}
	if k := f.kind.Retention; k != nil {
		judges = append(judges, k.Clause)
	}
	needs := f.needs(f.input().Maximal, "")
	needs.Bindings = append(needs.Bindings, elsewhere)
	f.play(play{
		subject: "lifecycle", variant: "copied", clause: f.op.Effect.Clause, judges: judges, needs: needs,
		steps: []string{
			"copy " + contract.Articled(f.kind.Name) + " to the other region, with all that can be given", "read the copy there until it settles",
			"expect an id of its own, the values that were given, and the original as it was",
			"expect the region of the original not to list the copy",
		},
		run: func(ctx context.Context, t *stage) error { return f.copied(ctx, t, elsewhere) },
	})
}

func (f states) copied(ctx context.Context, t *stage, elsewhere string) error {
	source, before, err := t.settledIn(ctx, t.usable())
	if err != nil {
		return err
	}
	a, call, err := t.admitted(ctx, request{op: f.op, params: t.named(f.input().Maximal, source)}, nil)
	if err != nil {
		return err
	}
	clause := f.op.Effect.Clause
	t.Find(t.Judge.Accepted(a, clause)...)
	id, _ := memberText(a.Body, f.op.Effect.ID)
	if !a.OK || id == "" {
		return nil
	}
	region, _ := t.Binding(elsewhere)
	if stray, err := t.look(ctx, id); err != nil || stray != nil {
		if stray != nil {
			t.Find(check.Found(f.toRegion(elsewhere), "/"+f.kind.IDMember, "a copy in "+region, "one in "+t.Region))
		}
		return err
	}
	item, err := f.arrives(ctx, t, where{region: region}, id)
	if err != nil || item == nil {
		return err
	}
	t.Find(f.carries(call, item)...)
	if days := t.daysOf(call.Params); days > 0 {
		t.Find(t.expires(item, days)...)
	}
	after, err := t.look(ctx, source)
	if err == nil && before != nil {
		t.Find(t.keeps(before, after, clause)...)
	}
	return err
}

// toRegion is the promise that a copy is made in the region that is asked for.
func (f states) toRegion(parameter string) *contract.Clause {
	for _, e := range f.op.Effect.Echo {
		if e.Parameter == parameter {
			return e.Clause
		}
	}
	return f.op.Effect.Clause
}

// arrives waits until the copy can be used.
func (f states) arrives(ctx context.Context, t *stage, w where, id string) (item *wire.Map, err error) {
	at := ""
	err = t.Eventually(ctx, "the copy "+id+" to be usable in "+w.region, func() (bool, error) {
		if item, err = t.find(ctx, w, id); err != nil || item == nil {
			return false, err
		}
		at = t.state(item)
		s := f.kind.State(at)
		return s != nil && s.Stable, nil
	})
	if plan.IsTimeout(err) {
		t.Find(check.Found(f.op.Effect.Clause, "/"+f.op.Effect.ID, "a copy in "+w.region+" that is "+t.usable()+" within "+t.Patience().String(), orGone(at)))
		return nil, nil
	}
	if err == nil && at != t.usable() {
		return nil, plan.Inconclusive("the copy " + id + " became " + at)
	}
	return item, err
}

// carries compares what the copy shows with what was given.
func (f states) carries(call model.Call, item *wire.Map) []check.Finding {
	var out []check.Finding
	for i := range f.op.Effect.Echo {
		e := &f.op.Effect.Echo[i]
		if call.Has(top(e.Parameter)) {
			out = append(out, compareEcho(e, call.Params, item, false)...)
		}
	}
	return out
}
