package mutant

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// telling makes hooks that change the trees of answers.
func telling(tell func(a *emulator.Ask, status int, body *wire.Map) int) func(*tools) *emulator.Hooks {
	return func(*tools) *emulator.Hooks { return &emulator.Hooks{Tell: tell} }
}

// succeeding makes hooks that change the successes of one operation.
func succeeding(operation string, tell func(body *wire.Map)) func(*tools) *emulator.Hooks {
	return telling(func(a *emulator.Ask, status int, body *wire.Map) int {
		if a.Operation == operation && status < 300 {
			tell(body)
		}
		return status
	})
}

// asking makes hooks that change the parameters of one operation when all of
// them have been found good.
func asking(operation string, change func(wire.Params) wire.Params) func(*tools) *emulator.Hooks {
	return working(operation, func(w *work) *wire.Map {
		w.Params = change(w.Params)
		return w.do()
	})
}

// mapOf makes a map of texts from pairs of keys and values.
func mapOf(pairs ...string) *wire.Map {
	m := &wire.Map{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m.Set(pairs[i], pairs[i+1])
	}
	return m
}

// remove takes a key out of a map.
func remove(m *wire.Map, key string) {
	out := &wire.Map{}
	for _, k := range m.Keys() {
		if k != key {
			v, _ := m.Get(k)
			out.Set(k, v)
		}
	}
	*m = *out
}

// each calls do with every map that holds the last name of a generic path such
// as Items.N.Name.
func each(v any, path []string, do func(m *wire.Map, name string)) {
	switch v := v.(type) {
	case []any:
		if len(path) > 0 && path[0] == "N" {
			path = path[1:]
		}
		for _, element := range v {
			each(element, path, do)
		}
	case *wire.Map:
		if len(path) == 1 {
			if _, ok := v.Get(path[0]); ok {
				do(v, path[0])
			}
			return
		}
		if member, ok := v.Get(path[0]); ok {
			each(member, path[1:], do)
		}
	}
}

// items returns the maps of the list in an answer.
func items(body *wire.Map, list string) []*wire.Map {
	var out []*wire.Map
	for _, e := range elements(body, list) {
		if m, ok := e.(*wire.Map); ok {
			out = append(out, m)
		}
	}
	return out
}

// elements returns the list in an answer.
func elements(body *wire.Map, list string) []any {
	v, _ := body.Get(list)
	out, _ := v.([]any)
	return out
}

// text returns a member of a map that is a text.
func text(m *wire.Map, name string) string {
	v, _ := m.Get(name)
	s, _ := v.(string)
	return s
}

// otherType is a value of another type than a field's.
func otherType(f *contract.Field) any {
	switch f.Type {
	case contract.String:
		return json.Number("7")
	case contract.Array, contract.Object, contract.Map:
		return "altered"
	default:
		return "many"
	}
}

// under says whether a concrete path is a generic one, or below it.
func under(concrete, generic string) bool {
	have, want := strings.Split(concrete, "."), strings.Split(generic, ".")
	if len(have) < len(want) {
		return false
	}
	for i, w := range want {
		if w != have[i] && (w != "N" || !isIndex(have[i])) {
			return false
		}
	}
	return true
}

func isIndex(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// withoutPath removes what is at or below a generic path.
func withoutPath(p wire.Params, path string) wire.Params {
	return slices.DeleteFunc(p.Clone(), func(q wire.Param) bool { return under(q.Name, path) })
}

func has(p wire.Params, path string) bool {
	return slices.ContainsFunc(p, func(q wire.Param) bool { return under(q.Name, path) })
}
