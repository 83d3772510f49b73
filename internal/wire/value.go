package wire

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// Map is an ordered object. A Value is nil, bool, json.Number, string, []any
// or *Map. The zero Map is empty and ready; a nil one can be read.
type Map struct {
	keys   []string
	values []any
	index  map[string]int // once there are many keys
}

// manyKeys is from when on an index beats a look through all keys.
const manyKeys = 16

// Len returns the number of keys.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return len(m.keys)
}

// Keys returns the keys in order. The caller must not change the slice.
func (m *Map) Keys() []string {
	if m == nil {
		return nil
	}
	return m.keys
}

// Get returns the value of a key and whether there is one.
func (m *Map) Get(key string) (value any, ok bool) {
	i := m.find(key)
	if i < 0 {
		return nil, false
	}
	return m.values[i], true
}

// Set gives a key its value; a new key goes to the end.
func (m *Map) Set(key string, value any) {
	if i := m.find(key); i >= 0 {
		m.values[i] = value
		return
	}
	m.add(key, value)
}

// fewKeys is how many keys most bodies have.
const fewKeys = 6

// add appends a key that is known to be new.
func (m *Map) add(key string, value any) {
	if m.keys == nil {
		m.keys, m.values = make([]string, 0, fewKeys), make([]any, 0, fewKeys)
	}
	m.keys = append(m.keys, key)
	m.values = append(m.values, value)
	if m.index != nil {
		m.index[key] = len(m.keys) - 1
	} else if len(m.keys) == manyKeys {
		m.index = make(map[string]int, 2*manyKeys)
		for i, k := range m.keys {
			m.index[k] = i
		}
	}
}

func (m *Map) find(key string) int {
	if m == nil {
		return -1
	}
	if m.index != nil {
		if i, ok := m.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range m.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// Equal compares two Values. Where they differ, pointer is the JSON pointer of
// the first difference, empty for the whole; the order of a Map's keys makes
// none, nor does the spelling of a number.
func Equal(a, b any) (pointer string, same bool) {
	path, same := difference(a, b)
	if same {
		return "", true
	}
	var out strings.Builder
	for i := len(path) - 1; i >= 0; i-- {
		out.WriteByte('/')
		out.WriteString(pointerEscape.Replace(path[i]))
	}
	return out.String(), false
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

// difference returns the path to the first difference, innermost step first.
func difference(a, b any) (path []string, same bool) {
	switch a := a.(type) {
	case *Map:
		if b, ok := b.(*Map); ok {
			return mapDifference(a, b)
		}
		return nil, false
	case []any:
		if b, ok := b.([]any); ok {
			return listDifference(a, b)
		}
		return nil, false
	case json.Number:
		b, ok := b.(json.Number)
		return nil, ok && sameNumber(string(a), string(b))
	case nil, bool, string:
		return nil, a == b
	}
	return nil, reflect.DeepEqual(a, b)
}

func mapDifference(a, b *Map) (path []string, same bool) {
	for i, key := range a.Keys() {
		other, ok := b.Get(key)
		if !ok {
			return []string{key}, false
		}
		if path, same = difference(a.values[i], other); !same {
			return append(path, key), false
		}
	}
	for _, key := range b.Keys() {
		if a.find(key) < 0 {
			return []string{key}, false
		}
	}
	return nil, true
}

func listDifference(a, b []any) (path []string, same bool) {
	for i := range min(len(a), len(b)) {
		if path, same = difference(a[i], b[i]); !same {
			return append(path, strconv.Itoa(i)), false
		}
	}
	if len(a) != len(b) {
		return []string{strconv.Itoa(min(len(a), len(b)))}, false
	}
	return nil, true
}

// sameNumber reports whether two JSON numbers mean the same, exactly: 1, 1.0
// and 10e-1 do.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	if scanNumber(a, 0) != len(a) || scanNumber(b, 0) != len(b) {
		return false
	}
	return normalNumber(a) == normalNumber(b)
}

// number is a decimal in normal form: digits have no zero at either end, and
// the value is 0.digits times ten to the exponent.
type number struct {
	negative bool
	digits   string
	exponent int64
}

func normalNumber(s string) number {
	var n number
	s, n.negative = strings.CutPrefix(s, "-")
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	n.digits = strings.TrimLeft(all, "0")
	if n.digits == "" {
		return number{} // of either sign
	}
	// An exponent beyond int64 is cut there: nobody can tell the difference.
	n.exponent, _ = strconv.ParseInt(exponent, 10, 64)
	n.exponent += int64(len(whole) - (len(all) - len(n.digits)))
	n.digits = strings.TrimRight(n.digits, "0")
	return n
}
