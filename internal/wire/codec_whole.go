package wire

import (
	"encoding/json"
	"strings"
)

// readWhole reads a parameter that holds a whole list, struct or map: as one
// JSON text or joined by commas, where the shape allows it.
func (d *decoder) readWhole(tree *Node, steps []step, param int) {
	text := d.params[param].Value
	s := steps[len(steps)-1].shape
	var v any
	var err error
	switch {
	case s.commas() && !(s.JSON && strings.HasPrefix(text, "[")):
		v = splitCommas(text)
	case s.JSON:
		v, err = DecodeJSON([]byte(text))
	default:
		d.fault(param, NotScalar, d.path(param), text)
		return
	}
	if err != nil || !fits(v, s) {
		d.fault(param, BadJSON, d.path(param), text)
		return
	}
	n := d.descend(tree, steps, param)
	if n.whole {
		d.fault(param, Duplicate, d.path(param), text)
		return
	}
	n.whole = true
	source{d, param, d.path(param)}.merge(n, s, v)
}

// commas reports whether one text may hold the list.
func (s *Shape) commas() bool { return s.Comma && s.Kind == List && s.items().Kind == Scalar }

func splitCommas(text string) []any {
	parts := strings.Split(text, ",")
	list := make([]any, len(parts))
	for i, part := range parts {
		list[i] = part
	}
	return list
}

// path returns the generic path of a parameter.
func (d *decoder) path(param int) string { return d.root.genericPath(d.params[param].Name) }

// fits reports whether a JSON value is of the kind that the shape wants. For
// a scalar any simple value does: JSON says 5 where the wire says the text 5.
func fits(v any, s *Shape) bool {
	switch v.(type) {
	case *Map:
		return s.Kind == Struct || s.Kind == Mapped
	case []any:
		return s.Kind == List
	case nil:
		return false
	}
	return s.Kind == Scalar
}

// source says where a value comes from, for what is wrong with it.
type source struct {
	*decoder
	param int
	path  string // generic, of the place within a whole
}

// below returns the source of a member or element.
func (f source) below(name string) source {
	f.path += "." + name
	return f
}

// merge puts a JSON value that fits into the tree beside what came flattened.
func (f source) merge(n *Node, s *Shape, v any) {
	switch v := v.(type) {
	case *Map:
		for i, key := range v.keys {
			f.member(n, s, key, v.values[i])
		}
	case []any:
		for i, value := range v {
			f.below("N").child(n, step{shape: s.items(), index: i + 1}, value)
		}
	default:
		f.setText(n, s, scalarText(v))
	}
}

func (f source) member(n *Node, s *Shape, key string, value any) {
	if value == nil {
		return
	}
	if s.Kind == Mapped {
		if key = stripKey(key); key == "" {
			f.fault(f.param, Unknown, f.path, scalarText(value))
			return
		}
		f.child(n, step{shape: s.items(), name: key}, value)
		return
	}
	f = f.below(key)
	i := s.find(key)
	if i < 0 {
		f.fault(f.param, Unknown, f.path, scalarText(value))
		return
	}
	f.child(n, step{shape: s.Members[i].Shape.orText(), index: i}, value)
}

func (f source) child(n *Node, st step, value any) {
	if !fits(value, st.shape) {
		f.fault(f.param, NotScalar, f.path, scalarText(value))
		return
	}
	f.merge(f.decoder.child(n, st, f.param), st.shape, value)
}

// setText gives a scalar its value, unless it has one.
func (f source) setText(n *Node, s *Shape, text string) {
	kind := Duplicate
	if !n.Present {
		n.Present, n.Text = true, text
		kind = s.Lexical.check(text)
	}
	if kind != noFault {
		f.fault(f.param, kind, f.path, text)
	}
}

// scalarText is a JSON value as the flattened wire would carry it; a list or
// object is its JSON text.
func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return string(EncodeJSON(v))
}
