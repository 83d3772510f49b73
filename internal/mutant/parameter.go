package mutant

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// everyField returns the fields and all below them, parents first.
func everyField(fields []*contract.Field) []*contract.Field {
	var out []*contract.Field
	for _, f := range fields {
		out = append(append(out, f), everyField(parts(f))...)
	}
	return out
}

// parts are the fields that a field is made of: not those that are packed into
// one text with others, nor the keys of a map, which are the caller's business.
func parts(f *contract.Field) []*contract.Field {
	switch {
	case f.Type == contract.Map:
		return nil
	case f.Items != nil && f.Encoding == "":
		return []*contract.Field{f.Items}
	}
	return f.Members
}

// fieldMutants drop and move what the contract says about each parameter.
func fieldMutants(g *generator) {
	for _, op := range g.c.Operations {
		for _, f := range everyField(op.Parameters) {
			x := fieldOf{g, op, f}
			x.presence()
			x.types()
			x.bounds()
			x.lengths()
			x.enums()
			x.lists()
			x.defaults()
		}
	}
}

// fieldOf is a parameter of an operation on its way to mutants.
type fieldOf struct {
	*generator
	op *contract.Operation
	f  *contract.Field
}

// mutant breaks the clause of a keyword; without the clause there is nothing to
// break.
func (x fieldOf) mutant(keyword, what, summary string, edit func(*contract.Field)) {
	clause := x.f.Clauses[keyword]
	if clause == nil {
		return
	}
	op, path := x.op.Name, x.f.Path
	x.add(Mutant{
		ID: op + "/" + path + "/" + what, Clause: clause.ID, Operation: op,
		Summary: fmt.Sprintf("%s %s.", path, summary),
		edit:    func(c *contract.Contract) { edit(c.Operation(op).Parameter(path)) },
	})
}

// presence lets what is required be left out or empty. What names the resource
// that the operation works on cannot be left out however the contract reads:
// there is nothing to work on, which is the same answer. An element whose only
// member is left out is not there at all.
func (x fieldOf) presence() {
	alone := x.f.Parent != nil && len(x.f.Parent.Members) == 1
	if x.f.Required && !alone && !isKey(x.op, x.f.Path) {
		x.mutant("required", "optional", "may be left out", func(f *contract.Field) {
			f.Required, f.MinLength = false, nil
			delete(f.Clauses, "nonEmpty")
		})
	}
	x.mutant("nonEmpty", "empty", "may be empty", func(f *contract.Field) {
		f.AllowEmpty = true
		delete(f.Clauses, "nonEmpty")
	})
	if !x.f.Required && x.f.Parent == nil && x.f.Type != contract.Map {
		x.mutant("type", "mandatory", "must be given", func(f *contract.Field) { f.Required = true })
	}
}

func isKey(op *contract.Operation, path string) bool {
	return slices.ContainsFunc(op.Effect.Key, func(key []string) bool { return slices.Contains(key, path) })
}

// types takes any text for a value that is none.
func (x fieldOf) types() {
	switch x.f.Type {
	case contract.Integer, contract.Number, contract.Boolean:
		x.mutant("type", "anyText", "takes any text", func(f *contract.Field) {
			f.Type, f.Format, f.Enum, f.Minimum, f.Maximum = contract.String, "", nil, nil, nil
		})
	}
	// Within bounds that 32 bits hold, a number that they do not hold is over
	// the bound: the same answer.
	if x.f.Format == "int32" && (x.f.Minimum == nil || x.f.Maximum == nil) {
		x.mutant("format", "wide", "takes 64 bits", func(f *contract.Field) { f.Format = "int64" })
	}
	x.mutant("pattern", "anyForm", "takes a text of any form", func(f *contract.Field) { f.Pattern = "" })
}

