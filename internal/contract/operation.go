package contract

import (
	"regexp"
	"strings"
)

// Operation is one Action of the API.
type Operation struct {
	Name        string
	Summary     string
	Methods     []string // GET, POST
	Parameters  []*Field // the operation's own, in document order, common parameters left out
	Response    *Field   // the object a success answers with
	Errors      []*Error // the operation's own table, in document order
	Unlisted    *Clause  // that no other errors occur than the known ones
	Rules       []*Rule  // between parameters
	Effect      Effect
	Idempotency *Token // nil where the operation takes no token
	Place       Place

	answer *validator // of Response
}

// Parameter returns the field at a path such as Tag.N.Key, or nil.
func (o *Operation) Parameter(path string) *Field {
	for _, p := range o.Parameters {
		if f := p.Find(path); f != nil {
			return f
		}
	}
	return nil
}

// Generic returns the path of a wire name: its indexes become N, as in Tag.N.Key
// of Tag.1.Key.
func Generic(name string) string {
	if !strings.Contains(name, ".") {
		return name
	}
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			parts[i] = "N"
		}
	}
	return strings.Join(parts, ".")
}

// Leaves returns every field that carries a value of its own, depth first in
// document order: scalars, and maps as one leaf.
func (o *Operation) Leaves() []*Field {
	var out []*Field
	for _, p := range o.Parameters {
		out = append(out, p.Leaves()...)
	}
	return out
}

// Error returns the operation's row with the code, or nil.
func (o *Operation) Error(code string) *Error {
	for _, e := range o.Errors {
		if e.Code == code {
			return e
		}
	}
	return nil
}

// Type is the type of a value once it is off the wire.
type Type string

// The types.
const (
	String  Type = "string"
	Integer Type = "integer"
	Number  Type = "number"
	Boolean Type = "boolean"
	Object  Type = "object" // named members
	Array   Type = "array"
	Map     Type = "map" // members named by the caller, values are strings
)

// Class is what kind of thing a value is, for naming, comparing and redacting.
type Class string

// The classes.
const (
	ClassEnum   Class = "enum"
	ClassNumber Class = "number"
	ClassID     Class = "id"   // minted by the server, or names a thing elsewhere
	ClassName   Class = "name" // chosen by the caller
	ClassText   Class = "text" // free text
	ClassSecret Class = "secret"
	ClassTime   Class = "time"
	// ClassAccessKey: the id of an access key. It is no secret, and yet no
	// recording shows it.
	ClassAccessKey Class = "accessKey"
)

// Field is a parameter or a response member: a node of a tree.
type Field struct {
	Name        string // the last segment: Key; N for the element of an array
	Path        string // Tag.N.Key; the same for all elements of an array
	Type        Type
	Format      string // int32, int64, date-time, …
	Description string
	Example     string // as on the wire; empty where there is none
	HasExample  bool
	Default     string
	HasDefault  bool
	Required    bool
	Lenient     bool // Required only in the seed page's reading; not under the metadata's
	AllowEmpty  bool // an empty value is documented as fine
	Enum        []string
	Minimum     *int64
	Maximum     *int64
	MinLength   *int
	MaxLength   *int   // in characters
	Pattern     string // anchored, as in JSON Schema; empty where there is none
	MinItems    *int
	MaxItems    *int
	// Encoding is set where a value is packed: "json" for a JSON text in one
	// string, "comma" for ids joined by commas.
	Encoding string
	Class    Class
	// Binding names the kind of real thing that a valid value must name
	// (eip, addressPool, vswitch, region, …); empty where any text will do.
	Binding  string
	Members  []*Field // of an object, in document order; of a map, the names that are documented
	Items    *Field   // of an array
	Parent   *Field
	Clauses  map[string]*Clause // by keyword: type, required, maximum, …
	Place    Place
	Response bool

	compiled *regexp.Regexp // of Pattern
	free     bool           // a map whose values are of any type
}

// Find returns the field at path within f, f itself included, or nil.
func (f *Field) Find(path string) *Field {
	if f.Path == path {
		return f
	}
	for _, m := range f.Members {
		if g := m.Find(path); g != nil {
			return g
		}
	}
	if f.Items != nil {
		return f.Items.Find(path)
	}
	return nil
}

// Leaves returns the fields below f that carry a value, f itself if it does.
func (f *Field) Leaves() []*Field {
	switch f.Type {
	case Array:
		return f.Items.Leaves()
	case Object:
		var out []*Field
		for _, m := range f.Members {
			out = append(out, m.Leaves()...)
		}
		return out
	default:
		return []*Field{f}
	}
}

// Member returns the object's member of that name, or nil.
func (f *Field) Member(name string) *Field {
	for _, m := range f.Members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// Error is a row of an error table.
type Error struct {
	Code      string // may hold %s where the gateway writes a parameter's name into it
	Status    int
	Message   string // template: %s stands for text that nobody documents
	Condition string // the name of the condition that provokes it
	Level     Level  // of status and code
	Sources   []string
	Note      string
	// Wordings are other documented forms of the same answer; a target that
	// gives one of them breaks only the exact row's clause.
	Wordings []Wording
	Row      *Clause // status and code
	Text     *Clause // the message
	Place    Place
}

// Wording is another documented form of an error row.
type Wording struct {
	Code    string
	Status  int
	Message string
	Sources []string
}

// Violation says which row answers a kind of bad parameter, such as missing,
// type, maximum. That the request is refused is the parameter's own clause;
// which row says so is this one.
type Violation struct {
	Kind  string
	Error *Error
	Place Place
}

// Rule is a promise about several parameters at once.
type Rule struct {
	ID string
	// Kind: atMostOne, atLeastOne (of Parameters), requires (the first needs
	// the others), notValue (the one parameter must not have Value),
	// ignoredWith (the first has no effect when the second is given),
	// notPrefix / notContains (the value of each must not start with / hold
	// one of Values).
	Kind       string
	Parameters []string // paths
	Values     []string
	Promise    string
	Violation  string // a kind of Contract.Violations
	Clause     *Clause
	Place      Place
}

// Token is how an operation takes part in idempotency.
type Token struct {
	Parameter string // ClientToken
	Clause    *Clause
	Place     Place
}
