package emulator

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// entry is one element of a listing with its place in the order.
type entry struct {
	at   position
	view *wire.Map
}

// describe lists the resources that pass the request's filters, oldest first.
func describe(e *Emulator, q *request) (*wire.Map, *refusal) {
	all := e.snapshot(q)
	var found []entry
	filters := q.filters()
	for _, it := range all {
		if passes(it.view, filters) {
			found = append(found, it)
		}
	}
	_, means := e.means(q)
	return e.listing(q, bestMatches(found, means, q.input))
}

// snapshot returns all resources of the effect's kind as they are now.
func (e *Emulator) snapshot(q *request) []entry {
	c, s := e.locked(q)
	defer c.mu.Unlock()
	out := make([]entry, 0, len(s.list))
	for _, r := range s.list {
		out = append(out, entry{position{seq: r.seq}, e.show(r, q.plan.item)})
	}
	return out
}

// filter is one parameter that selects: each of its elements must be met when
// they are objects, any of them when they are scalars.
type filter struct {
	member string
	want   []wire.Params // of one element: members below, or one without name
	any    bool
}

// filters collects the given filters; those of one list of objects become one.
func (q *request) filters() []filter {
	var out []filter
	done := map[string]bool{}
	for _, f := range q.op.Effect.Filters {
		list, _, isList := cutIndex(f.Parameter)
		if done[list] || !q.input.has(list) {
			continue
		}
		done[list] = true
		member, _, _ := cutIndex(f.Member)
		out = append(out, filter{member, q.wanted(list), isList && q.input.has(list+".1") && q.scalars(list)})
	}
	return out
}

func (q *request) scalars(list string) bool {
	_, ok := q.input.get(list + ".1")
	return ok
}

func (q *request) wanted(path string) []wire.Params {
	if v, ok := q.input.get(path); ok {
		return []wire.Params{{{Name: "", Value: v}}}
	}
	var out []wire.Params
	for _, element := range q.input.concrete(path + ".N") {
		if v, ok := q.input.get(element); ok {
			out = append(out, wire.Params{{Name: "", Value: v}})
		} else {
			out = append(out, q.input.below(element))
		}
	}
	return out
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
		met := meets(value, want)
		if met == f.any {
			return met
		}
	}
	return !f.any
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
// then size, then age, where the request asks for that.
func bestMatches(found []entry, means *resource, in input) []entry {
	wanted := in.list(means.Match.Images)
	if means.Match.Images == "" || len(wanted) == 0 {
		return found
	}
	full := in.text(means.Match.Full) == "true"
	limit, limited := in.number(means.Match.Count)
	var out []entry
	hits := map[uint64]int{}
	for _, it := range found {
		n := matching(it.view, means, wanted)
		if n == 0 || full && n < len(wanted) || limited && n == len(wanted) && limit <= 0 {
			continue
		}
		if limited && n == len(wanted) {
			limit--
		}
		hits[it.at.seq] = n
		out = append(out, it)
	}
	slices.SortStableFunc(out, func(a, b entry) int { return hits[b.at.seq] - hits[a.at.seq] })
	return out
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
