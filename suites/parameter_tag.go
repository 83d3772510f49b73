package suites

import (
	"context"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tagging are cases about what goes with the tags of several resources, and
// with all tags of one: a service that looks at the first element of each list
// passes for right everywhere else.
func (b *builder) tagging() {
	g := tagMany{b: b, op: b.op}
	for _, p := range b.input().Minimal {
		if kind := b.c.Resource(trimID(p.Value)); isResource(p.Value) && kind != nil {
			g.kind, g.ids = kind, strings.TrimSuffix(p.Name, ".1")
		}
	}
	if g.kind == nil {
		return
	}
	switch b.op.Effect.Kind {
	case contract.Tags:
		g.add(tagCase{subject: g.ids, variant: "two", clause: b.op.Effect.Clause, resources: 2,
			say: "two tags for two resources", expect: "both tags on both", change: g.maximal})
		g.add(tagCase{subject: g.ids, variant: "andAbsent", clause: capped(g.op.Effect.Clause, contract.Inferred), resources: 1, stay: tagKeys, may: true, whole: true,
			say: "a resource that is there and one that is not", expect: "no change, where it is refused", change: g.andAbsent})
	case contract.Untags:
		g.untagging()
	}
}

// tagMany is the operation on its way to cases, and the list that names the
// resources.
type tagMany struct {
	b    *builder
	op   *contract.Operation
	kind *contract.Resource
	ids  string
}

// tagKeys are those of the tags that resources are made with, to be taken off.
var tagKeys = []string{"conform-one", "conform-two", "conform-stays"}

func (g tagMany) untagging() {
	takes, all := g.op.Effect.Takes, g.op.Effect.TakesAll
	if takes == nil {
		return
	}
	g.add(tagCase{subject: g.ids, variant: "two", clause: takes.Clause, resources: 2, stay: tagKeys[2:],
		say: "the keys of two of three tags for two resources", expect: "the third alone on both", change: g.taking(tagKeys[:2], "")})
	if all == nil {
		return
	}
	g.add(tagCase{subject: all.Parameter, variant: "alone", clause: all.Clause, resources: 1, stay: []string{},
		say: all.Parameter + "=true and no key", expect: "no tag any more", change: g.taking(nil, all.Parameter)})
	if f := g.op.Parameter(all.Parameter); f != nil && f.HasDefault {
		g.add(tagCase{subject: all.Parameter, variant: "without", clause: f.Clauses["default"], resources: 1, stay: tagKeys, may: true,
			say: "neither " + all.Parameter + " nor a key", expect: "all tags to stay, or a refusal", change: g.taking(nil, "")})
	}
	for _, r := range g.op.Rules {
		if r.Kind == "ignoredWith" && r.Parameters[0] == all.Parameter {
			g.add(tagCase{subject: ruleSubject(r), variant: "effect", clause: r.Clause, resources: 1, stay: tagKeys[1:],
				say: all.Parameter + "=true and the key of one of three tags", expect: "the others to stay", change: g.taking(tagKeys[:1], all.Parameter)})
		}
	}
}

// maximal gives the request all tags that a valid one may have.
func (g tagMany) maximal(p wire.Params) wire.Params {
	for _, e := range g.op.Effect.Echo {
		p = merge(p, below(g.b.input().Maximal, top(e.Parameter)))
	}
	return p
}

// taking names the keys, and says that all are meant where there is a word for
// it.
func (g tagMany) taking(keys []string, all string) func(wire.Params) wire.Params {
	return func(p wire.Params) wire.Params {
		f := filterGroup{members: []contract.Filter{*g.op.Effect.Takes}}
		p = drop(p, top(g.op.Effect.Takes.Parameter))
		for i, key := range keys {
			p = append(p, wire.Param{Name: f.nth(i + 1), Value: key})
		}
		if all != "" {
			p = append(p, wire.Param{Name: all, Value: "true"})
		}
		return p
	}
}

// tagCase is one request about tags, and what the resources show afterwards.
type tagCase struct {
	subject, variant, say, expect string
	clause                        *contract.Clause
	resources                     int
	// stay are the keys that must be left of those the resources are made
	// with; nil where tags are added.
	stay   []string
	change func(wire.Params) wire.Params
	may    bool // the request may be refused as well
	whole  bool // it is judged where it is refused alone: then it did nothing
}

// andAbsent names a resource that does not exist behind the one that does.
func (g tagMany) andAbsent(p wire.Params) wire.Params {
	return append(g.maximal(p), wire.Param{Name: g.ids + ".2", Value: absentID(g.b.c, g.kind.Name)})
}

func (g tagMany) add(c tagCase) {
	create := *g.b
	create.op = g.b.c.Operation(g.kind.Create)
	g.b.add(&plan.Case{
		Subject: c.subject, Variant: c.variant, Clause: c.clause, Needs: create.needs(create.input().Minimal, ""),
		Steps: []string{"make what is to be tagged", "send " + g.op.Name + " with " + c.say, "expect " + c.expect},
		Run:   func(ctx context.Context, s *plan.Session) error { return g.run(ctx, s, c) },
	})
}

func (g tagMany) run(ctx context.Context, s *plan.Session, c tagCase) error {
	made, err := g.make(ctx, s, c)
	if err != nil {
		return err
	}
	params := drop(g.b.in[g.op.Name].Minimal, g.ids)
	for i, r := range made {
		params = append(params, wire.Param{Name: g.ids + "." + string(rune('1'+i)), Value: r.ID})
	}
	params, err = s.Bind(ctx, c.change(params))
	if err != nil {
		return err
	}
	a, err := s.Probe(ctx, &plan.Probe{Operation: g.op.Name, Params: params, Method: "POST"}, plan.Bound())
	if err != nil {
		return err
	}
	if !c.may {
		if s.Find(s.Judge.Accepted(a, c.clause)...); !a.OK {
			return nil
		}
	}
	if c.whole && a.OK {
		return nil
	}
	for _, r := range made {
		item, found, err := s.ReadOf(ctx, r)
		if err != nil || !found {
			return errOr(err, plan.Inconclusive(r.ID+" is not listed any more"))
		}
		s.Find(g.compare(c, params, item)...)
	}
	return nil
}

// make gives the resources: clean ones to be tagged, or ones with three tags.
func (g tagMany) make(ctx context.Context, s *plan.Session, c tagCase) ([]*plan.Resource, error) {
	var out []*plan.Resource
	var with wire.Params
	for i, key := range tagKeys {
		with = append(with, tagged1(g.b.c.Operation(g.kind.Create), i+1, key)...)
	}
	for range c.resources {
		var r *plan.Resource
		var err error
		if c.stay == nil {
			r, err = s.Lease(ctx, g.kind.Name)
		} else {
			r, err = s.Create(ctx, g.kind.Name, with)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// member is where an item shows the keys of its tags.
func (g tagMany) member() string {
	if takes := g.op.Effect.Takes; takes != nil {
		return takes.Member
	}
	return g.op.Effect.Echo[0].Member
}

// compare holds a resource's tags against what the request leaves of them.
func (g tagMany) compare(c tagCase, sent wire.Params, item *wire.Map) []check.Finding {
	if c.stay == nil {
		var out []check.Finding
		for i := range g.op.Effect.Echo {
			out = append(out, compareEcho(&g.op.Effect.Echo[i], sent, item, true)...)
		}
		return out
	}
	member := g.member()
	got := texts(item, strings.Split(member, "."))
	got = slices.DeleteFunc(got, func(key string) bool { return !c.whole && !slices.Contains(tagKeys, key) })
	slices.Sort(got)
	want := slices.Sorted(slices.Values(c.stay))
	if slices.Equal(got, want) {
		return nil
	}
	return []check.Finding{check.Found(c.clause, "/"+strings.ReplaceAll(member, ".", "/"), seenText(want), seenText(got))}
}
