package suites

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tokenRepeater says how what an operation does is brought about and seen. It is made
// with the plan; a deed is its like at a target.
type tokenRepeater struct {
	b        *builder
	c        *contract.Contract
	in       Inputs
	op       *contract.Operation
	template wire.Params // a valid request without a token
	mark     ownMark     // of what it makes
	// names are parameters that name the resource in place of its id.
	names []string
	// other is the operation that does what the deed undoes, with its valid
	// request: tag for untag, create for delete by name.
	other string
}

// mark is how what a request makes is found again: the same values stand in the
// creating request and in the filter.
type ownMark struct {
	group  string // first segment of the creating parameter
	filter map[string]string
	member string // of the listing's items, that shows the value
	value  string // creating parameter whose text is unique
}

// tokenRepeater returns nil where nothing tells how the operation's effect is seen.
func (b *builder) tokenRepeater() *tokenRepeater {
	d := &tokenRepeater{b: b, c: b.c, in: b.in, op: b.op, template: b.input().Minimal.Clone()}
	switch b.op.Effect.Kind {
	case "create", "copy":
		marks := b.marks()
		if len(marks) == 0 {
			return nil
		}
		d.mark = marks[0]
		d.template = b.marking(d.template, d.mark)
	case "delete":
		d.names = b.otherNames()
	case "untag":
		for _, op := range b.c.Operations {
			if op.Effect.Kind == "tag" {
				d.other = op.Name
			}
		}
	}
	return d
}

func (d *tokenRepeater) makes() bool {
	return d.op.Effect.Kind == "create" || d.op.Effect.Kind == "copy"
}

// byName is the deletion of a resource by other parameters than its id.
func (d *tokenRepeater) byName() *tokenRepeater {
	named := *d
	named.other = d.c.Resource(d.op.Effect.Resource).Create
	return &named
}

// otherNames are the parameters of a key that the minimal request does not use.
func (b *builder) otherNames() []string {
	for _, names := range b.op.Effect.Key {
		if len(below(b.input().Minimal, names[0])) == 0 {
			return names
		}
	}
	return nil
}

// marks are the groups of parameters by which what the operation makes can be
// found in its listing; those that do not have to be unique first.
func (b *builder) marks() []ownMark {
	kind := b.c.Resource(b.op.Effect.Resource)
	list := b.c.Operation(kind.List)
	var tags, names []ownMark
	for _, e := range b.op.Effect.Echo {
		for _, f := range list.Effect.Filters {
			p := b.op.Parameter(e.Parameter)
			if f.Member != e.Member || p == nil || !b.free(p) {
				continue
			}
			m := ownMark{
				group: top(e.Parameter), member: e.Member, value: first(e.Parameter),
				filter: map[string]string{first(e.Parameter): first(f.Parameter)},
			}
			switch text, _ := b.input().Minimal.Get(m.value); {
			case strings.Contains(f.Parameter, ".N."):
				tags = joined(tags, m)
			case strings.Contains(text, "name"):
				names = append(names, m)
			}
		}
	}
	return append(tags, names...)
}

// joined adds a mark, as a further member of the same group where there is one;
// its last text is the unique one.
func joined(marks []ownMark, m ownMark) []ownMark {
	for i := range marks {
		if marks[i].group == m.group {
			for from, to := range m.filter {
				marks[i].filter[from] = to
			}
			marks[i].value, marks[i].member = m.value, m.member
			return marks
		}
	}
	return append(marks, m)
}

// marking returns the request with the mark in it.
func (b *builder) marking(p wire.Params, m ownMark) wire.Params {
	out := merge(p, below(b.input().Maximal, m.group))
	if now, ok := out.Get(m.value); ok && !strings.Contains(now, "name") {
		out = set(out, m.value, "$name")
	}
	return out
}

// whereabouts is whose and where a deed is: nothing for the default key in the
// profile's region.
type whereabouts struct {
	entry  string // of the profile's credentials
	region string
}

func (w whereabouts) options() []plan.Option {
	if w.entry == "" {
		return nil
	}
	return []plan.Option{plan.As(w.entry)}
}

// tokenErrand is one request at a target, and what can be seen of it.
type tokenErrand struct {
	*tokenRepeater
	s       *plan.Session
	where   whereabouts
	request wire.Params    // bound, without a token
	subject *plan.Resource // what it is done to; nil where it makes something
	shape   func(*plan.Probe)
}

// begin binds the request and makes ready what it is done to.
func (d *tokenRepeater) begin(ctx context.Context, s *plan.Session, w whereabouts) (*tokenErrand, error) {
	x := &tokenErrand{tokenRepeater: d, s: s, where: w}
	request, err := x.named(ctx, d.placed(d.template, w, s.Region))
	if err != nil {
		return nil, err
	}
	if x.request, err = s.Bind(ctx, request); err != nil {
		return nil, err
	}
	if d.op.Effect.Kind == "untag" {
		return x, x.undo(ctx) // there must be something to take off
	}
	return x, nil
}

// regions are the parameters that name a region: where the operation works, and
// for a copy where it copies to.
func regionNames(op *contract.Operation) []string {
	var out []string
	for _, f := range op.Parameters {
		if f.Binding == "region" {
			out = append(out, f.Name)
		}
	}
	return out
}

