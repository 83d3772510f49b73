package suites

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// The functions in this file bring conditions about by the API's own
// operations.

// kind is the resource that the operation is about.
func (p *provocation) kind() *contract.Resource { return p.c.Resource(p.op.Effect.Resource) }

// on is the attempt to act on a resource whose state forbids it. Which states
// do may be our reading: then so is the refusal.
func (p *provocation) on(ctx context.Context, s *plan.Session, id string) (*attempt, error) {
	params, err := p.bindTo(ctx, s, p.kind(), id)
	t := &attempt{provocation: p, params: params, level: contract.Must}
	if clause := p.op.Effect.Clause; clause.Level < p.row.Level {
		t.level, t.note = clause.Level, clause.Note
	}
	return t, err
}

// whileFailed acts on a resource that failed to be made.
func (p *provocation) whileFailed(ctx context.Context, s *plan.Session) error {
	kind := p.kind()
	conditions := p.failing(kind)
	met := slices.IndexFunc(conditions, func(c string) bool { return s.Unmet(plan.Needs{Conditions: []string{c}}) == "" })
	if met < 0 {
		return plan.Skip("the profile does not say how to meet any condition in which " + kind.Name + " fails: " + strings.Join(conditions, ", "))
	}
	id, err := p.make(ctx, s, nil, plan.Under(conditions[met]))
	if err != nil {
		return err
	}
	if err := p.untilFailed(ctx, s, kind, id); err != nil {
		return err
	}
	t, err := p.on(ctx, s, id)
	if err != nil {
		return err
	}
	return t.carryOut(ctx, s)
}

