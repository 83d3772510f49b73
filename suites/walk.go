package suites

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// A walk is a random sequence of requests about one resource, legal and illegal
// ones, held against the model after each step. Its sequence is drawn from the
// session's own seeded source and shrunk here: pgregory.net/rapid drives its
// checks only inside go test, from seeds and flags of the whole process, and
// writes its finds into the working directory.

// Sizes of walks.
const (
	walksEach = 4
	walkSteps = 10
)

// move is one step of a walk: a request about the resource, or only a look at
// it after a while.
type move struct {
	name   string
	op     *contract.Operation // nil: wait until the resource stays as it is
	params wire.Params
}

// walks adds the random walks about the resource that the operation makes.
func (f states) walks() {
	moves := f.moves()
	for n := range walksEach {
		f.play(play{
			subject: "walk", variant: strconv.Itoa(n + 1), clause: f.op.Effect.Clause, needs: f.needs(f.input().Minimal, ""),
			promise: upperFirst(contract.Articled(f.kind.Name)) + " answers and shows what the contract's state machine says, whatever is asked in whatever order.",
			steps: []string{
				"make " + contract.Articled(f.kind.Name), fmt.Sprintf("send %d requests about it, drawn from the seed", walkSteps),
				"read it after each", "expect every answer and every item to be one that the model of the contract allows",
				"where one is not: look for the shortest sequence that fails",
			},
			run: func(ctx context.Context, t *stage) error {
				return walk(ctx, t, draw(t.Rand, t.possible(moves)))
			},
		})
	}
}

// draw picks the moves of one walk. What makes the resource go away comes near
// the end: behind it there is little to find.
func draw(r *rand.Rand, from []move) []move {
	out := make([]move, walkSteps)
	for i := range out {
		out[i] = from[r.IntN(len(from))]
		for i < walkSteps-2 && out[i].op != nil && out[i].op.Effect.Kind == contract.Deletes {
			out[i] = from[r.IntN(len(from))]
		}
	}
	return out
}

// possible are the moves whose requests the profile has the real things for.
func (t *stage) possible(moves []move) []move {
	return slices.DeleteFunc(slices.Clone(moves), func(mv move) bool {
		return mv.op != nil && t.lacks(mv.op, mv.params) != ""
	})
}

// moves are all requests that a walk may send.
func (f states) moves() []move {
	out := []move{{name: "wait until it settles"}}
	for _, op := range f.c.Operations {
		b := *f.builder
		b.op = op
		g := states{builder: &b, op: op, m: f.m, kind: f.kind}
		params, ok := g.about(op)
		if !ok {
			continue
		}
		switch op.Effect.Kind {
		case contract.Updates:
			out = append(out, g.updateMoves()...)
		case contract.Deletes, contract.Tags, contract.Untags, contract.ListsTags:
			out = append(out, move{op.Name, op, params})
		}
	}
	return out
}

// updateMoves are updates of one group each, of all at once, and of what is
// known already.
func (f states) updateMoves() []move {
	out := []move{
		{f.op.Name + " of much", f.op, working(f.op, f.input())},
		{f.op.Name + " to the name that never changes", f.op, f.plainUpdate()},
	}
	done := map[string]bool{}
	if k := f.kind.Eviction; k != nil {
		done[top(k.Parameter)] = true // others may make it go away then
	}
	for _, e := range f.op.Effect.Echo {
		if group := top(e.Parameter); !done[group] && len(below(f.around(group), group)) > 0 {
			done[group] = true
			out = append(out, move{f.op.Name + " of " + group, f.op, f.around(group)})
		}
	}
	if params, bad, ok := f.spoiled(f.input().Minimal); ok {
		out = append(out, move{f.op.Name + " with a bad " + bad, f.op, params})
	}
	return out
}

// plainUpdate is an update with a name that stays the same through a walk.
func (f states) plainUpdate() wire.Params {
	out := f.input().Minimal.Clone()
	for i := range out {
		if out[i].Value == "$name" {
			out[i].Value = "conform-walk"
		}
	}
	return out
}

