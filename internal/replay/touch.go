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
	kind     string
	resource *contract.Resource // nil for tags, usage and regions
	// id is the parameter that names the things, typed the one that says what
	// kind of things they are; empty for none.
	id, typed string
	names     []string // parameters that things are known by
	made      string   // member of the answer: the id of what was made
	write     bool
}

// changes are the effects that change something.
var changes = []string{"create", "update", "delete", "copy", "tag", "untag"}

func newToucher(c *contract.Contract, o *contract.Operation, vars map[string]bool) toucher {
	t := toucher{kind: o.Effect.Kind, resource: c.Resource(o.Effect.Resource), made: o.Effect.ID, write: slices.Contains(changes, o.Effect.Kind)}
	if t.resource != nil {
		if o.Effect.Kind != "copy" { // what is copied stays as it is
			t.id = t.resource.IDParameter
		}
	} else {
		t.id, t.typed = tagged(c, o)
	}
	for name := range vars {
		if o.Idempotency == nil || o.Idempotency.Parameter != name {
			t.names = append(t.names, name)
		}
	}
	slices.Sort(t.names)
	return t
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

// touched is what one request is about.
type touched struct {
	resource string // empty for any
	ids      []string
	names    wire.Params
	made     string // the id of what it made
	write    bool   // it may have changed something
	still    bool   // what it reads never changes
}

// touches finds out what a recorded request was about. body reads the answer.
func (r *reader) touches(op *operation, e *redact.Record, body func() ([]byte, error)) (touched, error) {
	t := op.touch
	out := touched{still: op.Operation == nil || t.kind == "regions"}
	if out.still {
		return out, nil
	}
	res := t.resource
	if t.typed != "" {
		typed, _ := e.Params.Get(t.typed)
		res = r.resource[typed]
	}
	if res != nil {
		out.resource = res.Name
	}
	out.ids = t.idsOf(e.Params)
	for _, name := range t.names {
		if v, ok := e.Params.Get(name); ok && v != "" && !replaced(v) {
			out.names = append(out.names, wire.Param{Name: name, Value: v})
		}
	}
	out.write = t.write && (e.Status < 300 || e.Status >= 500)
	if !out.write || t.made == "" || e.Status != 200 {
		return out, nil
	}
	answer, err := body()
	out.made = member(answer, t.made)
	return out, err
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
