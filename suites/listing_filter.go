package suites

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// filterGroup is a filter: one parameter, or those of one element of a list
// that select together, such as key and value of a tag.
type filterGroup struct {
	top     string
	members []contract.Filter
	ids     bool // it selects by ids of resources
	// fixed says that its values come from a list of words.
	fixed bool
	needs plan.Needs // bindings without which no resource has a value
}

func (b *builder) filterGroups() []filterGroup {
	var out []filterGroup
	for _, f := range b.op.Effect.Filters {
		p := b.op.Parameter(f.Parameter)
		if p == nil {
			continue
		}
		i := slices.IndexFunc(out, func(g filterGroup) bool { return g.top == top(f.Parameter) })
		if i < 0 {
			given, _ := b.input().Maximal.Get(first(f.Parameter))
			g := filterGroup{top: top(f.Parameter), ids: isResource(given), fixed: len(p.Enum) > 0}
			g.needs = b.namedThing(f.Member)
			out, i = append(out, g), len(out)
		}
		out[i].members = append(out[i].members, f)
	}
	return out
}

// namedThing returns the binding without which no resource that is made here
// shows the member: that of the thing that a creating request names.
func (b *builder) namedThing(member string) plan.Needs {
	r := b.c.Resource(b.op.Effect.Resource)
	if r == nil {
		return plan.Needs{}
	}
	create := *b
	create.op = b.c.Operation(r.Create)
	for _, e := range create.op.Effect.Echo {
		f := create.op.Parameter(e.Parameter)
		if e.Member == member && f != nil && f.Binding != "" {
			return create.needs(below(create.input().Maximal, first(e.Parameter)), e.Parameter)
		}
	}
	return plan.Needs{}
}

// nth is the wire name of the filter's first member for element n of a list.
func (g filterGroup) nth(n int) string {
	return strings.Replace(g.members[0].Parameter, ".N", "."+strconv.Itoa(n), 1)
}

// of returns the filter's parameters that a row passes, nil where the row shows
// nothing to select by. Of several elements it takes the last.
func (g filterGroup) of(row *wire.Map) wire.Params {
	var out wire.Params
	for _, f := range g.members {
		found := texts(row, strings.Split(f.Member, "."))
		if len(found) == 0 || found[len(found)-1] == "" {
			return nil
		}
		out = append(out, wire.Param{Name: first(f.Parameter), Value: found[len(found)-1]})
	}
	return out
}

// relation is how a row stands to the values of a filter.
type relation int

const (
	apart   relation = iota // it shows something else
	related                 // it shows something that begins like it, holds it, or differs in case
	equal
)

// relate compares a row with the filter's values: one element has to show them
// all.
func (g filterGroup) relate(row *wire.Map, want wire.Params) relation {
	best := apart
	for _, element := range g.elementsOf(row) {
		worst := equal
		for i, f := range g.members {
			value, ok := want.Get(first(f.Parameter))
			if !ok {
				continue
			}
			worst = min(worst, compared(element[i], value))
		}
		best = max(best, worst)
	}
	return best
}

// elementsOf returns what the filter's members show, element by element.
func (g filterGroup) elementsOf(row *wire.Map) [][]string {
	columns := make([][]string, len(g.members))
	n := 0
	for i, f := range g.members {
		columns[i] = texts(row, strings.Split(f.Member, "."))
		n = max(n, len(columns[i]))
	}
	out := make([][]string, n)
	for i := range n {
		for _, column := range columns {
			text := ""
			if i < len(column) {
				text = column[i]
			}
			out[i] = append(out[i], text)
		}
	}
	return out
}

func compared(shows, wants string) relation {
	switch {
	case shows == wants:
		return equal
	case strings.Contains(strings.ToLower(shows), strings.ToLower(wants)), strings.Contains(strings.ToLower(wants), strings.ToLower(shows)) && shows != "":
		return related
	}
	return apart
}

// selected holds the rows of an answer against what the filters ask for. All
// says that the set's rows have to be there.
func (k *catalog) selected(a *check.Answer, want map[int]wire.Params, clause *contract.Clause, all bool) {
	if k.s.Find(k.s.Judge.Accepted(a, clause)...); !a.OK {
		return
	}
	rows := k.op.ItemsIn(a.Body)
	for _, row := range rows {
		switch relation := k.relates(row, want); {
		case relation == apart && !k.besides(row, rows, want):
			k.s.Find(check.Found(clause, k.pointer(), "only what shows "+said(want), k.identity(row)))
		case relation != equal:
			k.s.Find(check.Found(k.inexact(row, want), k.pointer(), "only what shows exactly "+said(want), k.identity(row)))
		}
	}
	if !all {
		return
	}
	seen := k.identities(rows)
	for _, row := range k.rows {
		if id := k.identity(row); k.relates(row, want) == equal && !slices.Contains(seen, id) {
			k.s.Find(check.Found(clause, k.pointer(), id+", which shows "+said(want), seenText(seen)))
		}
	}
}