// departure is where a walk left the model.
type departure struct {
	steps     []string
	findings  []check.Finding
	exchanges []*wire.Exchange // of the walk until then
}

// same reports whether two walks broke the same promise.
func (d *departure) same(o *departure) bool {
	return o != nil && d.findings[0].Clause == o.findings[0].Clause
}

// level is that of the surest promise that was broken.
func (d *departure) level() contract.Level {
	level := contract.Inferred
	for _, f := range d.findings {
		level = max(level, f.Level)
	}
	return level
}

// walk makes the moves and, where they leave the model, looks for the fewest
// that do.
func walk(ctx context.Context, t *stage, moves []move) error {
	w := &walker{stage: t, patient: true}
	d, err := w.tread(ctx, moves)
	if err != nil || d == nil {
		return err
	}
	if w.late { // it begins again, and waits
		t.Find(d.findings...)
		return nil
	}
	s := shrinker{first: d, again: func(fewer []move) *departure {
		t.Restart(ctx)
		t.Take()
		again, err := (&walker{stage: t}).tread(ctx, fewer)
		if err != nil {
			return nil
		}
		return again
	}}
	if d.level() == contract.Inferred {
		s.tries = maxShrinks / 3
	}
	d = s.shortest(moves)
	t.Tell(d.exchanges)
	for _, f := range d.findings {
		f.Got += " (after: " + strings.Join(d.steps, "; ") + ")"
		t.Find(f)
	}
	return nil
}

// tread makes the moves on a new resource and returns the worst departure from
// the model; nothing where there is none. A departure after which nothing is
// known for sure ends it.
func (w *walker) tread(ctx context.Context, moves []move) (*departure, error) {
	err := w.begin(ctx)
	for _, mv := range moves {
		if err != nil || w.lost {
			break
		}
		err = w.make(ctx, mv)
	}
	return w.worst, err
}

// walker is one walk under way.
type walker struct {
	*stage
	id     string
	belief model.Belief
	steps  []string
	last   model.Call // the one that was answered last
	worst  *departure
	lost   bool // what is the case now cannot be told any more
	// patient says that a departure is looked at until it has passed, to learn
	// how far listings are behind; late, that one did.
	patient, late bool
}

// begin makes the resource.
func (w *walker) begin(ctx context.Context) error {
	op := w.Contract.Operation(w.kind.Create)
	a, call, err := w.send(ctx, request{op: op, params: w.in[op.Name].Minimal})
	if err != nil {
		return err
	}
	if w.id, _ = memberText(a.Body, op.Effect.ID); !a.OK || w.id == "" {
		return unready("begin a walk: "+op.Name, a)
	}
	w.steps = append(w.steps, op.Name)
	w.belief, w.last = model.Belief(w.m.Step(model.State{}, call).After(true)), call
	if err := w.appears(ctx, w.id); err != nil {
		return err
	}
	return w.see(ctx)
}

// make makes one move and looks at the resource.
func (w *walker) make(ctx context.Context, mv move) error {
	w.steps = append(w.steps, mv.name)
	if mv.op == nil {
		return w.rest(ctx)
	}
	a, call, err := w.admitted(ctx, request{op: mv.op, params: w.named(mv.params, w.id)}, w.mayRefuse)
	if err != nil {
		return err
	}
	if w.bad(mv) {
		found := w.Judge.Refused(a, mv.op.Effect.Clause, nil)
		w.depart(atMost(found, mv.op.Effect.Clause.Level), len(found) > 0)
	} else {
		w.answered(a, call)
	}
	if w.lost {
		return nil
	}
	return w.see(ctx)
}

// mayRefuse reports whether the answer is one that the model allows.
func (w *walker) mayRefuse(a *check.Answer, call model.Call) bool {
	return slices.ContainsFunc(w.m.Expect(w.belief, call), func(want model.Allowed) bool { return len(w.allowed(a, want)) == 0 })
}

