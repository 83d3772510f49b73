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

// otherKeys deletes a resource by the names that stand in place of its id:
// once with all of them, and once with each that has a default left out.
func (b *builder) otherKeys() {
	if b.op.Effect.Kind != "delete" {
		return
	}
	for _, names := range b.op.Effect.Key {
		if len(below(b.input().Minimal, names[0])) > 0 {
			continue
		}
		b.byNames(names, "", b.op.Effect.Clause)
		for _, name := range names {
			if f := b.op.Parameter(name); f != nil && f.HasDefault {
				b.byNames(names, name, f.Clauses["default"])
			}
		}
	}
}

// byNames deletes by the names but one. That they do without the id is read
// off the list of parameters: no page says it.
func (b *builder) byNames(names []string, but string, clause *contract.Clause) {
	clause = capped(clause, contract.Inferred)
	d := removal{op: b.op, clause: clause, names: slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == but })}
	for _, p := range b.input().Minimal {
		if !isResource(p.Value) {
			d.rest = append(d.rest, p)
		}
	}
	subject, variant := wholeRequest, "by-"+strings.Join(d.names, "-")
	if but != "" {
		subject, variant = but, "default"
	}
	p := b.probe(d.rest, "with "+strings.Join(d.names, " and ")+" in place of the id")
	d.probe = p
	b.add(&plan.Case{
		Subject: subject, Variant: variant, Clause: clause,
		Steps: []string{"make a " + b.op.Effect.Resource, "send " + b.op.Name + " " + p.Change, "expect it to be gone from the listing"},
		Needs: b.needs(b.input().Minimal, ""), Run: d.run,
	})
}

// removal deletes a resource by other names than its id.
type removal struct {
	op     *contract.Operation
	clause *contract.Clause
	names  []string
	rest   wire.Params
	probe  plan.Probe
}

func (d removal) run(ctx context.Context, s *plan.Session) error {
	resource := d.op.Effect.Resource
	r, err := s.Create(ctx, resource, nil)
	if err != nil {
		return err
	}
	item, found, err := s.Read(ctx, resource, r.ID)
	if err != nil || !found {
		return err
	}
	p := d.probe
	for _, name := range d.names {
		text, _ := memberText(item, name)
		p.Params = set(p.Params, name, text)
	}
	a, err := s.Probe(ctx, &p)
	if err != nil {
		return err
	}
	if s.Find(s.Judge.Accepted(a, d.clause)...); !a.OK {
		return nil
	}
	return d.gone(ctx, s, r.ID)
}

func (d removal) gone(ctx context.Context, s *plan.Session, id string) error {
	err := s.Eventually(ctx, d.op.Effect.Resource+" "+id+" to be gone", func() (bool, error) {
		_, found, err := s.Read(ctx, d.op.Effect.Resource, id)
		return !found, err
	})
	if plan.IsTimeout(err) {
		s.Find(check.Found(d.clause, "/body", "the resource gone", id+" still listed"))
		return nil
	}
	return err
}
