package driver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// Command says how to start a driver and how long to bear with it.
type Command struct {
	Path string
	Args []string
	Dir  string
	Env  []string // nil means this process's own
	// Handshake is how long it may take to say hello; zero means 30 seconds.
	Handshake time.Duration
	// Patience is how long a call may take; zero means 30 seconds.
	Patience time.Duration
	// Grace is how long it may take to end; zero means 5 seconds.
	Grace time.Duration
	// Restarts is how often it is started again after it failed; zero means
	// 50, less than zero never.
	Restarts int
	// Hangs is how long it may hang in all before it is not started again;
	// zero means 10 minutes.
	Hangs time.Duration
	// Redactor masks secrets in what the driver prints; nil makes one. The
	// secrets of the calls are added to it.
	Redactor *wire.Redactor
}

// Defaults of Command.
const (
	defaultHandshake = 30 * time.Second
	defaultPatience  = 30 * time.Second
	defaultGrace     = 5 * time.Second
	defaultRestarts  = 50
	defaultHangs     = 10 * time.Minute
)

func (o Command) withDefaults() Command {
	o.Handshake = cmp.Or(o.Handshake, defaultHandshake)
	o.Patience = cmp.Or(o.Patience, defaultPatience)
	o.Grace = cmp.Or(o.Grace, defaultGrace)
	o.Hangs = cmp.Or(o.Hangs, defaultHangs)
	o.Restarts = max(0, cmp.Or(o.Restarts, defaultRestarts))
	if o.Redactor == nil {
		o.Redactor = wire.NewRedactor()
	}
	return o
}

// child is a driver that runs as a process, and the next one when it failed.
type child struct {
	command Command
	hello   Hello
	slots   chan struct{} // nil for any number

	starting sync.Mutex // held while a process is started

	mu     sync.Mutex
	now    *process // nil between two
	left   int      // restarts
	hung   time.Duration
	faults []*Fault
	closed bool
	all    sync.WaitGroup // processes that are not reaped yet
}

// Start starts a driver and shakes hands with it. It fails with a *Fault when
// the driver does not say hello in time, and when it cannot be started at all.
// The driver outlives ctx: only Close ends it.
func Start(ctx context.Context, o Command) (Driver, error) {
	o = o.withDefaults()
	c := &child{command: o, left: o.Restarts}
	p, err := c.launch(ctx)
	if err != nil {
		c.all.Wait()
		return nil, err
	}
	c.now, c.hello = p, p.hello
	if n := p.hello.MaxInFlight; n > 0 {
		c.slots = make(chan struct{}, n)
	}
	return c, nil
}

// Hello is what the first process said.
func (c *child) Hello() Hello { return c.hello }

// Faults are what no call's error told.
func (c *child) Faults() []*Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*Fault(nil), c.faults...)
}

func (c *child) blame(f *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, f)
}

// errPatience ends a call that takes too long.
var errPatience = errors.New("no reply in time")

// Call waits for its turn, then for the reply.
func (c *child) Call(ctx context.Context, call Call) (Reply, error) {
	release, err := c.turn(ctx)
	if err != nil {
		return Reply{}, err
	}
	defer release()
	c.command.Redactor.Add(call.Credentials.AccessKeySecret)
	c.command.Redactor.Add(call.Credentials.SecurityToken)
	for {
		p, err := c.process(ctx)
		if err != nil {
			return Reply{}, err
		}
		r, err := c.give(ctx, p, call)
		if !errors.Is(err, errEnded) {
			return r, err
		}
		c.forget(p) // the next one takes it
	}
}

// give hands the call to a process and bears with it.
func (c *child) give(ctx context.Context, p *process, call Call) (Reply, error) {
	within, cancel := context.WithTimeoutCause(ctx, c.command.Patience, errPatience)
	defer cancel()
	r, err := p.call(within, call)
	if errors.Is(err, errPatience) {
		company := p.company(call.ID)
		c.drop(p)
		return Reply{}, &Fault{Kind: Hung, Call: call.ID, Company: company, Detail: fmt.Sprintf("gave no reply within %v%s", c.command.Patience, p.says())}
	}
	return r, err
}

// turn waits until the driver may be given one more call.
func (c *child) turn(ctx context.Context) (release func(), err error) {
	if c.slots == nil {
		return func() {}, context.Cause(ctx)
	}
	select {
	case c.slots <- struct{}{}:
		return func() { <-c.slots }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// process returns the process that takes calls, a new one where the last one
// failed.
func (c *child) process(ctx context.Context) (*process, error) {
	c.starting.Lock()
	defer c.starting.Unlock()
	p, err := c.current()
	if p != nil || err != nil {
		return p, err
	}
	p, err = c.launch(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = p
	return p, nil
}

// current returns the process that lives, nil where a new one may be started.
func (c *child) current() (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, errors.New("call the driver: it is closed")
	case c.now != nil && c.now.alive():
		return c.now, nil
	case c.hung >= c.command.Hangs:
		return nil, &Fault{Kind: Gone, Detail: fmt.Sprintf("hung for %v in all and is not started again", c.hung)}
	case c.left == 0:
		return nil, &Fault{Kind: Gone, Detail: fmt.Sprintf("failed %d times and is not started again", c.command.Restarts+1)}
	}
	c.left--
	return nil, nil
}

// drop gives a process no more calls: it may end those that it has.
func (c *child) drop(p *process) {
	if c.forget(p) {
		c.mu.Lock()
		c.hung += c.command.Patience
		c.mu.Unlock()
	}
	c.all.Go(func() { _ = p.end(c.command.Grace) }) // why it hung is told already
}

// forget lets the next call have another process, and says whether it would not
// have had anyway.
func (c *child) forget(p *process) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.now == p
	if was {
		c.now = nil
	}
	return was
}

// Close ends the driver and waits until nothing of it is left.
func (c *child) Close() error {
	c.mu.Lock()
	p := c.now
	c.now, c.closed = nil, true
	c.mu.Unlock()
	var err error
	if p != nil {
		if f := p.end(c.command.Grace); f != nil {
			err = f
		}
	}
	c.all.Wait()
	return err
}