// bad reports whether the move's request is refused whatever the state.
func (w *walker) bad(mv move) bool {
	return slices.ContainsFunc(mv.params, func(p wire.Param) bool {
		f := fieldOf(mv.op, p.Name)
		return f != nil && !isTemplate(p.Value) && f.Type == contract.Integer && f.Check(p.Value) != ""
	})
}

// answered holds an answer against all that may be the case. A refusal in other
// words than the model's leaves the resource where it was all the same.
func (w *walker) answered(a *check.Answer, call model.Call) {
	w.steps[len(w.steps)-1] += outcome(a)
	var least []check.Finding
	for _, want := range w.m.Expect(w.belief, call) {
		found := w.allowed(a, want)
		if len(found) == 0 {
			least = nil
			break
		}
		if least == nil || found[0].Level < least[0].Level {
			least = found
		}
	}
	w.belief, w.last = w.m.Answered(w.belief, call, a.OK), call
	w.depart(least, len(w.belief) == 0)
}

func outcome(a *check.Answer) string {
	if a.OK {
		return ""
	}
	return " (refused: " + a.Code + ")"
}

// depart keeps the worst of the departures.
func (w *walker) depart(found []check.Finding, lost bool) {
	w.lost = w.lost || lost
	if len(found) == 0 {
		return
	}
	kept, _ := w.Exchanges()
	d := &departure{steps: slices.Clone(w.steps), findings: found, exchanges: slices.Clone(kept)}
	if w.worst == nil || d.level() > w.worst.level() {
		w.worst = d
	}
}

// see holds the resource's item against all that may be the case. Of what it
// shows nowhere, the truth that comes closest is told; members that show
// something else are not looked at again.
func (w *walker) see(ctx context.Context) error {
	item, err := w.look(ctx, w.id)
	if err != nil {
		return err
	}
	if seen := w.m.Seen(w.belief, item); len(seen) > 0 {
		w.belief = seen
		return nil
	}
	near, departures := w.m.Closest(w.belief, item)
	var found []check.Finding
	var members []string
	for _, d := range departures {
		found = append(found, check.Found(w.m.Promise(w.last, d), "/"+d.Member, d.Want, d.Got))
		members = append(members, d.Member)
	}
	if err := w.outwait(ctx, item == nil); err != nil {
		return err
	}
	w.belief = model.Belief{near.Forget(members)}
	w.depart(found, slices.Contains(members, w.kind.StateMember) || slices.Contains(members, ""))
	return nil
}

// outwait looks whether the item is as it should be some time later. One that is
// not there at all is waited for as long as a listing may be behind.
func (w *walker) outwait(ctx context.Context, absent bool) error {
	if !w.patient || w.late {
		return nil
	}
	belief, what := w.belief, w.kind.Name+" "+w.id+" as it should be"
	sound := func() (bool, error) {
		item, err := w.look(ctx, w.id)
		return err == nil && len(w.m.Seen(belief, item)) > 0, err
	}
	if !absent {
		ok, err := w.Shows(ctx, what, sound)
		w.late = ok
		return err
	}
	err := w.Listed(ctx, what, sound)
	if w.late = err == nil; plan.IsTimeout(err) {
		return nil
	}
	return err
}

// rest waits until the resource is in a state in which it stays.
func (w *walker) rest(ctx context.Context) error {
	err := w.Eventually(ctx, w.kind.Name+" "+w.id+" to settle", func() (bool, error) {
		if err := w.see(ctx); err != nil || w.lost {
			return true, err
		}
		return !slices.ContainsFunc(w.belief, func(s model.State) bool {
			state := w.kind.State(s.Name)
			return state != nil && !state.Stable
		}), nil
	})
	if plan.IsTimeout(err) {
		return plan.Inconclusive("a walk came to no end: " + err.Error())
	}
	return err
}
