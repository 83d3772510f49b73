package suites

import (
	"context"
	"fmt"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/history"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// updating is how the clients of one design update: how many, which registers
// the i-th of them writes, and how often.
type updating struct {
	variant     string
	least, most int
	rounds      int
	readers     int
	apart       bool // each client writes a register of its own
	say         string
}

// updatings are the designs of updates at the same time.
var updatings = []updating{
	{variant: "same", least: 2, most: 6, rounds: 1, readers: 1, say: "each writes all that it can, with values of its own"},
	{variant: "apart", least: 2, most: 4, rounds: 1, readers: 1, apart: true, say: "each writes one value of the resource only"},
	{variant: "again", least: 2, most: 3, rounds: 3, readers: 1, say: "each writes three times, with other values each time"},
	{variant: "watched", least: 1, most: 2, rounds: 2, readers: 5, say: "while others look at it"},
}

func (b *builder) updateContests() {
	kind := b.c.Resource(b.op.Effect.Resource)
	if kind == nil {
		return
	}
	list := b.registersOf(kind)
	if len(list) == 0 {
		return
	}
	base := lacking(b.input().Minimal, list)
	for _, u := range updatings {
		b.contestOf(contestCase{
			subject: "update+update", variant: u.variant, kind: kind, params: base,
			promises: []string{promiseWritten, promiseSettled, promiseLinear},
			steps: []string{
				"make " + contract.Articled(kind.Name),
				fmt.Sprintf("%s send %s at the same time: %s", clientsFrom(u.least, u.most), b.op.Name, u.say),
				"wait until it has settled on what the last of them wrote, and look again",
			},
			run: func(ctx context.Context, c *contest) error { return c.updates(ctx, list, base, u) },
		})
	}
	b.contestOf(contestCase{
		subject: "update+delete", variant: "race", kind: kind, params: base,
		promises: []string{promiseDeleted, promiseGone, promiseLinear},
		steps: []string{
			"make " + contract.Articled(kind.Name),
			fmt.Sprintf("2 to 6 clients send %s while another sends %s", b.op.Name, kind.Delete),
			"wait until it is gone, then update it and look again",
		},
		run: func(ctx context.Context, c *contest) error { return c.updateAndDelete(ctx, list, base) },
	})
}

func clientsFrom(least, most int) string { return fmt.Sprintf("%d to %d clients", least, most) }

func (c *contest) updates(ctx context.Context, list []register, base wire.Params, u updating) error {
	if err := c.prepare(ctx, list); err != nil {
		return err
	}
	writers := c.between(u.least, u.most)
	players, err := c.updaters(ctx, base, u, writers)
	if err != nil {
		return err
	}
	for range u.readers {
		players = append(players, c.looker(u.rounds+1))
	}
	if err := c.race(ctx, players...); err != nil {
		return err
	}
	ok, err := c.rest(ctx, 0)
	if err == nil && ok {
		err = c.steady(ctx, c.between(2, 4), c.look)
	}
	if err != nil {
		return err
	}
	return c.conclude()
}

// updaters prepares all requests, so that nothing but sending is left to do.
func (c *contest) updaters(ctx context.Context, base wire.Params, u updating, n int) ([]player, error) {
	op := c.Contract.Operation(c.kind.Update)
	var players []player
	for i := range n {
		var errands []errand
		for range u.rounds {
			d, err := c.change(ctx, op, base, c.share(u, i))
			if err != nil {
				return nil, err
			}
			errands = append(errands, d)
		}
		players = append(players, c.sender(errands))
	}
	return players, nil
}

// share is which registers the i-th client writes.
func (c *contest) share(u updating, i int) []register {
	if !u.apart {
		return c.list
	}
	var out []register
	for at, r := range c.list {
		if r.always || at == i%len(c.list) {
			out = append(out, r)
		}
	}
	return out
}

// change is an update that writes fresh values into the registers.
func (c *contest) change(ctx context.Context, op *contract.Operation, base wire.Params, list []register) (errand, error) {
	set, err := c.marked(ctx, list)
	if err != nil {
		return errand{}, err
	}
	params, err := c.named(ctx, base)
	if err != nil {
		return errand{}, err
	}
	for _, r := range list {
		params = params.Set(r.param, set[r.param])
	}
	return errand{op: op, params: params, kind: history.Write, set: set}, nil
}

// sender sends its requests one after another.
func (c *contest) sender(errands []errand) player {
	return func(ctx context.Context, client int) error {
		for _, d := range errands {
			if _, err := c.ask(ctx, client, d); err != nil {
				return err
			}
		}
		return nil
	}
}

func (c *contest) updateAndDelete(ctx context.Context, list []register, base wire.Params) error {
	if err := c.prepare(ctx, list); err != nil {
		return err
	}
	u := updating{rounds: 2}
	players, err := c.updaters(ctx, base, u, c.between(2, 6))
	if err != nil {
		return err
	}
	end, err := c.deletion(ctx)
	if err != nil {
		return err
	}
	late, err := c.updaters(ctx, base, updating{rounds: 1}, 2)
	if err != nil {
		return err
	}
	return c.bury(ctx, append(players, c.sender([]errand{end}), c.looker(3)), late)
}

// deletion is the request that deletes the resource.
func (c *contest) deletion(ctx context.Context) (errand, error) {
	op := c.Contract.Operation(c.kind.Delete)
	params := wire.Params{{Name: c.kind.IDParameter, Value: c.id}}
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding {
			params = append(params, wire.Param{Name: f.Name, Value: c.Region})
		}
	}
	return errand{op: op, params: params, kind: history.Remove}, nil
}

