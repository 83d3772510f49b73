package suites

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/history"
	"github.com/eci-conform/conform/internal/plan"
)

// found records a departure from one of the resource's promises, at most at the
// level.
func (c *contest) found(keyword string, level contract.Level, want, got string) {
	clause := capped(c.kind.Consistency[keyword], level)
	if clause == nil {
		return
	}
	c.Find(check.Finding{Clause: clause.ID, Level: clause.Level, Pointer: "/" + c.id, Want: want, Got: got})
}

// conclude looks for an order that explains the history.
func (c *contest) conclude() error { return c.judge(c.log.History(c.start)) }

// judge says what no order explains. What it attaches is for any departure of
// the case.
func (c *contest) judge(h *history.History) error {
	v := h.Check(c.Patience())
	if v.Result == history.Unexplained {
		c.found(promiseLinear, contract.Must,
			"an order of the requests, each taking effect between its start and its answer, that explains every answer",
			fmt.Sprintf("no order explains these %d, whatever the other %d did:\n%s",
				len(v.Core), len(h.Operations)-len(v.Core), history.Lines(v.Core)))
	}
	if v.Result != history.Explained || len(c.Findings()) > 0 {
		c.Attach(plan.Attachment{Name: "history.html", MediaType: "text/html", Data: v.Picture})
	}
	if v.Result == history.Undecided && len(c.Findings()) == 0 {
		return plan.Inconclusive(fmt.Sprintf("no order of the %d requests was found in %v, nor that there is none",
			len(h.Operations), c.Patience()))
	}
	return nil
}

// enough is how many looks in a row at a resource at rest, spread by the wait
// policy, must show what it cannot hold: the listing itself may lag a little.
const enough = 8

// rest waits until the resource has settled on what the accepted requests left,
// and is false where that is a finding.
func (c *contest) rest(ctx context.Context, client int) (ok bool, err error) {
	var last sight
	wrong := 0
	err = c.Eventually(ctx, c.kind.Name+" "+c.id+" to settle", func() (bool, error) {
		seen, shown, err := c.look(ctx, client)
		if err != nil || !shown {
			return false, err
		}
		if seen.state != nil && seen.state.Failed {
			return false, plan.Inconclusive(c.kind.Name + " " + c.id + " became " + seen.state.Name)
		}
		last = seen
		switch {
		case seen.present && !seen.settled:
			wrong = 0
			return false, nil
		case seen.present && len(c.misplaced(seen)) == 0:
			return true, nil
		}
		wrong++
		return wrong == enough, nil
	})
	if err != nil || wrong < enough {
		return err == nil, err
	}
	c.astray(last)
	return false, nil
}

// astray says what a resource shows that cannot be.
func (c *contest) astray(seen sight) {
	if !seen.present {
		c.found(promiseSettled, contract.Must, "the resource in its listing: nobody deleted it", "absent")
	}
	for _, m := range c.misplaced(seen) {
		m.find(c)
	}
}

// misplacement is a register that shows what it cannot hold when all requests
// are done.
type misplacement struct {
	register   register
	got        string
	may        []string
	superseded bool // it shows what was there before
}

func (c *contest) misplaced(seen sight) []misplacement {
	if !seen.present {
		return nil
	}
	h := c.log.History(c.start)
	var out []misplacement
	for _, r := range c.list {
		may, replaced := h.Last(r.param)
		got := seen.values[r.param]
		if !slices.Contains(may, got) {
			out = append(out, misplacement{r, got, may, slices.Contains(replaced, got)})
		}
	}
	return out
}

// find says it. A value that an accepted request replaced must not show again.
// One that nobody wrote may be what an update makes of what it leaves out: that
// it leaves it alone is sure only as far as the operation promises so.
func (m misplacement) find(c *contest) {
	level := contract.Must
	if m.register.echo != nil {
		level = m.register.echo.Clause.Level
		switch {
		case !m.superseded:
			level = min(level, c.restLevel())
		case !c.finished(m):
			level = min(level, contract.Should)
		}
	}
	c.found(c.writing(), level, m.register.param+": "+quoted(m.may),
		fmt.Sprintf("%q, after\n%s", m.got, history.Lines(c.about(m.register.param))))
}

