package suites

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// secondCases use elements of a filter's list behind the first: a filter that
// looks at the first alone passes for right everywhere else.
func (b *builder) secondCases(l *lister, i int) {
	g := l.filters[i]
	f := b.op.Parameter(g.top)
	if f == nil || f.Type != contract.Array {
		return
	}
	if !g.ids {
		b.listingCase(l, listingCase{
			subject: g.top, variant: "turned", clause: g.members[0].Clause, run: turnedPair(i),
			steps: []string{"list with two elements of " + g.top + ", and with the same in the other order", "expect the same each time"},
		})
		return
	}
	b.listingCase(l, listingCase{
		subject: g.top, variant: "two", clause: g.members[0].Clause, run: lastOnes(i, 0),
		steps: []string{"list with two of the ids", "expect both, and nothing else"},
	})
	if f.MaxItems != nil {
		b.listingCase(l, listingCase{
			subject: g.top, variant: "most", clause: f.Clauses["maxItems"], also: []*contract.Clause{g.members[0].Clause}, run: lastOnes(i, *f.MaxItems-2),
			steps: []string{fmt.Sprintf("list with %d ids, of which the last two are theirs", *f.MaxItems), "expect both, and nothing else"},
		})
	}
}

// lastOnes lists by so many ids that nothing has, and by two of the set.
func lastOnes(i, absent int) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		g := k.filters[i]
		params := drop(k.own, g.top)
		if k.op.Effect.Resource != "" {
			bound, err := k.s.Bind(ctx, k.base)
			if err != nil {
				return err
			}
			params = bound
		}
		for n := range absent {
			params = append(params, wire.Param{Name: g.nth(n + 1), Value: fmt.Sprintf("%s%03d", absentID(k.b.c, k.kind.Name), n)})
		}
		wanted := []string{k.set.ids[1], k.set.ids[3]}
		for n, id := range wanted {
			params = append(params, wire.Param{Name: g.nth(absent + n + 1), Value: id})
		}
		a, err := k.list(ctx, params)
		if err != nil {
			return err
		}
		if k.s.Find(k.s.Judge.Accepted(a, clause)...); a.OK {
			k.exactly(a, g, wanted)
		}
		return nil
	}
}

// exactly holds that an answer shows each of the ids and no other.
func (k *catalog) exactly(a *check.Answer, g filterGroup, wanted []string) {
	clause := g.members[0].Clause
	var seen []string
	for _, row := range k.op.ItemsIn(a.Body) {
		id := check.Text(row, g.members[0].Member)
		if !slices.Contains(wanted, id) {
			k.s.Find(check.Found(clause, k.pointer(), "nothing but "+strings.Join(wanted, " and "), id))
		}
		seen = append(seen, id)
	}
	for _, id := range wanted {
		if !slices.Contains(seen, id) && k.op.NextIn(a.Body) == "" {
			k.s.Find(check.Found(clause, k.pointer(), id, seenText(seen)))
		}
	}
}

// turnedPair lists by two elements in both orders. Whether one has to pass both
// or either is less sure than that the order means nothing: who looks at one
// element alone gives two answers.
func turnedPair(i int) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		g := k.filters[i]
		one, two := k.twoOf(g)
		if one == nil {
			return plan.Skip("no resource made here shows two values for " + g.top)
		}
		first, err := k.byBoth(ctx, g, clause, [2]wire.Params{one, two})
		if err != nil || first == nil {
			return err
		}
		second, err := k.byBoth(ctx, g, clause, [2]wire.Params{two, one})
		if err != nil || second == nil {
			return err
		}
		if a, b := k.sorted(first), k.sorted(second); !slices.Equal(a, b) {
			k.s.Find(check.Found(clause, k.pointer(), "what the other order of "+said(map[int]wire.Params{0: one, 1: two})+" lists: "+seenText(a), seenText(b)))
		}
		return nil
	}
}

