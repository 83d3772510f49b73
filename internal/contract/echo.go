package contract

import "github.com/eci-conform/conform/internal/wire"

// Unpack reads the map that an echo of form json shows as text: the map itself,
// or the one that stands in it under one of the names of Wraps. False means
// that the text is no JSON object.
func (e *Echo) Unpack(text string) (*wire.Map, bool) {
	v, err := wire.DecodeJSON([]byte(text))
	m, ok := v.(*wire.Map)
	if err != nil || !ok {
		return nil, false
	}
	for _, name := range e.Wraps {
		inner, _ := m.Get(name)
		if wrapped, ok := inner.(*wire.Map); ok {
			return wrapped, true
		}
	}
	return m, true
}
