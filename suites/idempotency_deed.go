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

// recipe says how what an operation does is brought about and seen. It is made
// with the plan; a deed is it carried out at a target.
type recipe struct {
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

// recipe returns nil where nothing tells how the operation's effect is seen.
func (b *builder) recipe() *recipe {
	r := &recipe{b: b, c: b.c, in: b.in, op: b.op, template: b.input().Minimal.Clone()}
	switch b.op.Effect.Kind {
	case contract.Creates, contract.Copies:
		marks := b.marks()
		if len(marks) == 0 {
			return nil
		}
		r.mark = marks[0]
		r.template = b.marking(r.template, r.mark)
	case contract.Deletes:
		r.names = b.otherNames()
	case contract.Untags:
		for _, op := range b.c.Operations {
			if op.Effect.Kind == contract.Tags {
				r.other = op.Name
			}
		}
	}
	return r
}

func (r *recipe) makes() bool {
	return r.op.Effect.Kind.Makes()
}

// byName is the deletion of a resource by other parameters than its id.
func (r *recipe) byName() *recipe {
	named := *r
	named.other = r.c.Resource(r.op.Effect.Resource).Create
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

// deed is a recipe carried out at a target: one request, and what can be seen of it.
type deed struct {
	*recipe
	s       *plan.Session
	where   whereabouts
	clause  *contract.Clause // what the case is about
	request wire.Params      // bound, without a token
	subject *plan.Resource   // what it is done to; nil where it makes something
	token   string           // to send next; empty for none
	answer  *check.Answer    // the success that any other is held against; nil before
	shape   func(*plan.Probe)
}

// begin binds the request and makes ready what it is done to.
func (r *recipe) begin(ctx context.Context, s *plan.Session, clause *contract.Clause, w whereabouts) (*deed, error) {
	d := &deed{recipe: r, s: s, clause: clause, where: w}
	request, err := d.named(ctx, r.placed(r.template, w, s.Region))
	if err != nil {
		return nil, err
	}
	if d.request, err = s.Bind(ctx, request); err != nil {
		return nil, err
	}
	if r.op.Effect.Kind == contract.Untags {
		return d, d.undo(ctx) // there must be something to take off
	}
	return d, nil
}

// regions are the parameters that name a region: where the operation works, and
// for a copy where it copies to.
func regionNames(op *contract.Operation) []string {
	var out []string
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding {
			out = append(out, f.Name)
		}
	}
	return out
}

// placed moves the request to another account or into another region; a copy
// then goes the other way.
func (r *recipe) placed(p wire.Params, w whereabouts, home string) wire.Params {
	names := regionNames(r.op)
	if w != (whereabouts{}) {
		p = homeless(r.op, p)
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
func (d *deed) named(ctx context.Context, p wire.Params) (wire.Params, error) {
	out := p.Clone()
	for i, param := range out {
		kind, ok := strings.CutPrefix(param.Value, "$id:")
		if !ok {
			continue
		}
		r, err := d.resource(ctx, kind)
		if err != nil {
			return nil, err
		}
		d.subject, out[i].Value = r, r.ID
	}
	if d.subject == nil || !d.nameless() {
		return out, nil
	}
	return d.renamed(ctx, out)
}

// nameless reports whether the request names its subject otherwise than by its
// id.
func (d *deed) nameless() bool { return d.recipe.names != nil && d.other != "" }

// renamed names the subject by other parameters than its id.
func (d *deed) renamed(ctx context.Context, p wire.Params) (wire.Params, error) {
	item, found, err := d.s.ReadOf(ctx, d.subject)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, plan.Inconclusive("prepare: " + d.subject.ID + " is not listed")
	}
	out := drop(p, d.subject.Kind.IDParameter)
	for _, name := range d.recipe.names {
		text, _ := memberText(item, name)
		out = set(out, name, text)
	}
	return out, nil
}

// resource gives a usable resource where the deed is done.
func (d *deed) resource(ctx context.Context, kind string) (*plan.Resource, error) {
	if d.where == (whereabouts{}) {
		return d.s.Lease(ctx, kind)
	}
	var with wire.Params
	if r := d.c.Resource(kind); d.where.region != "" && r != nil {
		with = wire.Params{{Name: regionNames(d.c.Operation(r.Create))[0], Value: d.where.region}}
	}
	made, err := d.s.Create(ctx, kind, with, d.where.options()...)
	if why, ok := plan.IsInconclusive(err); ok && ctx.Err() == nil {
		// The profile's things belong to the default account in its region.
		return nil, plan.Skip("there is no " + kind + " elsewhere to do it to: " + why)
	}
	return made, err
}

// send sends the request with the token, or without one where there is none.
func (d *deed) send(ctx context.Context, request wire.Params, o ...plan.Option) (*check.Answer, error) {
	return d.s.Probe(ctx, d.probe(request), append(d.where.options(), append(o, plan.Bound())...)...)
}

func (d *deed) probe(request wire.Params) *plan.Probe {
	if d.token != "" {
		request = set(request, d.op.Idempotency.Parameter, d.token)
	}
	p := &plan.Probe{Operation: d.op.Name, Params: request, Method: http.MethodPost, Scheme: wire.V1, Format: "JSON", Form: len(request) > 40}
	if d.shape != nil {
		d.shape(p)
	}
	return p
}

// again is send for a token that may still be worked on: then it waits.
func (d *deed) again(ctx context.Context, request wire.Params) (*check.Answer, error) {
	var a *check.Answer
	err := d.s.Eventually(ctx, "the first request with the token to be done", func() (done bool, err error) {
		a, err = d.send(ctx, request)
		return err != nil || !isBusy(d.c, a), err
	})
	return a, err
}

// first sends the request, keeps its answer, and waits until what it asks for is
// done. A case cannot be judged by a request that is refused.
func (d *deed) first(ctx context.Context) error {
	a, err := d.again(ctx, d.request)
	if err != nil {
		return err
	}
	switch {
	case !a.OK && d.nameless():
		return plan.Skip(d.op.Name + " does not take " + strings.Join(d.recipe.names, " and ") + " in place of the id: " + a.Summary())
	case !a.OK:
		return plan.Inconclusive("prepare: the first " + d.op.Name + " was answered " + a.Summary())
	}
	d.answer = a
	return d.settle(ctx)
}

// settle waits until what the success stands for is done.
func (d *deed) settle(ctx context.Context) error {
	switch {
	case d.makes():
		id := d.idIn(d.answer)
		return d.listed(ctx, id, func(seen []string) bool { return slices.Contains(seen, id) })
	case d.op.Effect.Kind == contract.Deletes:
		return d.until(ctx, d.subject.ID+" to be gone", func(seen []string) bool { return len(seen) == 0 })
	}
	_, err := d.s.UsableOf(ctx, d.subject)
	return err
}

func (d *deed) listed(ctx context.Context, what string, f func([]string) bool) error {
	return d.s.Listed(ctx, what+" to be listed", func() (bool, error) {
		seen, err := d.see(ctx)
		return err == nil && f(seen), err
	})
}

func (d *deed) until(ctx context.Context, what string, f func([]string) bool) error {
	return d.s.Eventually(ctx, what, func() (bool, error) {
		seen, err := d.see(ctx)
		return err == nil && f(seen), err
	})
}
