package plan

import (
	"slices"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// whereabouts are the values that resources were given for what a listing
// selects by a default: left out of the request, what has another value may not
// be shown.
type whereabouts struct {
	mu   sync.Mutex
	seen map[string][]wire.Params // by id, the latest first; only of values other than the default
}

// learn takes the values that a request gave, or may have given, to a resource.
func (w *whereabouts) learn(c *contract.Contract, m *message, a *check.Answer) {
	e := m.operation.Effect
	if !e.Kind.Writes() {
		return
	}
	kind := c.Resource(e.Resource)
	if kind == nil || a != nil && a.Status >= 400 && a.Status < 500 {
		return
	}
	id := createdID(m.operation, a)
	if e.Kind == contract.Updates {
		id, _ = m.params.Get(kind.IDParameter)
	}
	if values := Placing(c.Operation(kind.List), m.operation, m.params); id != "" && len(values) > 0 {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.seen == nil {
			w.seen = map[string][]wire.Params{}
		}
		w.seen[id] = slices.Insert(w.seen[id], 0, values)
	}
}

// Whereabouts returns what a listing may have to select the resource by besides
// its id, most likely first; nothing is always among it.
func (s *Session) Whereabouts(id string) []wire.Params { return s.env.whereabouts.of(id) }

// of returns what a listing of the resource may have to select by besides, most
// likely first; nothing is always among it.
func (w *whereabouts) of(id string) []wire.Params {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append(slices.Clone(w.seen[id]), nil)
}

// Placing returns the parameters of a listing that a resource must be selected
// by which a request makes or changes: those that have a default there, where
// the request gives another value.
func Placing(list, op *contract.Operation, request wire.Params) wire.Params {
	var out wire.Params
	if list == nil {
		return nil
	}
	for _, f := range list.Effect.Filters {
		p := list.Parameter(f.Parameter)
		if p == nil || !p.HasDefault {
			continue
		}
		for _, e := range op.Effect.Echo {
			if value, ok := request.Get(e.Parameter); ok && e.Member == f.Member && value != p.Default {
				out = append(out, wire.Param{Name: strings.Replace(f.Parameter, ".N", ".1", 1), Value: value})
			}
		}
	}
	return out
}
