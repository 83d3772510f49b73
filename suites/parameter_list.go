package suites

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// list sends lists at the bounds of their length, and lists whose indexes are
// not 1, 2, 3, ….
func (b *builder) list(f *contract.Field) {
	switch {
	case f.Type == contract.Array && f.Encoding != "json":
	case f.Encoding == "comma":
		b.packed(f)
		return
	default:
		return
	}
	l := b.listOf(f)
	if l.one == nil {
		return
	}
	b.listLengths(l)
	b.listIndexes(l)
}

// list is a list parameter in a valid request.
type list struct {
	field *contract.Field
	name  string      // on the wire: AcrRegistryInfo.1.Domain
	rest  wire.Params // the request without the list
	one   wire.Params // its first element
	// real says that each element names a real thing, always the same: what is
	// made up would be refused for not being there.
	real bool
}

func (b *builder) listOf(f *contract.Field) list {
	base, name := b.around(f.Path), first(f.Path)
	l := list{field: f, name: name, rest: drop(base, name)}
	if one := below(base, name+".1"); len(one) > 0 {
		l.one = one
	}
	l.real = slices.ContainsFunc(l.one, func(p wire.Param) bool {
		g := fieldBelow(f, p.Name)
		return g != nil && g.Binding != "" && p.Value == "$binding"
	})
	return l
}

// element returns the list's element i under an index as the wire would show
// it, with values that differ from those of the other elements where values
// can be made up.
func (l list) element(i int, index string) wire.Params {
	out := l.one.Clone()
	for k, p := range out {
		out[k].Name = l.name + "." + index + strings.TrimPrefix(p.Name, l.name+".1")
		out[k].Value = another(fieldBelow(l.field, p.Name), p.Value, i)
		if l.real && i > 1 && p.Value == "$binding" {
			out[k].Value = "$binding:" + p.Name
		}
	}
	return out
}

// of returns the request with n elements.
func (l list) of(n int) wire.Params {
	out := l.rest.Clone()
	for i := 1; i <= n; i++ {
		out = append(out, l.element(i, strconv.Itoa(i))...)
	}
	return out
}

// indexed returns the request with elements under the given indexes.
func (l list) indexed(indexes ...string) wire.Params {
	out := l.rest.Clone()
	for i, index := range indexes {
		out = append(out, l.element(i+1, index)...)
	}
	return out
}

func fieldBelow(f *contract.Field, name string) *contract.Field {
	return f.Find(contract.Generic(name))
}

// another returns a text like the given one for element i of a list: the same
// where it is no text to make up, or a made-up id where it names a thing.
func another(f *contract.Field, text string, i int) string {
	switch {
	case i == 1 || f == nil || f.Type != contract.String || len(f.Enum) > 0 || text == "":
		return text
	case isThing(text) && f.Example != "":
		return strings.TrimRight(f.Example, "*") + fmt.Sprintf("%03d", i)
	case isTemplate(text):
		return text
	case strings.Contains(text, ".") && !strings.ContainsAny(text, "/:"):
		return "n" + strconv.Itoa(i) + "." + text
	default:
		return text + "-" + strconv.Itoa(i)
	}
}

// madeUp reports whether further elements of the list name things that do not
// exist.
func (l list) madeUp() bool {
	for _, p := range l.one {
		if isThing(p.Value) {
			return true
		}
	}
	return false
}

func (b *builder) listLengths(l list) {
	f := l.field
	b.acceptedOnce(single{
		subject: f.Path, variant: "items-1", params: l.of(1), path: f.Path, change: "with one element of " + l.name,
	}, f.Clauses["type"])
	if f.MaxItems == nil {
		return
	}
	clause := f.Clauses["maxItems"]
	for i, suffix := range []string{"-1", "", "+1"} {
		n := *f.MaxItems + i - 1
		c := single{
			subject: f.Path, variant: "maxItems" + suffix, params: l.of(n), path: f.Path,
			change: fmt.Sprintf("with %d elements of %s", n, l.name), real: l.real,
		}
		switch {
		case n > *f.MaxItems:
			b.violated(c, clause, "maxItems", l.name)
		case n > 0 && !l.madeUp():
			b.acceptedOnce(c, clause)
		case n > 0 && b.op.Effect.Kind == contract.Reads:
			b.acceptedOnce(c, capped(clause, contract.Inferred))
		}
	}
}

// listIndexes breaks the numbering of a list that is otherwise fine.
func (b *builder) listIndexes(l list) {
	for _, v := range []struct {
		variant, kind, change string
		params                wire.Params
	}{
		{"index-zero", "index", "that starts at 0", l.indexed("1", "0")},
		{"index-gap", "index", "with a gap: 1, 3", l.indexed("1", "3")},
		{"index-leadingZero", "index", "with a leading zero: 1, 02", l.indexed("1", "02")},
		{"index-negative", "index", "with a negative index: 1, -2", l.indexed("1", "-2")},
		{"index-word", "index", "with a word as index: 1, N", l.indexed("1", "N")},
		{"index-duplicate", "duplicate", "with an index twice: 1, 1", l.indexed("1", "1")},
	} {
		violation := b.c.Violation(v.kind)
		if violation == nil {
			continue
		}
		b.violated(single{
			subject: l.field.Path, variant: v.variant, params: v.params, path: l.field.Path,
			change: "with a list " + l.name + " " + v.change, real: l.real,
		}, violation.Error.Row, v.kind, l.name)
	}
}

// packed sends a list that is packed into one text with an element too many.
// That many real things to name are on no target: the cases about valid ones
// name a single thing.
func (b *builder) packed(f *contract.Field) {
	name := first(f.Path)
	item := f.Example
	if f.MaxItems == nil || item == "" {
		return
	}
	text := strings.Repeat(item+",", *f.MaxItems) + item
	b.violated(single{
		subject: f.Path, variant: "maxItems+1", params: set(b.around(f.Path), name, text),
		change: "with " + strconv.Itoa(*f.MaxItems+1) + " elements in " + name,
	}, f.Clauses["maxItems"], "maxItems", name)
	if f.Binding == "" {
		return
	}
	// One real thing too often: who does not count takes it. That nobody
	// counts each thing once is not said.
	one := "${binding:" + name + "}"
	b.accepted(single{
		subject: f.Path, variant: "two-real", params: set(b.around(f.Path), name, one+","+one),
		change: "with one thing twice in " + name, path: f.Path,
	}, capped(f.Clauses["maxItems"], contract.Should))
	b.violated(single{
		subject: f.Path, variant: "maxItems+1-real", params: set(b.around(f.Path), name, strings.Repeat(one+",", *f.MaxItems)+one),
		change: "with one thing " + strconv.Itoa(*f.MaxItems+1) + " times in " + name, path: f.Path,
	}, capped(f.Clauses["maxItems"], contract.Should), "maxItems", name)
}
