package contract

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// all returns every field of the parameters, answers and protocol, parents
// first.
func (l *linter) all() []*Field {
	var out []*Field
	add := func(fields ...*Field) {
		for _, f := range fields {
			out = append(out, f.all()...)
		}
	}
	add(l.c.Protocol.Common...)
	add(l.c.Protocol.Headers...)
	add(l.c.Envelope.Error)
	for _, o := range l.c.Operations {
		add(o.Parameters...)
		add(o.Response)
	}
	return out
}

func (f *Field) all() []*Field {
	if f == nil {
		return nil
	}
	out := append([]*Field{f}, f.Items.all()...)
	for _, m := range f.Members {
		out = append(out, m.all()...)
	}
	return out
}

// fields: examples, defaults, bounds and enums agree with each other.
func (l *linter) fields() {
	for _, f := range l.all() {
		l.samples(f)
		l.bounds(f)
		l.enum(f)
		l.members(f)
	}
	for _, o := range l.c.Operations {
		l.names(o)
	}
}

func (l *linter) samples(f *Field) {
	if f.HasExample {
		if keyword := f.Check(f.Example); keyword != "" {
			l.report(f.Place, "example", "%s: example %q breaks its own %s", f.Path, shown(f, f.Example), keyword)
		}
	}
	if f.HasDefault {
		if keyword := f.Check(f.Default); keyword != "" {
			l.report(f.Place, "default", "%s: default %q breaks its own %s", f.Path, f.Default, keyword)
		}
		if f.Required {
			l.report(f.Place, "default", "%s: is required, so its default never counts", f.Path)
		}
	}
}

// shown is a value as a message may show it.
func shown(f *Field, value string) string {
	if f.Class == ClassSecret {
		return "…"
	}
	return value
}

func (l *linter) bounds(f *Field) {
	if f.Minimum != nil && f.Maximum != nil && *f.Minimum > *f.Maximum {
		l.report(f.Place, "bounds", "%s: minimum %d is above maximum %d", f.Path, *f.Minimum, *f.Maximum)
	}
	if f.MinLength != nil && f.MaxLength != nil && *f.MinLength > *f.MaxLength {
		l.report(f.Place, "bounds", "%s: minLength %d is above maxLength %d", f.Path, *f.MinLength, *f.MaxLength)
	}
	if f.AllowEmpty && f.Clauses["nonEmpty"] != nil {
		l.report(f.Place, "empty", "%s: an empty value is both allowed and refused", f.Path)
	}
}

// enum: values differ by more than case, for case is one of the changes that
// must be refused.
func (l *linter) enum(f *Field) {
	for i, e := range f.Enum {
		if slices.ContainsFunc(f.Enum[:i], func(s string) bool { return strings.EqualFold(s, e) }) {
			l.report(f.Place, "enum", "%s: enum has %s twice, apart from case", f.Path, e)
		}
	}
}

func (l *linter) members(f *Field) {
	for i, m := range f.Members {
		if slices.ContainsFunc(f.Members[:i], func(o *Field) bool { return strings.EqualFold(o.Name, m.Name) }) {
			l.report(m.Place, "name", "%s: there are two members of this name, apart from case", m.Path)
		}
	}
}

// names: an operation's parameters differ by more than case, and from the
// common ones.
func (l *linter) names(o *Operation) {
	for i, p := range o.Parameters {
		if slices.ContainsFunc(l.c.Protocol.Common, func(f *Field) bool { return strings.EqualFold(f.Name, p.Name) }) {
			l.report(p.Place, "name", "%s: parameter %s is a common parameter", o.Name, p.Name)
		}
		if slices.ContainsFunc(o.Parameters[:i], func(f *Field) bool { return strings.EqualFold(f.Name, p.Name) }) {
			l.report(p.Place, "name", "%s: there are two parameters %s, apart from case", o.Name, p.Name)
		}
	}
}

// rules: the parameters exist.
func (l *linter) rules() {
	for _, o := range l.c.Operations {
		for _, r := range o.Rules {
			for _, path := range r.Parameters {
				if o.Parameter(path) == nil {
					l.report(r.Place, "rule", "%s: rule %s: there is no parameter %s", o.Name, r.ID, path)
				}
			}
		}
	}
}

// examples: the answers' examples are answers.
func (l *linter) examples() {
	for _, o := range l.c.Operations {
		v := o.answer
		if v == nil || v.example == nil {
			continue
		}
		at := Place{File: l.c.File, Line: v.example.Line}
		for _, broken := range o.ValidateBody(nodeValue(v.example)) {
			l.report(at, "example", "%s: example of the answer: %s: %s", o.Name, orRoot(broken.Pointer), broken.Message)
		}
		for _, name := range strangers(v.example, o.Response, "") {
			l.report(at, "example", "%s: example of the answer: the schema has no member %s", o.Name, name)
		}
	}
}

func orRoot(pointer string) string {
	if pointer == "" {
		return "/"
	}
	return pointer
}

// strangers are the members of an example that the schema does not know.
func strangers(n *yaml.Node, f *Field, path string) []string {
	var out []string
	switch {
	case f == nil || f.Type == Map:
	case n.Kind == yaml.SequenceNode:
		for i, v := range n.Content {
			out = append(out, strangers(v, f.Items, fmt.Sprintf("%s/%d", path, i))...)
		}
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			m := f.Member(name)
			if m == nil {
				out = append(out, path+"/"+name)
			}
			out = append(out, strangers(n.Content[i+1], m, path+"/"+name)...)
		}
	}
	return out
}
