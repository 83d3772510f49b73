package model

import (
	"slices"

	"github.com/eci-conform/conform/internal/contract"
)

// Pass returns the states in which time alone may have brought the resource,
// the one that it is in included. What expires or is evicted is left out:
// nobody waits that long.
func (m *Machine) Pass(s State) []State {
	out := []State{s}
	for i := 0; i < len(out); i++ {
		for _, t := range m.moves(out[i].Name) {
			if next := arrive(out[i], t); !slices.Contains(out, next) {
				out = append(out, next)
			}
		}
	}
	return out
}

// arrive is the resource after it has taken an edge by itself. The contract
// does not say for sure what becomes of a failed update's values, so that all
// of them may be true: they stay open.
func arrive(s State, t *contract.Transition) State {
	next := s
	next.Name = t.To
	switch {
	case s.Next == "":
	case t.On == onFail:
		next.Item, next.Wrote, next.Next = s.Item.without(s.Item.differing(s.Next)), "", ""
	default:
		next.Item, next.Next = s.Next, ""
	}
	return next
}

// moves are the edges that a resource takes by itself.
func (m *Machine) moves(state string) []*contract.Transition {
	var out []*contract.Transition
	for i := range m.kind.Transitions {
		t := &m.kind.Transitions[i]
		if t.From == state && state != "" && t.To != "" && (t.On == onSettle || t.On == onFail) {
			out = append(out, t)
		}
	}
	return out
}

// Leads reports whether time alone may lead from one state of the machine to
// another, or to where it is already: no looking back, and no edge that the
// contract does not have. Edges may be too fast to be seen.
func (m *Machine) Leads(from, to string) bool {
	return slices.ContainsFunc(m.Pass(State{Name: from}), func(s State) bool { return s.Name == to })
}

// Route returns the fewest edges that lead to a state from there being no
// resource; edges of failure are taken only where there is no other way. Nil
// where there is none.
func (m *Machine) Route(state string) []*contract.Transition {
	if r := m.route(state, false); r != nil {
		return r
	}
	return m.route(state, true)
}

func (m *Machine) route(state string, failing bool) []*contract.Transition {
	type place struct {
		name string
		path []*contract.Transition
	}
	seen, queue := map[string]bool{"": true}, []place{{}}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at.name == state && len(at.path) > 0 {
			return at.path
		}
		for i := range m.kind.Transitions {
			t := &m.kind.Transitions[i]
			if t.From != at.name || seen[t.To] || !m.passable(t, failing) {
				continue
			}
			seen[t.To] = true
			queue = append(queue, place{t.To, append(slices.Clone(at.path), t)})
		}
	}
	return nil
}

// passable says whether a client can bring the edge about: by the resource's
// own operations, and by waiting.
func (m *Machine) passable(t *contract.Transition, failing bool) bool {
	switch t.On {
	case m.kind.Create, m.kind.Update, onSettle:
		return t.To != ""
	case onFail:
		return failing
	}
	return false
}

// Edge returns the edge that the operation takes from a state, or nil.
func (m *Machine) Edge(from, operation string) *contract.Transition {
	for i := range m.kind.Transitions {
		if t := &m.kind.Transitions[i]; t.From == from && t.On == operation {
			return t
		}
	}
	return nil
}