// bounds moves each bound by one to both sides. Beyond 32 bits another promise
// refuses the value.
func (x fieldOf) bounds() {
	for _, b := range []struct {
		keyword string
		at      func(*contract.Field) **int64
	}{
		{"minimum", func(f *contract.Field) **int64 { return &f.Minimum }},
		{"maximum", func(f *contract.Field) **int64 { return &f.Maximum }},
	} {
		now := *b.at(x.f)
		if now == nil {
			continue
		}
		for _, by := range []int64{-1, 1} {
			if next := *now + by; x.f.Format == "int32" && (next > math.MaxInt32 || next < math.MinInt32) {
				continue
			}
			x.mutant(b.keyword, b.keyword+signed(by), fmt.Sprintf("has the %s %d", b.keyword, *now+by), func(f *contract.Field) {
				next := *now + by
				*b.at(f) = &next
			})
		}
	}
}

func signed[T int | int64](n T) string { return fmt.Sprintf("%+d", n) }

// lengths moves the bounds of a text's length. A text of no length at all is
// refused as empty before it is refused as short.
func (x fieldOf) lengths() {
	x.count("minLength", x.f.MinLength, func(f *contract.Field) **int { return &f.MinLength })
	x.count("maxLength", x.f.MaxLength, func(f *contract.Field) **int { return &f.MaxLength })
}

func (x fieldOf) count(keyword string, now *int, at func(*contract.Field) **int) {
	if now == nil {
		return
	}
	for _, by := range []int{-1, 1} {
		next := *now + by
		if next < 0 || strings.HasPrefix(keyword, "min") && next == 0 && (x.f.Clauses["nonEmpty"] != nil || x.f.Type == contract.Array) {
			continue
		}
		x.mutant(keyword, keyword+signed(by), fmt.Sprintf("has the %s %d", keyword, next), func(f *contract.Field) { *at(f) = &next })
	}
}

// lists moves the bounds of a list's length. One tag too many is refused by
// what tagging itself allows, with the same row.
func (x fieldOf) lists() {
	if x.op.Effect.Kind == contract.Tags && hasRow(x.op, "request.tooManyTags") && x.f.MaxItems != nil && x.f.Items != nil && x.f.Items.Type == contract.Object {
		less := *x.f.MaxItems - 1
		x.mutant("maxItems", "maxItems-1", fmt.Sprintf("has at most %d elements", less), func(f *contract.Field) { f.MaxItems = &less })
		return
	}
	if namesThings(x.f) {
		x.moreThings()
		return
	}
	x.count("minItems", x.f.MinItems, func(f *contract.Field) **int { return &f.MinItems })
	x.count("maxItems", x.f.MaxItems, func(f *contract.Field) **int { return &f.MaxItems })
}

// moreThings takes one element more of a list whose elements can all name one
// thing.
func (x fieldOf) moreThings() {
	if x.f.Parent != nil || x.f.MaxItems == nil || x.f.Items == nil || x.f.Items.Type != contract.Object {
		return
	}
	more := *x.f.MaxItems + 1
	x.mutant("maxItems", "maxItems+1", fmt.Sprintf("has the maxItems %d", more), func(f *contract.Field) { f.MaxItems = &more })
}

// namesThings says whether each element of the list names a real thing. A list
// as long as it may be needs as many of them, which no target has: that it is
// refused for its length cannot be told from that they are not found.
func namesThings(f *contract.Field) bool {
	for up := f; up != nil; up = up.Parent {
		for _, g := range everyField([]*contract.Field{up}) {
			if g.Binding != "" || up == f && f.Type == contract.Array && g.Class == contract.ClassID {
				return true
			}
		}
	}
	return false
}

func hasRow(op *contract.Operation, condition string) bool {
	return slices.ContainsFunc(op.Errors, func(e *contract.Error) bool { return e.Condition == condition })
}

// enums refuses a value of the list, takes one that is none, and takes all in
// any case.
func (x fieldOf) enums() {
	if len(x.f.Enum) == 0 {
		return
	}
	if len(x.f.Enum) > 1 {
		for _, v := range []string{x.f.Enum[0], x.f.Enum[len(x.f.Enum)-1]} {
			if !x.acceptable(v) {
				continue
			}
			x.mutant("enum", "without-"+v, "refuses "+v, func(f *contract.Field) {
				f.Enum = slices.DeleteFunc(f.Enum, func(e string) bool { return e == v })
			})
		}
	}
	x.mutant("enum", "anyValue", "takes a value that is not in the list", func(f *contract.Field) { f.Enum = nil })
	x.mutant("enum", "anyCase", "takes its values in any case", func(f *contract.Field) {
		f.Pattern = "^(?i:" + strings.Join(f.Enum, "|") + ")$"
		f.Enum = nil
	})
}

