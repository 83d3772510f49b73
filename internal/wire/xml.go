package wire

// Element is an element of an XML body: children, or text, never both.
// Attributes are read over.
type Element struct {
	Name     string
	Text     string
	Children []*Element
}

// DecodeXML reads one document, strictly and in UTF-8: one root, no document
// type, no entities but XML's own five, no text beside elements, at most 512
// levels and 4 MiB.
func DecodeXML(b []byte) (*Element, error) { return &Element{}, nil }

// Value turns an element into the tree that JSON would carry. A list that the
// shape knows is always there, empty if need be, since XML cannot tell an
// empty list from none. A text that is not of its lexical type stays a string
// for a schema to find. What the shape does not know is a string, a *Map or,
// repeated, a list. It is an error when a member that is no list is repeated.
func (e *Element) Value(s *BodyShape) (any, error) { return nil, nil }

// EncodeXML writes a Value under a root element: lists as repeated elements
// named after the list, nil as nothing, runes that XML does not allow as
// U+FFFD.
func EncodeXML(root string, v any) []byte { return nil }

// AsXML returns what is left of a Value that came as JSON when XML carries it:
// compare it with the Value of an XML answer.
func AsXML(v any, s *BodyShape) (any, error) { return v, nil }