// failing are the conditions that lead to a state in which the operation is
// refused.
func (p *provocation) failing(kind *contract.Resource) []string {
	var out []string
	for _, t := range kind.Transitions {
		if t.On != "fail" || slices.Contains(p.op.Effect.From, t.To) {
			continue
		}
		for _, c := range t.Conditions {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

func (p *provocation) untilFailed(ctx context.Context, s *plan.Session, kind *contract.Resource, id string) error {
	return s.Eventually(ctx, kind.Name+" "+id+" to fail", func() (bool, error) {
		item, found, err := s.Read(ctx, kind.Name, id)
		if err != nil || !found {
			return false, err
		}
		state := kind.State(check.Text(item, kind.StateMember))
		if state != nil && state.Usable {
			return false, plan.Inconclusive("prepare " + contract.Articled(kind.Name) + " that fails: it became " + state.Name)
		}
		return state != nil && state.Failed, nil
	})
}

// make sends a creation and returns the id without waiting.
func (p *provocation) make(ctx context.Context, s *plan.Session, with wire.Params, o ...plan.Option) (string, error) {
	create := p.c.Operation(p.kind().Create)
	params, err := s.Bind(ctx, merge(p.in[create.Name].Minimal, with))
	if err != nil {
		return "", err
	}
	a, err := s.Probe(ctx, &plan.Probe{Operation: create.Name, Params: params, Method: "POST"}, append(o, plan.Bound())...)
	if err != nil {
		return "", err
	}
	id, ok := memberText(a.Body, create.Effect.ID)
	if !a.OK || !ok {
		return "", plan.Inconclusive("prepare " + contract.Articled(p.kind().Name) + ": " + create.Name + " answered " + a.Summary())
	}
	return id, nil
}

// whileBusy acts on a resource that is still being made. It was if it still is
// afterwards: there is no way back to the first states.
func (p *provocation) whileBusy(ctx context.Context, s *plan.Session) error {
	kind := p.kind()
	id, err := p.make(ctx, s, nil)
	if err != nil {
		return err
	}
	t, err := p.on(ctx, s, id)
	if err != nil {
		return err
	}
	a, err := t.send(ctx, s)
	if err != nil {
		return err
	}
	if t.borders(a) {
		return plan.Skip("where " + p.row.Code + " ends and " + a.Code + " begins is not said")
	}
	if !t.fits(a) {
		item, _, err := s.Read(ctx, kind.Name, id)
		if err != nil {
			return err
		}
		if !p.early(kind, check.Text(item, kind.StateMember)) {
			return plan.Skip(kind.Name + " was made before it could be acted upon")
		}
	}
	t.judge(s, a)
	return nil
}

// fits reports whether the answer has the row's status and code.
func (p *provocation) fits(a *check.Answer) bool {
	m := p.row.Match(a.Status, a.Code, a.Message)
	return m.Status && m.Code
}

// borders reports whether the answer is another of the operation's rows about
// what is under way or in which state things are.
func (p *provocation) borders(a *check.Answer) bool {
	return slices.ContainsFunc(p.op.Errors, func(e *contract.Error) bool {
		c := p.c.Condition(e.Condition)
		return c != nil && c.Kind == "state" && c.Class != contract.ClassUnchanged && e != p.row && e.Code != p.row.Code && e.Status == a.Status && e.Code == a.Code
	})
}

// early reports whether a resource only passes through the state on its way to
// be usable, and the operation is refused meanwhile.
func (p *provocation) early(kind *contract.Resource, name string) bool {
	state := kind.State(name)
	return state != nil && !state.Stable && name != p.updating(kind) && !slices.Contains(p.op.Effect.From, name)
}

// updating is the state in which a resource is while it is updated.
func (p *provocation) updating(kind *contract.Resource) string {
	if op := p.c.Operation(kind.Update); op != nil {
		return op.Effect.To
	}
	return ""
}

// twoAtOnce updates a resource that is being updated. Which of two rows answers
// is not said, and it may be through before the second comes.
func (p *provocation) twoAtOnce(ctx context.Context, s *plan.Session) error {
	kind := p.kind()
	r, err := s.Create(ctx, kind.Name, nil)
	if err != nil {
		return err
	}
	t, err := p.on(ctx, s, r.ID)
	if err != nil {
		return err
	}
	second := t.params
	long := *p
	long.base = merge(p.base, p.work())
	if t.params, err = long.bindTo(ctx, s, kind, r.ID); err != nil {
		return err
	}
	if a, err := letIn(ctx, s, func() (*check.Answer, error) { return t.once(ctx, s) }, nil); err != nil || !a.OK {
		return unprepared(err, "prepare an update: "+p.op.Name+" was refused")
	}
	t.params = second
	a, err := t.send(ctx, s)
	if err != nil {
		return err
	}
	switch {
	case a.OK:
		return plan.Skip("no second update was refused while the first was worked on")
	case t.borders(a):
		return plan.Skip("the second update was refused, as " + a.Code)
	case a.Status < 500 && !t.fits(a):
		t.weaken("while the first update is worked on, if it still is")
	}
	t.judge(s, a)
	return nil
}

// unprepared is the end of a case whose preparation went wrong.
func unprepared(err error, reason string) error {
	if err != nil {
		return err
	}
	return plan.Inconclusive(reason)
}

// work is what an update can ask for that takes time: what the resource was
// made of.
func (p *provocation) work() wire.Params {
	var out wire.Params
	for _, q := range p.in[p.kind().Create].Minimal {
		if fieldOf(p.op, q.Name) != nil && !isTemplate(q.Value) {
			out = append(out, q)
		}
	}
	return out
}

// unchanged asks for what the resource has already.
func (p *provocation) unchanged(ctx context.Context, s *plan.Session) error {
	kind := p.kind()
	params, err := s.Bind(ctx, slices.DeleteFunc(p.base.Clone(), func(q wire.Param) bool { return isResource(q.Value) }))
	if err != nil {
		return err
	}
	create := p.c.Operation(kind.Create)
	with := slices.DeleteFunc(params.Clone(), func(q wire.Param) bool { return fieldOf(create, q.Name) == nil })
	r, err := s.Create(ctx, kind.Name, with)
	if err != nil {
		return err
	}
	t := &attempt{provocation: p, params: params.Set(kind.IDParameter, r.ID), level: contract.Must}
	a, err := t.send(ctx, s)
	switch {
	case err != nil:
		return err
	case a.OK:
		return t.visibly(ctx, s, a)
	}
	return t.carryOut(ctx, s)
}

// visibly judges an accepted update to what the resource is already. What it
// says of what no listing shows may count as a change; that there is none is
// sure where it is accepted without that too.
func (t *attempt) visibly(ctx context.Context, s *plan.Session, accepted *check.Answer) error {
	visible := slices.DeleteFunc(t.params.Clone(), func(q wire.Param) bool { return hidden(t.op, t.base, q.Name) })
	if len(visible) < len(t.params) {
		id, _ := t.params.Get(t.kind().IDParameter)
		if _, err := s.Usable(ctx, t.kind().Name, id); err != nil {
			return err
		}
		bare := *t
		bare.params = visible
		again, err := bare.send(ctx, s)
		if err != nil {
			return err
		}
		if !again.OK {
			t.weaken("what no listing shows may count as a change")
		}
	}
	t.judge(s, accepted)
	return nil
}

// hidden reports whether the parameter of a request made from the template names
// a real thing that no listing shows.
func hidden(op *contract.Operation, template wire.Params, name string) bool {
	value, _ := template.Get(name)
	_, real := bindingOf(wire.Param{Name: name, Value: value})
	return real && !slices.ContainsFunc(op.Effect.Echo, func(e contract.Echo) bool { return within(contract.Generic(name), e.Parameter) })
}

// tooManyTags sends one tag more than a request may have.
func (p *provocation) tooManyTags(ctx context.Context, s *plan.Session) error {
	params, err := s.Bind(ctx, p.tagged(1, *p.list.field.MaxItems+1))
	if err != nil {
		return err
	}
	t := &attempt{provocation: p, params: params, level: contract.Must}
	if most := p.list.field.Clauses["maxItems"]; most != nil {
		t.level, t.note = most.Level, most.Note
	}
	if p.list.name != p.tags() {
		t.weaken("whether " + p.list.name + " counts as tags is not said")
	}
	return t.carryOut(ctx, s)
}

// tagged is the request with tags from one number to another.
func (p *provocation) tagged(from, to int) wire.Params {
	out := p.list.rest.Clone()
	for i := from; i <= to; i++ {
		for k, q := range p.list.element(1, strconv.Itoa(i-from+1)) {
			if k == 0 {
				q.Value = "conform-" + strconv.Itoa(i)
			}
			out = append(out, q)
		}
	}
	return out
}

// fullOfTags adds the case about a resource that has as many tags as it may.
func (b *builder) fullOfTags() {
	i := slices.IndexFunc(b.op.Errors, func(e *contract.Error) bool { return b.c.Class(e) == contract.ClassTags })
	if i < 0 || b.op.Effect.Kind != contract.Tags {
		return
	}
	p := b.provocation(b.op.Errors[i])
	if p.list.one == nil {
		return
	}
	b.add(&plan.Case{
		Subject: rowSubject(p.row), Variant: p.row.Condition + "-inAll", Clause: p.row.Row, Also: also(p.row),
		Steps: []string{
			"give a resource all tags but one that it may have", "send a valid " + b.op.Name + " with two more",
			expectation{refuse: true, row: p.row}.say(), "expect that nothing has changed",
		},
		Run: p.oneTagMore,
	})
}

// oneTagMore asks for one tag more than there may be, together with one that
// there could be: who begins before he counts has done something.
func (p *provocation) oneTagMore(ctx context.Context, s *plan.Session) error {
	limit := *p.list.field.MaxItems
	params, err := s.Bind(ctx, p.tagged(1, limit-1))
	if err != nil {
		return err
	}
	t := &attempt{provocation: p, params: params, level: contract.Must}
	if a, err := t.send(ctx, s); err != nil || !a.OK {
		return unprepared(err, "prepare a resource with all its tags but one: "+p.op.Name+" was refused")
	}
	if t.params, err = s.Bind(ctx, p.tagged(limit, limit+1)); err != nil {
		return err
	}
	return t.carryOut(ctx, s)
}
