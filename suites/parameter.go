package suites

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// parameterFamily tests what the contract says about each parameter of the
// operation, with one change from a valid request at a time.
func parameterFamily(b *builder) {
	fields := everyField(b.op.Parameters)
	b.wholes()
	b.echoes()
	b.secrets()
	for _, f := range fields {
		b.presence(f)
		b.lexicals(f)
		b.bounds(f)
		b.enums(f)
		b.lengths(f)
		b.patterns(f)
		b.list(f)
		b.options(f)
		b.references(f)
	}
	b.rules()
	b.otherKeys()
	b.tagging()
	b.defaults()
	for _, f := range fields {
		b.given(f)
	}
}

// everyField returns the fields and all below them, parents first. What is
// packed into one text counts as one field.
func everyField(fields []*contract.Field) []*contract.Field {
	var out []*contract.Field
	for _, f := range fields {
		out = append(out, f)
		out = append(out, everyField(f.Members)...)
		if f.Items != nil && f.Encoding != "json" {
			out = append(out, everyField([]*contract.Field{f.Items})...)
		}
	}
	return out
}

// wholes are cases about no single parameter.
func (b *builder) wholes() {
	in := b.input()
	b.accepted(single{
		subject: wholeRequest, variant: "minimal", params: in.Minimal, change: "with no optional parameter",
	}, b.op.Effect.Clause)
	if !sameOnWire(in.Minimal, in.Maximal) {
		b.accepted(single{
			subject: wholeRequest, variant: "maximal", params: in.Maximal, change: "with every parameter that can stand beside the others",
		}, b.op.Effect.Clause)
	}
	b.accepted(single{
		subject: wholeRequest, variant: "unknown", params: set(in.Minimal, "ConformUnknown", "1"),
		change: "with a parameter that no operation has",
	}, b.c.Protocol.Clauses["unknown.ignored"])
	b.otherCase()
}

// otherCase misspells a required parameter's name by case only.
func (b *builder) otherCase() {
	for _, f := range b.op.Parameters {
		name, params := f.Name, b.input().Minimal
		other := swapCase(name)
		if !f.Required || params.Count(name) != 1 || params.Count(other) != 0 {
			continue
		}
		value, _ := params.Get(name)
		b.violated(single{
			subject: wholeRequest, variant: "otherCase", params: set(drop(params, name), other, value), path: f.Path,
			change: "with " + name + " spelled " + other,
		}, b.spelled(f), "missing", name)
		return
	}
}

// spelled is the promise that another spelling does not name the parameter. It
// shows only where the parameter cannot be done without, for all pages.
func (b *builder) spelled(f *contract.Field) *contract.Clause {
	clause := b.c.Protocol.Clauses["parameters.caseSensitive"]
	if required := f.Clauses["required"]; required == nil || required.Level < contract.Must {
		return capped(clause, contract.Inferred)
	}
	return clause
}

// given sends each optional parameter by itself in its usual value, as far as
// no case above has sent just that.
func (b *builder) given(f *contract.Field) {
	if f.Parent != nil {
		return
	}
	clause, params := f.Clauses["type"], b.around(f.Path)
	if value, ok := params.Get(f.Name); ok && value == "" && !f.AllowEmpty {
		clause = capped(clause, contract.Inferred) // that empty will do is nowhere said
	}
	b.acceptedOnce(single{
		subject: f.Path, variant: "given", params: params, path: f.Path,
		change: "with " + f.Path + " in its usual value",
	}, clause)
	b.leftOut(f)
}

// leftOut removes an optional parameter that the minimal request holds to be on
// the safe side.
func (b *builder) leftOut(f *contract.Field) {
	params := drop(b.input().Minimal, f.Name)
	if f.Required || sameOnWire(params, b.input().Minimal) {
		return
	}
	b.acceptedOnce(single{
		subject: f.Path, variant: "leftOut", params: params, change: "without the optional " + f.Path,
	}, capped(f.Clauses["type"], contract.Inferred))
}

// presence removes and empties what is required, at whatever depth.
func (b *builder) presence(f *contract.Field) {
	name, base := first(f.Path), b.around(f.Path)
	without := b.atWork(drop(base, name))
	if !f.Required || sameOnWire(without, base) {
		b.allowedEmpty(f)
		return
	}
	if !vanishes(f, without) {
		b.violated(single{
			subject: f.Path, variant: "missing", params: without, change: "without " + name,
		}, f.Clauses["required"], "missing", name)
	}
	if base.Count(name) == 1 && !f.AllowEmpty {
		b.violated(single{
			subject: f.Path, variant: "empty", params: set(base, name, ""), change: "with an empty " + name,
		}, f.Clauses["nonEmpty"], "empty", name)
	}
}