// besides reports whether the row is of a thing that has another row which
// passes: nobody says whether a filter by tag shows the tags that it asks for,
// or all tags of what has them.
func (k *catalog) besides(row *wire.Map, rows []*wire.Map, want map[int]wire.Params) bool {
	if k.op.Effect.Resource != "" {
		return false
	}
	thing := k.filters[k.lister.own].of(row)
	return slices.ContainsFunc(rows, func(other *wire.Map) bool {
		return k.filters[k.lister.own].relate(other, thing) == equal && k.relates(other, want) == equal
	})
}

// inexact is the least sure of the promises that a row breaks which is only
// like what the filters ask for.
func (k *catalog) inexact(row *wire.Map, want map[int]wire.Params) *contract.Clause {
	var least *contract.Clause
	for i, values := range want {
		g := k.filters[i]
		if c := g.exact(); g.relate(row, values) != equal && (least == nil || c.Level < least.Level || c.Level == least.Level && c.ID < least.ID) {
			least = c
		}
	}
	return least
}

// exact is the promise that the filter selects nothing else: that of its first
// member, or what there is for one that makes none.
func (g filterGroup) exact() *contract.Clause {
	for _, f := range g.members {
		if f.Exact != nil {
			return f.Exact
		}
	}
	return capped(g.members[0].Clause, contract.Inferred)
}

func (k *catalog) pointer() string { return "/body/" + k.op.Effect.Items }

func (k *catalog) relates(row *wire.Map, want map[int]wire.Params) relation {
	out := equal
	for i, values := range want {
		out = min(out, k.filters[i].relate(row, values))
	}
	return out
}

func said(want map[int]wire.Params) string {
	var out []string
	for _, values := range want {
		for _, p := range values {
			out = append(out, p.Name+"="+p.Value)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// filterCases tries each filter alone, by values that nothing has and by values
// that are nearly right, each two together, and all at once.
func (b *builder) filterCases(l *lister) {
	for i, g := range l.filters {
		own := g.members[0].Clause
		if !g.fixed {
			b.aloneCase(l, i)
		}
		b.secondCases(l, i)
		b.unsaidCase(l, i)
		b.listingCase(l, listingCase{
			subject: g.top, variant: "each", clause: own, needs: g.needs, run: eachValue(i),
			steps: []string{"list with " + g.top + " as one of them has it, and for each other value, among them", "expect those that have it, and no others"}, also: append(furtherMembers(g), exacts(g)...),
		})
		b.nearlyRight(l, i)
		for j := i + 1; j < len(l.filters); j++ {
			b.pairCase(l, i, j)
		}
	}
	b.listingCase(l, listingCase{
		subject: "filters", variant: "all", clause: b.listingClause("filter.all"), run: allFilters,
		steps: []string{"list with every filter that one of them shows something for", "expect what passes them all, and nothing else"},
	})
}

func (b *builder) aloneCase(l *lister, i int) {
	g := l.filters[i]
	clause := g.members[0].Clause
	if l.op.Effect.Resource == "" && !g.ids {
		// Some pages require the ids of resources beside it.
		clause = capped(clause, contract.Inferred)
	}
	b.listingCase(l, listingCase{
		subject: g.top, variant: "alone", clause: clause, needs: g.needs, run: aloneFilter(i),
		steps: []string{"list with " + g.top + " alone, as one of them has it", "expect what has it on the first page, and nothing else"},
	})
}

// furtherMembers are the promises about the group's members but the first.
func furtherMembers(g filterGroup) []*contract.Clause {
	var out []*contract.Clause
	for _, f := range g.members[1:] {
		out = append(out, f.Clause)
	}
	return out
}

// exacts are the promises of the group's members that they select exactly.
func exacts(g filterGroup) []*contract.Clause {
	var out []*contract.Clause
	for _, f := range g.members {
		out = append(out, f.Exact)
	}
	return out
}

func (b *builder) pairCase(l *lister, i, j int) {
	one, two := l.filters[i], l.filters[j]
	b.listingCase(l, listingCase{
		subject: one.top, variant: "with" + two.top, clause: b.listingClause("filter.all"),
		needs: plan.Needs{Bindings: append(slices.Clone(one.needs.Bindings), two.needs.Bindings...)}, run: bothFilters(i, j),
		steps: []string{"list with " + one.top + " and " + two.top + " as one of them has both", "list with the one's " + one.top + " and another's " + two.top,
			"expect each time what passes both filters, and nothing else"},
	})
}

// nearlyRight selects by a value that nothing has: one that is a beginning, a
// continuation or another case of one that there is, or a wholly other one.
func (b *builder) nearlyRight(l *lister, i int) {
	g := l.filters[i]
	if g.fixed {
		return
	}
	exact := g.exact()
	for _, v := range []struct {
		variant, say string
		clause       *contract.Clause
		to           func(string) string
	}{
		{"prefix", "all but the last character of a value", exact, func(t string) string { return t[:len(t)-1] }},
		{"longer", "a value and one character more", exact, func(t string) string { return t + "x" }},
		{"case", "a value in another case", capped(exact, contract.Should), swapCase},
		{"other", "a value that nothing has", g.members[0].Clause, nil},
	} {
		b.listingCase(l, listingCase{
			subject: g.top, variant: v.variant, clause: v.clause, needs: g.needs, run: noMatch(i, v.to),
			steps: []string{"list with " + g.top + " as " + v.say + ", among them", "expect none of them, or a refusal"},
		})
	}
}

// value returns a row that has something to select by, and the filter's values
// for it. Which row is drawn.
func (k *catalog) value(i int) (wire.Params, error) {
	for _, n := range k.s.Rand.Perm(len(k.rows)) {
		if v := k.filters[i].of(k.rows[n]); v != nil {
			return v, nil
		}
	}
	return nil, k.blank(i)
}

func (k *catalog) blank(i int) error {
	return plan.Skip("no resource made here shows what " + k.filters[i].top + " selects by")
}

// with adds a filter to a request, in place of what stands there of it.
func (k *catalog) with(params wire.Params, i int, values wire.Params) wire.Params {
	return merge(drop(params, k.filters[i].top), values)
}

func aloneFilter(i int) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		values, err := k.value(i)
		if err != nil {
			return err
		}
		params, err := k.s.Bind(ctx, k.base)
		if err != nil {
			return err
		}
		a, err := k.list(ctx, k.with(params, i, values))
		if err != nil {
			return err
		}
		k.selected(a, map[int]wire.Params{i: values}, clause, k.op.NextIn(a.Body) == "" && k.op.Effect.Resource != "")
		return nil
	}
}

// among selects within the set. The set's own filter is left as it is unless it
// is the one under test.
func (k *catalog) among(ctx context.Context, want map[int]wire.Params, clause *contract.Clause) error {
	params := k.own
	for i, values := range want {
		params = k.with(params, i, values)
	}
	a, err := k.list(ctx, params)
	if err != nil {
		return err
	}
	k.selected(a, want, clause, k.op.NextIn(a.Body) == "")
	return nil
}

func eachValue(i int) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		done := map[string]bool{}
		for _, row := range k.rows {
			values := k.filters[i].of(row)
			text := values.Encode(nil)
			if values == nil || done[text] {
				continue
			}
			done[text] = true
			if err := k.among(ctx, map[int]wire.Params{i: values}, clause); err != nil {
				return err
			}
		}
		if len(done) == 0 {
			return k.blank(i)
		}
		return nil
	}
}

