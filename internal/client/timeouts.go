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
	settle  = 60 * time.Millisecond // for a client to put a connection back or to see it closed
)

// timeouts: what a client makes of slow, stalled and dropped answers, and of
// its connections.
func timeouts(b *builder) {
	b.waits("slow", "default", "timeout.patience", order{}, Reaction{Delay: slow}, true)
	b.waits("slow", "inTime", "timeout.patience", order{timeout: longMs}, Reaction{Delay: slow}, true)
	b.waits("stalled", "told", "timeout.kept", order{timeout: shortMs}, Reaction{Delay: stall}, false)
	b.waits("dropped", "before", "response.unreadable", order{}, Reaction{Drop: true}, false)
	b.waits("dropped", "middle", "response.unreadable", order{}, Reaction{Cut: true}, false)
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

// waits makes a case whose every request is answered as the reaction says, and
// otherwise by a success.
func (b *builder) waits(subject, variant, keyword string, o order, re Reaction, good bool) {
	b.add(subject, variant, keyword, "a call that is answered so", func(ctx context.Context, t *trial) error {
		o.input = t.tokened()
		o.answer = func(n int, try *Try) Reaction {
			out := t.plain(n, try)
			out.Delay, out.Drop, out.Cut = re.Delay, re.Drop, re.Cut
			return out
		}
		r, err := t.carry(ctx, o)
		switch {
		case err != nil:
			return err
		case good:
			t.succeeded(r, keyword)
		default:
			t.failed(r, keyword, "no whole answer came in time")
		}
		t.same(r)
		return nil
	})
}

// rest gives a client the time to put its connection back, or to see it closed.
func rest(ctx context.Context) error {
	patient(ctx, settle)
	return ctx.Err()
}

// keeps: calls one after another share a connection.
func (b *builder) keeps() {
	b.add("connection", "reuse", "connection.reuse", "three calls with one key, one after another", func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.op.required, times: 3, answer: t.plain, between: rest})
		if err != nil {
			return err
		}
		conns := map[string]bool{}
		for _, try := range r.tries {
			conns[try.Conn] = true
		}
		if len(conns) > 1 && len(conns) == len(r.tries) {
			t.find("connection.reuse", "/requests", "a connection for several requests", "a new one for each")
		}
		return nil
	})
}

// stale: the server closes the connection between two calls.
func (b *builder) stale() {
	b.add("connection", "closedBetween", "connection.stale", "two calls with one key; the server closes the connection between them", func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{
			input: t.tokened(), times: 2,
			answer: func(n int, try *Try) Reaction {
				out := t.plain(n, try)
				out.Hangup = n == 0
				return out
			},
			between: rest,
		})
		if err != nil {
			return err
		}
		t.succeeded(r, "connection.stale")
		return nil
	})
}
