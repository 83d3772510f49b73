package suites

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// matchCases look for what serves best. How things are compared is not said, so
// the set has exactly the values that are looked for; what others have on the
// target is judged by what it shows.
func (b *builder) matchCases(l *lister) {
	m := b.op.Effect.Match
	if m == nil {
		return
	}
	wanted := l.matchable(m)
	if len(wanted) < 2 {
		b.fault("plan %s: the valid %s has no two values for %s", b.op.Name, l.create.op.Name, m.Wanted)
		return
	}
	add := func(c listingCase, say string) {
		c.steps = []string{"list with " + say}
		b.listingCase(l, c)
	}
	add(listingCase{subject: m.Wanted, variant: "match", clause: capped(m.Some, contract.Inferred), run: lookFor(m, wanted[:1], false)},
		"one "+m.Wanted+" that they have, and expect only what has it, and something that does")
	add(listingCase{subject: m.Wanted, variant: "matchSecond", clause: capped(m.Some, contract.Inferred), run: lookFor(m, []string{wanted[0] + "-conform-absent", wanted[1]}, false)},
		"two of "+m.Wanted+", of which they have the second, and expect only what has it, and something that does")
	add(listingCase{subject: m.Full, variant: "match", clause: m.All, run: lookFor(m, wanted[:2], true)},
		m.Full+" and two of "+m.Wanted+" that one of them has, and expect only what has both")
	add(listingCase{subject: m.Full, variant: "matchNone", clause: m.All, run: lookFor(m, []string{wanted[0], wanted[1] + "-conform-absent"}, true)},
		m.Full+" and two of "+m.Wanted+", of which they have the first alone, and expect nothing")
	add(listingCase{subject: m.Count, variant: "match", clause: m.Few, run: fewest(m, wanted[0])},
		m.Count+"=1 and one "+m.Wanted+" that several of them have, and expect one that has it at most")
}

// matchable are the values that the set's members are made with.
func (l *lister) matchable(m *contract.Matching) []string {
	var out []string
	if e := l.writes(m.Member); e != nil {
		for _, p := range below(l.create.input().Maximal, top(e.Parameter)) {
			out = append(out, p.Value)
		}
	}
	return out
}

func wantedParams(m *contract.Matching, wanted []string) wire.Params {
	var out wire.Params
	for i, text := range wanted {
		out = append(out, wire.Param{Name: fmt.Sprintf("%s.%d", m.Wanted, i+1), Value: text})
	}
	return out
}

// lookFor looks for values: one of them, or all where it is to be full.
func lookFor(m *contract.Matching, wanted []string, full bool) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		params, err := k.s.Bind(ctx, k.base)
		if err != nil {
			return err
		}
		params = append(params, wantedParams(m, wanted)...)
		if full {
			params = append(params, wire.Param{Name: m.Full, Value: "true"})
		}
		a, err := k.list(ctx, params)
		if err != nil {
			return err
		}
		if k.s.Find(k.s.Judge.Accepted(a, clause)...); a.OK {
			k.matched(a, matched{m: m, wanted: wanted, full: full, clause: clause})
		}
		return nil
	}
}

// matched is what a listing was to match.
type matched struct {
	m      *contract.Matching
	wanted []string
	full   bool
	clause *contract.Clause
}

// fits reports whether a row has what is wanted.
func (x matched) fits(row *wire.Map) bool {
	shown := texts(row, strings.Split(x.m.Member, "."))
	lacks := func(text string) bool { return !slices.Contains(shown, text) }
	if x.full {
		return !slices.ContainsFunc(x.wanted, lacks)
	}
	return slices.ContainsFunc(x.wanted, func(text string) bool { return !lacks(text) })
}

// matched holds that all rows fit, and that there is one where something fits.
func (k *catalog) matched(a *check.Answer, x matched) {
	rows := k.op.ItemsIn(a.Body)
	for _, row := range rows {
		if !x.fits(row) {
			k.s.Find(check.Found(x.clause, k.pointer(), "only what has "+strings.Join(x.wanted, x.link()), k.identity(row)))
		}
	}
	if len(rows) == 0 && slices.ContainsFunc(k.rows, x.fits) {
		k.s.Find(check.Found(capped(x.clause, contract.Inferred), k.pointer(), "something that has "+strings.Join(x.wanted, x.link()), "nothing"))
	}
}

func (x matched) link() string {
	if x.full {
		return " and "
	}
	return " or "
}

// fewest asks for one full match where there are several.
func fewest(m *contract.Matching, wanted string) func(context.Context, *catalog, *contract.Clause) error {
	return func(ctx context.Context, k *catalog, clause *contract.Clause) error {
		params, err := k.s.Bind(ctx, k.base)
		if err != nil {
			return err
		}
		params = append(params, wantedParams(m, []string{wanted})...)
		a, err := k.list(ctx, append(params, wire.Param{Name: m.Count, Value: "1"}))
		if err != nil {
			return err
		}
		if k.s.Find(k.s.Judge.Accepted(a, clause)...); !a.OK {
			return nil
		}
		var fit []string
		for _, row := range k.op.ItemsIn(a.Body) {
			if (matched{m: m, wanted: []string{wanted}, full: true}).fits(row) {
				fit = append(fit, k.identity(row))
			}
		}
		if len(fit) > 1 {
			k.s.Find(check.Found(clause, k.pointer(), "one that has "+wanted+" at most", seenText(fit)))
		}
		return nil
	}
}
