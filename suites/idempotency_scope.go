package suites

import (
	"context"
	"slices"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tokenScopes uses one token in two places. Where a token reaches nobody says;
// a success that does nothing is wrong in every reading.
func (b *builder) tokenScopes(d *tokenRepeater) {
	first := "send a valid " + b.op.Name + " with a token"
	if !b.needsHome(d.template) {
		b.tokenCase(d, tokenCase{
			subject: "scope", variant: "account", clause: b.tokenClause("scope.account"), needs: plan.Needs{Credentials: []string{secondary}},
			steps: []string{first, "send its like for another account, with that account's key and the same token", "expect that it is carried out too"},
			run: d.elsewhere(func(*plan.Session) (whereabouts, error) {
				return whereabouts{entry: secondary}, nil
			}),
		})
		if binding := b.secondRegion(); binding != "" {
			b.tokenCase(d, tokenCase{
				subject: "scope", variant: "region", clause: b.tokenClause("scope.region"), needs: plan.Needs{Bindings: []string{binding}},
				steps: []string{first, "send its like in another region with the same token", "expect that it is carried out too"},
				run:   d.elsewhere(inSecondRegion(binding)),
			})
		}
	}
	b.tokenCase(d, tokenCase{
		subject: "scope", variant: "operation", clause: b.tokenClause("scope.operation"), run: d.otherOperation,
		steps: []string{first, "send another operation with the same token", "expect that it is carried out too"},
	})
}

// secondary is the profile's entry for another account's key.
const secondary = "secondary"

// secondRegion is the binding that names another region than the profile's: that
// of a parameter that says where to copy to.
func (b *builder) secondRegion() string {
	for _, op := range b.c.Operations {
		if names := regionNames(op); len(names) > 1 {
			return names[1]
		}
	}
	return ""
}

func inSecondRegion(binding string) func(*plan.Session) (whereabouts, error) {
	return func(s *plan.Session) (whereabouts, error) {
		region, _ := s.Binding(binding)
		if region == s.Region {
			return whereabouts{}, plan.Skip("the binding for " + binding + " is the profile's own region")
		}
		return whereabouts{region: region}, nil
	}
}

// needsHome reports whether the request names things of the default account in
// the profile's region, so that it cannot be sent as another or elsewhere.
func (b *builder) needsHome(p wire.Params) bool {
	return slices.ContainsFunc(p, func(q wire.Param) bool {
		f := b.op.Parameter(contract.Generic(q.Name))
		return f != nil && f.Required && f.Binding != "" && f.Binding != "region" && isThing(q.Value)
	})
}

// homeless leaves out the things of the default account in the profile's region
// that a request can do without.
func homeless(op *contract.Operation, p wire.Params) wire.Params {
	return slices.DeleteFunc(p.Clone(), func(q wire.Param) bool {
		f := op.Parameter(contract.Generic(q.Name))
		return f != nil && !f.Required && q.Value == "$binding"
	})
}

// elsewhere does the deed, and its like somewhere else with the same token.
func (d *tokenRepeater) elsewhere(where func(*plan.Session) (whereabouts, error)) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		w, err := where(s)
		if err != nil {
			return err
		}
		x, err := d.begin(ctx, s, whereabouts{})
		if err != nil {
			return err
		}
		y, err := d.begin(ctx, s, w)
		if err != nil {
			return err
		}
		token := s.Token()
		first, err := x.first(ctx, token)
		if err != nil {
			return err
		}
		return y.carried(ctx, token, first, clause)
	}
}

// carried holds that the deed is done although its token was used for another.
func (x *tokenErrand) carried(ctx context.Context, token string, first *check.Answer, clause *contract.Clause) error {
	before, err := x.see(ctx)
	if err != nil {
		return err
	}
	a, err := x.again(ctx, x.request, token)
	if err != nil {
		return err
	}
	if x.s.Find(x.s.Judge.Accepted(a, clause)...); !a.OK {
		return nil
	}
	if was, ok := memberText(first.Body, x.op.Effect.ID); ok && x.makes() {
		if is, _ := memberText(a.Body, x.op.Effect.ID); is == was {
			x.s.Find(check.Found(clause, "/body/"+x.op.Effect.ID, "another one than "+was, is))
			return nil
		}
	}
	return x.shows(ctx, "carried out", clause, func(seen []string) bool { return !slices.Equal(seen, before) })
}

// otherOperation uses the token for the deletion of what the deed was done to,
// or where that is the deed itself, for making another.
func (d *tokenRepeater) otherOperation(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
	x, err := d.begin(ctx, s, whereabouts{})
	if err != nil {
		return err
	}
	token := s.Token()
	first, err := x.first(ctx, token)
	if err != nil {
		return err
	}
	y, err := d.partner(ctx, x, first)
	if err != nil {
		return err
	}
	return y.carried(ctx, token, first, clause)
}

// partner is another deed that takes a token.
func (d *tokenRepeater) partner(ctx context.Context, x *tokenErrand, made *check.Answer) (*tokenErrand, error) {
	if d.op.Effect.Kind == "delete" {
		create := d.c.Operation(d.c.Resource(d.op.Effect.Resource).Create)
		b := *d.b
		b.op = create
		return b.tokenRepeater().begin(ctx, x.s, x.where)
	}
	kind, id := x.touched(made)
	del := d.c.Operation(kind.Delete)
	subject := x.subject
	if x.makes() {
		subject = x.s.Refer(kind.Name, id, x.madeIn(x.request))
	}
	request := wire.Params{{Name: regionNames(del)[0], Value: subject.Region}, {Name: kind.IDParameter, Value: id}}
	return &tokenErrand{tokenRepeater: &tokenRepeater{c: d.c, in: d.in, op: del}, s: x.s, subject: subject, request: request}, nil
}

// touched is what the deed made or was done to.
func (x *tokenErrand) touched(made *check.Answer) (*contract.Resource, string) {
	if !x.makes() {
		return x.subject.Kind, x.subject.ID
	}
	id, _ := memberText(made.Body, x.op.Effect.ID)
	return x.c.Resource(x.op.Effect.Resource), id
}
