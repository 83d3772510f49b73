package suites

import (
	"context"
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tokenScopes uses one token in two places. Where a token reaches nobody says;
// a success that does nothing is wrong in every reading.
func (b *builder) tokenScopes(r *recipe) {
	first := "send a valid " + b.op.Name + " with a token"
	if !b.needsHome(r.template) {
		b.tokenCase(r, tokenCase{
			subject: "scope", variant: "account", clause: b.tokenClause("scope.account"), needs: plan.Needs{Credentials: []string{secondary}},
			steps: []string{first, "send its like for another account, with that account's key and the same token", "expect that it is carried out too"},
			run: r.elsewhere(func(*plan.Session) (whereabouts, error) {
				return whereabouts{entry: secondary}, nil
			}),
		})
		if binding := b.secondRegion(); binding != "" {
			b.tokenCase(r, tokenCase{
				subject: "scope", variant: "region", clause: b.tokenClause("scope.region"), needs: plan.Needs{Bindings: []string{binding}},
				steps: []string{first, "send its like in another region with the same token", "expect that it is carried out too"},
				run:   r.elsewhere(inSecondRegion(binding)),
			})
		}
	}
	b.tokenCase(r, tokenCase{
		subject: "scope", variant: "operation", clause: b.tokenClause("scope.operation"), run: r.done(otherOperation),
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
		return f != nil && f.Required && f.Binding != "" && f.Binding != contract.RegionBinding && isThing(q.Value)
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
func (r *recipe) elsewhere(where func(*plan.Session) (whereabouts, error)) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		w, err := where(s)
		if err != nil {
			return err
		}
		e, err := r.begin(ctx, s, clause, w)
		if err != nil {
			return err
		}
		return r.done(func(ctx context.Context, d *deed) error { return e.carried(ctx, d) })(ctx, s, clause)
	}
}

// carried holds that the deed is done although its token was used for another.
func (d *deed) carried(ctx context.Context, other *deed) error {
	d.token = other.token
	before, a, err := d.anew(ctx)
	if err != nil || !d.accepted(a) {
		return err
	}
	if was, ok := memberText(other.answer.Body, d.op.Effect.ID); ok && d.makes() {
		if is := d.idIn(a); is == was {
			d.foundID(was, is)
			return nil
		}
	}
	return d.shows(ctx, "carried out", func(seen []string) bool { return !slices.Equal(seen, before) })
}

// otherOperation uses the token for the deletion of what the deed was done to,
// or where that is the deed itself, for making another.
func otherOperation(ctx context.Context, d *deed) error {
	e, err := d.partner(ctx)
	if err != nil {
		return err
	}
	return e.carried(ctx, d)
}

// partner is another deed that takes a token.
func (d *deed) partner(ctx context.Context) (*deed, error) {
	if d.op.Effect.Kind == contract.Deletes {
		b := *d.b
		b.op = d.c.Operation(d.c.Resource(d.op.Effect.Resource).Create)
		return b.recipe().begin(ctx, d.s, d.clause, d.where)
	}
	kind, id := d.touched()
	del := d.c.Operation(kind.Delete)
	subject := d.subject
	if d.makes() {
		subject = d.s.Refer(kind.Name, id, d.madeIn(d.request))
	}
	request := wire.Params{{Name: regionNames(del)[0], Value: subject.Region}, {Name: kind.IDParameter, Value: id}}
	return &deed{recipe: &recipe{c: d.c, in: d.in, op: del}, s: d.s, clause: d.clause, subject: subject, request: request}, nil
}

// touched is what the deed made or was done to.
func (d *deed) touched() (*contract.Resource, string) {
	if !d.makes() {
		return d.subject.Kind, d.subject.ID
	}
	return d.c.Resource(d.op.Effect.Resource), d.idIn(d.answer)
}
