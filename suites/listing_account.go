package suites

import (
	"context"
	"fmt"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// shownCases look for the thing that a parameter names in a list that shows it
// whether it is named or not: the region that all other requests work in.
func (b *builder) shownCases() {
	shows := b.op.Effect.Shows
	if shows == nil {
		return
	}
	f := b.op.Parameter(shows.Parameter)
	if f == nil || f.Binding != contract.RegionBinding {
		b.fault("plan %s: no way to look for what %s names", b.op.Name, shows.Parameter)
		return
	}
	for _, v := range []struct {
		variant, say string
		params       wire.Params
	}{
		{"unnamed", "without " + f.Path, drop(b.input().Minimal, f.Name)},
		{"named", "with " + f.Path + " as in all other requests", set(b.input().Minimal, f.Name, "$region")},
	} {
		op := b.op
		b.add(&plan.Case{
			Subject: f.Path, Variant: v.variant, Clause: shows.Clause, Steps: []string{"send " + op.Name + " " + v.say, "expect the profile's region once"},
			Run: func(ctx context.Context, s *plan.Session) error {
				a, err := s.Probe(ctx, &plan.Probe{Operation: op.Name, Params: v.params, Method: "POST", Format: "JSON"})
				if err != nil {
					return err
				}
				if s.Find(s.Judge.Accepted(a, shows.Clause)...); a.OK {
					listedOnce(s, op, a)
				}
				return nil
			},
		})
	}
}

func listedOnce(s *plan.Session, op *contract.Operation, a *check.Answer) {
	shows := op.Effect.Shows
	var seen []string
	for _, row := range op.ItemsIn(a.Body) {
		seen = append(seen, check.Text(row, shows.Member))
	}
	if n := times(seen, s.Region); n != 1 {
		s.Find(check.Found(shows.Clause, "/body/"+op.Effect.Items, s.Region+" once", fmt.Sprintf("%d times among %s", n, seenText(seen))))
	}
}

// countCases make and delete a resource and look at the number of them.
func (b *builder) countCases() {
	if b.op.Effect.Kind != contract.ShowsUsage {
		return
	}
	for _, kind := range b.c.Resources {
		n := kind.Usage
		if n == nil {
			continue
		}
		c := counted{b: b, op: b.op, kind: kind}
		params := b.in[kind.Create].Minimal
		create := *b
		create.op = b.c.Operation(kind.Create)
		b.add(&plan.Case{
			Subject: n.Member, Variant: "counts", Clause: n.Clause, Needs: create.needs(params, ""), Run: c.run,
			Steps: []string{
				"send " + b.op.Name, "make " + contract.Articled(kind.Name), "send " + b.op.Name + " again", "delete it", "send " + b.op.Name + " again",
				"expect " + n.Member + " to be one more, and then as before",
			},
		})
	}
}

// counted is a number that counts resources of a kind.
type counted struct {
	b    *builder
	op   *contract.Operation
	kind *contract.Resource
}

// looks is how often the number must be wrong, and each time by as much, to be
// taken for wrong: others may be at work on the target.
const looks = 3

func (c counted) run(ctx context.Context, s *plan.Session) error {
	var got [looks]recount
	for i := range got {
		err := s.Quiet(ctx, 1, func(ctx context.Context) (err error) { got[i], err = c.once(ctx, s); return err })
		if err != nil || got[i] == (recount{more: 1}) {
			return err
		}
		if got[i] != got[0] {
			return plan.Skip("others make or delete resources on the target at the same time")
		}
	}
	s.Find(check.Found(c.kind.Usage.Clause, "/body/"+c.op.Effect.Items+"/"+c.kind.Usage.Member, "one more, and then as before", got[0].String()))
	return nil
}

// recount is by how much the number differs from that at the beginning, and
// whether it was too small for the one resource that was there.
type recount struct {
	more, then int
	short      bool
}

func (c recount) String() string {
	text := fmt.Sprintf("%+d, and then %+d", c.more, c.then)
	if c.short {
		text += ", and never 1 while there was one"
	}
	return text
}

// once looks at the number before and after a creation, and after the deletion.
func (c counted) once(ctx context.Context, s *plan.Session) (recount, error) {
	before, err := c.number(ctx, s)
	if err != nil {
		return recount{}, err
	}
	create := c.b.c.Operation(c.kind.Create)
	a, err := c.must(ctx, s, create.Name, c.b.in[create.Name].Minimal)
	if err != nil {
		return recount{}, err
	}
	during, err := c.number(ctx, s)
	if err != nil {
		return recount{}, err
	}
	id, _ := memberText(a.Body, create.Effect.ID)
	del := c.b.c.Operation(c.kind.Delete)
	if _, err := c.must(ctx, s, del.Name, wire.Params{{Name: regionNames(del)[0], Value: s.Region}, {Name: c.kind.IDParameter, Value: id}}); err != nil {
		return recount{}, err
	}
	after, err := c.number(ctx, s)
	return recount{during - before, after - before, during < 1}, err
}

func (c counted) must(ctx context.Context, s *plan.Session, operation string, params wire.Params) (*check.Answer, error) {
	a, err := s.Probe(ctx, &plan.Probe{Operation: operation, Params: params, Method: "POST"})
	if err == nil && !a.OK {
		err = plan.Inconclusive("prepare: " + operation + " was answered " + a.Summary())
	}
	return a, err
}

func (c counted) number(ctx context.Context, s *plan.Session) (int, error) {
	a, err := c.must(ctx, s, c.op.Name, c.b.in[c.op.Name].Minimal)
	if err != nil {
		return 0, err
	}
	text, _ := memberText(a.Body, strings.Join([]string{c.op.Effect.Items, c.kind.Usage.Member}, "."))
	var n int
	if _, err := fmt.Sscan(text, &n); err != nil {
		return 0, plan.Inconclusive(c.op.Name + " shows no number in " + c.kind.Usage.Member)
	}
	return n, nil
}
