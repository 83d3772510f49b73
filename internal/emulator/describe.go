package emulator

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// entry is one element of a listing with its place in the order.
type entry struct {
	at   position
	view *wire.Map
}

// describe lists the resources that pass the request's filters, oldest first.
func describe(e *Emulator, q *request) (*wire.Map, *refusal) {
	var found []entry
	filters := q.filters()
	for _, it := range e.snapshot(q, filters) {
		if passes(it.view, filters) {
			found = append(found, it)
		}
	}
	_, means := e.means(q)
	return e.listing(q, bestMatches(found, means, q.input))
}

// snapshot returns all resources of the effect's kind as they are now, but for
// those whose id the filters rule out: they need not be drawn.
func (e *Emulator) snapshot(q *request, filters []filter) []entry {
	c, s := e.locked(q)
	defer c.mu.Unlock()
	out := make([]entry, 0, len(s.list))
	for _, r := range s.list {
		if !ruledOut(r, filters) {
			out = append(out, entry{position{seq: r.seq}, e.show(r, q.plan.item)})
		}
	}
	return out
}

func ruledOut(r *record, filters []filter) bool {
	i := slices.IndexFunc(filters, func(f filter) bool { return f.member == r.kind.IDMember })
	return i >= 0 && !filters[i].passes(r.id)
}

// filter is one parameter that selects. Each element that it gives must be met
// by the member, or any of them where they are alternatives.
type filter struct {
	member string
	// want holds the elements: for objects their members by name, for scalars
	// one value without a name.
	want []wire.Params
	// either makes the elements alternatives: ids of which the item has one.
	either bool
}

// filters collects the given filters, and those that are filled in. What the contract says of the members of
// a list's elements, Tag.N.Key and Tag.N.Value, is one filter: a tag must have
// both.
func (q *request) filters() []filter {
	var out []filter
	done := map[string]bool{}
	in := q.plan.complete(q.input)
	for _, f := range q.op.Effect.Filters {
		path, _, isList := cutIndex(f.Parameter)
		if done[path] || !in.has(path) {
			continue
		}
		done[path] = true
		member, _, _ := cutIndex(f.Member)
		_, scalars := in.get(path + ".1")
		want := []wire.Params{{{Value: in.text(path)}}}
		if isList {
			want = q.wanted(path)
		}
		out = append(out, filter{member: member, want: want, either: isList && scalars})
	}
	return out
}

// wanted returns the elements that a filter of a list gives.
func (q *request) wanted(path string) []wire.Params {
	var out []wire.Params
	for _, element := range q.input.concrete(path + ".N") {
		if v, ok := q.input.get(element); ok {
			out = append(out, wire.Params{{Value: v}})
			continue
		}
		out = append(out, q.selecting(path, q.input.below(element)))
	}
	return out
}

// selecting keeps the members of an element that the contract says select.
func (q *request) selecting(path string, members wire.Params) wire.Params {
	return slices.DeleteFunc(members, func(p wire.Param) bool {
		return !slices.ContainsFunc(q.op.Effect.Filters, func(f contract.Filter) bool { return f.Parameter == path+".N."+p.Name })
	})
}

func passes(view *wire.Map, filters []filter) bool {
	for _, f := range filters {
		if !f.passes(at(view, f.member)) {
			return false
		}
	}
	return true
}

func (f filter) passes(value any) bool {
	for _, want := range f.want {
		if met := meets(value, want); met == f.either {
			return met
		}
	}
	return !f.either
}

// meets says whether a value, or one element of a list, is what is wanted.
func meets(value any, want wire.Params) bool {
	if list, ok := value.([]any); ok {
		return slices.ContainsFunc(list, func(v any) bool { return meets(v, want) })
	}
	for _, w := range want {
		v := value
		if m, ok := value.(*wire.Map); ok {
			v, _ = m.Get(w.Name)
		}
		if plain(v) != w.Value {
			return false
		}
	}
	return true
}

// at returns the value at a dotted path of objects.
func at(view *wire.Map, path string) any {
	name, rest, nested := strings.Cut(path, ".")
	v, _ := view.Get(name)
	if m, ok := v.(*wire.Map); ok && nested {
		return at(m, rest)
	}
	return v
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return "\x00"
}

// listing answers with a page of what was found.
func (e *Emulator) listing(q *request, found []entry) (*wire.Map, *refusal) {
	page, next, no := e.page(q, found)
	if no != nil {
		return nil, no
	}
	effect := q.op.Effect
	out := &wire.Map{}
	for _, m := range q.op.Response.Members {
		switch m.Name {
		case q.plan.items.Name:
			out.Set(m.Name, views(page))
		case effect.Next:
			if next != "" {
				out.Set(m.Name, next)
			}
		case effect.Total:
			out.Set(m.Name, count(len(found)))
		}
	}
	return out, nil
}

func views(page []entry) []any {
	out := make([]any, len(page))
	for i, it := range page {
		out[i] = it.view
	}
	return out
}

// bestMatches orders image caches by how many of the wanted images they hold,
// the newest first among equals, where the request asks for that.
func bestMatches(found []entry, means *resource, in input) []entry {
	wanted := in.list(means.Match.Images)
	if means.Match.Images == "" || len(wanted) == 0 {
		return found
	}
	least := 1
	if in.text(means.Match.Full) == "true" {
		least = len(wanted)
	}
	hits := map[uint64]int{}
	for _, it := range found {
		hits[it.at.seq] = matching(it.view, means, wanted)
	}
	out := slices.DeleteFunc(found, func(it entry) bool { return hits[it.at.seq] < least })
	slices.SortFunc(out, func(a, b entry) int {
		return cmp.Or(hits[b.at.seq]-hits[a.at.seq], cmp.Compare(b.at.seq, a.at.seq))
	})
	return fewer(out, means, in, func(it entry) bool { return hits[it.at.seq] == len(wanted) })
}

// fewer drops the full matches beyond the number that the request asks for.
func fewer(found []entry, means *resource, in input, full func(entry) bool) []entry {
	limit, limited := in.number(means.Match.Count)
	if !limited {
		return found
	}
	return slices.DeleteFunc(found, func(it entry) bool {
		if !full(it) {
			return false
		}
		limit--
		return limit < 0
	})
}

func matching(view *wire.Map, means *resource, wanted []string) int {
	n := 0
	images := at(view, means.Match.Member)
	for _, w := range wanted {
		if meets(images, wire.Params{{Value: w}}) {
			n++
		}
	}
	return n
}
