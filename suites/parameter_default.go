package suites

import (
	"context"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// defaults sends each default once as a value and once by leaving the
// parameter out: both must do the same.
func (b *builder) defaults() {
	for _, f := range b.op.Leaves() {
		if !f.HasDefault || f.Default == "" || !b.repeatable() {
			continue
		}
		given := set(b.around(f.Path), first(f.Path), f.Default)
		without := drop(given, first(f.Path))
		if sameOnWire(given, without) || vanishes(f, without) {
			continue
		}
		if e := b.echoOf(f); e != nil && b.op.Effect.Kind == contract.Creates {
			p := b.pairOf(f, given, without)
			if b.selects(e) {
				p.shows = p.clause
			}
			b.defaultShown(e, p)
		} else {
			b.defaultTaken(b.pairOf(f, given, without))
		}
	}
}

// repeatable reports whether the operation does the same when it is asked
// twice. What is left out of an update stays as it was; what a deletion leaves
// out is tested with its keys.
func (b *builder) repeatable() bool {
	return b.op.Effect.Kind != contract.Updates && b.op.Effect.Kind != contract.Deletes
}

func (b *builder) echoOf(f *contract.Field) *contract.Echo {
	for i := range b.op.Effect.Echo {
		if b.op.Effect.Echo[i].Parameter == f.Path {
			return &b.op.Effect.Echo[i]
		}
	}
	return nil
}

// pair is the two requests that must do the same.
type pair struct {
	op     *contract.Operation
	field  *contract.Field
	clause *contract.Clause
	given  plan.Probe
	absent plan.Probe
	shows  *contract.Clause // see writer
}

func (b *builder) pairOf(f *contract.Field, given, absent wire.Params) pair {
	return pair{
		op: b.op, field: f, clause: f.Clauses["default"],
		given:  b.probe(given, "with the default of "+f.Path),
		absent: b.probe(absent, "without "+f.Path),
	}
}

// defaultShown compares what two resources show.
func (b *builder) defaultShown(e *contract.Echo, p pair) {
	b.defaultCase(p, e.Member+" of the two to be equal", func(ctx context.Context, s *plan.Session) error {
		want, err := p.shown(ctx, s, e, &p.given)
		if err != nil || want == nil {
			return err
		}
		got, err := p.shown(ctx, s, e, &p.absent)
		if err != nil || got == nil || quoted(*want) == quoted(*got) {
			return err
		}
		s.Find(check.Finding{
			Clause: p.clause.ID, Level: p.clause.Level, Pointer: "/" + strings.ReplaceAll(e.Member, ".", "/"),
			Want: quoted(*want) + ", as with the default given", Got: quoted(*got) + " without it",
		})
		return nil
	})
}

// shown is what the resource shows that the request makes; nil where it was
// refused, which the case has noted: then there is nothing to compare.
func (p pair) shown(ctx context.Context, s *plan.Session, e *contract.Echo, probe *plan.Probe) (*[]string, error) {
	_, item, err := writer{op: p.op, probe: probe, clause: p.clause, shows: p.shows}.write(ctx, s)
	if err != nil || item == nil {
		return nil, err
	}
	texts := shownTexts(e, item)
	return &texts, nil
}

// defaultTaken holds that both are accepted, where nothing shows the value.
func (b *builder) defaultTaken(p pair) {
	b.defaultCase(p, "both to succeed", func(ctx context.Context, s *plan.Session) error {
		for _, probe := range []*plan.Probe{&p.given, &p.absent} {
			a, err := s.Probe(ctx, probe)
			if err != nil {
				return err
			}
			s.Find(s.Judge.Accepted(a, p.clause)...)
		}
		return nil
	})
}

func (b *builder) defaultCase(p pair, expect string, run func(context.Context, *plan.Session) error) {
	name := first(p.field.Path)
	b.add(&plan.Case{
		Subject: p.field.Path, Variant: "default", Clause: p.clause,
		Steps: []string{
			"send a valid " + b.op.Name + " with " + name + "=" + p.field.Default,
			"send the same without " + name, "expect " + expect,
		},
		Needs: b.needs(p.given.Params, p.field.Path), Run: run,
	})
}

// secrets writes each secret and reads the resource: no answer may show it.
func (b *builder) secrets() {
	clause := b.c.Protocol.Clauses["secrets.echo"]
	if kind := b.op.Effect.Kind; clause == nil || kind != contract.Creates && kind != contract.Updates {
		return
	}
	for _, f := range b.op.Leaves() {
		if f.Class != contract.ClassSecret {
			continue
		}
		b.secret(f, clause)
	}
}

func (b *builder) secret(f *contract.Field, clause *contract.Clause) {
	const marker = "conform-hidden-0x5ec7e7"
	params := set(b.around(f.Path), first(f.Path), marker)
	p := b.probe(params, "with a secret in "+first(f.Path))
	w := writer{op: b.op, probe: &p, clause: capped(f.Clauses["type"], contract.Inferred)}
	b.add(&plan.Case{
		Subject: f.Path, Variant: "secret", Clause: clause,
		Steps: []string{"send a valid " + b.op.Name + " with a secret in " + first(f.Path), "read the resource", "expect the secret nowhere"},
		Needs: b.needs(params, f.Path), Probe: &p,
		Run: func(ctx context.Context, s *plan.Session) error {
			_, item, err := w.write(ctx, s)
			if err != nil || item == nil {
				return err
			}
			if strings.Contains(string(wire.EncodeJSON(item)), marker) {
				s.Find(check.Finding{Clause: clause.ID, Level: clause.Level, Pointer: "/body", Want: "no secret", Got: "the value of " + first(f.Path)})
			}
			return nil
		},
	})
}
