package suites

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// deleted is the name of the state after the last one.
const deleted = "deleted"

// settledIn brings a resource into a state in which it stays, or makes it go
// away again.
func (t *stage) settledIn(ctx context.Context, state string) (id string, item *wire.Map, err error) {
	s := t.kind.State(state)
	switch {
	case s == nil:
		return t.removed(ctx)
	case s.Usable:
		r, err := t.Lease(ctx, t.kind.Name)
		if err != nil {
			return "", nil, err
		}
		item, err = t.look(ctx, r.ID)
		return r.ID, item, err
	}
	return t.failedIn(ctx, state)
}

// removed returns the id of a resource that was deleted.
func (t *stage) removed(ctx context.Context) (string, *wire.Map, error) {
	r, err := t.Lease(ctx, t.kind.Name)
	if err != nil {
		return "", nil, err
	}
	if err := t.remove(ctx, r.ID); err != nil {
		return "", nil, err
	}
	return r.ID, nil, nil
}

// remove deletes the resource and waits until it is gone.
func (t *stage) remove(ctx context.Context, id string) error {
	f := states{builder: &builder{c: t.Contract, in: t.in}, kind: t.kind, m: t.m}
	op := t.Contract.Operation(t.kind.Delete)
	params, _ := f.about(op)
	a, _, err := t.send(ctx, request{op: op, params: t.named(params, id)})
	switch {
	case err != nil:
		return err
	case !a.OK:
		return unready("prepare a deleted "+t.kind.Name+": "+op.Name, a)
	}
	return t.Eventually(ctx, t.kind.Name+" "+id+" to go away", func() (bool, error) {
		item, err := t.look(ctx, id)
		return item == nil, err
	})
}

// failedIn brings a resource into a state of failure, by a condition that the
// contract says leads there.
func (t *stage) failedIn(ctx context.Context, state string) (string, *wire.Map, error) {
	condition, err := t.failure(state)
	if err != nil {
		return "", nil, err
	}
	id, err := t.begin(ctx, state, plan.Under(condition))
	if err != nil {
		return "", nil, err
	}
	var item *wire.Map
	begin, listed := t.Now(), false
	err = t.Eventually(ctx, t.kind.Name+" "+id+" to be "+state, func() (bool, error) {
		if item, err = t.look(ctx, id); err != nil || item == nil && listed {
			return false, err
		}
		if item == nil {
			return false, t.Unlisted(t.Refer(t.kind.Name, id, t.Region), t.Now().Sub(begin))
		}
		listed = true
		now := t.kind.State(t.state(item))
		if now != nil && now.Stable && now.Name != state && now.Name != t.before(state) {
			return false, plan.Inconclusive(fmt.Sprintf("prepare %s that is %s: it became %s under %s", contract.Articled(t.kind.Name), state, now.Name, condition))
		}
		return now != nil && now.Name == state, nil
	})
	return id, item, err
}

// before is the state that the request on the way to a state starts from: it
// may still be shown for a moment.
func (t *stage) before(state string) string {
	last, _ := t.last(state)
	return last.From
}

// failure returns a condition that leads into the state and that the profile
// can meet.
func (t *stage) failure(state string) (string, error) {
	var names []string
	for _, tr := range t.kind.Transitions {
		if tr.To != state {
			continue
		}
		for _, name := range tr.Conditions {
			if c, ok := t.Condition(name); ok && c.Unavailable == "" {
				return name, nil
			}
			names = append(names, name)
		}
	}
	return "", plan.Skip(fmt.Sprintf("nothing brings %s into %s here: the profile meets none of %s", contract.Articled(t.kind.Name), state, strings.Join(names, ", ")))
}

// last returns the last edge on the way to a state that a request takes, and
// how many edges follow by themselves.
func (t *stage) last(state string) (edge *contract.Transition, waits int) {
	route := t.m.Route(state)
	for i := len(route) - 1; i >= 0; i-- {
		if t.Contract.Operation(route[i].On) != nil {
			return route[i], len(route) - 1 - i
		}
	}
	return nil, 0
}

