package suites

import (
	"context"
	"fmt"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// errorFamily brings about the condition of every row of the operation's table,
// and of the gateway's rows about who asks and how the service is: the answer
// must be exactly the row, and nothing may have changed.
func errorFamily(b *builder) {
	for _, row := range b.op.Errors {
		b.provoke(row)
	}
	b.fullOfTags()
	for _, row := range b.c.Gateway.Errors {
		if b.op != carrier(b.c) && standing(b.c, row) {
			b.provoke(row)
		}
	}
	b.rivals()
	b.uncounted()
}

// standing reports whether the gateway's row is about whose request it is or
// how the service is, and so no business of signatures. The auth family tries
// them with the operation that carries the cases about none.
func standing(c *contract.Contract, row *contract.Error) bool {
	condition := c.Condition(row.Condition)
	return condition != nil && (condition.Kind == "account" || condition.Kind == "service") && condition.Class != contract.ClassKey
}

// provocation brings about one row.
type provocation struct {
	c    *contract.Contract
	in   Inputs
	op   *contract.Operation
	row  *contract.Error
	base wire.Params // the valid request that the row is to refuse
	list list        // of tags, where the operation has one
	ways []approach
}

// approach is one way to bring a condition about. One that the target does not offer
// ends in a Skip; then the next is tried.
type approach struct {
	say string
	try func(context.Context, *plan.Session) error
}

// provoke adds the case about a row.
func (b *builder) provoke(row *contract.Error) {
	p, condition := b.provocation(row), b.c.Condition(row.Condition)
	if condition == nil {
		// The contract's linter says so; a profile may know it.
		condition = &contract.Condition{Name: row.Condition, Summary: "The condition " + row.Condition + " holds."}
	}
	p.ways = p.waysTo(condition)
	k := &plan.Case{
		Subject: rowSubject(row), Variant: row.Condition, Clause: row.Row, Also: also(row), Run: p.run,
		Steps: []string{
			p.ways[0].say, "send a valid " + b.op.Name + " while " + lowerFirst(condition.Summary),
			expectation{refuse: true, row: row}.say(), "expect that nothing has changed",
		},
		Needs: b.needs(p.base, ""),
	}
	for _, w := range p.ways[1:] {
		k.Steps = append(k.Steps, "where that cannot be done: "+w.say)
	}
	if len(p.ways) == 1 && !p.byRequest() {
		k.Needs.Conditions = []string{row.Condition}
	}
	b.add(k)
}

func (b *builder) provocation(row *contract.Error) *provocation {
	return &provocation{c: b.c, in: b.in, op: b.op, row: row, base: b.input().Minimal.Clone(), list: b.tagList()}
}

// rowSubject names a row in the id of a case: 403.QuotaExceeded.
func rowSubject(row *contract.Error) string { return fmt.Sprintf("%d.%s", row.Status, row.Code) }

// tagList is the list that the caller fills with tags: the one of the maximal
// request that names nothing on the target.
func (b *builder) tagList() list {
	for _, f := range b.op.Parameters {
		if f.Type != contract.Array || f.MaxItems == nil {
			continue
		}
		if l := b.listOf(f); l.one != nil && !l.madeUp() {
			return l
		}
	}
	return list{}
}

func (p *provocation) byRequest() bool {
	return p.c.Class(p.row) == contract.ClassTags && p.list.one != nil
}

// waysTo lists the ways to the row's condition, those by which the API itself
// brings it about first; what rests on our reading of the states comes behind
// the profile.
func (p *provocation) waysTo(condition *contract.Condition) []approach {
	profile := approach{"bring about " + condition.Name + " as the profile says", p.byProfile}
	failed := approach{p.creation() + " that will fail, and wait until it has", p.whileFailed}
	busy := approach{p.creation() + ", and do not wait", p.whileBusy}
	update := p.op.Effect.Kind == contract.Updates
	switch {
	case p.byRequest():
		return []approach{{"fill the list of tags beyond its end", p.tooManyTags}}
	case update && condition.Class == contract.ClassUnchanged:
		return []approach{{p.creation() + " with what the update will ask for", p.unchanged}, profile}
	case update && condition.Class == contract.ClassBusy:
		return []approach{{"start an update and do not wait", p.twoAtOnce}, profile}
	case p.op.Effect.Wrong != p.row.Code || condition.Kind != "state":
		return []approach{profile}
	case p.op.Effect.Clause.Level < p.row.Level:
		return []approach{profile, failed, busy}
	}
	return []approach{failed, profile, busy}
}

func (p *provocation) creation() string {
	if kind := p.kind(); kind != nil {
		return "send a " + kind.Create
	}
	return ""
}

func (p *provocation) run(ctx context.Context, s *plan.Session) error {
	var reasons []string
	for _, w := range p.ways {
		err := w.try(ctx, s)
		reason, skipped := plan.IsSkip(err)
		if !skipped {
			return err
		}
		reasons = append(reasons, reason)
	}
	return plan.Skip(strings.Join(reasons, "; "))
}

// byProfile brings the condition about with the profile's key or parameters.
func (p *provocation) byProfile(ctx context.Context, s *plan.Session) error {
	if why := s.Unmet(plan.Needs{Conditions: []string{p.row.Condition}}); why != "" {
		return plan.Skip(why)
	}
	how, _ := s.Condition(p.row.Condition)
	params, err := p.prepared(ctx, s)
	if err != nil {
		return err
	}
	t := attempt{provocation: p, params: params, level: contract.Must, as: how.Credentials}
	t.options = []plan.Option{plan.Under(p.row.Condition)}
	if standing(p.c, p.row) && p.c.Gateway.Error(p.row.Condition) == p.row {
		t.options = append(t.options, plan.Throttling())
	}
	if unknown := p.undocumented(how.Set); unknown != "" {
		t.weaken(p.op.Name + " has no parameter " + unknown)
	}
	return t.carryOut(ctx, s)
}

// undocumented returns a parameter of the profile's that the operation does not
// have: a target may ignore it, and then the condition does not hold.
func (p *provocation) undocumented(set map[string]string) string {
	for _, q := range sortedParams(set) {
		if fieldOf(p.op, q.Name) == nil {
			return q.Name
		}
	}
	return ""
}

// prepared is the bound request. What takes tags away gets a resource that has
// them, or a change would not show.
func (p *provocation) prepared(ctx context.Context, s *plan.Session) (wire.Params, error) {
	if p.op.Effect.Kind != contract.Untags {
		return s.Bind(ctx, p.base)
	}
	kind := p.named()
	r, err := s.Create(ctx, kind.Name, below(p.in[kind.Create].Maximal, p.tags()))
	if err != nil {
		return nil, err
	}
	return p.bindTo(ctx, s, kind, r.ID)
}

// tags is the parameter that holds tags, as the operation that tags calls it.
func (p *provocation) tags() string {
	for _, op := range p.c.Operations {
		if op.Effect.Kind == contract.Tags && len(op.Effect.Echo) > 0 {
			return top(op.Effect.Echo[0].Parameter)
		}
	}
	return ""
}

// named is the kind of resource that the request names, nil for none.
func (p *provocation) named() *contract.Resource {
	for _, q := range p.base {
		if name, ok := strings.CutPrefix(q.Value, "$id:"); ok {
			return p.c.Resource(name)
		}
	}
	return nil
}

// bindTo binds the request to a given resource in place of a leased one.
func (p *provocation) bindTo(ctx context.Context, s *plan.Session, kind *contract.Resource, id string) (wire.Params, error) {
	params := p.base.Clone()
	for i, q := range params {
		if q.Value == "$id:"+kind.Name {
			params[i].Value = id
		}
	}
	return s.Bind(ctx, params)
}

// attempt is a bound request that the row is to refuse.
type attempt struct {
	*provocation
	params  wire.Params
	options []plan.Option
	as      string // entry of the credentials that it is sent with, empty for default
	// level is how sure it is that the condition holds; note says why it is
	// not surer.
	level contract.Level
	note  string
}

func (t *attempt) weaken(note string) { t.level, t.note = contract.Inferred, note }

// carryOut sends the request, judges the answer, and looks for changes.
func (t *attempt) carryOut(ctx context.Context, s *plan.Session) error {
	before, err := t.look(ctx, s)
	if err != nil {
		return err
	}
	a, err := t.send(ctx, s)
	if err != nil {
		return err
	}
	t.judge(s, a)
	if a.Status < 400 {
		return nil
	}
	return t.unharmed(ctx, s, a, before)
}

// send sends the request, and sends it again as long as it is turned away because
// the resource is busy, unless that is what the row is about.
func (t *attempt) send(ctx context.Context, s *plan.Session) (*check.Answer, error) {
	meant := t.c.Class(t.row) == contract.ClassBusy
	return letIn(ctx, s, func() (*check.Answer, error) { return t.once(ctx, s) }, func(*check.Answer) bool { return meant })
}

func (t *attempt) once(ctx context.Context, s *plan.Session) (*check.Answer, error) {
	p := plan.Probe{Operation: t.op.Name, Params: t.params, Method: "POST", Form: len(t.params) > 40, Scheme: wire.V1, Format: "JSON"}
	return s.Probe(ctx, &p, append(t.options, plan.Bound())...)
}

// judge holds the answer against the row. That another account's key sees a
// resource as absent before its standing is looked at is against no page.
func (t *attempt) judge(s *plan.Session, a *check.Answer) {
	if foreign := t.as != "" && t.named() != nil; foreign && a.Status == 404 {
		t.weaken("the resource may not be that account's")
	}
	found := s.Judge.Refused(a, t.row.Row, t.row)
	if len(found) == 0 && unfilled(t.row, a) {
		found = append(found, check.Found(capped(t.row.Text, contract.Inferred), "/body/Message", "a text in place of %s", a.Message))
	}
	for i := range found {
		found[i].Level = min(found[i].Level, t.level)
		if t.note != "" {
			found[i].Want += " (" + t.note + ")"
		}
	}
	s.Find(found...)
}

// unfilled reports whether the row's template came as it stands in the table.
func unfilled(row *contract.Error, a *check.Answer) bool {
	return strings.Contains(row.Message, "%s") && strings.Contains(a.Message, "%s")
}
