package plan

import (
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// SecretValues returns the values of those parameters that the contract says
// are secret; op may be nil.
func SecretValues(op *contract.Operation, params wire.Params) []string {
	if op == nil {
		return nil
	}
	var out []string
	for _, p := range params {
		if p.Value == "" {
			continue
		}
		switch f := fieldOf(op.Parameters, p.Name); {
		case f == nil:
		case f.Class == contract.ClassSecret:
			out = append(out, p.Value)
		case f.Type == contract.Map || f.Type == contract.Object:
			out = append(out, packedSecrets(f, p.Value)...)
		}
	}
	return out
}

// fieldOf returns the field that a wire name such as Tag.2.Key stands for, or
// nil. A name in a map that the contract does not know stands for the map.
func fieldOf(fields []*contract.Field, name string) *contract.Field {
	for _, f := range fields {
		if name == f.Name {
			return f
		}
		if rest, ok := strings.CutPrefix(name, f.Name+"."); ok {
			return within(f, rest)
		}
	}
	return nil
}

func within(f *contract.Field, rest string) *contract.Field {
	switch f.Type {
	case contract.Array:
		_, deeper, more := strings.Cut(rest, ".")
		if !more {
			return f.Items
		}
		return within(f.Items, deeper)
	case contract.Map:
		// Some SDKs write Options.#4#akId: the length of the key, then the key.
		if i := strings.LastIndexByte(rest, '#'); i >= 0 {
			rest = rest[i+1:]
		}
	}
	return fieldOf(f.Members, rest)
}

// packedSecrets finds secrets in a map that came as one JSON text.
func packedSecrets(f *contract.Field, value string) []string {
	if !strings.HasPrefix(value, "{") {
		return nil
	}
	v, err := wire.DecodeJSON([]byte(value))
	if err != nil {
		return nil
	}
	return secretsIn(f, v)
}

func secretsIn(f *contract.Field, v any) []string {
	m, ok := v.(*wire.Map)
	if !ok {
		return nil
	}
	var out []string
	for _, key := range m.Keys() {
		member := f.Member(key)
		if member == nil {
			continue
		}
		inner, _ := m.Get(key)
		if s, ok := inner.(string); ok && member.Class == contract.ClassSecret {
			out = append(out, s)
		}
		out = append(out, secretsIn(member, inner)...)
	}
	return out
}
