package suites

import (
	"context"
	"fmt"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// matrix sends the operation to a resource in each state of its machine, and to
// one that is no more.
func (f states) matrix() {
	params, ok := f.about(f.op)
	if !ok {
		return
	}
	if f.op.Effect.Kind == contract.Updates {
		params = working(f.op, f.input())
	}
	for _, s := range f.kind.States {
		f.cell(s.Name, params)
	}
	f.cell("", params)
}

// cell is one operation in one state.
func (f states) cell(state string, params wire.Params) {
	name := state
	if state == "" {
		name = deleted
	}
	want := f.m.Step(model.State{Name: state}, model.Call{Operation: f.op, Params: params})
	c := cell{states: f, state: state, params: params, want: want}
	f.play(play{
		subject: f.kind.Name, variant: name, clause: c.clause(), promise: c.promise(), judges: c.judges(), needs: f.needs(params, f.op.Name),
		steps: []string{
			"bring " + contract.Articled(f.kind.Name) + " into the state " + name + c.way(),
			"send a valid " + f.op.Name + " about it", c.say(),
		},
		run: c.run,
	})
}

// cell is what one operation may do in one state.
type cell struct {
	states
	state  string // empty for deleted
	params wire.Params
	want   model.Allowed
}

// clause is what the case is about: that the state is shown, for an operation
// that only reads; else what the operation does in it.
func (c cell) clause() *contract.Clause {
	if s := c.kind.State(c.state); s != nil && c.op.Effect.Kind == contract.Reads {
		return s.Clause
	}
	return c.want.Clause
}

func (c cell) promise() string {
	if c.want.Accepts() || c.state == "" {
		return ""
	}
	return fmt.Sprintf("%s of %s that is %s is refused and changes nothing.", c.op.Name, contract.Articled(c.kind.Name), c.state)
}

// judges are the promises that the case judges besides: the rows that may
// refuse, and the way to the state where it only reads.
func (c cell) judges() []*contract.Clause {
	var out []*contract.Clause
	if rows := c.want.Refusals(); len(rows) > 0 && !c.want.Accepts() {
		out = append(out, rows[0].Row)
	}
	if c.op.Effect.Kind == contract.Reads {
		for _, tr := range c.m.Route(c.state) {
			out = append(out, tr.Clause)
		}
	}
	return out
}

// way says how the state is come by.
func (c cell) way() string {
	s := c.kind.State(c.state)
	if s == nil || s.Stable {
		return ""
	}
	return ", and act while it is seen there"
}

func (c cell) say() string {
	rows := c.want.Refusals()
	switch {
	case len(rows) == 0:
		return "expect success"
	case c.want.Accepts():
		return fmt.Sprintf("expect success, or a refusal about its state such as %d %s", rows[0].Status, rows[0].Code)
	}
	return fmt.Sprintf("expect a refusal, %d %s, and that nothing has changed", rows[0].Status, rows[0].Code)
}

func (c cell) run(ctx context.Context, t *stage) error {
	if s := c.kind.State(c.state); s != nil && !s.Stable {
		return c.passing(ctx, t)
	}
	id, before, err := t.settledIn(ctx, c.state)
	if err != nil {
		return err
	}
	a, call, err := t.admitted(ctx, request{op: c.op, params: t.named(c.params, id)}, func(a *check.Answer, _ model.Call) bool {
		return len(t.allowed(a, c.want)) == 0
	})
	if err != nil {
		return err
	}
	t.Find(t.allowed(a, c.want)...)
	return c.effect(ctx, t, id, certain{answer: a, call: call, before: before})
}

// effect judges what has become of the resource.
func (c cell) effect(ctx context.Context, t *stage, id string, e certain) error {
	switch {
	case c.op.Effect.Kind == contract.Reads:
		return c.listed(ctx, t, id)
	case c.op.Effect.Kind == contract.ListsTags:
		return nil
	case c.state == "":
		return t.gone(ctx, id, c.op.Effect.Clause)
	case !e.answer.OK:
		return c.untouched(ctx, t, id, e.before)
	case !c.want.Accepts():
		return nil
	case c.op.Effect.Kind == contract.Deletes:
		return t.gone(ctx, id, c.want.Clause)
	case c.op.Effect.Kind == contract.Updates:
		_, err := t.watch(ctx, journey{id: id, from: c.op.Effect.To, clause: c.want.Clause, want: t.usable()})
		return err
	}
	return nil
}

// usable is the state in which the resource can be used.
func (t *stage) usable() string {
	for _, s := range t.kind.States {
		if s.Usable {
			return s.Name
		}
	}
	return ""
}

// listed holds that the listing shows the resource in its state, and nothing of
// one that is gone.
func (c cell) listed(ctx context.Context, t *stage, id string) error {
	item, err := t.look(ctx, id)
	if err != nil {
		return err
	}
	if got := t.state(item); got != c.state {
		t.Find(check.Found(c.clause(), "/"+t.kind.StateMember, orGone(c.state), orGone(got)))
	}
	return nil
}

// untouched holds that a refused request changed nothing.
func (c cell) untouched(ctx context.Context, t *stage, id string, before *wire.Map) error {
	after, err := t.look(ctx, id)
	if err != nil || before == nil {
		return err
	}
	t.Find(t.keeps(before, after, c.want.Clause)...)
	return nil
}

// passing judges the operation in a state that passes by itself. What was
// answered is held against the state only where the state was seen before the
// request and, where the answer did not end it, behind it as well.
func (c cell) passing(ctx context.Context, t *stage) error {
	for again := range tries {
		if again > 0 {
			t.Restart(ctx)
		}
		var e certain
		id := ""
		caught, err := t.catch(ctx, c.state, false, func(ctx context.Context, g glimpse) error {
			id = g.id
			return c.act(ctx, t, g, &e)
		})
		if err != nil {
			return err
		}
		if !caught {
			continue
		}
		done, err := c.conclude(ctx, t, id, e)
		if done || err != nil {
			return err
		}
	}
	return t.tooQuick(c.state)
}

// act sends the request and looks at what it left.
func (c cell) act(ctx context.Context, t *stage, g glimpse, e *certain) (err error) {
	e.before = g.item
	if c.op.Effect.Kind == contract.Reads {
		e.after, e.answer = g.item, &check.Answer{OK: true}
		return nil
	}
	if e.answer, e.call, err = t.send(ctx, request{op: c.op, params: t.named(c.params, g.id)}); err != nil {
		return err
	}
	e.after, err = t.look(ctx, g.id)
	return err
}

// conclude judges one try; false means that it was too late to tell.
func (c cell) conclude(ctx context.Context, t *stage, id string, e certain) (done bool, err error) {
	// An update that is accepted while another one runs leads to the same
	// state: seeing it behind proves nothing then.
	still := t.state(e.after) == c.state && !(e.answer.OK && c.op.Effect.To == c.state)
	found := t.allowed(e.answer, c.want)
	switch {
	case len(found) == 0 && e.answer.OK:
		return true, c.accepted(ctx, t, id)
	case len(found) == 0 && still:
		t.Find(t.keeps(e.before, e.after, c.want.Clause)...)
		return true, nil
	case len(found) == 0:
		return true, nil
	case e.answer.OK: // which may have brought the state about again
		return c.confirm(ctx, t, found)
	case still || c.everywhere(e):
		t.Find(found...)
		return true, nil
	}
	return false, nil
}

// accepted judges what becomes of the resource after a success.
func (c cell) accepted(ctx context.Context, t *stage, id string) error {
	if c.op.Effect.Kind == contract.Deletes {
		return t.gone(ctx, id, c.want.Clause)
	}
	return nil
}

// everywhere reports whether no state that the resource may have been in by
// then allows the answer.
func (c cell) everywhere(e certain) bool {
	for _, s := range c.m.Pass(model.State{Name: c.state}) {
		if c.m.Step(s, e.call).Accepts() == e.answer.OK {
			return false
		}
	}
	return true
}

// confirm decides whether a request was accepted too early, which could also
// mean that the state had just passed. It repeats the try with a second
// resource that set out earlier: while that one is still in the state, the
// other one is too.
func (c cell) confirm(ctx context.Context, t *stage, found []check.Finding) (bool, error) {
	for range tries {
		t.Restart(ctx)
		var e certain
		var behind *wire.Map
		caught, err := t.catch(ctx, c.state, true, func(ctx context.Context, g glimpse) (err error) {
			if e.answer, e.call, err = t.send(ctx, request{op: c.op, params: t.named(c.params, g.id)}); err != nil {
				return err
			}
			behind, err = t.look(ctx, g.control)
			return err
		})
		if err != nil {
			return false, err
		}
		if caught && e.answer.OK && t.state(behind) == c.state {
			t.Find(found...)
			return true, nil
		}
	}
	return false, nil
}

// bindingsOf lists the bindings that the request cannot do without.
func (f states) needs(params wire.Params, _ string) plan.Needs { return f.builder.needs(params, "") }
