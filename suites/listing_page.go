package suites

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// pageCases walk the set page by page.
func (b *builder) pageCases(l *lister) {
	further := []*contract.Clause{b.listingClause("page.size"), b.listingClause("page.last")}
	for _, limit := range l.limits() {
		b.listingCase(l, listingCase{
			subject: l.op.Effect.Limit, variant: "pages-" + limit, clause: b.listingClause("page.union"), also: further, run: pagesOf(limit),
			steps: []string{"list them with " + l.op.Effect.Limit + "=" + limit + ", page by page", "expect each of them once, no page longer than that, and no token on the last"},
		})
	}
	if l.op.Effect.Resource == "" {
		// What all other cases compare with is read through the listing itself.
		b.listingCase(l, listingCase{
			subject: l.op.Effect.Next, variant: "ends", clause: b.listingClause("page.union"), also: further[1:], unread: true, run: ends,
			steps: []string{"list them with " + l.op.Effect.Limit + "=2, page by page", fmt.Sprintf("expect an end within %d pages", maxWalk)},
		})
	}
	for _, v := range []struct {
		variant, say string
		change       func(*flux, context.Context) error
	}{
		{"added", "put another one among them", (*flux).add},
		{"removed", "take one away that was on the first page", (*flux).takeAway},
	} {
		l.change(v.variant, v.say, v.change)
	}
	if l.op.Effect.Total != "" {
		b.listingCase(l, listingCase{
			subject: l.op.Effect.Total, variant: "count", clause: b.listingClause("total"), run: totals,
			steps: []string{"list them with " + l.op.Effect.Limit + "=2, and without", "expect the number of items on the page, or of all of them, each time by the same reading"},
		})
	}
}

// pages lists to the end. A finding and false say that there was none.
func (k *catalog) pages(ctx context.Context, params wire.Params, clause *contract.Clause) ([]*check.Answer, bool, error) {
	var out []*check.Answer
	shown := 0
	for range maxWalk {
		a, err := k.list(ctx, params)
		if err != nil {
			return nil, false, err
		}
		if k.s.Find(k.s.Judge.Accepted(a, clause)...); !a.OK {
			return out, false, nil
		}
		out = append(out, a)
		shown += len(k.op.ItemsIn(a.Body))
		next := k.op.NextIn(a.Body)
		if next == "" {
			return out, true, nil
		}
		params = set(params, k.op.Effect.Next, next)
	}
	k.s.Find(check.Found(clause, "/body/"+k.op.Effect.Next, "an end", fmt.Sprintf("a token on page %d, %d items from its beginning", maxWalk, shown)))
	return out, false, nil
}

// ends lists the set to its end, whatever is in it: a page leads to the next, or
// to none.
func ends(ctx context.Context, k *catalog, clause *contract.Clause) error {
	_, _, err := k.pages(ctx, k.limited("2"), clause)
	return err
}

func pagesOf(limit string) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		answers, whole, err := k.pages(ctx, k.limited(limit), clause)
		if err != nil || !whole {
			return err
		}
		size, _ := strconv.Atoi(limit)
		var seen []string
		for i, a := range answers {
			rows := k.identities(k.op.ItemsIn(a.Body))
			if len(rows) > size {
				k.s.Find(check.Found(k.b.listingClause("page.size"), k.pointer(), "at most "+limit, strconv.Itoa(len(rows))))
			}
			if i == len(answers)-1 && i > 0 && len(rows) == 0 {
				k.s.Find(check.Found(k.b.listingClause("page.last"), "/body/"+k.op.Effect.Next, "no token behind the last item", "one that leads to an empty page"))
			}
			seen = append(seen, rows...)
		}
		k.compare(seen, clause)
		return nil
	}
}

// compare holds that the rows of the set were seen once each, and no others.
func (k *catalog) compare(seen []string, clause *contract.Clause) {
	want := k.identities(k.rows)
	for _, id := range want {
		if n := times(seen, id); n != 1 {
			k.s.Find(check.Found(clause, k.pointer(), id+" once", fmt.Sprintf("%d times", n)))
		}
	}
	for _, id := range seen {
		if !slices.Contains(want, id) {
			k.s.Find(check.Found(clause, k.pointer(), "nothing but the set", id))
		}
	}
}

