package wire

import (
	"context"
	"time"
)

type timingKey struct{}

// timing is when an exchange was, as its transport says.
type timing struct {
	told     bool
	start    time.Time
	duration time.Duration
}

// Timed is for a transport that answers from memory: it says when the exchange
// of a request that Do sends took place. The last word counts.
func Timed(ctx context.Context, start time.Time, duration time.Duration) {
	if t, ok := ctx.Value(timingKey{}).(*timing); ok {
		t.told, t.start, t.duration = true, start, duration
	}
}
