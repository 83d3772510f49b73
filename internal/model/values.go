package model

import (
	"slices"
	"sort"
	"strings"
)

// Values are lists of texts by name, as one comparable value: what was written
// into parameters, or what the members of a list item show. Empty are none.
type Values string

// Control characters keep the parts of Values apart: names from their texts,
// texts from each other, entries from each other.
const (
	nameEnd  = "\x1d"
	textEnd  = "\x1e"
	entryEnd = "\x1f"
)

// Pack makes Values of a map.
func Pack(m map[string][]string) Values {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name + nameEnd)
		for _, text := range m[name] {
			b.WriteString(text + textEnd)
		}
		b.WriteString(entryEnd)
	}
	return Values(b.String())
}

// Map returns the values by name, in a map of the caller's own.
func (v Values) Map() map[string][]string {
	out := map[string][]string{}
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(v), entryEnd), entryEnd) {
		name, list, ok := strings.Cut(entry, nameEnd)
		if !ok {
			continue
		}
		var texts []string
		for text := range strings.SplitSeq(list, textEnd) {
			texts = append(texts, text)
		}
		out[name] = texts[:len(texts)-1]
	}
	return out
}

// With returns v in which the values of o stand in place of those of the same
// name.
func (v Values) With(o Values) Values {
	if o == "" {
		return v
	}
	all := v.Map()
	for name, texts := range o.Map() {
		all[name] = texts
	}
	return Pack(all)
}

// without returns v without the values of those names.
func (v Values) without(names []string) Values {
	if len(names) == 0 {
		return v
	}
	all := v.Map()
	for _, name := range names {
		delete(all, name)
	}
	return Pack(all)
}

// differing returns the names of o whose values v has not or has otherwise, in
// order.
func (v Values) differing(o Values) []string {
	have := v.Map()
	var out []string
	for name, texts := range o.Map() {
		if now, ok := have[name]; !ok || !slices.Equal(now, texts) {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}