// acceptable says whether a request with the value can succeed. A kind of
// resource that this API makes none of has none to be tagged.
func (x fieldOf) acceptable(v string) bool {
	kind := x.op.Effect.Kind
	types := func(r *contract.Resource) bool { return slices.Contains(x.f.Enum, r.TagType) }
	if kind != contract.Tags && kind != contract.Untags || !slices.ContainsFunc(x.c.Resources, types) {
		return true
	}
	return slices.ContainsFunc(x.c.Resources, func(r *contract.Resource) bool { return r.TagType == v })
}

// defaults changes what a left out parameter means, where a list shows it.
func (x fieldOf) defaults() {
	shown := slices.ContainsFunc(x.op.Effect.Echo, func(e contract.Echo) bool { return e.Parameter == x.f.Path })
	if !x.f.HasDefault || !shown || x.op.Effect.Kind != contract.Creates {
		return
	}
	other := x.f.Default + "x"
	if x.f.Type == contract.Integer {
		other = x.f.Default + "1"
	}
	x.mutant("default", "otherDefault", "left out means "+other, func(f *contract.Field) { f.Default = other })
}

// stricter are rules that forbid what one of another kind says is ignored.
var stricter = map[string]string{"ignoredWith": "atMostOne", "ignoredWithout": "requires"}

// ruleMutants forget the promises between parameters. A rule that names what
// the operation works on is held by the work itself; what one says is ignored
// is refused.
func ruleMutants(g *generator) {
	for _, op := range g.c.Operations {
		for _, r := range op.Rules {
			held := !slices.ContainsFunc(r.Parameters, func(p string) bool { return !isKey(op, p) })
			if held || r.Clause == nil {
				continue
			}
			name, id := op.Name, r.ID
			if kind := stricter[r.Kind]; kind != "" {
				g.add(Mutant{
					ID: name + "/" + id + "/refused", Clause: r.Clause.ID, Operation: name, Summary: "Refused, though it says: " + r.Promise,
					edit: func(c *contract.Contract) {
						for _, r := range c.Operation(name).Rules {
							if r.ID == id {
								r.Kind = kind
							}
						}
					},
				})
				continue
			}
			g.add(Mutant{
				ID: name + "/" + id + "/forgotten", Clause: r.Clause.ID, Operation: name, Summary: "Broken, though it says: " + r.Promise,
				edit: func(c *contract.Contract) {
					op := c.Operation(name)
					op.Rules = slices.DeleteFunc(op.Rules, func(r *contract.Rule) bool { return r.ID == id })
				},
			})
			g.weaker(op, r)
		}
	}
}

// weaker forgets one value of a rule that has several.
func (g *generator) weaker(op *contract.Operation, r *contract.Rule) {
	if len(r.Values) < 2 {
		return
	}
	name, id := op.Name, r.ID
	for i, v := range r.Values {
		g.add(Mutant{
			ID: name + "/" + id + "/without-" + plainWord(v), Clause: r.Clause.ID, Operation: name, Summary: "Takes " + v + ", though it says: " + r.Promise,
			edit: func(c *contract.Contract) {
				for _, r := range c.Operation(name).Rules {
					if r.ID == id {
						r.Values = slices.Delete(r.Values, i, i+1)
					}
				}
			},
		})
	}
}

// plainWord keeps what may stand in an id.
func plainWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return -1
	}, s)
}

// violationMutants answer a kind of bad parameter with another row.
func violationMutants(g *generator) {
	for _, v := range g.c.Violations {
		kind := v.Kind
		g.row(row{
			id: "common/" + kind, row: v.Error, subject: "A bad parameter of the kind " + kind,
			find: func(c *contract.Contract) *contract.Error { return c.Violation(kind).Error },
		}, "code", "status", "message")
	}
}
