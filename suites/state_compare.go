package suites

import (
	"slices"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// keeps compares two items of one resource: all members that the contract lists
// must be the same, but for those that change by themselves and those named.
// Members that the contract does not know are the target's own business.
func (t *stage) keeps(before, after *wire.Map, clause *contract.Clause, named ...string) []check.Finding {
	if after == nil {
		return []check.Finding{check.Found(clause, "/"+t.kind.IDMember, "the "+t.kind.Name+" as before", "nothing: it is gone")}
	}
	var out []check.Finding
	for _, member := range t.steady(named) {
		was, now := plainly(member, memberOf(before, member.Name)), plainly(member, memberOf(after, member.Name))
		if pointer, same := wire.Equal(was, now); !same {
			out = append(out, check.Found(clause, "/"+member.Name+pointer, "as before: "+asText(was), asText(now)))
		}
	}
	return out
}

// steady are the members of a list item that no time changes, without those
// named.
func (t *stage) steady(named []string) []*contract.Field {
	list := t.Contract.Operation(t.kind.List)
	items := list.Response.Find(list.Effect.Items)
	return slices.DeleteFunc(slices.Clone(items.Items.Members), func(f *contract.Field) bool {
		return slices.Contains(t.kind.Volatile, f.Name) || slices.ContainsFunc(named, func(n string) bool { return top(n) == f.Name })
	})
}

func memberOf(item *wire.Map, name string) any {
	v, _ := item.Get(name)
	return v
}

// plainly returns the value without what the contract does not list, with lists
// in an order of their own, and with what is empty as nothing: whether that is
// shown is not said.
func plainly(f *contract.Field, v any) any {
	switch v := v.(type) {
	case *wire.Map:
		return plainMap(f, v)
	case []any:
		return plainList(f, v)
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

func plainMap(f *contract.Field, v *wire.Map) any {
	if v == nil {
		return nil
	}
	out := &wire.Map{}
	for _, m := range f.Members {
		if inner := plainly(m, memberOf(v, m.Name)); inner != nil {
			out.Set(m.Name, inner)
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return out
}

func plainList(f *contract.Field, v []any) any {
	if len(v) == 0 || f.Items == nil {
		return nil
	}
	out := make([]any, len(v))
	for i := range v {
		out[i] = plainly(f.Items, v[i])
	}
	slices.SortFunc(out, func(a, b any) int { return slices.Compare(wire.EncodeJSON(a), wire.EncodeJSON(b)) })
	return out
}

func asText(v any) string {
	if v == nil {
		return "nothing"
	}
	return string(wire.EncodeJSON(v))
}
