package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/eci-conform/conform/spec"
)

// schema: the extensions fit the JSON Schema that is published beside the
// contract.
func (l *linter) schema() {
	r := newReader(l.c.File)
	r.parse(l.c.text)
	if len(r.faults) > 0 || r.root == nil {
		return // a contract made by hand has no text
	}
	l.components(r.root)
	compiled, err := compileSchema()
	if err != nil {
		l.report(Place{File: "spec/x-acs.schema.json", Line: 1}, "schema", "%v", err)
		return
	}
	var broken *jsonschema.ValidationError
	if err := compiled.Validate(nodeValue(r.root)); errors.As(err, &broken) {
		printer := message.NewPrinter(language.English)
		for _, e := range schemaLeaves(broken) {
			at := Place{File: l.c.File, Line: lineAt(r.root, e)}
			l.report(at, "schema", "%s: %s", "/"+strings.Join(e.InstanceLocation, "/"), e.ErrorKind.LocalizedString(printer))
		}
	}
}

// components: every component is referred to.
func (l *linter) components(root *yaml.Node) {
	used := map[string]bool{}
	refs(root, used)
	sections := step(root, "components")
	if sections == nil {
		return
	}
	for i := 0; i+1 < len(sections.Content); i += 2 {
		section := sections.Content[i]
		for j, key := range sections.Content[i+1].Content {
			if j%2 == 0 && !used["#/components/"+section.Value+"/"+key.Value] {
				l.report(Place{l.c.File, key.Line}, "component", "nothing refers to %s/%s", section.Value, key.Value)
			}
		}
	}
}

func refs(n *yaml.Node, used map[string]bool) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Value == "$ref" {
			used[n.Content[i+1].Value] = true
		}
		refs(c, used)
	}
}

func compileSchema() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.Schema))
	if err != nil {
		return nil, fmt.Errorf("read schema of the extensions: %w", err)
	}
	const name = "x-acs.schema.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("add schema of the extensions: %w", err)
	}
	compiled, err := c.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("compile schema of the extensions: %w", err)
	}
	return compiled, nil
}

// schemaLeaves are the errors that say something: those without a cause, and
// the alternatives as a whole.
func schemaLeaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf, *kind.PropertyNames, *kind.Not:
		return []*jsonschema.ValidationError{e}
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		out = append(out, schemaLeaves(cause)...)
	}
	return out
}

// lineAt is the line of what the error is about: a key where it names one.
func lineAt(root *yaml.Node, e *jsonschema.ValidationError) int {
	n := root
	for _, name := range e.InstanceLocation {
		next := step(n, name)
		if next == nil {
			break
		}
		n = next
	}
	line := n.Line
	if names, ok := e.ErrorKind.(*kind.AdditionalProperties); ok && len(names.Properties) > 0 {
		line = keyLine(n, names.Properties[0], line)
	}
	if name, ok := e.ErrorKind.(*kind.PropertyNames); ok {
		line = keyLine(n, name.Property, line)
	}
	return line
}

func step(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.SequenceNode {
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(n.Content) {
			return nil
		}
		return n.Content[i]
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

func keyLine(n *yaml.Node, name string, line int) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i].Line
		}
	}
	return line
}

// nodeValue is the node as a JSON reader would give it.
func nodeValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = nodeValue(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = nodeValue(c)
		}
		return list
	}
	switch n.Tag {
	case "!!int", "!!float":
		return json.Number(scalarJSON(n))
	case "!!bool":
		return isTrue(n)
	case "!!null":
		return nil
	default:
		return n.Value
	}
}
