package contract

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// TestFitsIsWhatTheCheckerSays breaks the example of every operation in each
// of its places in several ways and holds the fast way against the checker.
func TestFitsIsWhatTheCheckerSays(t *testing.T) {
	t.Parallel()
	c, err := Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	good, bad := 0, 0
	for _, op := range c.Operations {
		v := op.answer
		v.once.Do(v.prepare)
		whole := exampleOf(op.Response)
		for _, value := range append(variants(whole), whole) {
			want := v.schema.VisitJSON(plainValue(value, math.MaxInt), openapi3.MultiErrors()) == nil
			if v.fast.fits(value) != want {
				t.Errorf("%s: fits() = %v, the checker says %v of %s", op.Name, !want, want, wire.EncodeJSON(value))
			}
			if want {
				good++
			} else {
				bad++
			}
		}
	}
	if good == 0 || bad < 1000 {
		t.Errorf("%d good bodies and %d bad ones, want some and 1000", good, bad)
	}
}

// exampleOf is a value that has all members of the field.
func exampleOf(f *Field) any {
	switch f.Type {
	case Object, Map:
		m := &wire.Map{}
		for _, member := range f.Members {
			m.Set(member.Name, exampleOf(member))
		}
		return m
	case Array:
		return []any{exampleOf(f.Items)}
	case Integer, Number:
		return json.Number("1")
	case Boolean:
		return true
	}
	switch {
	case len(f.Enum) > 0:
		return f.Enum[0]
	case f.Pattern != "":
		return "0E234675-3465-4CC3-9D0F-9A864BC391DD"
	}
	return "text"
}

// variants are the value with something else in one place of it.
func variants(v any) []any {
	out := []any{nil, true, "", "text", json.Number("-1"), json.Number("1.5"), json.Number("99999999999"), []any{}, &wire.Map{}}
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			for _, other := range variants(element) {
				list := slices.Clone(v)
				list[i] = other
				out = append(out, list)
			}
		}
	case *wire.Map:
		for _, key := range v.Keys() {
			element, _ := v.Get(key)
			out = append(out, with(v, key, nil, false))
			for _, other := range variants(element) {
				out = append(out, with(v, key, other, true))
			}
		}
		out = append(out, with(v, "Unknown", "x", true))
	}
	return out
}

// with is a copy of the map with another value for a key, or without it.
func with(m *wire.Map, key string, value any, keep bool) *wire.Map {
	out := &wire.Map{}
	for _, k := range m.Keys() {
		if k != key {
			v, _ := m.Get(k)
			out.Set(k, v)
		}
	}
	if keep {
		out.Set(key, value)
	}
	return out
}
