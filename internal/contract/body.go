package contract

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/wire"
)

// Violated is one departure of a body from its schema.
type Violated struct {
	Pointer string // JSON pointer into the body: /ImageCaches/0/Status
	Keyword string // of ResponseKeywords
	Message string // what is wrong, without the value
	// Clause is the promise that is broken; nil where the contract promises
	// something else about the member and not this.
	Clause *Clause
}

// ValidateBody holds a success body, a wire Value, against the operation's
// response and returns every departure, in the order of their pointers'
// members. Members that the contract does not know are no departure.
func (o *Operation) ValidateBody(v any) []Violated { return o.answer.check(v) }

// ValidateError is Operation.ValidateBody for the body of a failure.
func (e Envelope) ValidateError(v any) []Violated { return e.failure.check(v) }

// validator holds values against a field by kin-openapi. The schema is made
// from the field when it is first needed.
type validator struct {
	root    *Field
	example *yaml.Node // of a whole body, nil where there is none
	once    sync.Once
	schema  *openapi3.Schema
	fast    *fitting
}

func (v *validator) check(value any) []Violated {
	if v == nil || v.root == nil {
		return nil
	}
	v.once.Do(v.prepare)
	if v.fast.fits(value) {
		return nil
	}
	// The checker tells all departures, at some cost: of a long list the
	// first ones will do, unless they hold none.
	err := v.schema.VisitJSON(plainValue(value, maxItems), openapi3.MultiErrors())
	if err == nil {
		err = v.schema.VisitJSON(plainValue(value, math.MaxInt), openapi3.MultiErrors())
	}
	if err == nil {
		return nil
	}
	return v.violations(err)
}

// maxItems is how many items of each list are looked at first.
const maxItems = 1000

func (v *validator) prepare() {
	v.schema = schemaOf(v.root)
	v.fast = fittingOf(v.root, v.schema)
}

// maxViolated is how many departures of one body are told: a body can hold
// hundreds of thousands.
const maxViolated = 200

// violations turns the schema checker's errors into ours.
func (v *validator) violations(err error) []Violated {
	var all openapi3.MultiError
	if !errors.As(err, &all) {
		all = openapi3.MultiError{err}
	}
	var out []Violated
	for _, e := range all[:min(len(all), maxViolated)] {
		var s *openapi3.SchemaError
		if !errors.As(e, &s) {
			out = append(out, Violated{Keyword: "type", Message: "is no JSON value", Clause: v.root.Clauses["type"]})
			continue
		}
		if !v.absent(s) {
			out = append(out, v.violated(s))
		}
	}
	return out
}

// absent reports whether the error is only that a member which may be left out
// is null: no page says how an answer shows that it has nothing to show.
func (v *validator) absent(s *openapi3.SchemaError) bool {
	f := v.root.at(s.JSONPointer())
	return s.SchemaField == "nullable" && f != nil && f != v.root && !f.Required
}

func (v *validator) violated(s *openapi3.SchemaError) Violated {
	path := s.JSONPointer()
	keyword := s.SchemaField
	if keyword == "pattern" || keyword == "nullable" {
		keyword = map[string]string{"pattern": "format", "nullable": "type"}[keyword]
	}
	out := Violated{Pointer: pointer(path), Keyword: keyword, Message: s.Reason}
	if f := v.root.at(path); f != nil {
		out.Clause = f.Clauses[keyword]
	}
	return out
}

func pointer(path []string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(escape.Replace(p))
	}
	return b.String()
}

// at follows the segments of a JSON pointer through the field's tree.
func (f *Field) at(path []string) *Field {
	for _, name := range path {
		switch {
		case f.Type == Array:
			f = f.Items
		default:
			f = f.Member(name)
		}
		if f == nil {
			return nil
		}
	}
	return f
}

// plainValue is a wire Value with its ordered maps as Go maps, and the first
// items of its lists.
func plainValue(v any, items int) any {
	switch v := v.(type) {
	case *wire.Map:
		m := make(map[string]any, v.Len())
		for _, key := range v.Keys() {
			member, _ := v.Get(key)
			m[key] = plainValue(member, items)
		}
		return m
	case []any:
		list := make([]any, min(len(v), items))
		for i := range list {
			list[i] = plainValue(v[i], items)
		}
		return list
	default:
		return v
	}
}

// schemaOf is the field as the schema checker knows it.
func schemaOf(f *Field) *openapi3.Schema {
	s := openapi3.NewSchema()
	s.Type = &openapi3.Types{string(f.Type)}
	if f.Type == Map {
		s.Type = &openapi3.Types{openapi3.TypeObject}
		if !f.free {
			s.AdditionalProperties.Schema = openapi3.NewStringSchema().NewRef()
		}
	}
	s.Format, s.Pattern = f.Format, f.Pattern
	for _, e := range f.Enum {
		s.Enum = append(s.Enum, enumValue(f.Type, e))
	}
	s.Min, s.Max = bound(f.Minimum), bound(f.Maximum)
	s.MinLength, s.MinItems = length(f.MinLength), length(f.MinItems)
	s.MaxLength, s.MaxItems = limit(f.MaxLength), limit(f.MaxItems)
	schemaMembers(s, f)
	return s
}

func schemaMembers(s *openapi3.Schema, f *Field) {
	if f.Items != nil {
		s.Items = schemaOf(f.Items).NewRef()
	}
	for _, m := range f.Members {
		if s.Properties == nil {
			s.Properties = openapi3.Schemas{}
		}
		s.Properties[m.Name] = schemaOf(m).NewRef()
		if m.Required {
			s.Required = append(s.Required, m.Name)
		}
	}
}

func enumValue(t Type, text string) any {
	if t == Integer || t == Number {
		return json.Number(text)
	}
	return text
}

func bound(n *int64) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

func length(n *int) uint64 {
	if n == nil {
		return 0
	}
	return uint64(*n)
}

func limit(n *int) *uint64 {
	if n == nil {
		return nil
	}
	u := uint64(*n)
	return &u
}
