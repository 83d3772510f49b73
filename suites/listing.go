package suites

import (
	"context"
	"strconv"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// listingFamily lists what it knows: a few resources that all its cases share
// and only read. Every request but those about a filter alone selects by what
// only these carry, so that what others do on the target makes no difference.
func listingFamily(b *builder) {
	b.shownCases()
	b.countCases()
	if b.op.Effect.Items == "" || b.op.Effect.Next == "" {
		return
	}
	l := b.lister()
	if l == nil {
		b.fault("plan %s: nothing tells how to make what it lists", b.op.Name)
		return
	}
	b.filterCases(l)
	b.pageCases(l)
	b.pageTokenCases(l)
	b.usualSize(l)
	b.matchCases(l)
	b.listingScopes(l)
}

func (b *builder) listingClause(keyword string) *contract.Clause {
	return b.c.Listing.Clauses[keyword]
}

// lister is a listing operation and how the resources that it is tried on are
// made. It is made with the plan.
type lister struct {
	b       *builder
	op      *contract.Operation
	kind    *contract.Resource
	create  *builder // standing at the creating operation
	mark    ownMark  // that only the set carries
	filters []filterGroup
	// own is the group by which the set is selected: the mark's or, where the
	// listing shows no resources, that of the resources' ids.
	own int
	// base is what every request has: the region and what is required.
	base wire.Params
}

// listingCase is one case of the family.
type listingCase struct {
	subject, variant string
	clause           *contract.Clause
	also             []*contract.Clause // that it judges besides
	steps            []string
	needs            plan.Needs
	// unread says that the case needs not know what the listing shows.
	unread bool
	run    func(ctx context.Context, k *catalog, clause *contract.Clause) error
}

// made is the step that all cases begin with.
const madeSet = "make five resources, once for all cases that only read them"

func (b *builder) listingCase(l *lister, c listingCase) {
	needs := b.needs(l.base, "")
	needs.Bindings = append(needs.Bindings, c.needs.Bindings...)
	needs.Credentials = c.needs.Credentials
	b.add(&plan.Case{
		Subject: c.subject, Variant: c.variant, Clause: c.clause, Also: c.also, Steps: append([]string{madeSet}, c.steps...), Needs: needs,
		Run: func(ctx context.Context, s *plan.Session) error {
			k, err := l.open(ctx, s)
			if err == nil && !c.unread {
				err = k.look(ctx)
			}
			if err != nil {
				return err
			}
			return c.run(ctx, k, c.clause)
		},
	})
}

// lister returns nil where the listed resources cannot be made.
func (b *builder) lister() *lister {
	l := &lister{b: b, op: b.op, kind: b.c.Resource(b.op.Effect.Resource)}
	for _, p := range b.input().Minimal {
		if kind := b.c.Resource(trimID(p.Value)); isResource(p.Value) && kind != nil {
			l.kind = kind // the listing is about what resources of this kind have
			continue
		}
		l.base = append(l.base, p)
	}
	if l.kind == nil {
		return nil
	}
	create := *b
	create.op = b.c.Operation(l.kind.Create)
	l.create = &create
	marks := create.marks()
	if len(marks) == 0 {
		return nil
	}
	l.mark = marks[0]
	l.filters = b.filterGroups()
	l.own = l.ownGroup()
	if l.own < 0 {
		return nil
	}
	return l
}

// ownGroup is the filter that selects the set: by the mark, or by ids.
func (l *lister) ownGroup() int {
	for i, g := range l.filters {
		if l.op.Effect.Resource != "" && g.top == top(l.mark.filter[l.mark.value]) || l.op.Effect.Resource == "" && g.ids {
			return i
		}
	}
	return -1
}

// limits are the sizes of pages to try: small ones, and as many as there may be.
func (l *lister) limits() []string {
	out := []string{"1", "2", "3"}
	if f := l.op.Parameter(l.op.Effect.Limit); f != nil && f.Maximum != nil {
		return append(out, strconv.FormatInt(*f.Maximum, 10))
	}
	return append(out, strconv.Itoa(setSize*4))
}