func noMatch(i int, to func(string) string) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		values, err := k.value(i)
		if err != nil {
			return err
		}
		values = values.Clone()
		last := &values[len(values)-1]
		if to == nil {
			last.Value = k.s.Name()
		} else if last.Value == to(last.Value) || len(last.Value) < 2 {
			return plan.Skip("the value " + last.Value + " has no other form")
		} else {
			last.Value = to(last.Value)
		}
		a, err := k.list(ctx, k.with(k.own, i, values))
		if err != nil || a.Status >= 400 && a.Status < 500 {
			return err
		}
		for _, row := range k.op.ItemsIn(a.Body) {
			if k.filters[i].relate(row, values) != equal {
				k.s.Find(check.Found(clause, k.pointer(), "nothing but what shows "+said(map[int]wire.Params{i: values}), k.identity(row)))
			}
		}
		return nil
	}
}

func bothFilters(i, j int) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		tried := false
		for _, n := range k.s.Rand.Perm(len(k.rows)) {
			row := k.rows[n]
			one, two := k.filters[i].of(row), k.filters[j].of(row)
			if one == nil || two == nil {
				continue
			}
			tried = true
			if err := k.among(ctx, map[int]wire.Params{i: one, j: two}, clause); err != nil {
				return err
			}
			break
		}
		if !tried {
			return plan.Skip("no resource made here shows both")
		}
		return k.apartPair(ctx, i, j, clause)
	}
}

// apartPair selects by the values of two rows of which neither passes both.
func (k *catalog) apartPair(ctx context.Context, i, j int, clause *contract.Clause) error {
	for _, a := range k.rows {
		for _, b := range k.rows {
			one, two := k.filters[i].of(a), k.filters[j].of(b)
			if one == nil || two == nil || k.filters[i].relate(b, one) != apart || k.filters[j].relate(a, two) != apart {
				continue
			}
			return k.among(ctx, map[int]wire.Params{i: one, j: two}, clause)
		}
	}
	return nil
}

// allFilters selects by everything that one resource shows: of the one that
// shows most.
func allFilters(ctx context.Context, k *catalog, clause *contract.Clause) error {
	var most map[int]wire.Params
	for _, row := range k.rows {
		want := map[int]wire.Params{}
		for i, g := range k.filters {
			if values := g.of(row); values != nil {
				want[i] = values
			}
		}
		if len(want) > len(most) {
			most = want
		}
	}
	if len(most) < 2 {
		return plan.Skip("no resource made here shows something for two filters")
	}
	return k.among(ctx, most, clause)
}
