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
func (x *tokenErrand) see(ctx context.Context) ([]string, error) {
	if x.makes() {
		return x.found(ctx, x.mark, x.request)
	}
	if x.op.Effect.Kind == "delete" && x.other != "" {
		return x.atPath(ctx)
	}
	item, found, err := x.s.ReadOf(ctx, x.subject)
	switch {
	case err != nil || !found:
		return nil, err
	case x.op.Effect.Kind == "delete":
		return []string{x.subject.ID}, nil
	}
	return x.written(item), nil
}

// written returns the members of an item that the operation writes.
func (x *tokenErrand) written(item *wire.Map) []string {
	op := x.op
	if x.other != "" {
		op = x.c.Operation(x.other)
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
func (x *tokenErrand) found(ctx context.Context, m ownMark, request wire.Params) ([]string, error) {
	kind := x.c.Resource(x.op.Effect.Resource)
	list := x.c.Operation(kind.List)
	params := wire.Params{{Name: regionNames(list)[0], Value: x.madeIn(request)}}
	for from, to := range m.filter {
		if value, ok := request.Get(from); ok {
			params = append(params, wire.Param{Name: to, Value: value})
		}
	}
	params = append(params, plan.Placing(list, x.op, request)...)
	slices.SortFunc(params[1:], func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	items, err := walkPages(ctx, x.s, &plan.Probe{Operation: list.Name, Params: params}, x.where.options()...)
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
func (x *tokenErrand) madeIn(request wire.Params) string {
	region := x.s.Region
	for i, name := range regionNames(x.op) {
		if value, ok := request.Get(name); ok && (i == 0 || x.op.Effect.Kind == "copy") {
			region = value
		}
	}
	return region
}

// atPath returns the ids of what has the names that the deletion gives.
func (x *tokenErrand) atPath(ctx context.Context) ([]string, error) {
	list := x.c.Operation(x.subject.Kind.List)
	params := wire.Params{{Name: regionNames(list)[0], Value: x.subject.Region}}
	for _, f := range list.Effect.Filters {
		if value, ok := x.request.Get(f.Parameter); ok && slices.Contains(x.tokenRepeater.names, f.Parameter) {
			params = append(params, wire.Param{Name: f.Parameter, Value: value})
		}
	}
	items, err := walkPages(ctx, x.s, &plan.Probe{Operation: list.Name, Params: params}, x.where.options()...)
	var out []string
	for _, item := range items {
		out = append(out, check.Text(item, x.subject.Kind.IDMember))
	}
	return out, err
}

// undoes reports whether there is a way to undo the deed, so that doing it a
// second time shows.
func (x *tokenErrand) undoes() bool {
	kind := x.op.Effect.Kind
	return kind == "update" || kind == "untag" || kind == "delete" && x.other != ""
}

// undo makes a difference that doing the deed again would wipe out: it writes
// other values, puts tags on again, or makes again what was deleted.
func (x *tokenErrand) undo(ctx context.Context) error {
	op := x.op.Name
	if x.other != "" {
		op = x.other
	}
	if x.op.Effect.Kind == "delete" {
		return x.remake(ctx)
	}
	params := x.in[op].Minimal.Clone()
	for i, p := range params {
		if isResource(p.Value) {
			params[i].Value = x.subject.ID
		}
	}
	params = (&tokenRepeater{op: x.c.Operation(op)}).placed(params, x.where, x.s.Region)
	bound, err := x.s.Bind(ctx, params)
	if err != nil {
		return err
	}
	p := &plan.Probe{Operation: op, Params: bound, Method: http.MethodPost}
	a, err := x.s.Probe(ctx, p, append(x.where.options(), plan.Bound())...)
	if err != nil {
		return err
	}
	if !a.OK {
		return plan.Inconclusive("prepare: " + op + " was answered " + a.Summary())
	}
	_, err = x.s.UsableOf(ctx, x.subject)
	return err
}

// remake makes a resource of the names that the deletion gives.
func (x *tokenErrand) remake(ctx context.Context) error {
	var with wire.Params
	for _, name := range x.tokenRepeater.names {
		value, _ := x.request.Get(name)
		with = append(with, wire.Param{Name: name, Value: value})
	}
	r, err := x.s.Create(ctx, x.subject.Kind.Name, with, x.where.options()...)
	if err == nil {
		x.subject = r
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
		out = append(out, itemsOf(op, a)...)
		next := nextOf(op, a)
		if next == "" {
			return out, nil
		}
		p.Params = set(p.Params, op.Effect.Next, next)
	}
	return nil, plan.Inconclusive(fmt.Sprintf("%s gave more than %d pages", op.Name, maxWalk))
}

func itemsOf(op *contract.Operation, a *check.Answer) []*wire.Map {
	v, _ := check.Lookup(a.Body, "/"+strings.ReplaceAll(op.Effect.Items, ".", "/"))
	list, _ := v.([]any)
	var out []*wire.Map
	for _, item := range list {
		if m, ok := item.(*wire.Map); ok {
			out = append(out, m)
		}
	}
	return out
}

func nextOf(op *contract.Operation, a *check.Answer) string {
	m, _ := a.Body.(*wire.Map)
	if m == nil || op.Effect.Next == "" {
		return ""
	}
	return check.Text(m, op.Effect.Next)
}
