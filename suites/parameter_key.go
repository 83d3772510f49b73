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
	if b.op.Effect.Kind != contract.Deletes {
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
	d := removal{op: b.op, create: b.c.Operation(b.c.Resource(b.op.Effect.Resource).Create), clause: clause, but: but, all: names, names: slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == but })}
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
		Steps: []string{
			"make two that differ in one of " + strings.Join(names, " and ") + " alone", "send " + b.op.Name + " " + p.Change + " of one",
			"expect it to be gone from the listing, and the other not",
		},
		Needs: b.needs(b.input().Minimal, ""), Run: d.run,
	})
}

// removal deletes a resource by other names than its id.
type removal struct {
	op, create *contract.Operation
	clause     *contract.Clause
	all, names []string // of the key, and those of them that are sent
	but        string   // the one that is not
	rest       wire.Params
	probe      plan.Probe
}

func (d removal) run(ctx context.Context, s *plan.Session) error {
	resource := d.op.Effect.Resource
	r, item, other, err := d.make(ctx, s)
	if err != nil || item == nil {
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
	if err := d.gone(ctx, s, r.ID); err != nil || other == nil {
		return err
	}
	_, found, err := s.ReadOf(ctx, other)
	if err == nil && !found {
		s.Find(check.Found(d.clause, "/body", resource+" "+other.ID+", which differs in "+d.apart()+", to stay", "it is gone as well"))
	}
	return err
}

// apart is the name of the key that has a default: what is named by it is told
// from what is not. Empty where there is none.
func (d removal) apart() string {
	for _, name := range d.all {
		if f := d.op.Parameter(name); f != nil && f.HasDefault && d.create.Parameter(name) != nil {
			return name
		}
	}
	return ""
}

// make makes what is to be deleted, and another that is named alike but for one
// name: nil where the target takes none.
func (d removal) make(ctx context.Context, s *plan.Session) (r *plan.Resource, item *wire.Map, other *plan.Resource, err error) {
	apart := d.apart()
	odd := wire.Params{{Name: apart, Value: s.Name()}}
	first, second := odd, wire.Params{}
	if apart == "" {
		first = nil
	} else if d.but == apart {
		first, second = second, first
	}
	if r, err = s.Create(ctx, d.op.Effect.Resource, first); err != nil {
		return nil, nil, nil, err
	}
	item, found, err := s.ReadOf(ctx, r)
	if err != nil || !found || apart == "" {
		return r, item, nil, err
	}
	for _, name := range d.all {
		if text, _ := memberText(item, name); name != apart && text != "" {
			second = append(second, wire.Param{Name: name, Value: text})
		}
	}
	other, err = s.Create(ctx, d.op.Effect.Resource, second)
	if _, refused := plan.IsInconclusive(err); refused && ctx.Err() == nil {
		return r, item, nil, nil
	}
	return r, item, other, err
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
