package suites

import (
	"context"
	"slices"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// pageTokenCases send tokens again, altered, and where they do not belong.
func (b *builder) pageTokenCases(l *lister) {
	next := l.op.Effect.Next
	page := "list them with " + l.op.Effect.Limit + "=2"
	b.listingCase(l, listingCase{
		subject: next, variant: "reused", clause: b.listingClause("token.reused"), run: reusedToken,
		steps: []string{page, "list the next page twice", "expect the same items both times, or a refusal the second time"},
	})
	row := b.c.Violation("badToken").Error
	for _, v := range []struct {
		variant, say string
		to           func(string) string
	}{
		{"altered", "with one character changed", alteredToken},
		{"cut", "cut by its half", func(t string) string { return t[:len(t)/2] }},
		{"longer", "with a character added", func(t string) string { return t + "A" }},
		{"invented", "made up", func(string) string { return "conform-no-token" }},
	} {
		b.listingCase(l, listingCase{
			subject: next, variant: v.variant, clause: b.listingClause("token.altered"), also: also(row), run: wrongToken(v.to, whereabouts{}),
			steps: []string{page, "list with the token of the next page " + v.say, "expect a refusal" + cite(row)},
		})
	}
	b.foreignTokens(l, page)
}

func (b *builder) foreignTokens(l *lister, page string) {
	clause, next := b.listingClause("token.foreign"), l.op.Effect.Next
	same := func(t string) string { return t }
	b.listingCase(l, listingCase{
		subject: next, variant: "otherAccount", clause: clause, needs: plan.Needs{Credentials: []string{secondary}},
		run:   wrongToken(same, whereabouts{entry: secondary}),
		steps: []string{page, "list with its token by the key of another account", "expect a refusal"},
	})
	if binding := b.secondRegion(); binding != "" {
		b.listingCase(l, listingCase{
			subject: next, variant: "otherRegion", clause: clause, needs: plan.Needs{Bindings: []string{binding}},
			run: inRegion(binding, func(w whereabouts) func(context.Context, *catalog, *contract.Clause) error {
				return wrongToken(same, w)
			}),
			steps: []string{page, "list with its token in another region", "expect a refusal"},
		})
	}
	if other := b.otherListing(); other != nil {
		b.listingCase(l, listingCase{
			subject: next, variant: "otherOperation", clause: clause, run: tokenElsewhere(other),
			steps: []string{page, "list with its token by " + other.op.Name, "expect a refusal"},
		})
	}
}

// otherListing is another operation that gives its items in pages.
func (b *builder) otherListing() *lister {
	for _, op := range b.c.Operations {
		if op.Effect.Next != "" && op != b.op {
			other := *b
			other.op = op
			return other.lister()
		}
	}
	return nil
}

// inRegion runs a step in the second region.
func inRegion(binding string, run func(whereabouts) func(context.Context, *catalog, *contract.Clause) error) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		w, err := inSecondRegion(binding)(k.s)
		if err != nil {
			return err
		}
		return run(w)(ctx, k, clause)
	}
}

// alteredToken changes a character in the middle.
func alteredToken(t string) string {
	if t == "" {
		return "A"
	}
	b := []byte(t)
	at := len(b) / 2
	if b[at] == 'A' {
		b[at] = 'B'
	} else {
		b[at] = 'A'
	}
	return string(b)
}

// firstPage lists two of the set and returns the token of the next page.
func (k *catalog) firstPage(ctx context.Context) (*check.Answer, string, error) {
	a, err := k.list(ctx, k.limited("2"))
	if err != nil {
		return nil, "", err
	}
	if token := k.op.NextIn(a.Body); token != "" {
		return a, token, nil
	}
	return nil, "", plan.Inconclusive("prepare: the first page was answered " + a.Summary() + " without a token")
}