// begin sends the request that leads towards a state: a creation, or an update
// of a leased resource.
func (t *stage) begin(ctx context.Context, state string, how ...plan.Option) (id string, err error) {
	edge, _ := t.last(state)
	op := t.Contract.Operation(edge.On)
	if err := t.able(op); err != nil {
		return "", err
	}
	if op.Effect.Kind == contract.Creates {
		return t.create(ctx, t.in[op.Name].Minimal, how...)
	}
	r, err := t.Lease(ctx, t.kind.Name)
	if err != nil {
		return "", err
	}
	return r.ID, t.update(ctx, r.ID, how...)
}

// able skips a case for which the profile lacks real things that the request on
// the way names.
func (t *stage) able(op *contract.Operation) error {
	params := t.in[op.Name].Minimal
	if op.Effect.Kind == contract.Updates {
		params = working(op, t.in[op.Name])
	}
	if why := t.lacks(op, params); why != "" {
		return plan.Skip(why)
	}
	return nil
}

// lacks says which real things that the request cannot do without the profile
// lacks, empty for none.
func (t *stage) lacks(op *contract.Operation, params wire.Params) string {
	b := &builder{c: t.Contract, in: t.in, op: op}
	return t.Unmet(b.needs(params, ""))
}

// create makes a resource and does not wait for it.
func (t *stage) create(ctx context.Context, params wire.Params, how ...plan.Option) (id string, err error) {
	op := t.Contract.Operation(t.kind.Create)
	a, _, err := t.send(ctx, request{op: op, params: params, how: how})
	if err != nil {
		return "", err
	}
	if id, _ = memberText(a.Body, op.Effect.ID); !a.OK || id == "" {
		return "", unready("prepare "+contract.Articled(t.kind.Name)+": "+op.Name, a)
	}
	return id, nil
}

// update begins an update that asks for work.
func (t *stage) update(ctx context.Context, id string, how ...plan.Option) error {
	op := t.Contract.Operation(t.kind.Update)
	a, _, err := t.admitted(ctx, request{op: op, params: t.named(working(op, t.in[op.Name]), id), how: how}, nil)
	if err == nil && !a.OK {
		err = unready("prepare "+contract.Articled(t.kind.Name)+": "+op.Name, a)
	}
	return err
}

// working is a valid update that asks for work: by what forces it, or else by
// changing as much as can be changed.
func working(op *contract.Operation, in Input) wire.Params {
	if len(op.Effect.Force) == 0 {
		return in.Maximal.Clone()
	}
	out := in.Minimal.Clone()
	for _, path := range op.Effect.Force {
		out = merge(out, below(in.Maximal, path))
	}
	return out
}

// burst is how often a resource is looked at without a pause for a state that
// may pass quickly, before the policy's pauses begin.
const burst = 40

// glimpse is a resource caught in a state that it leaves by itself.
type glimpse struct {
	id   string
	item *wire.Map
	// control is a resource that set out ahead of it; empty where none was
	// asked for.
	control string
}

// catch brings a resource into a state that passes by itself, and acts on it
// while it is seen there and no other case sends anything. It reports whether
// the state was seen.
func (t *stage) catch(ctx context.Context, state string, control bool, act func(context.Context, glimpse) error) (caught bool, err error) {
	c := &catching{stage: t, state: state}
	c.edge, c.waits = t.last(state)
	if err := c.prepare(ctx, control); err != nil {
		return false, err
	}
	due := t.Due(c.what())
	err = t.Quiet(ctx, c.places, func(ctx context.Context) error {
		err := c.depart(ctx, control)
		if err != nil || due > 0 {
			return err
		}
		return c.seek(ctx, act)
	})
	if err == nil && due > 0 { // until then others need not wait
		if err = t.Pause(ctx, due); err == nil {
			err = t.Quiet(ctx, 0, func(ctx context.Context) error { return c.seek(ctx, act) })
		}
	}
	if err != nil || c.caught || c.missed {
		return c.caught, err
	}
	return c.await(ctx, act)
}

