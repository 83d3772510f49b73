package suites

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Input is what a valid request of one operation may look like. Values are
// wire texts or templates that a target's profile fills in: $region, $name,
// $token, $binding, $id:RESOURCE.
type Input struct {
	Minimal wire.Params // what every request needs
	Maximal wire.Params // as much as can stand together
	Others  wire.Params // parameters that cannot stand beside Maximal
	// With is what stands in place of a parameter's group where it has the
	// value of the key, PARAMETER=VALUE; Drop are the parameters that go.
	With map[string]Variation
	// Without says why the value of the key cannot be sent validly.
	Without map[string]string
}

// Variation is a change of a valid request into another valid one.
type Variation struct {
	Set  wire.Params
	Drop []string
}

// Inputs are the valid requests by operation.
type Inputs map[string]Input

// LoadInputs reads OPERATION.yaml for every operation of the contract from
// folder dir. It returns all that is wrong at once, each with its place: a
// missing file, an unknown key, a parameter that the contract does not know.
func LoadInputs(c *contract.Contract, fsys fs.FS, dir string) (Inputs, error) {
	in := Inputs{}
	var errs []error
	for _, op := range c.Operations {
		input, err := loadInput(op, fsys, dir+"/"+op.Name+".yaml")
		errs = append(errs, err)
		in[op.Name] = input
	}
	return in, errors.Join(errs...)
}

func loadInput(op *contract.Operation, fsys fs.FS, file string) (Input, error) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return Input{}, fmt.Errorf("load input of %s: %w", op.Name, err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return Input{}, fmt.Errorf("load input %s: %w", file, err)
	}
	if len(doc.Content) == 0 {
		return Input{}, fmt.Errorf("%s:1: empty, want minimal and maximal", file)
	}
	r := inputReader{file: file, op: op}
	r.document(doc.Content[0])
	return r.input, errors.Join(r.errs...)
}

// inputReader reads one file and collects what is wrong with it.
type inputReader struct {
	file  string
	op    *contract.Operation
	input Input
	errs  []error
}

func (r *inputReader) fault(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

func (r *inputReader) document(n *yaml.Node) {
	r.pairs(n, func(key, value *yaml.Node) {
		switch key.Value {
		case "minimal":
			r.input.Minimal = r.variation(value).Set
		case "maximal":
			r.input.Maximal = r.variation(value).Set
		case "others":
			r.input.Others = r.variation(value).Set
		case "with":
			r.input.With = r.with(value)
		case "without":
			r.input.Without = r.without(value)
		default:
			r.fault(key, "unknown key %q, want minimal, maximal, others, with or without", key.Value)
		}
	})
}

func (r *inputReader) pairs(n *yaml.Node, f func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "want a mapping")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		f(n.Content[i], n.Content[i+1])
	}
}

func (r *inputReader) variation(n *yaml.Node) Variation {
	v := Variation{Set: wire.Params{}}
	r.pairs(n, func(key, value *yaml.Node) {
		switch {
		case r.field(key.Value) == nil:
			r.fault(key, "%s has no parameter %q", r.op.Name, key.Value)
		case value.Kind != yaml.ScalarNode:
			r.fault(value, "parameter %s: want one text", key.Value)
		case value.Tag == "!!null":
			v.Drop = append(v.Drop, key.Value)
		default:
			v.Set = append(v.Set, wire.Param{Name: key.Value, Value: value.Value})
		}
	})
	return v
}

func (r *inputReader) with(n *yaml.Node) map[string]Variation {
	out := map[string]Variation{}
	r.pairs(n, func(key, value *yaml.Node) {
		r.choice(key)
		out[key.Value] = r.variation(value)
	})
	return out
}

func (r *inputReader) without(n *yaml.Node) map[string]string {
	out := map[string]string{}
	r.pairs(n, func(key, value *yaml.Node) {
		r.choice(key)
		out[key.Value] = value.Value
	})
	return out
}

// choice checks a key such as DataSource.Type=NAS.
func (r *inputReader) choice(key *yaml.Node) {
	name, _, ok := strings.Cut(key.Value, "=")
	if !ok || r.field(name) == nil {
		r.fault(key, "%q is not PARAMETER=VALUE of a parameter of %s", key.Value, r.op.Name)
	}
}

func (r *inputReader) field(name string) *contract.Field { return fieldOf(r.op, name) }

// fieldOf returns the field that a wire name addresses, or nil: Tag.2.Key is
// Tag.N.Key, and any name below a map is the map.
func fieldOf(op *contract.Operation, name string) *contract.Field {
	if f := op.Parameter(contract.Generic(name)); f != nil {
		return f
	}
	for at := strings.LastIndexByte(name, '.'); at > 0; at = strings.LastIndexByte(name[:at], '.') {
		if f := op.Parameter(contract.Generic(name[:at])); f != nil && f.Type == contract.Map {
			return f
		}
	}
	return nil
}

// first returns the wire name of the first element at a path: Tag.1.Key for
// Tag.N.Key.
func first(path string) string {
	parts := strings.Split(path, ".")
	for i, part := range parts {
		if part == "N" {
			parts[i] = "1"
		}
	}
	return strings.Join(parts, ".")
}

// within reports whether a wire name is name or stands below it.
func within(name, parent string) bool {
	return name == parent || strings.HasPrefix(name, parent+".")
}

// top returns the first segment of a name or path.
func top(name string) string {
	head, _, _ := strings.Cut(name, ".")
	return head
}

// below returns the parameters that are name or stand below it.
func below(p wire.Params, name string) wire.Params {
	return slices.DeleteFunc(p.Clone(), func(q wire.Param) bool { return !within(q.Name, name) })
}

// drop returns p without the parameters that are name or stand below it.
func drop(p wire.Params, name string) wire.Params {
	return slices.DeleteFunc(p.Clone(), func(q wire.Param) bool { return within(q.Name, name) })
}

// set returns a copy of p in which name has the value.
func set(p wire.Params, name, value string) wire.Params { return p.Clone().Set(name, value) }
