package model

import (
	"slices"
	"sort"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// kindState is the kind of the conditions that the API's own operations bring
// about.
const kindState = "state"

// Step says what a target may answer to the call when the resource is in the
// state: the call is valid and means this resource.
func (m *Machine) Step(s State, c Call) Allowed {
	op := c.Operation
	switch op.Effect.Kind {
	case contract.Creates:
		return m.create(s, c)
	case contract.Updates, contract.Deletes, contract.Copies, contract.Tags, contract.Untags:
		if s.Gone() {
			return m.absent(s, op)
		}
	}
	switch op.Effect.Kind {
	case contract.Updates:
		return m.update(s, c)
	case contract.Deletes:
		return Allowed{Clause: m.because(s, op), Outcomes: []Outcome{{Next: []State{{}}}}}
	case contract.Copies:
		return m.copy(s, op)
	case contract.Tags, contract.Untags:
		return m.tag(s, c)
	}
	return Allowed{Clause: op.Effect.Clause, Outcomes: []Outcome{{Next: []State{s}}}}
}

// create makes the resource out of nothing. One that is there stays as it is:
// the request makes another.
func (m *Machine) create(s State, c Call) Allowed {
	a := Allowed{Clause: c.Operation.Effect.Clause}
	if !s.Gone() {
		a.Outcomes = []Outcome{{Next: []State{s}}}
		return a
	}
	var next []State
	for _, t := range m.kind.Transitions {
		if t.From == "" && t.On == c.Operation.Name {
			next = append(next, State{Name: t.To, Wrote: m.written(c), Item: Sent(c.Operation, c.Params)})
		}
	}
	a.Outcomes = []Outcome{{Next: next}}
	return a
}

// absent is the answer to a request for what is not there. That an update is
// refused follows from its states; of the others no page says anything.
func (m *Machine) absent(s State, op *contract.Operation) Allowed {
	v := m.contract.Violation("notFound")
	a := Allowed{Clause: v.Error.Row, Outcomes: []Outcome{{Row: v.Error, Next: []State{s}}}}
	if len(op.Effect.From) > 0 {
		a.Clause = op.Effect.Clause
	}
	return a
}

// because is the promise that the operation works in the state: the edge that
// it takes, or else its effect.
func (m *Machine) because(s State, op *contract.Operation) *contract.Clause {
	if t := m.Edge(s.Name, op.Name); t != nil {
		return t.Clause
	}
	return op.Effect.Clause
}

// wrong is the answer to an operation in a state that does not allow it. Rows
// about other states of things are not told apart from the one that is meant:
// where one ends and the next begins is not said.
func (m *Machine) wrong(s State, op *contract.Operation) Allowed {
	a := Allowed{Clause: op.Effect.Clause, Outcomes: []Outcome{{Row: op.Error(op.Effect.Wrong), Next: []State{s}}}}
	for _, row := range m.busy(op) {
		if row.Code != op.Effect.Wrong {
			a.Outcomes = append(a.Outcomes, Outcome{Row: row, Next: []State{s}})
		}
	}
	return a
}

// busy are the operation's rows about the state of things, but for the one that
// says that there is nothing to do.
func (m *Machine) busy(op *contract.Operation) []*contract.Error {
	return slices.DeleteFunc(slices.Clone(op.Errors), func(e *contract.Error) bool {
		c := m.contract.Condition(e.Condition)
		return c == nil || c.Kind != kindState || e.Code == op.Effect.Same
	})
}

func (m *Machine) copy(s State, op *contract.Operation) Allowed {
	if len(op.Effect.From) > 0 && !slices.Contains(op.Effect.From, s.Name) {
		return m.wrong(s, op)
	}
	return Allowed{Clause: op.Effect.Clause, Outcomes: []Outcome{{Next: []State{s}}}}
}

// tag puts tags on a resource or takes them off. Only one that can be used must
// take it: the table has rows for other states.
func (m *Machine) tag(s State, c Call) Allowed {
	op := c.Operation
	a := Allowed{Clause: op.Effect.Clause, Outcomes: []Outcome{{Next: []State{m.tagged(s, c)}}}}
	if state := m.kind.State(s.Name); state != nil && state.Usable {
		return a
	}
	for _, row := range m.busy(op) {
		a.Outcomes = append(a.Outcomes, Outcome{Row: row, Next: []State{s}})
	}
	return a
}

// tagged is the resource with tags added or taken off, as far as its tags are
// known.
func (m *Machine) tagged(s State, c Call) State {
	for i := range c.Operation.Effect.Echo {
		name := group(&c.Operation.Effect.Echo[i])
		s.Item, s.Next = merged(s.Item, name, c), merged(s.Next, name, c)
	}
	if take := c.Operation.Effect.Takes; take != nil {
		name, _, _ := strings.Cut(take.Member, ".N")
		s.Item, s.Next = s.Item.taken(name, lastOf(take.Member), c), s.Next.taken(name, lastOf(take.Member), c)
	}
	s.Wrote = s.Wrote.without([]string{m.tagParameter()})
	return s
}

// tagParameter is the parameter of the creating operation that tags are given
// by: what an operation on tags changes is no longer what was written.
func (m *Machine) tagParameter() string {
	for _, op := range m.contract.Operations {
		if op.Effect.Kind == contract.Tags && len(op.Effect.Echo) > 0 {
			root, _, _ := strings.Cut(op.Effect.Echo[0].Parameter, ".N")
			return root
		}
	}
	return ""
}

// merged adds the elements that the call sends to a list of objects: one in
// place of another with the same first member.
func merged(v Values, name string, c Call) Values {
	all := v.Map()
	have, known := all[name]
	if !known {
		return v
	}
	for _, element := range Sent(c.Operation, c.Params).Map()[name] {
		key, _, _ := strings.Cut(element, ",")
		have = slices.DeleteFunc(slices.Clone(have), func(old string) bool {
			k, _, _ := strings.Cut(old, ",")
			return k == key
		})
		have = append(have, element)
	}
	sort.Strings(have)
	all[name] = have
	return Pack(all)
}

// taken drops the elements whose member has a value that the call names. A call
// that names none may mean all or nothing: then nothing is known any more.
func (v Values) taken(name, member string, c Call) Values {
	all := v.Map()
	have, known := all[name]
	if !known {
		return v
	}
	var named []string
	for _, p := range c.Params {
		if contract.Generic(p.Name) == c.Operation.Effect.Takes.Parameter {
			named = append(named, pair(member, p.Value))
		}
	}
	if len(named) == 0 {
		return v.without([]string{name})
	}
	all[name] = slices.DeleteFunc(slices.Clone(have), func(element string) bool {
		key, _, _ := strings.Cut(element, ",")
		return slices.Contains(named, key)
	})
	return Pack(all)
}

// written are the parameters that say what the resource is to be: not those
// that say which one, where, or by which token.
func (m *Machine) written(c Call) Values {
	out := map[string][]string{}
	for _, p := range c.Params {
		root, _, _ := strings.Cut(p.Name, ".")
		if f := c.Operation.Parameter(root); f == nil || m.addressing(c.Operation, f) {
			continue
		}
		out[root] = append(out[root], p.Name+"="+p.Value)
	}
	for _, texts := range out {
		sort.Strings(texts)
	}
	return Pack(out)
}

func (m *Machine) addressing(op *contract.Operation, f *contract.Field) bool {
	named := slices.ContainsFunc(op.Effect.Key, func(key []string) bool { return slices.Contains(key, f.Path) })
	token := op.Idempotency != nil && op.Idempotency.Parameter == f.Path
	return named || token || f.Binding == contract.RegionBinding
}

// Has reports whether the call gives any of the parameters or their members.
func (c Call) Has(paths ...string) bool {
	return slices.ContainsFunc(c.Params, func(p wire.Param) bool {
		return slices.ContainsFunc(paths, func(path string) bool { return p.Name == path || strings.HasPrefix(p.Name, path+".") })
	})
}
