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
	d.merge(n, s, v, param, d.path(param))
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

// merge puts a JSON value that fits into the tree beside what came flattened.
func (d *decoder) merge(n *Node, s *Shape, v any, param int, path string) {
	switch v := v.(type) {
	case *Map:
		for _, key := range v.Keys() {
			value, _ := v.Get(key)
			d.mergeMember(n, s, key, value, param, path)
		}
	case []any:
		for i, value := range v {
			d.mergeChild(n, step{shape: s.items(), index: i + 1}, value, param, path+".N")
		}
	default:
		d.setText(n, s, param, scalarText(v), path)
	}
}

func (d *decoder) mergeMember(n *Node, s *Shape, key string, value any, param int, path string) {
	if value == nil {
		return
	}
	if s.Kind == Mapped {
		if key = stripKey(key); key == "" {
			d.fault(param, Unknown, path, scalarText(value))
			return
		}
		d.mergeChild(n, step{shape: s.items(), name: key}, value, param, path)
		return
	}
	i := s.find(key)
	if i < 0 {
		d.fault(param, Unknown, path+"."+key, scalarText(value))
		return
	}
	d.mergeChild(n, step{shape: s.Members[i].Shape.orText(), index: i}, value, param, path+"."+key)
}

func (d *decoder) mergeChild(n *Node, st step, value any, param int, path string) {
	if !fits(value, st.shape) {
		d.fault(param, NotScalar, path, scalarText(value))
		return
	}
	d.merge(d.child(n, st, param), st.shape, value, param, path)
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
