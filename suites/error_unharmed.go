package suites

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// changing are the effects after which a resource may be another.
var changing = []contract.EffectKind{contract.Updates, contract.Deletes, contract.Copies, contract.Tags, contract.Untags}

// look reads the resource that the request is about; nil where there is none
// that it could change.
func (t *attempt) look(ctx context.Context, s *plan.Session) (*wire.Map, error) {
	kind, id := t.target()
	if kind == nil || !slices.Contains(changing, t.op.Effect.Kind) {
		return nil, nil
	}
	item, found, err := s.Read(ctx, kind.Name, id)
	if err == nil && !found {
		err = plan.Inconclusive("prepare " + contract.Articled(kind.Name) + ": " + id + " is not in its listing")
	}
	return item, err
}

// target is the resource that the request names.
func (t *attempt) target() (kind *contract.Resource, id string) {
	for _, q := range t.base {
		name, ok := strings.CutPrefix(q.Value, "$id:")
		if kind = t.c.Resource(name); ok && kind != nil {
			id, _ = t.params.Get(q.Name)
			return kind, id
		}
	}
	return nil, ""
}

// unharmed holds that a refused request has done nothing. Behind an answer 5xx
// the work may have been done: no page says otherwise.
func (t *attempt) unharmed(ctx context.Context, s *plan.Session, a *check.Answer, before *wire.Map) error {
	if a.Status >= 500 {
		return nil
	}
	if before != nil {
		if err := t.same(ctx, s, before); err != nil {
			return err
		}
	}
	if kind := t.op.Effect.Kind; kind == contract.Creates || kind == contract.Copies {
		return t.nothingMade(ctx, s)
	}
	return nil
}

// same holds that the resource is as it was.
func (t *attempt) same(ctx context.Context, s *plan.Session, before *wire.Map) error {
	kind, id := t.target()
	after, found, err := s.Read(ctx, kind.Name, id)
	switch {
	case err != nil:
		return err
	case !found:
		s.Find(t.harm("/", "the resource is there as before", id+" is gone"))
		return nil
	}
	was, is := t.lasting(kind, before), t.lasting(kind, after)
	if pointer, same := wire.Equal(was, is); !same {
		want, _ := check.Lookup(was, pointer)
		got, _ := check.Lookup(is, pointer)
		s.Find(t.harm(pointer, "as before: "+string(wire.EncodeJSON(want)), string(wire.EncodeJSON(got))))
	}
	return nil
}

func (t *attempt) harm(pointer, want, got string) check.Finding {
	return check.Found(capped(t.row.Row, t.level), pointer, "a refused request changes nothing: "+want, got)
}

// lasting is the part of an item that only a request can change. A resource
// that this is about has settled, so its state is part of it.
func (t *attempt) lasting(kind *contract.Resource, item *wire.Map) *wire.Map {
	list := t.c.Operation(kind.List)
	out := &wire.Map{}
	for _, f := range list.Response.Find(list.Effect.Items + ".N").Members {
		if slices.Contains(kind.Volatile, f.Name) && f.Name != kind.StateMember {
			continue
		}
		if v, ok := item.Get(f.Name); ok {
			out.Set(f.Name, ordered(v))
		}
	}
	return out
}

// ordered sorts the lists of a value: no page promises their order.
func ordered(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b any) int { return bytes.Compare(wire.EncodeJSON(a), wire.EncodeJSON(b)) })
	return list
}

// nothingMade holds that nothing has the name that a refused creation asked
// for. Where the account may not list, that cannot be seen.
func (t *attempt) nothingMade(ctx context.Context, s *plan.Session) error {
	kind := t.c.Resource(t.op.Effect.Resource)
	list := t.c.Operation(kind.List)
	filter, value := t.ownName(list)
	if filter == nil {
		return nil
	}
	params := wire.Params{{Name: first(filter.Parameter), Value: value}}
	if f := regionField(list); f != nil {
		params = params.Set(f.Name, t.region(s))
	}
	options := []plan.Option{plan.Bound(), plan.Throttling()}
	if t.as != "" {
		options = append(options, plan.As(t.as))
	}
	a, err := s.Probe(ctx, &plan.Probe{Operation: list.Name, Params: params, Method: "POST"}, options...)
	if err != nil || !a.OK {
		return err
	}
	if slices.Contains(texts(a.Body, strings.Split(list.Effect.Items+".N."+filter.Member, ".")), value) {
		s.Find(t.harm("/"+list.Effect.Items, "nothing is called "+value, "one is there"))
		t.clear(s, kind, texts(a.Body, strings.Split(list.Effect.Items+".N."+kind.IDMember, ".")))
	}
	return nil
}

// clear deletes what should not be there, where it is known to be ours.
func (t *attempt) clear(s *plan.Session, kind *contract.Resource, ids []string) {
	if t.as == "" && t.region(s) == s.Region && len(ids) == 1 {
		s.Cleanup(kind.Name, ids[0])
	}
}

// ownName is a filter of the listing and the value, unique to this case, that
// what the request asks for would have there.
func (t *attempt) ownName(list *contract.Operation) (*contract.Filter, string) {
	for _, e := range t.op.Effect.Echo {
		template, _ := t.base.Get(e.Parameter)
		if !strings.HasPrefix(template, "$name") && !strings.Contains(template, "${name") {
			continue
		}
		for i, f := range list.Effect.Filters {
			if f.Member == e.Member {
				value, _ := t.params.Get(e.Parameter)
				return &list.Effect.Filters[i], value
			}
		}
	}
	return nil, ""
}

// regionField is the first parameter that names a region.
func regionField(op *contract.Operation) *contract.Field {
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding {
			return f
		}
	}
	return nil
}

// region is where the request would make its resource: the last region that it
// names.
func (t *attempt) region(s *plan.Session) string {
	region := s.Region
	for _, f := range t.op.Parameters {
		if value, ok := t.params.Get(f.Name); ok && f.Binding == contract.RegionBinding {
			region = value
		}
	}
	return region
}

func sortedParams(set map[string]string) wire.Params {
	var out wire.Params
	for _, name := range slices.Sorted(maps.Keys(set)) {
		out = append(out, wire.Param{Name: name, Value: set[name]})
	}
	return out
}