// catching is one try of catch.
type catching struct {
	*stage
	glimpse
	state          string
	edge           *contract.Transition
	waits          int
	places         int
	begin          time.Time // of the way
	leased         []string
	caught, missed bool
}

// prepare gets what the last request on the way needs.
func (c *catching) prepare(ctx context.Context, control bool) error {
	c.places = 1
	if control {
		c.places = 2
	}
	op := c.Contract.Operation(c.edge.On)
	if err := c.able(op); err != nil || op.Effect.Kind == contract.Creates {
		return err
	}
	for range c.places {
		r, err := c.Lease(ctx, c.kind.Name)
		if err != nil {
			return err
		}
		c.leased = append(c.leased, r.ID)
	}
	c.places = 0
	return nil
}

func (c *catching) depart(ctx context.Context, control bool) (err error) {
	if control {
		if c.control, err = c.one(ctx); err != nil {
			return err
		}
	}
	c.id, err = c.one(ctx)
	c.begin = c.Now()
	return err
}

func (c *catching) one(ctx context.Context) (string, error) {
	if c.leased == nil {
		return c.create(ctx, c.in[c.edge.On].Minimal)
	}
	id := c.leased[0]
	c.leased = c.leased[1:]
	return id, c.update(ctx, id)
}

// what names the way to the state.
func (c *catching) what() string { return c.kind.Name + " " + c.state }

// seek looks without a pause until the state is there or past, and acts on it.
func (c *catching) seek(ctx context.Context, act func(context.Context, glimpse) error) error {
	var early time.Duration
	for range c.looks() {
		at := c.Now().Sub(c.begin)
		on, err := c.glance(ctx)
		if err != nil {
			return err
		}
		if !on {
			break
		}
		early = at
	}
	if c.waits > 0 && (c.caught || c.missed) {
		c.Came(c.what(), early)
	}
	if !c.caught {
		return nil
	}
	return act(ctx, c.glimpse)
}

// looks is how often to look without a pause.
func (c *catching) looks() int {
	if c.waits == 0 {
		return 1
	}
	return burst
}

// glance looks once and reports whether to look on.
func (c *catching) glance(ctx context.Context) (bool, error) {
	item, err := c.look(ctx, c.id)
	if err != nil {
		return false, err
	}
	now := c.stage.state(item)
	switch {
	case now == c.state:
		c.item, c.caught = item, true
	case c.waits == 0 || now == "" || !c.m.Leads(now, c.state):
		c.missed = true
	}
	return !c.caught && !c.missed, nil
}

// await looks by the policy of waits for a state that takes its time.
func (c *catching) await(ctx context.Context, act func(context.Context, glimpse) error) (bool, error) {
	err := c.Eventually(ctx, c.kind.Name+" "+c.id+" to be "+c.state, func() (bool, error) {
		on, err := c.glance(ctx)
		return !on, err
	})
	if err != nil || c.missed {
		return false, err
	}
	c.caught = false
	err = c.Quiet(ctx, 0, func(ctx context.Context) error {
		if _, err := c.glance(ctx); err != nil || !c.caught {
			return err
		}
		return act(ctx, c.glimpse)
	})
	return c.caught, err
}

// tries is how often a state that passes quickly is tried to be caught.
const tries = 10

// tooQuick skips a case whose state was never seen, not even when no other case
// was running.
func (t *stage) tooQuick(state string) error {
	t.Outrun()
	return plan.Skip(fmt.Sprintf("%s passes too quickly to be caught: it was not seen in %d tries", state, tries))
}

// certain is an answer to a request that was sent while the resource was in a
// state for sure.
type certain struct {
	answer        *check.Answer
	call          model.Call
	before, after *wire.Map
}