// finished reports whether the work on the value that shows was done for sure
// when another one was asked for: an update is answered before its work is done,
// and no page says which of two ends last, unless none is accepted while another is worked on.
func (c *contest) finished(m misplacement) bool {
	h, param := c.log.History(c.start), m.register.param
	effect := c.Contract.Operation(c.kind.Update).Effect
	alone := effect.Clause.Level == contract.Must && !slices.Contains(effect.From, effect.To)
	if alone || h.Start[param] == m.got {
		return true
	}
	return slices.ContainsFunc(h.Operations, func(o history.Operation) bool {
		return o.Kind == history.Write && o.Outcome == history.Done && o.Set[param] == m.got && c.settledBetween(h, o.End, param)
	})
}

// settledBetween reports whether the resource was seen at rest after a moment
// and before a later accepted write of the register.
func (c *contest) settledBetween(h *history.History, from int64, param string) bool {
	return slices.ContainsFunc(h.Operations, func(r history.Operation) bool {
		return r.Kind == history.Read && r.Settled && r.Begin > from &&
			slices.ContainsFunc(h.Operations, func(w history.Operation) bool {
				_, writes := w.Set[param]
				return writes && w.Kind == history.Write && w.Outcome == history.Done && w.Begin > r.End
			})
	})
}

func (c *contest) restLevel() contract.Level {
	update := c.Contract.Operation(c.kind.Update)
	if update == nil || update.Effect.Rest == nil {
		return contract.Inferred
	}
	return update.Effect.Rest.Level
}

// writing is the promise that the contest's registers rest on: those of tags
// have no echo.
func (c *contest) writing() string {
	if len(c.list) > 0 && c.list[0].echo == nil {
		return promiseTagged
	}
	return promiseWritten
}

// about are the requests that wrote the register.
func (c *contest) about(param string) []history.Operation {
	return slices.DeleteFunc(c.log.History(c.start).Operations, func(o history.Operation) bool {
		_, ok := o.Set[param]
		return !ok || o.Outcome != history.Done && o.Outcome != history.Unknown
	})
}

// steady reads the settled resource by several clients at once: all must see
// what it settled on.
func (c *contest) steady(ctx context.Context, clients int, look func(context.Context, int) (sight, bool, error)) error {
	want, ok, err := look(ctx, 0)
	if err != nil || !ok {
		return err
	}
	var players []player
	for range clients {
		players = append(players, func(ctx context.Context, client int) error {
			seen, ok, err := look(ctx, client)
			if err == nil && ok {
				c.compare(want, seen)
			}
			return err
		})
	}
	return c.race(ctx, players...)
}

// compare holds a read of the settled resource against the one before. What an
// unanswered request writes may come at any time.
func (c *contest) compare(want, seen sight) {
	h := c.log.History(c.start)
	if !seen.present {
		c.found(promiseSettled, contract.Must, want.describe(), "absent")
		return
	}
	for _, param := range slices.Sorted(maps.Keys(want.values)) {
		if was, is := want.values[param], seen.values[param]; was != is && !h.Open(param) {
			c.found(promiseSettled, contract.Must, fmt.Sprintf("%s: %q, as it was shown before", param, was), fmt.Sprintf("%q", is))
		}
	}
}

// buried holds what was done after a removal against what it promises.
func (c *contest) buried() {
	h := c.log.History(c.start)
	for _, o := range h.UsedAfterRemoval() {
		c.found(promiseDeleted, contract.Must, "4xx: the resource was deleted before", o.Asked+": "+o.Answered)
	}
	if revived := h.Revived(); len(revived) > 0 {
		c.found(promiseGone, contract.Must, "absent, as it was shown before",
			fmt.Sprintf("shown again:\n%s", history.Lines(revived)))
	}
}