// twoOf returns the filter's values for two elements of one row, of which the
// second is not every row's; nil where no row has two.
func (k *catalog) twoOf(g filterGroup) (one, two wire.Params) {
	elements := func(row *wire.Map) []wire.Params {
		var out []wire.Params
		for _, texts := range g.elementsOf(row) {
			var p wire.Params
			for n, f := range g.members {
				p = append(p, wire.Param{Name: first(f.Parameter), Value: texts[n]})
			}
			out = append(out, p)
		}
		return out
	}
	var all []wire.Params
	for _, row := range k.rows {
		for _, p := range elements(row) {
			if !slices.ContainsFunc(all, func(q wire.Params) bool { return slices.Equal(p, q) }) {
				all = append(all, p)
			}
		}
	}
	count := func(p wire.Params) int {
		n := 0
		for _, row := range k.rows {
			if g.relate(row, p) == equal {
				n++
			}
		}
		return n
	}
	for _, p := range all {
		for _, q := range all {
			if p[0].Value != q[0].Value && count(p) != count(q) {
				return p, q
			}
		}
	}
	return nil, nil
}

// byBoth returns the rows that two elements select; nil where they are refused.
func (k *catalog) byBoth(ctx context.Context, g filterGroup, clause *contract.Clause, elements [2]wire.Params) ([]*wire.Map, error) {
	params := append(drop(k.own, g.top), elements[0]...)
	for n, p := range elements[1] {
		params = append(params, wire.Param{Name: strings.Replace(g.members[n].Parameter, ".N", ".2", 1), Value: p.Value})
	}
	a, err := k.list(ctx, params)
	if err != nil {
		return nil, err
	}
	if k.s.Find(k.s.Judge.Accepted(a, clause)...); !a.OK {
		return nil, nil
	}
	return append([]*wire.Map{}, k.op.ItemsIn(a.Body)...), nil
}

func (k *catalog) sorted(rows []*wire.Map) []string {
	out := k.identities(rows)
	slices.Sort(out)
	return out
}

// unsaidCase holds a filter that is filled in against one that is given.
func (b *builder) unsaidCase(l *lister, i int) {
	g := l.filters[i]
	f := b.op.Parameter(g.members[0].Parameter)
	e := l.writes(g.members[0].Member)
	if f == nil || !f.HasDefault || e == nil {
		return
	}
	u := unsaid{lister: l, filter: i, name: first(f.Path), usual: f.Default, other: another(f, f.Default, 2), written: first(e.Parameter)}
	b.add(&plan.Case{
		Subject: g.top, Variant: "default", Clause: f.Clauses["default"], Also: []*contract.Clause{g.members[0].Clause}, Needs: b.needs(l.base, ""), Run: u.run,
		Steps: []string{
			"make " + contract.Articled(l.kind.Name) + " with " + u.written + "=" + u.other + ", and one with " + u.usual, "list them by the one value, by the other, and without " + u.name,
			"expect the first by its value, and without one the same as by " + u.usual,
		},
	})
}

// writes is how the creating operation gives a resource what a member shows.
func (l *lister) writes(member string) *contract.Echo {
	for i, e := range l.create.op.Effect.Echo {
		if e.Member == member {
			return &l.create.op.Effect.Echo[i]
		}
	}
	return nil
}

// unsaid is a filter that is left out, and its default.
type unsaid struct {
	*lister
	filter                      int
	name, usual, other, written string
}

func (u unsaid) run(ctx context.Context, s *plan.Session) error {
	k := &catalog{lister: u.lister, s: s}
	value := s.Name()
	usual, other := wire.Param{Name: u.written, Value: u.usual}, wire.Param{Name: u.written, Value: u.other}
	if err := u.makeMany(ctx, s, value, usual, other); err != nil {
		return err
	}
	own, err := u.byMark(ctx, s, value)
	if err != nil {
		return err
	}
	err = s.Listed(ctx, "the resources to be listed", func() (bool, error) {
		rows, err := walkPages(ctx, s, &plan.Probe{Operation: u.op.Name, Params: set(own, u.name, u.usual)})
		return len(rows) > 0, err
	})
	if err != nil {
		return err
	}
	var seen [3][]string
	for n, params := range []wire.Params{set(own, u.name, u.other), set(own, u.name, u.usual), own} {
		rows, err := walkPages(ctx, s, &plan.Probe{Operation: u.op.Name, Params: params})
		if err != nil {
			return err
		}
		seen[n] = k.sorted(rows)
	}
	f := u.op.Parameter(u.name)
	if len(seen[0]) != 1 {
		s.Find(check.Found(u.filters[u.filter].members[0].Clause, k.pointer(), "the one with "+u.name+"="+u.other, seenText(seen[0])))
	}
	if !slices.Equal(seen[1], seen[2]) {
		s.Find(check.Found(f.Clauses["default"], k.pointer(), seenText(seen[1])+", as with "+u.name+"="+u.usual, seenText(seen[2])+" without it"))
	}
	return nil
}

