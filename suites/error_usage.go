package suites

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// uncounted adds the case that what is refused changes no count: of operations
// that make or delete what is counted.
func (b *builder) uncounted() {
	kind, shows := b.c.Resource(b.op.Effect.Resource), usageOf(b.c)
	if shows == nil || kind == nil || kind.Usage == nil || !b.op.Effect.Kind.Makes() && b.op.Effect.Kind != contract.Deletes {
		return
	}
	u := uncounted{c: b.c, op: b.op, shows: shows, kind: kind, base: b.input().Minimal, spoilers: b.spoilers(b.input().Minimal)}
	b.add(&plan.Case{
		Subject: "usage", Variant: "refused", Clause: kind.Usage.Clause, Needs: b.needs(u.base, ""), Run: u.run, Serial: true,
		Promise: "What " + b.op.Name + " refuses to do is not counted as done.",
		Steps: []string{
			"read " + shows.Name, "send requests that are refused: " + u.say(), "read it again, and expect the same count",
			fmt.Sprintf("where it is another: do so %d times, with a look at the count alone in between, and expect that others have changed it", brackets),
		},
	})
}

// usageOf is the operation that shows how much is used, nil for none.
func usageOf(c *contract.Contract) *contract.Operation {
	for _, op := range c.Operations {
		if op.Effect.Kind == contract.ShowsUsage {
			return op
		}
	}
	return nil
}

// uncounted is one operation whose refusals may not be counted.
type uncounted struct {
	c        *contract.Contract
	op       *contract.Operation
	shows    *contract.Operation
	kind     *contract.Resource
	base     wire.Params
	spoilers []spoiler
}

func (u uncounted) say() string {
	var out []string
	for _, s := range u.spoilers {
		out = append(out, s.say)
	}
	if u.full() != "" {
		out = append(out, "under condition "+u.full()+", by a key of its own")
	}
	return strings.Join(out, "; ")
}

// full is the condition under which there is room for no more, empty for none.
func (u uncounted) full() string {
	if row := u.c.RowOf(u.op, contract.ClassQuota); row != nil {
		return row.Condition
	}
	return ""
}

func (u uncounted) run(ctx context.Context, s *plan.Session) error {
	own := tally{uncounted: u, s: s}
	for _, spoil := range u.spoilers {
		if err := own.add(ctx, spoil); err != nil {
			return err
		}
	}
	if err := own.hold(ctx); err != nil {
		return err
	}
	how, ok := s.Condition(u.full())
	if !ok || how.Unavailable != "" || how.Credentials == "" {
		return nil
	}
	other := tally{uncounted: u, s: s, as: []plan.Option{plan.As(how.Credentials)}}
	if err := other.add(ctx, spoiler{spoil: wire.Params.Clone, condition: u.full()}); err != nil {
		return err
	}
	return other.hold(ctx)
}

// regionAsked is the last region that a request names.
func regionAsked(op *contract.Operation, p wire.Params, home string) string {
	for _, name := range regionNames(op) {
		if value, ok := p.Get(name); ok {
			home = value
		}
	}
	return home
}

// tally looks at the count of one account in one region. Others may make and
// delete things there at any time.
type tally struct {
	uncounted
	s       *plan.Session
	as      []plan.Option // whose count
	region  string
	refused []refusal
}

// refusal is a bound request that is to be refused.
type refusal struct {
	params wire.Params
	how    []plan.Option
}

// add binds a request that is to be refused, where the profile meets its
// condition.
func (k *tally) add(ctx context.Context, spoil spoiler) error {
	var how []plan.Option
	if spoil.condition != "" {
		if k.s.Unmet(plan.Needs{Conditions: []string{spoil.condition}}) != "" {
			return nil
		}
		how = append(how, plan.Under(spoil.condition))
	}
	bound, err := k.s.Bind(ctx, spoil.spoil(k.base))
	k.region = regionAsked(k.op, bound, k.s.Region)
	k.refused = append(k.refused, refusal{bound, how})
	return err
}

// brackets is how often a count is looked at before and behind refused
// requests, and behind others, before it is said that they changed it.
const brackets = 4

// hold holds that refused requests leave the count. That they do not is told
// only where they changed it each time by as much, and nothing else ever did.
func (k tally) hold(ctx context.Context) error {
	by, alone := int64(0), true
	for i := range brackets {
		again, err := k.bracket(ctx, k.refuse)
		if err != nil || again == 0 {
			return err
		}
		idle, err := k.bracket(ctx, k.idle)
		if err != nil {
			return err
		}
		alone = alone && idle == 0 && (i == 0 || again == by)
		by = again
	}
	if !alone {
		return plan.Skip("the count of " + k.kind.Name + "s changes by what others do")
	}
	want := fmt.Sprintf("as before: %d requests were refused", len(k.refused))
	k.s.Find(check.Found(k.kind.Usage.Clause, "/"+k.shows.Effect.Items+"/"+k.kind.Usage.Member, want, fmt.Sprintf("%+d", by)))
	return nil
}

// bracket is by how much the count changes while act sends its requests.
func (k tally) bracket(ctx context.Context, act func(context.Context) error) (int64, error) {
	before, err := k.count(ctx)
	if err != nil {
		return 0, err
	}
	if err := act(ctx); err != nil {
		return 0, err
	}
	after, err := k.count(ctx)
	return after - before, err
}

// count reads the number.
func (k tally) count(ctx context.Context) (int64, error) {
	p := probeOf(k.shows, wire.Params{{Name: regionNames(k.shows)[0], Value: k.region}})
	a, err := k.s.Probe(ctx, &p, append(k.as, plan.Bound())...)
	if err != nil {
		return 0, err
	}
	v, _ := check.Lookup(a.Body, "/"+k.shows.Effect.Items+"/"+k.kind.Usage.Member)
	n, err := strconv.ParseInt(asText(v), 10, 64)
	if !a.OK || err != nil {
		return 0, plan.Skip(k.shows.Name + " shows no " + k.kind.Usage.Member + ": " + a.Summary())
	}
	return n, nil
}

// refuse sends the requests that are to be refused.
func (k tally) refuse(ctx context.Context) error {
	for _, r := range k.refused {
		p := probeOf(k.op, r.params)
		a, err := k.s.Probe(ctx, &p, append(r.how, plan.Bound())...)
		if err != nil {
			return err
		}
		if a.OK {
			return plan.Skip("a request to be refused was answered " + a.Summary())
		}
	}
	return nil
}

// idle sends nothing that could be counted.
func (k tally) idle(context.Context) error { return nil }
