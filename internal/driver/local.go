package driver

import (
	"context"
	"fmt"
)

// Func carries out one call: it is what a driver consists of. Its error is
// about the driver, not about what the SDK answered.
type Func func(ctx context.Context, c Call) (Reply, error)

// local is a driver within this process.
type local struct {
	hello Hello
	do    Func
}

// Local makes a function a driver. A panic of it is a Fault of the kind Died.
func Local(h Hello, do Func) Driver { return &local{hello: h, do: do} }

// Hello is what the function is said to do.
func (l *local) Hello() Hello { return l.hello }

// Faults are none: each is a call's.
func (l *local) Faults() []*Fault { return nil }

// Close has nothing to end.
func (l *local) Close() error { return nil }

// Call calls the function.
func (l *local) Call(ctx context.Context, c Call) (r Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			r, err = Reply{}, &Fault{Kind: Died, Call: c.ID, Detail: fmt.Sprintf("panicked: %v", p)}
		}
	}()
	return l.do(ctx, c)
}
