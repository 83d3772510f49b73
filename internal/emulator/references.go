package emulator

import (
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// The kinds of real things that conditions look at, as the contract names
// them.
const (
	bindingZone          = "zone"
	bindingVSwitch       = "vswitch"
	bindingSecurityGroup = "securityGroup"
	bindingAddressPool   = "addressPool"
)

// references are the things of the world that a request names, by kind.
type references map[string][]thing

// refer looks up everything that the request names. A documented parameter
// that names nothing is a violation; one that the operation does not have is
// obeyed where it names something, and ignored like any unknown name else.
func (e *Emulator) refer(q *request) (references, *refusal) {
	refs := references{}
	for _, kind := range bindingKinds(e.bound) {
		known := q.region.things[kind]
		if known == nil {
			continue
		}
		for _, generic := range e.bound[kind] {
			documented := q.op.Parameter(generic) != nil
			for _, path := range q.paths(generic, documented) {
				for _, id := range q.named(path, documented) {
					t, ok := known[id]
					if ok {
						refs[kind] = append(refs[kind], t)
					} else if documented {
						return nil, e.violation("notFound", path)
					}
				}
			}
		}
	}
	return refs, nil
}

// bindingKinds returns the kinds in a fixed order, so that the same request
// always gets the same answer.
func bindingKinds(bound map[string][]string) []string {
	return sortedKeys(bound)
}

func (q *request) paths(generic string, documented bool) []string {
	if documented {
		return q.input.concrete(generic)
	}
	return []string{generic}
}

// named returns the ids at a path: several may be joined by commas.
func (q *request) named(path string, documented bool) []string {
	value := q.input.text(path)
	if !documented {
		value, _ = wire.Params(q.raw).Get(path)
	}
	if value == "" {
		return nil
	}
	return strings.Split(value, ",")
}

// zones returns the zones that the request would work in.
func (refs references) zones(r *region) []zone {
	var out []zone
	for _, kind := range []string{bindingZone, bindingVSwitch} {
		for _, t := range refs[kind] {
			out = append(out, r.zone(t.Zone))
		}
	}
	return out
}
