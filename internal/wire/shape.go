package wire

import "strings"

// Kind is how a node of a parameter or body tree is built.
type Kind int

// The kinds.
const (
	Scalar Kind = iota // one text
	List               // Name.1, Name.2, …
	Struct             // Name.Member, members named by the shape
	Mapped             // Name.Key, keys chosen by the caller
)

// Lexical is what the text of a scalar must look like.
type Lexical int

// The lexical types.
const (
	Text  Lexical = iota
	Int32         // decimal digits with an optional minus sign
	Int64
	Float // a JSON number
	Bool  // true or false
)

// Shape describes nested parameters. A request's shape is a Struct of its
// parameters.
type Shape struct {
	Kind    Kind
	Lexical Lexical // of a Scalar
	// JSON says that the whole may also come as one JSON text.
	JSON bool
	// Items is the shape of a List's elements and of a Map's values; nil
	// means text.
	Items   *Shape
	Members []Member // of a Struct
	// Comma says that a List may also come as one text, joined by commas.
	Comma bool
}

// Member is a named part of a Struct.
type Member struct {
	Name  string
	Shape *Shape
}

// textShape is what a nil shape means.
var textShape = &Shape{}

func (s *Shape) items() *Shape { return s.Items.orText() }

func (s *Shape) orText() *Shape {
	if s == nil {
		return textShape
	}
	return s
}

// find returns the position of a Struct's member, or -1.
func (s *Shape) find(name string) int {
	for i := range s.Members {
		if s.Members[i].Name == name {
			return i
		}
	}
	return -1
}

// genericPath turns a name into its path in the shape: indexes become N, and
// what is below a scalar or a map belongs to it. What the shape does not know
// stays as it is.
func (s *Shape) genericPath(name string) string {
	out, rest, more := make([]byte, 0, len(name)), name, true
	for more {
		var segment string
		switch s.Kind {
		case Scalar, Mapped:
			return string(out)
		case List:
			_, rest, more = strings.Cut(rest, ".")
			segment, s = "N", s.items()
		case Struct:
			known := rest
			segment, rest, more = strings.Cut(rest, ".")
			i := s.find(segment)
			if i < 0 {
				return string(joinPath(out, known))
			}
			s = s.Members[i].Shape.orText()
		}
		out = joinPath(out, segment)
	}
	return string(out)
}

func joinPath(path []byte, segment string) []byte {
	if len(path) > 0 {
		path = append(path, '.')
	}
	return append(path, segment...)
}

// BodyShape describes the tree of a response body, so that XML, which has
// only text, can be read as the same tree as JSON.
type BodyShape struct {
	Kind    Kind
	Lexical Lexical      // of a Scalar
	Items   *BodyShape   // of a List's elements and a Map's values; nil means text
	Members []BodyMember // of a Struct
}

// BodyMember is a named part of a Struct.
type BodyMember struct {
	Name  string
	Shape *BodyShape
}

// Fault is one departure of a request's parameters from their shape.
type Fault struct {
	Name  string // as on the wire: Tag.2.Key
	Path  string // generic: Tag.N.Key
	Kind  FaultKind
	Value string
}

// FaultKind is what is wrong.
type FaultKind int

// The kinds of fault.
const (
	Unknown      FaultKind = iota // no such name
	Duplicate                     // the same value again, in the same or another encoding
	Gap                           // the indexes of a list skip one
	ZeroIndex                     // Tag.0: lists count from 1
	LeadingZero                   // Tag.01
	BadIndex                      // Tag.x
	NotScalar                     // a value where a struct or list belongs, or the reverse
	BadInteger                    //
	OutOfRange32                  //
	OutOfRange64                  //
	BadBoolean                    //
	BadNumber                     //
	BadJSON                       // not a JSON text of the right kind
	BadUTF8                       // name or value
)

// noFault is what a check returns that found nothing.
const noFault FaultKind = -1

var faultNames = [...]string{
	"unknown", "duplicate", "gap", "zeroIndex", "leadingZero", "badIndex", "notScalar", "badInteger",
	"outOfRange32", "outOfRange64", "badBoolean", "badNumber", "badJSON", "badUTF8",
}

// String returns the kind's name, such as leadingZero.
func (k FaultKind) String() string {
	if k < 0 || int(k) >= len(faultNames) {
		return "fault"
	}
	return faultNames[k]
}