// bury runs a race in which the resource is deleted, waits until it is gone, and
// then uses it once more.
func (c *contest) bury(ctx context.Context, players, late []player) error {
	if err := c.race(ctx, players...); err != nil {
		return err
	}
	if err := c.removed(ctx); err != nil {
		return err
	}
	ok, err := c.vanished(ctx)
	if err == nil && ok {
		err = c.race(ctx, append(late, c.looker(2), c.looker(2))...)
	}
	if err != nil {
		return err
	}
	c.buried()
	return c.conclude()
}

// removed deletes until a deletion was accepted, or there is nothing to delete:
// one that comes while the resource is busy may be refused.
func (c *contest) removed(ctx context.Context) error {
	if _, done := c.log.History(c.start).Removed(); done {
		return nil
	}
	end, err := c.deletion(ctx)
	if err != nil {
		return err
	}
	return c.Eventually(ctx, c.kind.Delete+" to be accepted", func() (bool, error) {
		a, err := c.ask(ctx, 0, end)
		return outcomeOf(a) == history.Done || outcomeOf(a) == history.Missing, err
	})
}

// vanished waits until the listing no longer shows the resource, and is false
// where that is a finding.
func (c *contest) vanished(ctx context.Context) (bool, error) {
	var last sight
	err := c.Eventually(ctx, c.kind.Name+" "+c.id+" to be gone", func() (bool, error) {
		seen, ok, err := c.look(ctx, 0)
		last = seen
		return ok && !seen.present, err
	})
	if plan.IsTimeout(err) && last.present {
		c.found(promiseGone, contract.Must, "absent: it was deleted", last.describe())
		return false, nil
	}
	return err == nil, err
}

func (b *builder) deletionContests() {
	kind := b.c.Resource(b.op.Effect.Resource)
	b.contestOf(contestCase{
		subject: "delete+delete", variant: "race", kind: kind,
		promises: []string{promiseGone, promiseLinear},
		steps: []string{
			"make a resource", "2 to 8 clients send " + b.op.Name + " at the same time, while another looks",
			"wait until it is gone, then delete it and look again",
		},
		run: func(ctx context.Context, c *contest) error { return c.deletions(ctx) },
	})
}

func (c *contest) deletions(ctx context.Context) error {
	if err := c.prepare(ctx, nil); err != nil {
		return err
	}
	end, err := c.deletion(ctx)
	if err != nil {
		return err
	}
	var players []player
	for range c.between(2, 8) {
		players = append(players, c.sender([]errand{end}))
	}
	return c.bury(ctx, append(players, c.looker(3)), []player{c.sender([]errand{end})})
}

func (b *builder) copyContests() {
	kind := b.c.Resource(b.op.Effect.Resource)
	base := b.input().Minimal
	b.contestOf(contestCase{
		subject: "copy+delete", variant: "race", kind: kind, params: base,
		promises: []string{promiseDeleted, promiseGone, promiseLinear},
		steps: []string{
			"make a resource", "2 or 3 clients send " + b.op.Name + " while another deletes it",
			"wait until it is gone, then copy it and look again",
		},
		run: func(ctx context.Context, c *contest) error { return c.copies(ctx, base) },
	})
}

func (c *contest) copies(ctx context.Context, base wire.Params) error {
	if err := c.prepare(ctx, nil); err != nil {
		return err
	}
	end, err := c.deletion(ctx)
	if err != nil {
		return err
	}
	var players []player
	for range c.between(2, 3) {
		d, err := c.use(ctx, base)
		if err != nil {
			return err
		}
		players = append(players, c.sender([]errand{d}))
	}
	d, err := c.use(ctx, base)
	if err != nil {
		return err
	}
	return c.bury(ctx, append(players, c.sender([]errand{end}), c.looker(2)), []player{c.sender([]errand{d})})
}

// use is a copy of the resource.
func (c *contest) use(ctx context.Context, base wire.Params) (errand, error) {
	params, err := c.named(ctx, base)
	op := c.Contract.Operation(c.Case.Operation)
	return errand{op: op, params: params, kind: history.Use}, err
}
