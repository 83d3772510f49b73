package model

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// update changes what it names. Where it has nothing to do, the row that says
// so answers, if the contract has one; where that cannot be known, both may be.
func (m *Machine) update(s State, c Call) Allowed {
	op := c.Operation
	if len(op.Effect.From) > 0 && !slices.Contains(op.Effect.From, s.Name) {
		return m.wrong(s, op)
	}
	accepted := Outcome{Next: m.updated(s, c)}
	row := op.Error(op.Effect.Same)
	forced := c.Has(op.Effect.Force...)
	changes, known := s.changed(op, m.written(c))
	switch {
	case row == nil || forced || known && changes:
		return Allowed{Clause: m.because(s, op), Outcomes: []Outcome{accepted}}
	case known:
		return Allowed{Clause: row.Row, Outcomes: []Outcome{{Row: row, Next: []State{s}}}}
	}
	return Allowed{Clause: m.because(s, op), Outcomes: []Outcome{accepted, {Row: row, Next: []State{s}}}}
}

// changed says whether the values differ from what was written before, and
// whether that is known. What no item shows may count as a change each time.
func (s State) changed(op *contract.Operation, by Values) (changes, known bool) {
	have := s.Wrote.Map()
	known = true
	for name, texts := range by.Map() {
		now, ok := have[name]
		if !ok {
			known = false
			continue
		}
		if !slices.Equal(now, texts) {
			return true, true
		}
		known = known && shown(op, name)
	}
	return false, known
}

// shown reports whether an item shows anything of the parameter.
func shown(op *contract.Operation, name string) bool {
	return slices.ContainsFunc(op.Effect.Echo, func(e contract.Echo) bool {
		root, _, _ := strings.Cut(e.Parameter, ".")
		return root == name
	})
}

// updated is what may be true after an update was accepted: the work may be
// under way, and where nothing asks for work it may be done already.
func (m *Machine) updated(s State, c Call) []State {
	after := s
	after.Wrote = s.Wrote.With(m.written(c))
	after.Item, after.Next = s.Item.With(Sent(c.Operation, c.Params)), ""
	working := after
	working.Name, working.Item, working.Next = c.Operation.Effect.To, s.Item, after.Item
	var out []State
	if working.Name != "" {
		out = append(out, working)
	}
	if working.Name == "" || !c.Has(c.Operation.Effect.Force...) {
		out = append(out, m.done(after)...)
	}
	return out
}

// done is the resource after an update that needed no work: in the state that it
// was in, or in the usable one.
func (m *Machine) done(after State) []State {
	out := []State{after}
	i := slices.IndexFunc(m.kind.States, func(s contract.State) bool { return s.Usable })
	if i >= 0 && m.kind.States[i].Name != after.Name {
		usable := after
		usable.Name = m.kind.States[i].Name
		out = append(out, usable)
	}
	return out
}