func times(texts []string, text string) int {
	n := 0
	for _, t := range texts {
		if t == text {
			n++
		}
	}
	return n
}

// totals holds the count against both readings: it must keep to one of them.
func totals(ctx context.Context, k *catalog, clause *contract.Clause) error {
	ofPage, ofAll := true, true
	var got []string
	for _, params := range []wire.Params{k.limited("2"), k.own} {
		a, err := k.list(ctx, params)
		if err != nil {
			return err
		}
		if !a.OK {
			return plan.Inconclusive(k.op.Name + " was answered " + a.Summary())
		}
		text, _ := memberText(a.Body, k.op.Effect.Total)
		got = append(got, text)
		ofPage = ofPage && text == strconv.Itoa(len(k.op.ItemsIn(a.Body)))
		ofAll = ofAll && text == strconv.Itoa(len(k.rows))
	}
	if !ofPage && !ofAll {
		k.s.Find(check.Found(clause, "/body/"+k.op.Effect.Total, fmt.Sprintf("the items of the page, or all %d", len(k.rows)), strings.Join(got, ", then ")))
	}
	return nil
}

// flux is a set of a case's own that changes between two pages.
type flux struct {
	*catalog
	stem, value string
	made        []*plan.Resource
	seen        []string // rows of the first page
	gone, come  string   // rows that are not there all the while
}

// change walks a set of the case's own, and changes it behind the first page.
func (l *lister) change(variant, say string, change func(*flux, context.Context) error) {
	clause := l.b.listingClause("page.change")
	l.b.add(&plan.Case{
		Subject: l.op.Effect.Next, Variant: variant, Clause: clause, Needs: l.b.needs(l.base, ""),
		Steps: []string{"make four items for this case", "list two of them", say, "list the other pages", "expect once each what was there all the while, and nothing twice"},
		Run: func(ctx context.Context, s *plan.Session) error {
			f, err := l.flow(ctx, s)
			if err != nil {
				return err
			}
			a, err := f.list(ctx, f.limited("2"))
			if err != nil {
				return err
			}
			if f.seen = f.identities(f.op.ItemsIn(a.Body)); !a.OK || len(f.seen) == 0 || f.op.NextIn(a.Body) == "" {
				return plan.Inconclusive("prepare: the first page was answered " + a.Summary() + " without an item or a token")
			}
			if err := change(f, ctx); err != nil {
				return err
			}
			return f.rest(ctx, a, clause)
		},
	})
}

