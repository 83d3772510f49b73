package suites

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// sameAnswers compares the answers to one request that is sent in several
// ways. Operations that read are asked for something; the others are asked for
// something that they refuse, for what they do can only be done once.
func (b *builder) sameAnswers() {
	params, change := b.settled()
	if params == nil {
		return
	}
	base := b.probe(params, change)
	equivalence := b.c.Protocol.Clauses["method.equivalence"]
	for _, c := range []comparison{
		{variant: "sameTree", say: "JSON and XML", clause: b.c.Protocol.Clauses["format.sameTree"], shape: formatted("XML")},
		{variant: "getAsPost", say: "POST and GET", clause: equivalence, shape: asGet},
		{variant: "formAsQuery", say: "the query and the body of a POST", clause: equivalence, shape: asForm},
		{variant: "acs3AsV1", say: "signatures v1 and ACS3", clause: capped(equivalence, contract.Should), shape: byACS3},
	} {
		c.base, c.other, c.rich = base, base, b.richFor(params)
		c.shape(&c.other)
		b.same(c)
	}
}

// comparison is one request in two ways.
type comparison struct {
	variant, say string
	clause       *contract.Clause
	shape        func(*plan.Probe) // makes the other way
	base, other  plan.Probe
	rich         *rich // what the request is about; nil where that is no resource
}

// settled returns a request whose answer does not depend on when it is
// asked, as far as that can be had.
func (b *builder) settled() (wire.Params, string) {
	switch b.op.Effect.Kind {
	case contract.Reads:
		if r := b.c.Resource(b.op.Effect.Resource); r != nil {
			return b.around(r.IDParameter), "about one resource"
		}
	case contract.ListsRegions, contract.ShowsUsage, contract.ListsTags:
		return b.around(b.op.Parameters[0].Path), "as it is"
	}
	f := firstRequired(b.op)
	if f == nil {
		return nil, ""
	}
	return b.standIns(drop(b.input().Minimal, f.Name), ""), "without " + f.Name
}

func (b *builder) same(c comparison) {
	b.add(&plan.Case{
		Subject: "answer", Variant: c.variant, Clause: c.clause,
		Steps: []string{
			"send " + b.op.Name + " " + c.base.Change + " in two ways: " + c.say,
			"send it the first way again, to see that nothing changed meanwhile",
			"expect the same tree but for RequestId",
		},
		Needs: b.needs(c.base.Params, ""), Serial: b.op.Effect.Kind == contract.ShowsUsage,
		Run: c.run,
	})
}

// attempts is how often a comparison is tried while others change what is
// looked at.
const attempts = 4

func (c comparison) run(ctx context.Context, s *plan.Session) error {
	base, other := c.base, c.other
	params, err := c.bound(ctx, s)
	if err != nil {
		return err
	}
	base.Params, other.Params = params, params
	for range attempts {
		before, after, err := bothWays(ctx, s, base, other)
		if err != nil {
			return err
		}
		pointer, same := wire.Equal(comparableTree(s, before), comparableTree(s, after))
		if same && before.Status == after.Status {
			return nil
		}
		again, err := s.Probe(ctx, &base, plan.Bound())
		if err != nil {
			return err
		}
		if _, still := wire.Equal(comparableTree(s, before), comparableTree(s, again)); still {
			s.Find(check.Found(c.clause, "/body"+pointer, shown(before, pointer), shown(after, pointer)))
			return nil
		}
	}
	return plan.Inconclusive("what the operation shows changed all the time")
}

// bound is the parameters of the request, about a resource with much to show.
func (c comparison) bound(ctx context.Context, s *plan.Session) (wire.Params, error) {
	params := c.base.Params.Clone()
	if c.rich == nil {
		return s.Bind(ctx, params)
	}
	r, err := c.rich.shared(ctx, s)
	if err != nil {
		return nil, err
	}
	for i := range params {
		if isResource(params[i].Value) {
			params[i].Value = r.ID
		}
	}
	return s.Bind(ctx, params)
}

func bothWays(ctx context.Context, s *plan.Session, base, other plan.Probe) (x, y *check.Answer, err error) {
	if x, err = s.Probe(ctx, &base, plan.Bound()); err != nil {
		return nil, nil, err
	}
	y, err = s.Probe(ctx, &other, plan.Bound())
	return x, y, err
}

// comparableTree is the answer without what differs from answer to answer, a
// RequestId and texts that repeat it, without members that the contract does
// not know: XML does not tell a number or a list of one from a text, so that
// what they are can be compared only where the contract says it. And without
// members that hold nothing: XML has no form for them, and to leave them out is
// to say the same.
func comparableTree(s *plan.Session, a *check.Answer) any {
	f := s.Contract.Envelope.Error
	if a.OK && a.Operation != nil {
		f = a.Operation.Response
	}
	m, ok := sorted(filledOut(known(a.Body, f))).(*wire.Map)
	if !ok {
		return a.Body
	}
	out := &wire.Map{}
	for _, key := range m.Keys() {
		v, _ := m.Get(key)
		if a.RequestID == "" || !strings.Contains(string(wire.EncodeJSON(v)), a.RequestID) {
			out.Set(key, v)
		}
	}
	return out
}

// sorted returns v with its lists and members in one order, at any depth: no
// page promises the order of a list, so that two answers may differ in it.
func sorted(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = sorted(v[i])
		}
		slices.SortFunc(out, func(a, b any) int { return bytes.Compare(wire.EncodeJSON(a), wire.EncodeJSON(b)) })
		return out
	case *wire.Map:
		out := &wire.Map{}
		for _, key := range slices.Sorted(slices.Values(v.Keys())) {
			value, _ := v.Get(key)
			out.Set(key, sorted(value))
		}
		return out
	}
	return v
}

// known returns v without the members of objects that the field does not have.
func known(v any, f *contract.Field) any {
	switch v := v.(type) {
	case []any:
		if f == nil || f.Items == nil {
			return v
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = known(v[i], f.Items)
		}
		return out
	case *wire.Map:
		if f == nil || f.Type != contract.Object {
			return v
		}
		out := &wire.Map{}
		for _, key := range v.Keys() {
			if member := f.Member(key); member != nil {
				value, _ := v.Get(key)
				out.Set(key, known(value, member))
			}
		}
		return out
	}
	return v
}

// filledOut returns v without members that hold nothing, at any depth.
func filledOut(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = filledOut(v[i])
		}
		return out
	case *wire.Map:
		out := &wire.Map{}
		for _, key := range v.Keys() {
			member, _ := v.Get(key)
			if member = filledOut(member); !hollow(member) {
				out.Set(key, member)
			}
		}
		return out
	}
	return v
}

// hollow reports whether v holds nothing.
func hollow(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case *wire.Map:
		return v.Len() == 0
	}
	return false
}

func shown(a *check.Answer, pointer string) string {
	v, ok := check.Lookup(a.Body, pointer)
	if !ok {
		return "nothing"
	}
	return string(wire.EncodeJSON(v))
}
