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
	// at the open places.
	rest digest
	vars []variable // those values, in the order of their places
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
// the contract, only the name and what the recording has.
type operation struct {
	*contract.Operation
	name  string
	shape *wire.Shape
	vars  map[string]bool // parameters that are names or tokens
	// masked are the paths where some exchange has a placeholder. They are open
	// in all exchanges; whether any value fits there is up to each.
	masked map[string]bool
	// strange are the recorded names of parameters that the contract does not
	// know. Where such a name was replaced, shy is set, and any other name may
	// be it.
	strange map[string]bool
	shy     bool
	touch   toucher
	leaves  leafClasses
	errors  leafClasses
	rows    []*contract.Error // that may answer it
}

func newOperation(name string) *operation {
	return &operation{name: name, vars: map[string]bool{}, masked: map[string]bool{}, strange: map[string]bool{}}
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
		op := newOperation(o.Name)
		op.Operation, op.shape, op.leaves, op.errors, op.rows = o, o.Shape(), classesOf(o.Response), failed, c.RowsFor(o)
		for _, name := range namesOf(o, names) {
			op.vars[name] = true
		}
		if o.Idempotency != nil {
			op.vars[o.Idempotency.Parameter] = true
		}
		op.touch = newToucher(c, o, names)
		r.ops[o.Name] = op
	}
	return r
}

// identities are the parameters that give what is made its name.
func identities(c *contract.Contract) map[string]bool {
	out := map[string]bool{}
	for _, o := range c.Operations {
		if !o.Effect.Kind.Writes() {
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

func scalar(f *contract.Field) bool {
	return f.Type != contract.Array && f.Type != contract.Object && f.Type != contract.Map
}

// operation returns what is known of an operation.
func (r *reader) operation(name string) *operation {
	if op := r.ops[name]; op != nil {
		return op
	}
	return newOperation(name)
}

// recordedOperation is operation for one that the recording has: it is kept.
func (r *reader) recordedOperation(name string) *operation {
	op := r.operation(name)
	r.ops[name] = op
	return op
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
	e.request(params)
	return e.form()
}

func (e *emitter) request(params wire.Params) {
	if e.op.Operation == nil {
		e.strangers(params)
		return
	}
	tree, faults := wire.Decode(params, e.op.shape)
	e.names(tree)
	for _, m := range tree.Members {
		e.member(m, e.op.Operation.Parameters)
	}
	e.faults(faults)
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
	own  []string // names and tokens, which other values may repeat
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

// open leaves the place of a value open.
func (e *emitter) open(kind, value string) {
	e.b = append(e.b, '?')
	e.vars = append(e.vars, variable{kind, value})
}

// strangers writes the parameters of an unknown operation.
func (e *emitter) strangers(params wire.Params) {
	list := params.Clone()
	slices.SortStableFunc(list, func(a, b wire.Param) int { return cmp.Compare(a.Name, b.Name) })
	var shy wire.Params
	for _, p := range list {
		if !e.stranger(p.Name, p.Value, e.op.shy) {
			shy = append(shy, p)
		}
	}
	e.shy(shy)
}

// stranger writes a parameter that has no place in the contract; false where its
// name was replaced or, if there are such, may have been.
func (e *emitter) stranger(name, value string, shy bool) bool {
	if replaced(name) || shy && !e.op.strange[name] {
		return false
	}
	if replaced(value) {
		e.found = append(e.found, name)
	}
	e.text(name)
	if e.op.masked[name] {
		e.open(contract.Generic(name), value)
	} else {
		e.text(value)
	}
	return true
}

// shy writes parameters whose names were replaced, or may have been: what is
// left of them is how many there are.
func (e *emitter) shy(params wire.Params) {
	for _, p := range params {
		e.open(hiddenName, p.Name+"="+p.Value)
	}
}

// hiddenName is the kind of a parameter whose name was replaced.
const hiddenName = "a parameter whose name was replaced"

// names finds them before anything is written: other values may repeat them.
func (e *emitter) names(tree *wire.Node) {
	for _, m := range tree.Members {
		if e.op.vars[m.Name] && m.Node.Kind == wire.Scalar && !replaced(m.Node.Text) {
			e.own = append(e.own, m.Node.Text)
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

// scalar writes a value: that of an open place as nothing, one that repeats a
// name as that.
func (e *emitter) scalar(text string, f *contract.Field) {
	if replaced(text) {
		e.found = append(e.found, string(e.path))
	}
	switch path := string(e.path); {
	case e.op.vars[path]:
		e.open(path, text)
		return
	case e.op.masked[path]:
		e.open(contract.Generic(path), plainJSON(text))
		return
	case f == nil || worded(f):
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

// worded says whether a client chooses the words of a field.
func worded(f *contract.Field) bool {
	return f.Class == contract.ClassName || f.Class == contract.ClassText
}

func (e *emitter) repeats(text string) int {
	if len(text) < shortest {
		return -1
	}
	return slices.Index(e.own, text)
}

// faults writes what did not find its way into the tree.
func (e *emitter) faults(faults []wire.Fault) {
	slices.SortStableFunc(faults, func(a, b wire.Fault) int { return cmp.Compare(a.Name, b.Name) })
	var shy wire.Params
	for _, f := range faults {
		switch {
		case f.Kind >= wire.BadInteger && f.Kind <= wire.BadNumber: // it did
		case f.Kind == wire.Gap:
			e.text(f.Name)
			e.text(f.Kind.String())
		case e.stranger(f.Name, f.Value, e.op.shy && f.Kind == wire.Unknown):
			e.text(f.Kind.String())
		default:
			shy = append(shy, wire.Param{Name: f.Name, Value: f.Value})
		}
	}
	e.shy(shy)
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
