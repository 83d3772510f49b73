package replay

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// digest stands for a form; two forms with one digest are the same.
type digest [16]byte

// form is a request as it is matched: the same whichever way it came.
type form struct {
	op *operation
	// rest stands for the operation and all of its parameters but the values
	// of the variables.
	rest digest
	vars []variable
}

// variable is a value that the client may have invented: a name that a
// resource goes by, or a token.
type variable struct {
	kind  string // the parameter's name
	value string
}

// shortest is the least length of a value that is looked for within others:
// shorter ones turn up by chance.
const shortest = 6

// reader makes forms of requests.
type reader struct {
	contract *contract.Contract
	common   map[string]bool
	ops      map[string]*operation
	resource map[string]*contract.Resource // by TagType
	// spelled are the forms of what was recorded by how it was spelled there:
	// most clients spell a request alike each time. It is filled before the
	// first request comes.
	spelled map[digest]form
}

// operation is what the reader knows of an operation. Of one that is not in
// the contract, only the name.
type operation struct {
	*contract.Operation
	name   string
	shape  *wire.Shape
	vars   map[string]bool
	masked map[string]bool // paths where a recorded value was replaced
	touch  toucher
	leaves leafClasses
	errors leafClasses
}

func newReader(c *contract.Contract) *reader {
	r := &reader{contract: c, common: map[string]bool{}, ops: map[string]*operation{}, resource: map[string]*contract.Resource{}, spelled: map[digest]form{}}
	for _, f := range c.Protocol.Common {
		r.common[f.Name] = true
	}
	for _, res := range c.Resources {
		r.resource[res.TagType] = res
	}
	names, failed := identities(c), classesOf(c.Envelope.Error)
	for _, o := range c.Operations {
		op := &operation{Operation: o, name: o.Name, shape: o.Shape(), vars: map[string]bool{}, masked: map[string]bool{},
			leaves: classesOf(o.Response), errors: failed}
		for _, f := range o.Parameters {
			if scalar(f) && (f.Class == contract.ClassName && names[f.Name] || o.Idempotency != nil && o.Idempotency.Parameter == f.Name) {
				op.vars[f.Name] = true
			}
		}
		op.touch = newToucher(c, o, op.vars)
		r.ops[o.Name] = op
	}
	return r
}

// identities are the parameters that give what is made its name.
func identities(c *contract.Contract) map[string]bool {
	out := map[string]bool{}
	for _, o := range c.Operations {
		if !slices.Contains(makers, o.Effect.Kind) {
			continue
		}
		for _, f := range o.Parameters {
			if scalar(f) && f.Class == contract.ClassName {
				out[f.Name] = true
			}
		}
	}
	return out
}

// makers are the effects that make a thing or give it another name.
var makers = []string{"create", "copy", "update"}

func scalar(f *contract.Field) bool {
	return f.Type != contract.Array && f.Type != contract.Object && f.Type != contract.Map
}

func (r *reader) operation(name string) *operation {
	if op := r.ops[name]; op != nil {
		return op
	}
	return &operation{name: name}
}

func (r *reader) isCommon(name string) bool { return r.common[name] || ofSigning[name] }

// ofSigning are words of the protocol that some clients send besides the
// documented ones.
var ofSigning = map[string]bool{"SignatureType": true, "BearerToken": true}

// own returns the parameters without words of the protocol.
func own(params wire.Params) wire.Params {
	if !slices.ContainsFunc(params, func(p wire.Param) bool { return ofSigning[p.Name] }) {
		return params
	}
	return slices.DeleteFunc(params.Clone(), func(p wire.Param) bool { return ofSigning[p.Name] })
}

// read makes the form of a request. Values of names and texts pass through
// swap, unless it is nil.
func (r *reader) read(op *operation, version string, params wire.Params, swap func(string) string) form {
	e := emitter{op: op, swap: swap, b: make([]byte, 0, 1024)}
	e.text(op.name)
	e.text(version)
	if op.Operation == nil {
		e.strangers(params)
		return e.form()
	}
	tree, faults := wire.Decode(params, op.shape)
	e.variables(tree)
	for _, m := range tree.Members {
		e.member(m, op.Operation.Parameters)
	}
	e.faults(faults)
	return e.form()
}

// spelling stands for an operation and its parameters as they are, sorted by
// name.
func spelling(op *operation, version string, params wire.Params) digest {
	e := emitter{b: make([]byte, 0, 1024)}
	e.text(op.name)
	e.text(version)
	for i := range params {
		e.text(params[i].Name)
		e.text(params[i].Value)
	}
	return e.form().rest
}

// recorded reads a request of the recording.
func (r *reader) recorded(op *operation, version string, params wire.Params) form {
	f := r.read(op, version, params, nil)
	r.spelled[spelling(op, version, params)] = f
	return f
}

