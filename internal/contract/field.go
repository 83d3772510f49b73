package contract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fields makes Fields of one kind out of parts.
type fields struct {
	l         *loader
	operation string // empty for what all operations share
	kind      string // parameter, response, header, envelope
	keywords  []string
	response  bool
}

// owner is the word ahead of # in the ids.
func (fs *fields) owner() string {
	if fs.operation == "" {
		return "common"
	}
	return fs.operation
}

func (fs *fields) id(path, keyword string) string {
	if path == "" {
		return fmt.Sprintf("%s#%s/%s", fs.owner(), fs.kind, keyword)
	}
	return fmt.Sprintf("%s#%s/%s/%s", fs.owner(), fs.kind, path, keyword)
}

// build makes the field and all below it.
func (fs *fields) build(p *part) *Field {
	p.inherit()
	f := &Field{
		Name: p.name, Path: p.path, Parent: p.parent, Response: fs.response,
		Clauses: map[string]*Clause{}, Place: fs.l.place(p.holders[0].node),
	}
	fs.describe(f, p)
	if p.endless() {
		fs.l.fail(p.schema.node, "%s: holds itself", p.schema.what)
		return f
	}
	f.Type = fs.typeOf(f, p)
	if f.Type == "" {
		return f
	}
	fs.constrain(f, p)
	f.classify()
	fs.promise(f, p)
	fs.descend(f, p)
	fs.exemplify(f, p)
	return f
}

func (fs *fields) describe(f *Field, p *part) {
	f.Description = p.text("description")
	f.Class = Class(p.word(p.prefix+"class", "class", classes))
	f.Binding = p.text(p.prefix + "binding")
	f.Encoding = p.word(p.prefix+"encoding", "encoding", encodings)
	f.AllowEmpty = p.flag(p.prefix+"allow-empty") || p.flag("allowEmptyValue")
	f.Required = p.must != nil
}

// classify gives a value whose class is plain from its type the class that the
// document leaves out.
func (f *Field) classify() {
	if f.Class == "" {
		f.Class = f.plainClass()
	}
}

func (f *Field) plainClass() Class {
	switch {
	case len(f.Enum) > 0 || f.Type == Boolean:
		return ClassEnum
	case f.Type == Integer || f.Type == Number:
		return ClassNumber
	case f.Format == "date-time":
		return ClassTime
	}
	return ""
}

func (fs *fields) typeOf(f *Field, p *part) Type {
	if len(p.schema.node.Content) == 0 && p.schema.node.Line == 0 {
		return "" // its $ref led nowhere, which is said
	}
	if p.schema.get("type") == nil {
		p.schema.missing("type")
		return ""
	}
	t := Type(p.schema.word("type", "type", schemaTypes))
	if t == "" {
		return ""
	}
	if free := p.schema.get("additionalProperties"); t == Object && free != nil && !isFalse(free) {
		t = Map
		fs.values(f, p, free)
	}
	fs.checkStyle(t, p)
	return t
}

func isFalse(n *yaml.Node) bool { return n.Tag == "!!bool" && !isTrue(n) }

// values reads what the values of a map are: texts, or in an answer anything.
func (fs *fields) values(f *Field, p *part, n *yaml.Node) {
	f.free = n.Tag == "!!bool"
	if f.free && fs.response {
		return
	}
	o := fs.l.object(n, p.schema.what+": additionalProperties", "type", "description")
	if t := o.needText("type"); t != "" && t != string(String) {
		fs.l.fail(o.get("type"), "%s: want type string, have %s", o.what, t)
	}
}

