package emulator

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// rules say for each kind of rule whether the parameters keep it, and which
// parameter to name where they do not. A kind that is not here restricts
// nothing by itself: what it says is seen in what the operation does.
var rules = map[string]func(*contract.Rule, input) (name string, ok bool){
	"atMostOne":   atMostOne,
	"atLeastOne":  atLeastOne,
	"requires":    requires,
	"notValue":    notValue,
	"notPrefix":   notPrefix,
	"notContains": notContains,
}

func given(r *contract.Rule, in input) []string {
	var out []string
	for _, p := range r.Parameters {
		if in.has(p) {
			out = append(out, p)
		}
	}
	return out
}

func atMostOne(r *contract.Rule, in input) (string, bool) {
	g := given(r, in)
	if len(g) > 1 {
		return g[1], false
	}
	return "", true
}

func atLeastOne(r *contract.Rule, in input) (string, bool) {
	return r.Parameters[0], len(given(r, in)) > 0
}

// requires holds in each element of a list by itself: where the first is given
// the others must be.
func requires(r *contract.Rule, in input) (string, bool) {
	for _, first := range in.concrete(r.Parameters[0]) {
		if !in.has(first) {
			continue
		}
		for _, other := range r.Parameters[1:] {
			for _, path := range in.concrete(alongside(first, other)) {
				if !in.has(path) {
					return path, false
				}
			}
		}
	}
	return "", true
}

// alongside puts the indexes of a concrete path into a generic one.
func alongside(concrete, generic string) string {
	have, want := strings.Split(concrete, "."), strings.Split(generic, ".")
	for i := range want {
		if i < len(have) && want[i] == "N" && isIndex(have[i]) {
			want[i] = have[i]
		}
	}
	return strings.Join(want, ".")
}

func notValue(r *contract.Rule, in input) (string, bool) {
	return every(r, in, func(v string) bool { return !slices.Contains(r.Values, v) })
}

func notPrefix(r *contract.Rule, in input) (string, bool) {
	return every(r, in, func(v string) bool {
		return !slices.ContainsFunc(r.Values, func(p string) bool { return strings.HasPrefix(v, p) })
	})
}

func notContains(r *contract.Rule, in input) (string, bool) {
	return every(r, in, func(v string) bool {
		return !slices.ContainsFunc(r.Values, func(p string) bool { return strings.Contains(v, p) })
	})
}

// every names the first given value of the rule's parameters that is not fine.
func every(r *contract.Rule, in input, fine func(string) bool) (string, bool) {
	for _, p := range r.Parameters {
		for _, path := range in.concrete(p) {
			if v, ok := in.get(path); ok && !fine(v) {
				return path, false
			}
		}
	}
	return "", true
}