func reusedToken(ctx context.Context, k *catalog, clause *contract.Clause) error {
	_, token, err := k.firstPage(ctx)
	if err != nil {
		return err
	}
	params := set(k.limited("2"), k.op.Effect.Next, token)
	one, err := k.list(ctx, params)
	if err != nil {
		return err
	}
	if !one.OK {
		return plan.Inconclusive("prepare: the second page was answered " + one.Summary())
	}
	two, err := k.list(ctx, params)
	if err != nil {
		return err
	}
	if !two.OK {
		k.s.Find(k.s.Judge.Refused(two, clause, nil)...)
		return nil
	}
	was, is := k.identities(k.op.ItemsIn(one.Body)), k.identities(k.op.ItemsIn(two.Body))
	slices.Sort(was)
	slices.Sort(is)
	if !slices.Equal(was, is) {
		k.s.Find(check.Found(clause, k.pointer(), seenText(was), seenText(is)))
	}
	return nil
}

// wrongToken lists with a token that is not good for the request.
func wrongToken(to func(string) string, w whereabouts) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		_, token, err := k.firstPage(ctx)
		if err != nil {
			return err
		}
		params := set(k.elsewhere(w), k.op.Effect.Limit, "2")
		a, err := k.list(ctx, set(params, k.op.Effect.Next, to(token)), w.options()...)
		if err != nil {
			return err
		}
		k.s.Find(k.s.Judge.Refused(a, clause, k.b.c.Violation("badToken").Error)...)
		return nil
	}
}

// elsewhere is the request for the set in another region.
func (k *catalog) elsewhere(w whereabouts) wire.Params {
	if w.region == "" {
		return k.own
	}
	return set(k.own, regionNames(k.op)[0], w.region)
}

// tokenElsewhere lists by another operation.
func tokenElsewhere(other *lister) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		_, token, err := k.firstPage(ctx)
		if err != nil {
			return err
		}
		params, err := k.s.Bind(ctx, other.base)
		if err != nil {
			return err
		}
		y := &catalog{lister: other, s: k.s}
		a, err := y.list(ctx, set(params, other.op.Effect.Next, token))
		if err == nil {
			k.s.Find(k.s.Judge.Refused(a, clause, k.b.c.Violation("badToken").Error)...)
		}
		return err
	}
}

// listingScopes look for the set where it must not be seen.
func (b *builder) listingScopes(l *lister) {
	clause := b.listingClause("scope")
	b.listingCase(l, listingCase{
		subject: "scope", variant: "account", clause: clause, needs: plan.Needs{Credentials: []string{secondary}}, run: unseen(whereabouts{entry: secondary}),
		steps: []string{"list them by the key of another account", "expect none of them"},
	})
	if binding := b.secondRegion(); binding != "" {
		b.listingCase(l, listingCase{
			subject: "scope", variant: "region", clause: clause, needs: plan.Needs{Bindings: []string{binding}}, run: inRegion(binding, unseen),
			steps: []string{"list them in another region", "expect none of them"},
		})
	}
	b.listingCase(l, listingCase{
		subject: "scope", variant: "own", clause: l.op.Effect.Clause, run: seenAll,
		steps: []string{"list them", "expect each of them once"},
	})
}

// unseen selects the set where it is not. A refusal shows nothing either.
func unseen(w whereabouts) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		a, err := k.list(ctx, k.elsewhere(w), w.options()...)
		if err != nil || !a.OK {
			return err
		}
		for _, row := range k.op.ItemsIn(a.Body) {
			if id := k.identity(row); slices.Contains(k.identities(k.rows), id) {
				k.s.Find(check.Found(clause, k.pointer(), "nothing of another account or region", id))
			}
		}
		return nil
	}
}

// seenAll lists the set as a whole. Where it is read through the operation
// itself, each of the resources must be there.
func seenAll(ctx context.Context, k *catalog, clause *contract.Clause) error {
	answers, whole, err := k.pages(ctx, k.own, clause)
	if err != nil || !whole {
		return err
	}
	var seen []string
	var rows []*wire.Map
	for _, a := range answers {
		rows = append(rows, k.op.ItemsIn(a.Body)...)
	}
	seen = k.identities(rows)
	k.compare(seen, clause)
	if k.op.Effect.Resource != "" {
		return nil
	}
	for _, id := range k.set.ids {
		want := wire.Params{{Name: k.filters[k.lister.own].nth(1), Value: id}}
		if !slices.ContainsFunc(rows, func(row *wire.Map) bool { return k.filters[k.lister.own].relate(row, want) == equal }) {
			k.s.Find(check.Found(clause, k.pointer(), "rows of "+id, seenText(seen)))
		}
	}
	return nil
}