// checkStyle holds x-acs-style against the type: the word must say how a value
// of that type flattens.
func (fs *fields) checkStyle(t Type, p *part) {
	h, ok := p.holder(p.prefix + "style")
	if !ok {
		return
	}
	style := h.word(p.prefix+"style", "style", styles)
	want := map[Type]string{Array: "repeatList", Object: "flat", Map: "map"}[t]
	if style != "" && style != want {
		fs.l.fail(h.get(p.prefix+"style"), "%s: style %s does not fit type %s, want %s", h.what, style, t, orNone(want))
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// descend builds the members of an object, the known keys of a map, and the
// element of an array.
func (fs *fields) descend(f *Field, p *part) {
	switch f.Type {
	case Array:
		if items := p.schema.need("items"); items != nil {
			f.Items = fs.child(f, p, items, child{name: "N"})
		}
	case Object, Map:
		fs.members(f, p)
	}
}

func (fs *fields) members(f *Field, p *part) {
	required := map[string]*yaml.Node{}
	if n := p.schema.get("required"); n != nil && n.Kind == yaml.SequenceNode {
		for _, v := range n.Content {
			required[v.Value] = v
		}
	}
	properties := p.schema.get("properties")
	if properties == nil && f.Type == Object {
		fs.l.fail(p.schema.node, "%s: an object without properties; a free one says additionalProperties", p.schema.what)
	}
	for key, v := range fs.l.mapping(properties, p.schema.what+": properties").pairs() {
		f.Members = append(f.Members, fs.child(f, p, v, child{name: key.Value, must: required[key.Value]}))
		delete(required, key.Value)
	}
	for name, n := range required {
		fs.l.fail(n, "%s: required names %q, which is no property", p.schema.what, name)
	}
}

type child struct {
	name string
	must *yaml.Node
}

func (fs *fields) child(f *Field, p *part, n *yaml.Node, c child) *Field {
	path := strings.TrimPrefix(f.Path+"."+c.name, ".")
	sub := &part{
		prefix: p.prefix, name: c.name, path: path, parent: f, basis: p.basis, must: c.must, within: p,
	}
	sub.holders, sub.schema = fs.l.schema(n, p.schema.what+"."+c.name)
	return fs.build(sub)
}

// schema follows a schema to where it is written down. The holders are the
// neighbours of every $ref on the way and the schema itself.
func (l *loader) schema(n *yaml.Node, what string) ([]object, object) {
	var holders []object
	for range 8 {
		if !isRef(n) {
			o := l.object(n, what, append(slices.Clone(extensionKeys), schemaKeys...)...)
			return append(holders, o), o
		}
		o := l.object(n, what, append([]string{"$ref", "description"}, extensionKeys...)...)
		holders = append(holders, o)
		if n, what = l.follow(o, "schemas"); n == nil {
			break
		}
	}
	o := l.mapping(nil, what)
	if n != nil {
		l.endless(n, what)
	}
	return append(holders, o), o
}

func (l *loader) endless(n *yaml.Node, what string) {
	l.fail(n, "%s: $ref leads to $ref without end", what)
}

func isRef(n *yaml.Node) bool {
	if n == nil || n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "$ref" {
			return true
		}
	}
	return false
}

// follow returns what a $ref names, nil after a fault, and what messages should
// call it, whoever refers to it.
func (l *loader) follow(o object, section string) (*yaml.Node, string) {
	ref := o.text("$ref")
	name, ok := strings.CutPrefix(ref, "#/components/"+section+"/")
	if !ok {
		l.fail(o.get("$ref"), "%s: $ref %q: want #/components/%s/NAME", o.what, ref, section)
		return nil, o.what
	}
	parts := l.mapping(l.mapping(l.doc.get("components"), "components").get(section), "components: "+section)
	n := parts.get(name)
	if n == nil {
		l.fail(o.get("$ref"), "%s: $ref %q: there is no such component", o.what, ref)
	}
	return n, section + "/" + name
}

// constrain reads the keywords that bound the value.
func (fs *fields) constrain(f *Field, p *part) {
	for _, c := range constraints {
		at, v := p.value(c.keyword)
		if v == nil {
			continue
		}
		switch {
		case !c.allows(f):
			fs.l.fail(at, "%s: %s does not go with type %s", p.schema.what, c.keyword, f.Type)
		case !c.set(f, v):
			fs.l.fail(v, "%s: %s: want %s, have %s", p.schema.what, c.keyword, c.want(f), kindName(v))
		default:
			continue
		}
		p.bad = append(p.bad, c.keyword)
	}
	fs.require(f, p)
	if f.MaxItems != nil && f.MinItems != nil && *f.MinItems > *f.MaxItems {
		fs.l.fail(p.schema.node, "%s: minItems is above maxItems", p.schema.what)
	}
}

// require reads the required and nonEmpty that stand in x-acs-clauses, for a
// plain reader of the document must not take them for required.
func (fs *fields) require(f *Field, p *part) {
	over, ok := p.override("required")
	if !ok {
		return
	}
	if v := over.get("value"); v != nil {
		if f.Required {
			fs.l.fail(v, "%s: has a value, but required is said already", over.what)
		}
		if f.Required = over.flag("value"); f.Required {
			p.must = v
		}
	}
	if lenient := over.get("lenient"); lenient != nil {
		f.Lenient = !over.flag("lenient")
	}
}

// constraint is a keyword that sets something of a field.
type constraint struct {
	keyword string
	types   []Type
	set     func(f *Field, v *yaml.Node) bool
	wanted  string
}

func (c constraint) allows(f *Field) bool {
	if c.keyword == "maxItems" && f.Type == String && f.Encoding == "comma" {
		return true
	}
	return slices.Contains(c.types, f.Type)
}

func (c constraint) want(f *Field) string {
	if c.keyword == "format" {
		return "one of " + strings.Join(formats[f.Type], ", ")
	}
	return c.wanted
}

var constraints = []constraint{
	{"format", []Type{Integer, Number, String}, setFormat, ""},
	{"enum", []Type{String, Integer}, setEnum, "a list of values of the type"},
	{"minimum", []Type{Integer, Number}, func(f *Field, v *yaml.Node) bool { return setBound(&f.Minimum, v) }, "a whole number"},
	{"maximum", []Type{Integer, Number}, func(f *Field, v *yaml.Node) bool { return setBound(&f.Maximum, v) }, "a whole number"},
	{"minLength", []Type{String}, func(f *Field, v *yaml.Node) bool { return setCount(&f.MinLength, v) }, "a count"},
	{"maxLength", []Type{String}, func(f *Field, v *yaml.Node) bool { return setCount(&f.MaxLength, v) }, "a count"},
	{"pattern", []Type{String}, setPattern, "a regular expression from ^ to $"},
	{"minItems", []Type{Array}, func(f *Field, v *yaml.Node) bool { return setCount(&f.MinItems, v) }, "a count"},
	{"maxItems", []Type{Array}, func(f *Field, v *yaml.Node) bool { return setCount(&f.MaxItems, v) }, "a count"},
	{"default", []Type{String, Integer, Number, Boolean}, setDefault, "a value of the type"},
}

func setFormat(f *Field, v *yaml.Node) bool {
	f.Format = v.Value
	return slices.Contains(formats[f.Type], v.Value)
}

func setEnum(f *Field, v *yaml.Node) bool {
	for _, e := range v.Content {
		if !fitsType(f.Type, e) {
			return false
		}
		f.Enum = append(f.Enum, e.Value)
	}
	return len(f.Enum) > 0
}

func fitsType(t Type, v *yaml.Node) bool {
	if v.Kind != yaml.ScalarNode {
		return false
	}
	switch t {
	case Integer:
		return v.Tag == "!!int"
	case Number:
		return v.Tag == "!!int" || v.Tag == "!!float"
	case Boolean:
		return v.Tag == "!!bool"
	default:
		return v.Tag == "!!str"
	}
}

func setBound(to **int64, v *yaml.Node) bool {
	n, ok := new(reader).whole(v, "")
	*to = &n
	return ok
}

func setCount(to **int, v *yaml.Node) bool {
	n, ok := new(reader).whole(v, "")
	i := int(n)
	*to = &i
	return ok && n >= 0 && n <= 1<<30
}

// setPattern wants anchors: JSON Schema's patterns match anywhere without.
func setPattern(f *Field, v *yaml.Node) bool {
	re, err := regexp.Compile(v.Value)
	f.Pattern, f.compiled = v.Value, re
	return err == nil && strings.HasPrefix(v.Value, "^") && strings.HasSuffix(v.Value, "$")
}

func setDefault(f *Field, v *yaml.Node) bool {
	f.Default, f.HasDefault = scalarText(v), true
	return fitsType(f.Type, v)
}

// scalarText is the value as the wire would carry it.
func scalarText(v *yaml.Node) string {
	if v.Tag == "!!bool" {
		return strings.ToLower(v.Value)
	}
	return v.Value
}
