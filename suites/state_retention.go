package suites

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// maxDays is the longest retention that is tried, and fewDays are more than
// any two readings of from when on it counts are apart.
const (
	maxDays = 365
	fewDays = 30
)

// retention compares when a resource goes away with when it was made.
func (f states) retention() {
	k := f.kind.Retention
	if k == nil {
		return
	}
	f.play(play{
		subject: k.Parameter, variant: "expiry", clause: k.Clause, judges: f.expiry(), needs: f.needs(f.input().Minimal, ""),
		steps: []string{"send a valid " + f.op.Name + " with " + k.Parameter, "expect " + k.Until + " to be so many days after " + k.Since},
		run: func(ctx context.Context, t *stage) error {
			days := 1 + t.Rand.IntN(maxDays)
			id, err := t.create(ctx, f.kept(days))
			if err != nil {
				return err
			}
			item, err := t.Usable(ctx, f.kind.Name, id)
			if err == nil {
				t.Find(t.expires(item, days)...)
			}
			return err
		},
	})
	f.play(play{
		subject: k.Parameter, variant: "never", clause: capped(k.Clause, contract.Should), needs: f.needs(f.input().Minimal, ""),
		promise: "What " + f.op.Name + " makes without " + k.Parameter + " has no end.",
		steps:   []string{"send a valid " + f.op.Name + " without " + k.Parameter, "expect no " + k.Until},
		run: func(ctx context.Context, t *stage) error {
			id, err := t.create(ctx, f.input().Minimal)
			if err != nil {
				return err
			}
			item, err := t.present(ctx, id)
			if err != nil {
				return err
			}
			if got := check.Text(item, k.Until); got != "" {
				t.Find(check.Found(capped(k.Clause, contract.Should), "/"+k.Until, "nothing", got))
			}
			return nil
		},
	})
}

// kept is the minimal request with a retention.
func (f states) kept(days int) wire.Params {
	return set(f.input().Minimal, f.kind.Retention.Parameter, strconv.Itoa(days))
}

// retained gives a resource that was just made another end. From when on the
// days of an update count no page says: there is little between the two.
func (f states) retained() {
	k := f.kind.Retention
	if k == nil || f.op.Parameter(k.Parameter) == nil {
		return
	}
	f.play(play{
		subject: k.Parameter, variant: "updated", clause: k.Clause, needs: f.needs(f.input().Minimal, ""),
		promise: fmt.Sprintf("%s with %s moves %s.", f.op.Name, k.Parameter, k.Until),
		steps: []string{
			fmt.Sprintf("make %s with %s", contract.Articled(f.kind.Name), k.Parameter), "send a valid " + f.op.Name + " with another one",
			"wait until it settles", "expect " + k.Until + " to be about so many days after " + k.Since,
		},
		run: func(ctx context.Context, t *stage) error {
			first := 1 + t.Rand.IntN(maxDays)
			r, err := t.Create(ctx, f.kind.Name, wire.Params{{Name: k.Parameter, Value: strconv.Itoa(first)}})
			if err != nil {
				return err
			}
			second := first + fewDays
			a, _, err := t.admitted(ctx, request{op: f.op, params: t.named(f.kept(second), r.ID)}, nil)
			if err != nil || !a.OK {
				return orUnready(err, "update "+k.Parameter, a)
			}
			item, err := t.Usable(ctx, f.kind.Name, r.ID)
			if err == nil {
				t.Find(surely(k.Clause, t.expires(item, second))...)
			}
			return err
		},
	})
}

// surely keeps the findings that no reading of from when on days count excuses.
func surely(clause *contract.Clause, found []check.Finding) []check.Finding {
	if len(found) > 0 && found[0].Level < clause.Level {
		return nil
	}
	return found
}

// expiry are the promises that resources go away when their time is up.
func (f states) expiry() []*contract.Clause {
	var out []*contract.Clause
	for _, tr := range f.kind.Transitions {
		if s := f.kind.State(tr.From); tr.On == "expire" && s != nil && s.Usable {
			out = append(out, tr.Clause)
		}
	}
	return out
}

// roughly is how far the end may be from where it is reckoned: the pages say
// that it comes after so many days, not from which moment they count.
const roughly = 25 * time.Hour

// expires holds that a resource made just now ends so many days after it was
// made: roughly for sure, and to the minute, as some samples show no seconds,
// as it should be.
func (t *stage) expires(item *wire.Map, days int) []check.Finding {
	k := t.kind.Retention
	from, exact := check.Moment(check.Text(item, k.Since))
	if !exact {
		from = t.Now().UTC()
	}
	until := check.Text(item, k.Until)
	to, ok := check.Moment(until)
	want := from.AddDate(0, 0, days)
	off := to.Truncate(time.Minute).Sub(want.Truncate(time.Minute)).Abs()
	clause := k.Clause
	switch {
	case ok && off <= time.Minute, ok && !exact && off <= roughly:
		return nil
	case ok && off <= roughly:
		clause = capped(clause, contract.Should)
	}
	if until == "" {
		until = "nothing"
	}
	return []check.Finding{check.Found(clause, "/"+k.Until, fmt.Sprintf("%d days after %s: %s", days, k.Since, want.Format(time.RFC3339)), until)}
}

// daysOf is the retention that a request asks for; zero for none.
func (t *stage) daysOf(p wire.Params) int {
	if t.kind.Retention == nil {
		return 0
	}
	text, _ := p.Get(t.kind.Retention.Parameter)
	days, _ := strconv.Atoi(text)
	return days
}