// asked reads a request of a client.
func (r *reader) asked(op *operation, version string, params wire.Params) form {
	slices.SortStableFunc(params, func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	if f, ok := r.spelled[spelling(op, version, params)]; ok {
		return f
	}
	return r.read(op, version, params, nil)
}

// emitter writes a request in one unambiguous way.
type emitter struct {
	op   *operation
	swap func(string) string
	b    []byte
	path []byte
	vars []variable
	// found collects the paths of placeholders.
	found []string
}

func (e *emitter) form() form {
	sum := sha256.Sum256(e.b)
	return form{op: e.op, rest: digest(sum[:16]), vars: e.vars}
}

func (e *emitter) text(s string) {
	e.b = append(binary.AppendUvarint(append(e.b, '"'), uint64(len(s))), s...)
}

// strangers writes the parameters of an unknown operation: of those only the
// names are recorded.
func (e *emitter) strangers(params wire.Params) {
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	slices.Sort(names)
	for _, name := range names {
		e.text(name)
	}
}

// variables finds them before anything is written: other values may repeat
// them.
func (e *emitter) variables(tree *wire.Node) {
	for _, m := range tree.Members {
		if e.op.vars[m.Name] && m.Node.Kind == wire.Scalar && !e.op.masked[m.Name] && !replaced(m.Node.Text) {
			e.vars = append(e.vars, variable{m.Name, m.Node.Text})
		}
	}
}

func (e *emitter) member(m wire.NodeMember, fields []*contract.Field) {
	for _, f := range fields {
		if f.Name == m.Name {
			e.below(m.Name, m.Node, f)
			return
		}
	}
	e.below(m.Name, m.Node, nil)
}

// below writes a part under its name.
func (e *emitter) below(name string, n *wire.Node, f *contract.Field) {
	length := len(e.path)
	if length > 0 {
		e.path = append(e.path, '.')
	}
	e.path = append(e.path, name...)
	e.text(name)
	e.node(n, f)
	e.path = e.path[:length]
}

func (e *emitter) node(n *wire.Node, f *contract.Field) {
	switch n.Kind {
	case wire.Scalar:
		e.scalar(n.Text, f)
		return
	case wire.List:
		for i, item := range n.Items {
			e.below(strconv.Itoa(i+1), item, itemsOf(f))
		}
	default:
		for _, m := range n.Members {
			e.member(m, membersOf(f))
		}
	}
	e.b = append(e.b, ')')
}

func itemsOf(f *contract.Field) *contract.Field {
	if f == nil {
		return nil
	}
	return f.Items
}

func membersOf(f *contract.Field) []*contract.Field {
	if f == nil {
		return nil
	}
	return f.Members
}

// scalar writes a value: a secret as nothing, since what was recorded is a
// placeholder, a variable as its name, one that repeats a variable as that.
func (e *emitter) scalar(text string, f *contract.Field) {
	if replaced(text) {
		e.found = append(e.found, string(e.path))
	}
	switch {
	case f != nil && secret(f), len(e.op.masked) > 0 && e.op.masked[string(e.path)]:
		e.b = append(e.b, '*')
		return
	case e.op.vars[string(e.path)]:
		e.b = append(e.b, '?')
		return
	case f == nil || f.Class == contract.ClassName || f.Class == contract.ClassText:
		if i := e.repeats(text); i >= 0 {
			e.b = append(append(e.b, '='), byte(i))
			return
		}
		if e.swap != nil {
			text = e.swap(text)
		}
	}
	e.text(plainJSON(text))
}

// secret says whether a placeholder stands wherever a value was.
func secret(f *contract.Field) bool {
	return f.Class == contract.ClassSecret || f.Class == contract.ClassAccessKey
}

func (e *emitter) repeats(text string) int {
	if len(text) < shortest {
		return -1
	}
	return slices.IndexFunc(e.vars, func(v variable) bool { return v.value == text })
}

// faults writes what did not find its way into the tree.
func (e *emitter) faults(faults []wire.Fault) {
	slices.SortStableFunc(faults, func(a, b wire.Fault) int { return cmp.Compare(a.Name, b.Name) })
	for _, f := range faults {
		if f.Kind >= wire.BadInteger && f.Kind <= wire.BadNumber {
			continue // it did
		}
		e.text(f.Name)
		e.text(f.Kind.String())
		field := e.op.Parameter(f.Path)
		if replaced(f.Value) {
			e.found = append(e.found, f.Name)
		}
		if f.Kind == wire.Unknown || f.Kind == wire.Gap || field == nil || secret(field) || e.op.masked[f.Name] {
			continue
		}
		e.text(f.Value)
	}
}

// plainJSON spells a JSON object or array in one way; any other text is left
// alone.
func plainJSON(text string) string {
	if text == "" || text[0] != '{' && text[0] != '[' {
		return text
	}
	v, err := wire.DecodeJSON([]byte(text))
	if err != nil {
		return text
	}
	return string(wire.EncodeJSON(sorted(v)))
}

// sorted returns the value with the keys of its objects in order.
func sorted(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = sorted(item)
		}
		return out
	case *wire.Map:
		out := &wire.Map{}
		keys := slices.Clone(v.Keys())
		slices.Sort(keys)
		for _, key := range keys {
			value, _ := v.Get(key)
			out.Set(key, sorted(value))
		}
		return out
	}
	return v
}

// replaced says whether a recorded value has a placeholder in it.
func replaced(text string) bool { return strings.Contains(text, placeholder) }

// placeholder is what every placeholder holds.
const placeholder = "REDACTED"
