package model

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Belief is every truth that may be the case, each once. An empty one means
// that what was seen cannot be explained.
type Belief []State

// Later is what may be the case after some time.
func (m *Machine) Later(b Belief) Belief {
	var out Belief
	for _, s := range b {
		for _, next := range m.Pass(s) {
			out = out.with(next)
		}
	}
	return out
}

func (b Belief) with(s State) Belief {
	if slices.Contains(b, s) {
		return b
	}
	return append(b, s)
}

// Expect returns what each truth allows the target to answer to the call. Time
// may pass before the target comes to it.
func (m *Machine) Expect(b Belief, c Call) []Allowed {
	var out []Allowed
	for _, s := range m.Later(b) {
		out = append(out, m.Step(s, c))
	}
	return out
}

// Answered is what may be the case after the call was accepted or refused:
// nothing where that answer is not allowed.
func (m *Machine) Answered(b Belief, c Call, accepted bool) Belief {
	var out Belief
	for _, a := range m.Expect(b, c) {
		for _, s := range a.After(accepted) {
			out = out.with(s)
		}
	}
	return out
}

// Seen is what may still be the case after a listing showed the item, nil where
// it showed none.
func (m *Machine) Seen(b Belief, item *wire.Map) Belief {
	var out Belief
	for _, s := range m.Later(b) {
		if len(m.Departures(s, item)) == 0 {
			out = out.with(s)
		}
	}
	return out
}

// Departure is one way in which an item does not show a truth.
type Departure struct {
	Clause    *contract.Clause
	Member    string
	Want, Got string
}

// Departures compares an item with one truth: none where it shows it.
func (m *Machine) Departures(s State, item *wire.Map) []Departure {
	list := m.contract.Operation(m.kind.List)
	if s.Gone() || item == nil {
		if s.Gone() && item == nil {
			return nil
		}
		return []Departure{{Clause: list.Effect.Clause, Want: orNone(s.Name), Got: orNone(m.nameOf(item))}}
	}
	var out []Departure
	if got := m.nameOf(item); got != s.Name {
		out = append(out, Departure{Clause: m.kind.State(s.Name).Clause, Member: m.kind.StateMember, Want: s.Name, Got: got})
	}
	return append(out, m.differences(s, item)...)
}

// Closest returns the truth, now or later, that the item departs from least:
// rather in its members than in its state.
func (m *Machine) Closest(b Belief, item *wire.Map) (near State, least []Departure) {
	shown := m.nameOf(item)
	for i, s := range m.Later(b) {
		d := m.Departures(s, item)
		better := (s.Name == shown) != (near.Name == shown) && s.Name == shown
		if i == 0 || better || (s.Name == shown) == (near.Name == shown) && len(d) < len(least) {
			near, least = s, d
		}
	}
	return near, least
}

// Promise is what a departure that was seen after the call breaks: of a member
// that an update did not name, that what is left out stays as it was.
func (m *Machine) Promise(after Call, d Departure) *contract.Clause {
	update := m.contract.Operation(m.kind.Update)
	if update == nil || after.Operation != update || update.Effect.Rest == nil || d.Member == "" || d.Member == m.kind.StateMember {
		return d.Clause
	}
	if e := Echo(after.Operation, d.Member); e != nil {
		if root, _, _ := strings.Cut(e.Parameter, "."); after.Has(root) {
			return d.Clause
		}
	}
	return update.Effect.Rest
}

func orNone(name string) string {
	if name == "" {
		return "no such resource"
	}
	return name
}

func (m *Machine) nameOf(item *wire.Map) string {
	if item == nil {
		return ""
	}
	return text(at(item, []string{m.kind.StateMember}))
}

// differences are the members that show neither what was written nor, while
// work is under way, what will be.
func (m *Machine) differences(s State, item *wire.Map) []Departure {
	var out []Departure
	next := s.Next.Map()
	for _, op := range []*contract.Operation{m.contract.Operation(m.kind.Create), m.contract.Operation(m.kind.Update)} {
		if op == nil {
			continue
		}
		shown := Shown(op, item).Map()
		for name, want := range s.Item.Map() {
			e := Echo(op, name)
			if e == nil || slices.ContainsFunc(out, func(d Departure) bool { return d.Member == name }) {
				continue
			}
			want = plain(want)
			if got := plain(shown[name]); !slices.Equal(got, want) && !slices.Equal(got, plain(next[name])) {
				out = append(out, Departure{Clause: e.Clause, Member: name, Want: strings.Join(want, ", "), Got: strings.Join(got, ", ")})
			}
		}
	}
	return out
}

// plain drops empty texts and empty members: whether an empty value is shown is
// not said.
func plain(texts []string) []string {
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		var kept []string
		for member := range strings.SplitSeq(t, ",") {
			if !strings.HasSuffix(member, `=""`) {
				kept = append(kept, member)
			}
		}
		if t = strings.Join(kept, ","); t != "" {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// Forget returns the state without what is known of the members.
func (s State) Forget(members []string) State {
	s.Item, s.Next = s.Item.without(members), s.Next.without(members)
	return s
}