// byMark is the request for what has the mark with a value.
func (l *lister) byMark(ctx context.Context, s *plan.Session, value string) (wire.Params, error) {
	out, err := s.Bind(ctx, l.base)
	if err != nil {
		return nil, err
	}
	tag := l.tagged(value, 1)
	for from, to := range l.mark.filter {
		text, _ := tag.Get(from)
		out = append(out, wire.Param{Name: to, Value: text})
	}
	slices.SortFunc(out, func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// usualSize lists one more than a page holds, with the size of the page given
// and left out, where a page says what it is then.
func (b *builder) usualSize(l *lister) {
	f := b.op.Parameter(l.op.Effect.Limit)
	if f == nil || !f.HasDefault || f.Clauses["default"] == nil || f.Clauses["default"].Level < contract.Should {
		return
	}
	size, err := strconv.Atoi(f.Default)
	if err != nil || l.op.Effect.Resource == "" {
		return
	}
	b.add(&plan.Case{
		Subject: f.Path, Variant: "default", Clause: f.Clauses["default"], Needs: b.needs(l.base, ""),
		Steps: []string{
			fmt.Sprintf("make %d resources of the kind %s", size+1, l.kind.Name), "list them without " + f.Path + ", and with " + f.Path + "=" + f.Default,
			"expect as many items each time",
		},
		Run: func(ctx context.Context, s *plan.Session) error { return l.usual(ctx, s, f, size) },
	})
}

func (l *lister) usual(ctx context.Context, s *plan.Session, f *contract.Field, size int) error {
	if room := s.Room(); room > 0 && room <= size {
		return plan.Skip(fmt.Sprintf("it takes %d resources, more than the profile's limits.maxResources", size+1))
	}
	value := s.Name()
	if err := l.makeMany(ctx, s, value, make([]wire.Param, size+1)...); err != nil {
		return err
	}
	params, err := l.byMark(ctx, s, value)
	if err != nil {
		return err
	}
	err = s.Listed(ctx, "the resources to be listed", func() (bool, error) {
		rows, err := walkPages(ctx, s, &plan.Probe{Operation: l.op.Name, Params: set(params, f.Path, f.Default)})
		return len(rows) == size+1, err
	})
	if err != nil {
		return err
	}
	k := &catalog{lister: l, s: s}
	a, err := k.list(ctx, params)
	if err != nil {
		return err
	}
	clause := f.Clauses["default"]
	if s.Find(s.Judge.Accepted(a, clause)...); !a.OK {
		return nil
	}
	if n := len(l.op.ItemsIn(a.Body)); n != size || l.op.NextIn(a.Body) == "" {
		s.Find(check.Found(clause, k.pointer(), fmt.Sprintf("%d items and a %s, as with %s=%s", size, l.op.Effect.Next, f.Path, f.Default), fmt.Sprintf("%d of %d", n, size+1)))
	}
	return nil
}

// makeMany makes resources side by side, each with a parameter of its own
// unless that has no name, and waits for none to be usable.
func (l *lister) makeMany(ctx context.Context, s *plan.Session, value string, with ...wire.Param) error {
	requests, errs := make([]wire.Params, len(with)), make([]error, len(with))
	for i, own := range with { // in turn: which gets which name must not depend on who comes first
		params := merge(l.create.input().Minimal, l.tagged(value, 1))
		if own.Name != "" {
			params = params.Set(own.Name, own.Value)
		}
		var err error
		if requests[i], err = s.Bind(ctx, params); err != nil {
			return err
		}
	}
	var all sync.WaitGroup
	for i, params := range requests {
		all.Go(func() {
			p := &plan.Probe{Operation: l.create.op.Name, Params: params}
			a, err := s.Probe(ctx, p)
			if err == nil && !a.OK {
				err = plan.Inconclusive("prepare: " + p.Operation + " was answered " + a.Summary())
			}
			errs[i] = err
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
