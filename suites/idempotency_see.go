package suites

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// see returns what shows whether the deed is done: the ids of what it made, the
// values that it changes, or what is left of what it takes away.
func (d *deed) see(ctx context.Context) ([]string, error) {
	if d.makes() {
		return d.found(ctx, d.mark, d.request)
	}
	if d.op.Effect.Kind == "delete" && d.other != "" {
		return d.atPath(ctx)
	}
	item, found, err := d.s.ReadOf(ctx, d.subject)
	switch {
	case err != nil || !found:
		return nil, err
	case d.op.Effect.Kind == "delete":
		return []string{d.subject.ID}, nil
	}
	return d.written(item), nil
}

// written returns the members of an item that the operation writes.
func (d *deed) written(item *wire.Map) []string {
	op := d.op
	if d.other != "" {
		op = d.c.Operation(d.other)
	}
	var out []string
	for _, e := range op.Effect.Echo {
		values := texts(item, strings.Split(e.Member, "."))
		slices.Sort(values)
		out = append(out, fmt.Sprintf("%s=%q", e.Member, values))
	}
	return out
}

// found lists what carries the mark of a request, wherever that makes it.
func (d *deed) found(ctx context.Context, m ownMark, request wire.Params) ([]string, error) {
	kind := d.c.Resource(d.op.Effect.Resource)
	list := d.c.Operation(kind.List)
	params := wire.Params{{Name: regionNames(list)[0], Value: d.madeIn(request)}}
	for from, to := range m.filter {
		if value, ok := request.Get(from); ok {
			params = append(params, wire.Param{Name: to, Value: value})
		}
	}
	params = append(params, plan.Placing(list, d.op, request)...)
	slices.SortFunc(params[1:], func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	items, err := walkPages(ctx, d.s, &plan.Probe{Operation: list.Name, Params: params}, d.where.options()...)
	if err != nil {
		return nil, err
	}
	unique, _ := request.Get(m.value)
	var out []string
	for _, item := range items {
		if slices.Contains(texts(item, strings.Split(m.member, ".")), unique) {
			out = append(out, check.Text(item, kind.IDMember))
		}
	}
	slices.Sort(out)
	return out, nil
}

// madeIn is the region in which the request makes something.
func (d *deed) madeIn(request wire.Params) string {
	region := d.s.Region
	for i, name := range regionNames(d.op) {
		if value, ok := request.Get(name); ok && (i == 0 || d.op.Effect.Kind == "copy") {
			region = value
		}
	}
	return region
}

// atPath returns the ids of what has the names that the deletion gives.
func (d *deed) atPath(ctx context.Context) ([]string, error) {
	list := d.c.Operation(d.subject.Kind.List)
	params := wire.Params{{Name: regionNames(list)[0], Value: d.subject.Region}}
	for _, f := range list.Effect.Filters {
		if value, ok := d.request.Get(f.Parameter); ok && slices.Contains(d.recipe.names, f.Parameter) {
			params = append(params, wire.Param{Name: f.Parameter, Value: value})
		}
	}
	items, err := walkPages(ctx, d.s, &plan.Probe{Operation: list.Name, Params: params}, d.where.options()...)
	var out []string
	for _, item := range items {
		out = append(out, check.Text(item, d.subject.Kind.IDMember))
	}
	return out, err
}

// undoes reports whether there is a way to undo the deed, so that doing it a
// second time shows.
func (d *deed) undoes() bool {
	kind := d.op.Effect.Kind
	return kind == contract.Updates || kind == contract.Untags || kind == contract.Deletes && d.other != ""
}

// undo makes a difference that doing the deed again would wipe out: it writes
// other values, puts tags on again, or makes again what was deleted.
func (d *deed) undo(ctx context.Context) error {
	op := d.op.Name
	if d.other != "" {
		op = d.other
	}
	if d.op.Effect.Kind == contract.Deletes {
		return d.remake(ctx)
	}
	params := d.in[op].Minimal.Clone()
	for i, p := range params {
		if isResource(p.Value) {
			params[i].Value = d.subject.ID
		}
	}
	params = (&recipe{op: d.c.Operation(op)}).placed(params, d.where, d.s.Region)
	bound, err := d.s.Bind(ctx, params)
	if err != nil {
		return err
	}
	p := &plan.Probe{Operation: op, Params: bound, Method: http.MethodPost}
	var a *check.Answer
	waited := d.s.Eventually(ctx, op+" to be let in", func() (done bool, err error) {
		a, err = d.s.Probe(ctx, p, append(d.where.options(), plan.Bound())...)
		return err != nil || !isBusy(d.c, a), err
	})
	if waited != nil && !plan.IsTimeout(waited) {
		return waited
	}
	if !a.OK {
		return plan.Inconclusive("prepare: " + op + " was answered " + a.Summary())
	}
	_, err = d.s.UsableOf(ctx, d.subject)
	return err
}

// remake makes a resource of the names that the deletion gives.
func (d *deed) remake(ctx context.Context) error {
	var with wire.Params
	for _, name := range d.recipe.names {
		value, _ := d.request.Get(name)
		with = append(with, wire.Param{Name: name, Value: value})
	}
	r, err := d.s.Create(ctx, d.subject.Kind.Name, with, d.where.options()...)
	if err == nil {
		d.subject = r
	}
	return err
}

// maxWalk is how many pages a listing of what a case marked may have.
const maxWalk = 50

// walkPages returns the items of a listing through all its pages. A listing that
// is refused or does not end is Inconclusive: that is not what the case is about.
func walkPages(ctx context.Context, s *plan.Session, listing *plan.Probe, o ...plan.Option) ([]*wire.Map, error) {
	op := s.Contract.Operation(listing.Operation)
	p := *listing
	p.Method = http.MethodPost
	var out []*wire.Map
	for range maxWalk {
		a, err := s.Probe(ctx, &p, append(o, plan.Bound())...)
		if err != nil {
			return nil, err
		}
		if !a.OK {
			return nil, plan.Inconclusive(op.Name + " was answered " + a.Summary())
		}
		out = append(out, op.ItemsIn(a.Body)...)
		next := op.NextIn(a.Body)
		if next == "" {
			return out, nil
		}
		p.Params = set(p.Params, op.Effect.Next, next)
	}
	return nil, plan.Inconclusive(fmt.Sprintf("%s gave more than %d pages", op.Name, maxWalk))
}
