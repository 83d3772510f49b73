package replay

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// toucher says which things a request of an operation is about.
type toucher struct {
	kind     contract.EffectKind
	resource *contract.Resource // nil for tags, usage and regions
	// id is the parameter that names the things, typed the one that says what
	// kind of things they are; empty for none.
	id, typed string
	names     []string // parameters that things are known by
	// keys are those of the names that tell a thing from all others.
	keys  []string
	made  string // member of the answer: the id of what was made
	write bool
}

func newToucher(c *contract.Contract, o *contract.Operation, names map[string]bool) toucher {
	t := toucher{kind: o.Effect.Kind, resource: c.Resource(o.Effect.Resource), made: o.Effect.ID, write: !o.Effect.Kind.Looks()}
	if t.resource != nil {
		t.id = t.resource.IDParameter
	} else {
		t.id, t.typed = tagged(c, o)
	}
	t.names = namesOf(o, names)
	if t.makes() && t.resource != nil {
		t.names = append(t.names, namesOf(c.Operation(t.resource.Create), names)...)
	}
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	t.keys = keysOf(t, o)
	return t
}

// namesOf are the parameters of an operation that are names of things.
func namesOf(o *contract.Operation, names map[string]bool) []string {
	var out []string
	for _, f := range o.Parameters {
		if scalar(f) && f.Class == contract.ClassName && names[f.Name] {
			out = append(out, f.Name)
		}
	}
	return out
}

// keysOf are the names that tell things apart: by which an operation finds what
// it changes, or which what it makes must not share with another.
func keysOf(t toucher, o *contract.Operation) []string {
	sets := slices.Clone(o.Effect.Key)
	if t.resource != nil && t.makes() {
		sets = append(sets, t.resource.Unique)
	}
	return slices.DeleteFunc(slices.Concat(sets...), func(name string) bool { return !slices.Contains(t.names, name) })
}

// tagged returns the parameters by which operations on tags name things.
func tagged(c *contract.Contract, o *contract.Operation) (id, typed string) {
	for _, other := range c.Operations {
		if other.Effect.Resource != "" {
			continue
		}
		for _, key := range slices.Concat(other.Effect.Key...) {
			f := o.Parameter(key)
			switch {
			case f == nil:
			case f.Class == contract.ClassEnum:
				typed = key
			default:
				id = key
			}
		}
	}
	return id, typed
}

// makes says whether the operation makes a thing.
func (t toucher) makes() bool { return t.made != "" }

// touched is what one request is about.
type touched struct {
	resource string // empty for any
	ids      []string
	from     []string // the ids of what it copies
	names    wire.Params
	keys     wire.Params // those of the names that tell it from all others
	makes    bool        // it is for making something
	made     string      // the id of that
	byName   bool        // it names what it changes by its keys alone
	write    bool        // it may have changed something
	wide     bool        // nobody knows what it changed
	still    bool        // what it tells never changes
}

// changes says whether an operation is for changing something. One that the
// contract does not know is, unless it is named as all those are that only
// read: what it does nobody knows, and to think too much of it makes a read
// miss where to think too little of it makes a read wrong.
func (op *operation) changes() bool {
	if op.Operation != nil {
		return op.touch.write
	}
	return !slices.ContainsFunc(readers, func(word string) bool { return strings.HasPrefix(op.name, word) })
}

// readers are how the names of operations that only read begin.
var readers = []string{"Describe", "List", "Get", "Query"}

// touches finds out what a recorded request was about.
func (r *reader) touches(op *operation, x examined) touched {
	t, e := op.touch, &x.entry.Record
	out := touched{still: x.standing != good || op.Operation != nil && t.kind == contract.ListsRegions}
	if out.still {
		return out
	}
	out.write = op.changes() && e.Failure != redact.Refused && (e.Status < 300 || e.Status >= 500)
	if op.Operation == nil {
		out.wide = out.write
		return out
	}
	res := t.resource
	if t.typed != "" {
		typed, _ := e.Params.Get(t.typed)
		res = r.resource[typed]
	}
	if res != nil {
		out.resource = res.Name
	}
	if out.ids = t.idsOf(e.Params); t.kind == contract.Copies { // what is copied stays as it is
		out.ids, out.from = nil, out.ids
	}
	for _, name := range t.names {
		v, ok := e.Params.Get(name)
		switch {
		case ok && v != "" && !replaced(v):
		case t.makes() && out.write:
			v = anyName // the service chose it, or it was replaced
		default:
			continue
		}
		out.names = append(out.names, wire.Param{Name: name, Value: v})
		if slices.Contains(t.keys, name) {
			out.keys = append(out.keys, wire.Param{Name: name, Value: v})
		}
	}
	out.makes = t.makes()
	out.wide = out.write && (res == nil || !out.makes && len(out.ids)+len(out.keys) == 0)
	if out.write && t.makes() && e.Status == 200 {
		out.made = member(x.answer, t.made)
	}
	return out
}

// idsOf returns the ids that the parameters name, as one or as a list.
func (t toucher) idsOf(params wire.Params) []string {
	var out []string
	for _, p := range params {
		if t.id != "" && p.Value != "" && (p.Name == t.id || strings.HasPrefix(p.Name, t.id+".")) {
			out = append(out, p.Value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// member returns a text at the top of a body in JSON or XML.
func member(body []byte, name string) string {
	if v, err := wire.DecodeJSON(body); err == nil {
		m, _ := v.(*wire.Map)
		value, _ := m.Get(name)
		text, _ := value.(string)
		return text
	}
	e, err := wire.DecodeXML(body)
	if err != nil {
		return ""
	}
	for _, child := range e.Children {
		if child.Name == name {
			return child.Text
		}
	}
	return ""
}
