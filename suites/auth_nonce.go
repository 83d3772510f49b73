package suites

import (
	"context"
	"slices"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// nonces sends the same nonce twice.
func (a auth) nonces() {
	clause, row := a.c.Protocol.Clauses["nonce.once"], a.row("request.nonceUsed")
	p := a.probe(a.base, "with a nonce used before")
	p.Scheme = a.scheme.name
	a.add(&plan.Case{
		Subject: a.scheme.nonce, Variant: string(a.scheme.name) + "-reused", Clause: clause, Also: also(row),
		Steps: []string{"send a valid " + a.op.Name, "send it again with the same nonce, signed anew", "expect the second to be refused" + cite(row)},
		Needs: a.needs(a.base, ""),
		Run: func(ctx context.Context, s *plan.Session) error {
			first, second, err := twice(ctx, s, p)
			if err != nil {
				return err
			}
			if !first.OK {
				s.Find(s.Judge.Accepted(first, capped(clause, contract.Should))...)
				return nil
			}
			s.Find(s.Judge.Refused(second, clause, row)...)
			return nil
		},
	})
	a.nonceElsewhere(clause, row)
}

// nonceElsewhere sends a nonce again with another operation. That is the
// gateway's matter: one operation stands for all.
func (a auth) nonceElsewhere(clause *contract.Clause, row *contract.Error) {
	other := a.elsewhere()
	if a.op != carrier(a.c) || other == nil {
		return
	}
	p := a.probe(a.base, "with a nonce used before with "+other.Name)
	q := plan.Probe{Operation: other.Name, Params: a.in[other.Name].Minimal, Method: p.Method, Format: p.Format}
	p.Scheme, q.Scheme = a.scheme.name, a.scheme.name
	a.add(&plan.Case{
		Subject: a.scheme.nonce, Variant: string(a.scheme.name) + "-otherOperation", Clause: clause, Also: also(row),
		Steps: []string{"send a valid " + other.Name, "send " + a.op.Name + " with the same nonce", "expect it to be refused" + cite(row)},
		Needs: a.needs(a.base, ""),
		Run: func(ctx context.Context, s *plan.Session) error {
			nonce := []plan.Edit{setting("SignatureNonce", s.Token())}
			before, again := q, p
			before.Before, again.Before = nonce, nonce
			first, err := s.Probe(ctx, &before)
			if err != nil || !first.OK {
				return err // other cases say what is wrong with it
			}
			second, err := s.Probe(ctx, &again)
			if err == nil {
				s.Find(s.Judge.Refused(second, clause, row)...)
			}
			return err
		},
	})
}

// elsewhere is another operation that only reads; nil where there is none.
func (a auth) elsewhere() *contract.Operation {
	for _, op := range a.c.Operations {
		if op != a.op && slices.Contains([]contract.EffectKind{contract.Reads, contract.ShowsUsage, contract.ListsRegions}, op.Effect.Kind) {
			return op
		}
	}
	return nil
}

func twice(ctx context.Context, s *plan.Session, p plan.Probe) (first, second *check.Answer, err error) {
	params, err := s.Bind(ctx, p.Params)
	if err != nil {
		return nil, nil, err
	}
	p.Params = params
	p.Before = []plan.Edit{setting("SignatureNonce", s.Token())}
	if first, err = s.Probe(ctx, &p, plan.Bound()); err != nil || !first.OK {
		return first, nil, err
	}
	second, err = s.Probe(ctx, &p, plan.Bound())
	return first, second, err
}
