package client

import (
	"context"
	"time"
)

// Times of slow answers. A client's own patience is seconds, so the one that it
// is told to have is less and the stall is longer than all its tries.
const (
	shortMs = 1000
	longMs  = 10_000
	slow    = 300 * time.Millisecond
	stall   = 6 * time.Second
	// patientMs is the longest time that is set instead of shortMs, where a
	// request does not arrive within that. It is less than stall.
	patientMs = 4000
)

// timeouts: what a client makes of slow, stalled and dropped answers, and of
// its connections.
func timeouts(b *builder) {
	b.waits(about{subject: "slow", variant: "default", keyword: "timeout.patience"}, wait{react: Reaction{Delay: slow}, good: true})
	b.waits(about{subject: "slow", variant: "inTime", keyword: "timeout.patience"}, wait{told: longMs, react: Reaction{Delay: slow}, good: true})
	b.waits(about{subject: "stalled", variant: "told", keyword: "timeout.kept"}, wait{told: shortMs, react: Reaction{Delay: stall}})
	b.waits(about{subject: "dropped", variant: "before", keyword: "response.unreadable"}, wait{react: Reaction{Drop: true}})
	b.waits(about{subject: "dropped", variant: "middle", keyword: "response.unreadable"}, wait{react: Reaction{Cut: true}})
	b.keeps()
	b.stale()
	b.apart("connection")
}

// apart lets nothing else run beside the cases of a subject: an SDK may keep
// one pool of connections for all its keys.
func (b *builder) apart(subject string) {
	for _, c := range b.cases {
		c.Serial = c.Serial || c.Subject == subject && c.Operation == b.op.Name
	}
}

// wait is how a case makes a client wait.
type wait struct {
	told  int      // how long it is told to wait, in milliseconds; 0 for its own patience
	react Reaction // to every request, besides what a success is
	good  bool     // a result is to come of it
}

// waits makes a case that makes a client wait.
func (b *builder) waits(a about, w wait) {
	a.does = "a call that is answered so"
	b.add(a, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.tokened(), timeout: w.told, answer: func(n int, try *Try) Reaction {
			out := t.plain(n, try)
			out.Delay, out.Drop, out.Cut = w.react.Delay, w.react.Drop, w.react.Cut
			return out
		}})
		switch {
		case err != nil:
			return err
		case w.good:
			t.succeeded(r, a.keyword)
		default:
			t.failed(r, a.keyword, "no whole answer came in time")
		}
		t.same(r)
		return nil
	})
}

// rests are how long a client is given to put its connection back, or to see it
// closed. How long it takes is not its promise: only one that does not in the
// longest departs.
var rests = []time.Duration{60 * time.Millisecond, 600 * time.Millisecond}

// patiently carries an order out with longer and longer rests between its
// calls, until it is well.
func (t *trial) patiently(ctx context.Context, o order, well func(*result) bool) (*result, error) {
	for i := 0; ; i++ {
		o.between = func(ctx context.Context) error {
			patient(ctx, rests[i])
			return ctx.Err()
		}
		r, err := t.carry(ctx, o)
		if err != nil || well(r) || i+1 == len(rests) {
			return r, err
		}
	}
}

// keeps: calls one after another share a connection.
func (b *builder) keeps() {
	b.add(about{"connection", "reuse", "connection.reuse", "three calls with one key, one after another"}, func(ctx context.Context, t *trial) error {
		r, err := t.patiently(ctx, order{input: t.op.required, times: 3, answer: t.plain}, shared)
		if err != nil {
			return err
		}
		if !shared(r) {
			t.find("connection.reuse", "/requests", "a connection for several requests", "a new one for each")
		}
		return nil
	})
}

// shared says whether some connection served several requests.
func shared(r *result) bool {
	conns := map[string]bool{}
	for _, try := range r.tries {
		conns[try.Conn] = true
	}
	return len(conns) < 2 || len(conns) < len(r.tries)
}

// stale: the server closes the connection between two calls.
func (b *builder) stale() {
	b.add(about{"connection", "closedBetween", "connection.stale", "two calls with one key; the server closes the connection between them"}, func(ctx context.Context, t *trial) error {
		r, err := t.patiently(ctx, order{
			input: t.tokened(), times: 2,
			answer: func(n int, try *Try) Reaction {
				out := t.plain(n, try)
				out.Hangup = n == 0
				return out
			},
		}, func(r *result) bool { return r.reply().Error == nil })
		if err != nil {
			return err
		}
		t.succeeded(r, "connection.stale")
		return nil
	})
}