// flow makes the set: resources, or tags of one where the listing shows those.
func (l *lister) flow(ctx context.Context, s *plan.Session) (*flux, error) {
	f := &flux{catalog: &catalog{lister: l, s: s}, stem: s.Name(), value: s.Name()}
	base, err := s.Bind(ctx, l.base)
	if err != nil {
		return nil, err
	}
	if l.op.Effect.Resource == "" {
		return f, f.tagsOfOne(ctx, base)
	}
	made, errs := make([]*plan.Resource, 4), make([]error, 4)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() { made[i], errs[i] = s.Create(ctx, l.kind.Name, f.one(i)) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	f.made, f.own = made, base
	tag := l.tagged(f.value, 1)
	for from, to := range l.mark.filter {
		text, _ := tag.Get(from)
		f.own = append(f.own, wire.Param{Name: to, Value: text})
	}
	f.rows, err = walkPages(ctx, s, &plan.Probe{Operation: l.op.Name, Params: f.own})
	return f, err
}

// one is what member i of the set is made with.
func (f *flux) one(i int) wire.Params {
	out := f.tagged(f.value, 1)
	for _, name := range f.nameParameters() {
		now, _ := f.create.input().Minimal.Get(name)
		text := f.stem + "-" + strconv.Itoa(i)
		out = append(out, wire.Param{Name: name, Value: strings.NewReplacer("${name}", text, "$name", text).Replace(now)})
	}
	return out
}

// tagsOfOne makes one resource with four tags.
func (f *flux) tagsOfOne(ctx context.Context, base wire.Params) error {
	var with wire.Params
	for i := range 4 {
		with = append(with, f.renamedTag(i+1, "key-"+strconv.Itoa(i*2), f.value)...)
	}
	r, err := f.s.Create(ctx, f.kind.Name, with)
	if err != nil {
		return err
	}
	f.made = []*plan.Resource{r}
	f.own = set(base, f.filters[f.lister.own].nth(1), r.ID)
	f.rows, err = walkPages(ctx, f.s, &plan.Probe{Operation: f.op.Name, Params: f.own})
	return err
}

// add makes another item that belongs to the set.
func (f *flux) add(ctx context.Context) error {
	if f.op.Effect.Resource != "" {
		r, err := f.s.Create(ctx, f.kind.Name, f.one(4))
		if err == nil {
			f.come = r.ID
		}
		return err
	}
	return f.retag(ctx, contract.Tags, "key-1")
}

// takeAway removes an item that the first page has shown.
func (f *flux) takeAway(ctx context.Context) error {
	f.gone = f.seen[0]
	if f.op.Effect.Resource == "" {
		return f.retag(ctx, contract.Untags, f.keyOf(f.gone))
	}
	del := f.b.c.Operation(f.kind.Delete)
	params := wire.Params{{Name: regionNames(del)[0], Value: f.s.Region}, {Name: f.kind.IDParameter, Value: f.gone}}
	if err := f.must(ctx, del.Name, params); err != nil {
		return err
	}
	return f.s.Eventually(ctx, f.gone+" to be gone", func() (bool, error) {
		_, found, err := f.s.Read(ctx, f.kind.Name, f.gone)
		return !found, err
	})
}

// keyOf is the key among the texts of a row's identity.
func (f *flux) keyOf(row string) string {
	for word := range strings.FieldsSeq(row) {
		if strings.HasPrefix(word, "key-") {
			return word
		}
	}
	return ""
}

// retag sends the tag operation of that kind of effect with another key in the
// place of the one in its valid request.
func (f *flux) retag(ctx context.Context, kind contract.EffectKind, key string) error {
	var tag, op *contract.Operation
	for _, o := range f.b.c.Operations {
		switch o.Effect.Kind {
		case contract.Tags:
			tag = o
		}
		if o.Effect.Kind == kind {
			op = o
		}
	}
	usual := ""
	for _, e := range tag.Effect.Echo {
		if text, ok := f.b.in[tag.Name].Minimal.Get(first(e.Parameter)); ok && usual == "" {
			usual = text
		}
	}
	params := f.b.in[op.Name].Minimal.Clone()
	for i, p := range params {
		switch {
		case isResource(p.Value):
			params[i].Value = f.made[0].ID
		case p.Value == usual:
			params[i].Value = key
		}
	}
	bound, err := f.s.Bind(ctx, params)
	if err != nil {
		return err
	}
	return f.must(ctx, op.Name, bound)
}

// must sends what prepares the case.
func (f *flux) must(ctx context.Context, operation string, params wire.Params) error {
	a, err := f.s.Probe(ctx, &plan.Probe{Operation: operation, Params: params, Method: http.MethodPost}, plan.Bound())
	if err == nil && !a.OK {
		return plan.Inconclusive("prepare: " + operation + " was answered " + a.Summary())
	}
	return err
}

// rest lists the pages behind the first, and holds that what was there all the
// while came once.
func (f *flux) rest(ctx context.Context, a *check.Answer, clause *contract.Clause) error {
	params := set(f.limited("2"), f.op.Effect.Next, f.op.NextIn(a.Body))
	answers, whole, err := f.pages(ctx, params, clause)
	if err != nil || !whole {
		return err
	}
	seen := slices.Clone(f.seen)
	for _, a := range answers {
		seen = append(seen, f.identities(f.op.ItemsIn(a.Body))...)
	}
	for _, id := range f.identities(f.rows) {
		if n := times(seen, id); n != 1 && id != f.gone {
			f.s.Find(check.Found(clause, f.pointer(), id+" once", fmt.Sprintf("%d times", n)))
		}
	}
	for _, id := range seen {
		if times(seen, id) > 1 && !slices.Contains(f.identities(f.rows), id) || id == f.gone && times(seen, id) > 1 {
			f.s.Find(check.Found(clause, f.pointer(), id+" at most once", fmt.Sprintf("%d times", times(seen, id))))
			break
		}
	}
	return nil
}