// placed moves the request to another account or into another region; a copy
// then goes the other way.
func (d *tokenRepeater) placed(p wire.Params, w whereabouts, home string) wire.Params {
	names := regionNames(d.op)
	if w != (whereabouts{}) {
		p = homeless(d.op, p)
	}
	if w.region == "" || len(names) == 0 {
		return p
	}
	p = set(p, names[0], w.region)
	if len(names) > 1 {
		p = set(p, names[1], home)
	}
	return p
}

// named puts the id of a resource of its own in the place of a template.
func (x *tokenErrand) named(ctx context.Context, p wire.Params) (wire.Params, error) {
	out := p.Clone()
	for i, param := range out {
		kind, ok := strings.CutPrefix(param.Value, "$id:")
		if !ok {
			continue
		}
		r, err := x.resource(ctx, kind)
		if err != nil {
			return nil, err
		}
		x.subject, out[i].Value = r, r.ID
	}
	if x.subject == nil || !x.nameless() {
		return out, nil
	}
	return x.renamed(ctx, out)
}

// nameless reports whether the request names its subject otherwise than by its
// id.
func (x *tokenErrand) nameless() bool { return x.tokenRepeater.names != nil && x.other != "" }

// renamed names the subject by other parameters than its id.
func (x *tokenErrand) renamed(ctx context.Context, p wire.Params) (wire.Params, error) {
	item, found, err := x.s.ReadOf(ctx, x.subject)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, plan.Inconclusive("prepare: " + x.subject.ID + " is not listed")
	}
	out := drop(p, x.subject.Kind.IDParameter)
	for _, name := range x.tokenRepeater.names {
		text, _ := memberText(item, name)
		out = set(out, name, text)
	}
	return out, nil
}

// resource gives a usable resource where the deed is done.
func (x *tokenErrand) resource(ctx context.Context, kind string) (*plan.Resource, error) {
	if x.where == (whereabouts{}) {
		return x.s.Lease(ctx, kind)
	}
	var with wire.Params
	if r := x.c.Resource(kind); x.where.region != "" && r != nil {
		with = wire.Params{{Name: regionNames(x.c.Operation(r.Create))[0], Value: x.where.region}}
	}
	made, err := x.s.Create(ctx, kind, with, x.where.options()...)
	if why, ok := plan.IsInconclusive(err); ok && ctx.Err() == nil {
		// The profile's things belong to the default account in its region.
		return nil, plan.Skip("there is no " + kind + " elsewhere to do it to: " + why)
	}
	return made, err
}

// send sends the request with a token, or without one where it is empty.
func (x *tokenErrand) send(ctx context.Context, request wire.Params, token string, o ...plan.Option) (*check.Answer, error) {
	return x.s.Probe(ctx, x.probe(request, token), append(x.where.options(), append(o, plan.Bound())...)...)
}

func (x *tokenErrand) probe(request wire.Params, token string) *plan.Probe {
	if token != "" {
		request = set(request, x.op.Idempotency.Parameter, token)
	}
	p := &plan.Probe{Operation: x.op.Name, Params: request, Method: http.MethodPost, Scheme: wire.V1, Format: "JSON", Form: len(request) > 40}
	if x.shape != nil {
		x.shape(p)
	}
	return p
}

// again is send for a token that may still be worked on: then it waits.
func (x *tokenErrand) again(ctx context.Context, request wire.Params, token string) (*check.Answer, error) {
	var a *check.Answer
	err := x.s.Eventually(ctx, "the first request with the token to be done", func() (done bool, err error) {
		a, err = x.send(ctx, request, token)
		return err != nil || !x.busy(a), err
	})
	return a, err
}

// busy says that the answer is a documented refusal because an earlier request
// is still worked on.
func (x *tokenErrand) busy(a *check.Answer) bool {
	return slices.ContainsFunc(a.Rows, func(e *contract.Error) bool {
		return e == x.c.Idempotency.Processing || x.c.Class(e) == contract.ClassBusy
	})
}

// first sends the request and waits until what it asks for is done. A case
// cannot be judged by a request that is refused.
func (x *tokenErrand) first(ctx context.Context, token string) (*check.Answer, error) {
	a, err := x.send(ctx, x.request, token)
	if err != nil {
		return nil, err
	}
	switch {
	case !a.OK && x.nameless():
		return nil, plan.Skip(x.op.Name + " does not take " + strings.Join(x.tokenRepeater.names, " and ") + " in place of the id: " + a.Summary())
	case !a.OK:
		return nil, plan.Inconclusive("prepare: the first " + x.op.Name + " was answered " + a.Summary())
	}
	return a, x.settle(ctx, a)
}

// settle waits until what a success stands for is done.
func (x *tokenErrand) settle(ctx context.Context, a *check.Answer) error {
	switch {
	case x.makes():
		id, _ := memberText(a.Body, x.op.Effect.ID)
		return x.until(ctx, id+" to be listed", func(seen []string) bool { return slices.Contains(seen, id) })
	case x.op.Effect.Kind == "delete":
		return x.until(ctx, x.subject.ID+" to be gone", func(seen []string) bool { return len(seen) == 0 })
	}
	_, err := x.s.UsableOf(ctx, x.subject)
	return err
}

func (x *tokenErrand) until(ctx context.Context, what string, f func([]string) bool) error {
	return x.s.Eventually(ctx, what, func() (bool, error) {
		seen, err := x.see(ctx)
		return err == nil && f(seen), err
	})
}