// atWork gives an update that would have nothing to do something to do: else it
// may be refused for that.
func (b *builder) atWork(p wire.Params) wire.Params {
	if b.op.Effect.Kind != contract.Updates || slices.ContainsFunc(b.op.Effect.Echo, func(e contract.Echo) bool { return len(below(p, top(e.Parameter))) > 0 }) {
		return p
	}
	for _, e := range b.op.Effect.Echo {
		if group := top(e.Parameter); b.input().Minimal.Count(first(e.Parameter)) == 0 {
			return merge(p, below(b.around(group), group))
		}
	}
	return p
}

// allowedEmpty sends an empty value where metadata says that it is fine.
func (b *builder) allowedEmpty(f *contract.Field) {
	name := first(f.Path)
	if !f.AllowEmpty {
		return
	}
	b.acceptedOnce(single{
		subject: f.Path, variant: "empty", params: set(b.around(f.Path), name, ""), path: f.Path,
		change: "with an empty " + name,
	}, capped(f.Clauses["type"], contract.Should))
}

// kinds says which kind of violation a breach of a keyword is, where the two
// have different names.
var kinds = map[string]string{"required": "missing", "nonEmpty": "empty", "format": "type", "minItems": "missing"}

func (b *builder) kindOf(keyword string) string {
	if b.c.Violation(keyword) != nil {
		return keyword
	}
	return kinds[keyword]
}

// bounds sends the values around each bound.
func (b *builder) bounds(f *contract.Field) {
	b.bound(f, "minimum", f.Minimum)
	b.bound(f, "maximum", f.Maximum)
}

func (b *builder) bound(f *contract.Field, keyword string, at *int64) {
	if at == nil {
		return
	}
	for i, suffix := range []string{"-1", "", "+1"} {
		v := value{variant: keyword + suffix, text: strconv.FormatInt(*at+int64(i-1), 10)}
		v.say = v.text
		b.wrong(f, []value{v})
		b.right(f, v, f.Clauses[keyword])
	}
}

// enums sends each value, each in another case, and one that is none.
func (b *builder) enums(f *contract.Field) {
	if len(f.Enum) == 0 {
		return
	}
	for _, text := range f.Enum {
		b.enumValue(f, text)
		b.wrong(f, []value{{variant: "enum-case-" + text, text: swapCase(text), say: text + " in another case"}})
	}
	b.wrong(f, []value{
		{variant: "enum-unknown", text: "ConformUnknown", say: "a value that is not in the list"},
		{variant: "enum-padded", text: f.Enum[0] + " ", say: "a value of the list and a space", weak: true},
	})
}

func (b *builder) enumValue(f *contract.Field, text string) {
	name, in := first(f.Path), b.input()
	key := name + "=" + text
	if _, ok := in.Without[key]; ok || text == "" && !f.AllowEmpty {
		return
	}
	params, path, clause := set(b.around(f.Path), name, text), f.Path, f.Clauses["enum"]
	if v, ok := in.With[key]; ok {
		params, path = b.vary(v, name), top(f.Path)
		if len(v.Drop) > 0 {
			// What all other requests hold may be required, for some page.
			clause = capped(clause, contract.Inferred)
		}
	}
	b.acceptedOnce(single{
		subject: f.Path, variant: "enum-" + text, params: params, path: path, change: "with " + key,
	}, clause)
}

// references names things that do not exist and tokens that nobody minted.
func (b *builder) references(f *contract.Field) {
	name := first(f.Path)
	base := b.around(f.Path)
	now, given := base.Get(name)
	switch {
	case given && f.Required && f.Binding == contract.RegionBinding:
		b.unknown(f, "unknownRegion", "conform-nowhere-1")
	case given && isResource(now) && b.names(f):
		b.unknown(f, "notFound", absentID(b.c, now))
	case f.Path == b.op.Effect.Next && f.Path != "":
		b.unknown(f, "badToken", "conform-no-such-token")
	}
}

func (b *builder) unknown(f *contract.Field, kind, text string) {
	name := first(f.Path)
	v := b.c.Violation(kind)
	if v == nil {
		return
	}
	b.violated(single{
		subject: f.Path, variant: kind, params: set(b.around(f.Path), name, text), change: "with " + name + "=" + text, real: true,
	}, v.Error.Row, kind, name)
}

// names reports whether the operation acts on the thing that the parameter
// names, so that it cannot do without it. A filter selects nothing instead.
func (b *builder) names(f *contract.Field) bool {
	switch b.op.Effect.Kind {
	case contract.Updates, contract.Deletes, contract.Copies, contract.Tags, contract.Untags:
		return f.Required || slices.ContainsFunc(b.op.Effect.Key, func(key []string) bool { return slices.Contains(key, f.Path) })
	}
	return false
}

// asForm puts a probe's parameters into the body.
func asForm(p *plan.Probe) { p.Method, p.Form = http.MethodPost, true }
