package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

var errRepeated = errors.New("repeated, and not a list")

// Value turns an element into the tree that JSON would carry. A list that the
// shape knows is always there, empty if need be, since XML cannot tell an
// empty list from none. A text that is not of its lexical type stays a string
// for a schema to find. What the shape does not know is a string, a *Map or,
// repeated, a list. It is an error when a member that is no list is repeated.
func (e *Element) Value(s *BodyShape) (any, error) {
	if s == nil {
		return e.plain()
	}
	switch s.Kind {
	case Struct:
		if len(e.Children) == 0 && e.Text != "" {
			return e.Text, nil
		}
		return e.object(s)
	case Mapped:
		return e.mapped(s)
	case List: // a list that is an element of a list
		return e.list(s)
	}
	if len(e.Children) > 0 {
		return e.plain()
	}
	return s.Lexical.value(e.Text), nil
}

// value is a text as JSON would carry it.
func (l Lexical) value(text string) any {
	if l == Text || l.check(text) != noFault {
		return text
	}
	if l == Bool {
		return text == "true"
	}
	return json.Number(text)
}

// plain reads an element that no shape describes.
func (e *Element) plain() (any, error) {
	if len(e.Children) == 0 {
		return e.Text, nil
	}
	return e.object(&BodyShape{Kind: Struct})
}

// object reads the children as members, in the order of their first.
func (e *Element) object(s *BodyShape) (any, error) {
	m := &Map{}
	for _, child := range e.Children {
		if err := child.addTo(m, s); err != nil {
			return nil, fmt.Errorf("%s: %w", child.Name, err)
		}
	}
	for _, member := range s.Members {
		if member.Shape.isList() && m.find(member.Name) < 0 {
			m.add(member.Name, []any{})
		}
	}
	return m, nil
}

// addTo puts the element into the object that it is a member of.
func (e *Element) addTo(m *Map, s *BodyShape) error {
	shape, known := s.member(e.Name)
	of := shape
	if shape.isList() {
		of = shape.Items
	}
	v, err := e.Value(of)
	if err != nil {
		return err
	}
	at := m.find(e.Name)
	switch {
	case at < 0 && !shape.isList():
		m.add(e.Name, v)
	case at < 0 && e.empty():
		m.add(e.Name, []any{}) // an empty list, unless more come
	case at < 0:
		m.add(e.Name, []any{v})
	case known && !shape.isList():
		return errRepeated
	default:
		m.values[at], err = e.join(m.values[at], of, v)
	}
	return err
}

// join appends a repeated element's value to what came before it.
func (e *Element) join(before any, of *BodyShape, v any) (any, error) {
	list, ok := before.([]any)
	if !ok {
		return []any{before, v}, nil
	}
	if len(list) == 0 {
		first, err := (&Element{Name: e.Name}).Value(of)
		return []any{first, v}, err
	}
	return append(list, v), nil
}

func (s *BodyShape) isList() bool { return s != nil && s.Kind == List }

func (s *BodyShape) member(name string) (shape *BodyShape, known bool) {
	for _, m := range s.Members {
		if m.Name == name {
			return m.Shape, true
		}
	}
	return nil, false
}

func (e *Element) empty() bool { return len(e.Children) == 0 && e.Text == "" }

func (e *Element) mapped(s *BodyShape) (any, error) {
	if e.Text != "" {
		return e.Text, nil
	}
	m := &Map{}
	for _, c := range e.Children {
		if m.find(c.Name) >= 0 {
			return nil, fmt.Errorf("%s: %w", c.Name, errRepeated)
		}
		v, err := c.Value(s.Items)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		m.add(c.Name, v)
	}
	return m, nil
}

func (e *Element) list(s *BodyShape) (any, error) {
	list := []any{}
	for _, c := range e.Children {
		v, err := c.Value(s.Items)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>`

// EncodeXML writes a Value under a root element: lists as repeated elements
// named after the list, nil as nothing, an element of a list within a list
// under its list's name. Characters that XML does not allow become U+FFFD,
// those that a name does not allow an underscore.
func EncodeXML(root string, v any) []byte {
	b := append(make([]byte, 0, 512), xmlHead...)
	if v == nil {
		v = ""
	}
	return appendElement(b, elementName(root), v)
}

// appendElement writes one element of the name.
func appendElement(b []byte, name string, v any) []byte {
	start := len(b)
	b = append(append(append(b, '<'), name...), '>')
	content := len(b)
	switch v := v.(type) {
	case *Map:
		for i, key := range v.Keys() {
			b = appendMember(b, elementName(key), v.values[i])
		}
	case []any:
		for _, item := range v {
			b = appendElement(b, name, item)
		}
	case nil:
	default:
		b = appendXMLText(b, scalarText(v))
	}
	if len(b) == content {
		return append(append(append(b[:start], '<'), name...), "/>"...)
	}
	return append(append(append(b, "</"...), name...), '>')
}

// appendMember writes a member of an object: a list as several elements.
func appendMember(b []byte, name string, v any) []byte {
	switch v := v.(type) {
	case nil:
		return b
	case []any:
		for _, item := range v {
			b = appendElement(b, name, item)
		}
		return b
	}
	return appendElement(b, name, v)
}

// elementName makes a name of a key.
func elementName(key string) string {
	ok := key != ""
	for i, c := range key {
		if i == 0 && !isNameStart(c) || !isNamePart(c) {
			ok = false
		}
	}
	if ok {
		return key
	}
	out := make([]rune, 0, len(key)+1)
	for i, c := range key {
		if !isNamePart(c) {
			c = '_'
		} else if i == 0 && !isNameStart(c) {
			out = append(out, '_')
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return "_"
	}
	return string(out)
}

// appendXMLText escapes what markup needs, and the carriage return, which a
// reader would take for the end of a line.
func appendXMLText(b []byte, s string) []byte {
	for _, c := range s {
		switch {
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '\r':
			b = append(b, "&#13;"...)
		case isXMLRune(c):
			b = utf8.AppendRune(b, c)
		default:
			b = utf8.AppendRune(b, utf8.RuneError)
		}
	}
	return b
}
