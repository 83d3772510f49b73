package client

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// input is what a call is given: texts, booleans, int64, lists and maps.
type input = map[string]any

// required returns the parameters that every call of the operation has.
func required(op *contract.Operation, region string) input {
	in := input{}
	for _, f := range op.Parameters {
		if f.Required {
			in[f.Name] = sampleInput(f)
		}
	}
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding && f.Required {
			in[f.Name] = region
		}
	}
	return in
}

// everything returns all parameters at once. What rules out what does not
// matter to a client.
func everything(op *contract.Operation, region string) input {
	in := input{}
	for _, f := range op.Parameters {
		in[f.Name] = sampleInput(f)
	}
	maps.Copy(in, required(op, region))
	return in
}

// listed is how many elements the lists of samples have.
const listed = 2

// sampleInput makes a value of the parameter.
func sampleInput(f *contract.Field) any {
	switch f.Type {
	case contract.Array:
		list := make([]any, listed)
		for i := range list {
			list[i] = distinct(sampleInput(f.Items), f.Items, i)
		}
		return list
	case contract.Object:
		out := input{}
		for _, m := range f.Members {
			out[m.Name] = sampleInput(m)
		}
		return out
	case contract.Map:
		return input{"repoId": "a/b", "path.of": "/x"}
	case contract.Integer:
		return sampleInteger(f)
	case contract.Boolean:
		return true
	default:
		return sampleText(f)
	}
}

func sampleInteger(f *contract.Field) int64 {
	if n, err := strconv.ParseInt(f.Example, 10, 64); err == nil && n != 0 {
		return n
	}
	if f.Minimum != nil && *f.Minimum > 0 {
		return *f.Minimum
	}
	return 7
}

func sampleText(f *contract.Field) string {
	switch {
	case len(f.Enum) > 0:
		return f.Enum[0]
	case f.Example != "":
		return f.Example
	case f.Default != "":
		return f.Default
	}
	return "a-" + strings.ToLower(f.Name)
}

// distinct makes the elements of a list differ where they may.
func distinct(v any, f *contract.Field, i int) any {
	text, ok := v.(string)
	if !ok || i == 0 || len(f.Enum) > 0 {
		return v
	}
	return text + "-" + strconv.Itoa(i+1)
}

// with returns the input with a value at a generic path: in lists it becomes
// the only element.
func (o *operation) with(path string, value any) input {
	in := maps.Clone(o.required)
	var at any = in
	segments := strings.Split(path, ".")
	for i, segment := range segments {
		at = step(at, segment, segments[i+1:], value)
	}
	return in
}

// step puts what the rest of a path needs under a segment and returns it.
func step(at any, segment string, rest []string, value any) any {
	next := value
	switch {
	case len(rest) > 0 && rest[0] == "N":
		next = []any{nil}
	case len(rest) > 0:
		next = input{}
	}
	switch at := at.(type) {
	case input:
		at[segment] = next
	case []any:
		at[0] = next
	}
	return next
}

// flatten returns what an input is on the wire, and the paths of its empty
// lists.
func flatten(in input) (sent wire.Params, empty []string) {
	f := &flattening{}
	f.object("", in)
	return f.sent, f.empty
}

type flattening struct {
	sent  wire.Params
	empty []string
}

func (f *flattening) object(prefix string, in input) {
	for _, name := range slices.Sorted(maps.Keys(in)) {
		f.value(prefix+name, in[name])
	}
}

func (f *flattening) value(name string, v any) {
	switch v := v.(type) {
	case input:
		f.object(name+".", v)
	case []any:
		if len(v) == 0 {
			f.empty = append(f.empty, name)
		}
		for i, item := range v {
			f.value(name+"."+strconv.Itoa(i+1), item)
		}
	default:
		f.sent = append(f.sent, wire.Param{Name: name, Value: fmt.Sprint(v)})
	}
}

// nested turns flattened parameters into an input, by the operation's shape.
func nested(op *contract.Operation, p wire.Params) input {
	tree, _ := wire.Decode(p, op.Shape())
	in, _ := unfold(tree, op.Shape()).(input)
	return in
}

func unfold(n *wire.Node, s *wire.Shape) any {
	switch n.Kind {
	case wire.List:
		out := make([]any, len(n.Items))
		for i, item := range n.Items {
			out[i] = unfold(item, s.Items)
		}
		return out
	case wire.Scalar:
		return typed(n.Text, s)
	}
	out := input{}
	for _, m := range n.Members {
		out[m.Name] = unfold(m.Node, memberOf(s, m.Name))
	}
	return out
}

func memberOf(s *wire.Shape, name string) *wire.Shape {
	if s == nil || s.Kind == wire.Mapped {
		return nil
	}
	for _, m := range s.Members {
		if m.Name == name {
			return m.Shape
		}
	}
	return nil
}

func typed(text string, s *wire.Shape) any {
	if s == nil {
		return text
	}
	switch s.Lexical {
	case wire.Int32, wire.Int64:
		if n, err := wire.ParseInteger(text, 64); err == nil {
			return n
		}
	case wire.Bool:
		return text == "true"
	}
	return text
}
