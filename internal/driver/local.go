package driver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Func carries out one call: it is what a driver consists of. Its error is
// about the driver, not about what the SDK answered.
type Func func(ctx context.Context, c Call) (Reply, error)

// local is a driver within this process.
type local struct {
	hello    Hello
	do       Func
	patience time.Duration
}

// Local makes a function a driver whose calls may take as long as patience
// says; zero means 30 seconds. A panic of it is a Fault of the kind Died. What
// takes longer is a Fault of the kind Hung, and is left behind: nothing ends a
// function that does not end. Nor can a panic in a goroutine of its own be
// caught: a child process is the way for an SDK that does such things.
func Local(h Hello, do Func, patience time.Duration) Driver {
	return &local{hello: h, do: do, patience: cmp.Or(patience, defaultPatience)}
}

// Hello is what the function is said to do.
func (l *local) Hello() Hello { return l.hello }

// Faults are none: each is a call's.
func (l *local) Faults() []*Fault { return nil }

// Close has nothing to end.
func (l *local) Close() error { return nil }

// returned is what became of a call of the function.
type returned struct {
	reply Reply
	err   error
}

// Call calls the function.
func (l *local) Call(ctx context.Context, c Call) (Reply, error) {
	within, cancel := context.WithTimeoutCause(ctx, l.patience, errPatience)
	defer cancel()
	done := make(chan returned, 1) // who is not waited for any more does not wait either
	go l.guarded(ctx, c, done)
	select {
	case r := <-done:
		return r.reply, r.err
	case <-within.Done():
	}
	if err := context.Cause(within); !errors.Is(err, errPatience) {
		return Reply{}, err
	}
	return Reply{}, &Fault{Kind: Hung, Call: c.ID, Detail: fmt.Sprintf("gave no reply within %v", l.patience)}
}

// guarded calls the function and tells what became of it, a panic too.
func (l *local) guarded(ctx context.Context, c Call, done chan<- returned) {
	out := returned{err: &Fault{Kind: Died, Call: c.ID, Detail: "ended its goroutine"}}
	defer func() {
		if p := recover(); p != nil {
			out = returned{err: &Fault{Kind: Died, Call: c.ID, Detail: fmt.Sprintf("panicked: %v", p)}}
		}
		done <- out
	}()
	r, err := l.do(ctx, c)
	out = returned{reply: r, err: err}
}
