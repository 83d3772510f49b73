package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// Fault is one way in which a server can fail a client.
type Fault int

// The faults. Those that spoil the answer do so to the answer of the work that
// was done; those that take its place do the work only if the step is Late.
const (
	// Honest answers as ever: a pause between faults.
	Honest Fault = iota
	// Throttle refuses as too fast, with Step.RetryAfter where that is set.
	Throttle
	// ServerError is a failure inside the service, 500.
	ServerError
	// Unavailable is a service that is down for a moment, 503.
	Unavailable
	// Drop closes the connection without an answer.
	Drop
	// Slow answers as ever, Step.Delay later.
	Slow
	// Truncate cuts the body in two and sends the first half, under the length
	// of the whole.
	Truncate
	// WrongType sends the right body under a type that is neither JSON nor XML.
	WrongType
	// HTML sends a page for people, as a proxy in between would.
	HTML
	// Empty sends no body.
	Empty
)

// Step is what happens to one or more requests.
type Step struct {
	Fault Fault
	// Operation limits the step to requests for one; empty means any. A
	// request takes the first step that is for it, so steps for different
	// operations do not wait for each other.
	Operation string
	// Times is how many requests it happens to; zero means one, less than zero
	// all that come.
	Times int
	// Late does the work first, so that only its answer is lost. Without it
	// Throttle, ServerError, Unavailable and Drop do nothing.
	Late bool
	// RetryAfter is how long a throttled client should wait, in whole
	// milliseconds; zero leaves the header out.
	RetryAfter time.Duration
	// Delay is how long Slow waits before the work, or behind it when Late; at
	// most MaxDelay.
	Delay time.Duration
}

// MaxDelay bounds Step.Delay.
const MaxDelay = time.Minute

// Script is what happens to the requests of one account or key, in order. When
// it has ended all is well again, or it begins anew.
type Script struct {
	Steps  []Step
	Repeat bool
}

// Script makes the emulator misbehave towards an access key, or towards all
// keys of an account that have no script of their own. It takes the place of
// the script before; one without steps ends it. It fails for a name that is
// neither a key nor an account, and for a step that makes no sense. It may be
// called while requests are under way.
func (e *Emulator) Script(who string, s Script) error {
	if e.keys[who] == nil && e.world.accounts[who] == nil {
		return fmt.Errorf("script %q: neither an access key nor an account of the world", who)
	}
	for i, step := range s.Steps {
		if err := e.checkStep(step); err != nil {
			return fmt.Errorf("script %q: step %d: %w", who, i+1, err)
		}
	}
	e.scripts.set(who, s)
	return nil
}

// Pending returns how many steps of a script are still to come; those that go
// on for ever count as one.
func (e *Emulator) Pending(who string) int { return e.scripts.pending(who) }

func (e *Emulator) checkStep(s Step) error {
	switch {
	case s.Fault < Honest || s.Fault > Empty:
		return fmt.Errorf("fault %d: want one of the constants", s.Fault)
	case s.Operation != "" && e.contract.Operation(s.Operation) == nil:
		return fmt.Errorf("operation %q: the contract has none of that name", s.Operation)
	case s.Delay < 0 || s.Delay > MaxDelay:
		return fmt.Errorf("delay %v: want 0 to %v", s.Delay, MaxDelay)
	case s.Fault == Slow != (s.Delay > 0):
		return errors.New("want a delay with Slow, and with nothing else")
	case s.RetryAfter < 0 || s.RetryAfter%time.Millisecond != 0:
		return fmt.Errorf("retry after %v: want whole milliseconds", s.RetryAfter)
	case s.RetryAfter > 0 && s.Fault != Throttle:
		return errors.New("want a retry after with Throttle only")
	}
	return nil
}

// scripts are the scripts that run, by key or account.
type scripts struct {
	mu  sync.Mutex
	all map[string]*playing
}

// playing is a script on its way: the steps that are still to come.
type playing struct {
	steps  []Step
	repeat bool
}

func (s *scripts) set(who string, script Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]*playing{}
	}
	p := &playing{repeat: script.Repeat}
	for _, step := range script.Steps {
		if step.Times == 0 {
			step.Times = 1
		}
		p.steps = append(p.steps, step)
	}
	s.all[who] = p
}

func (s *scripts) pending(who string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	if p := s.all[who]; p != nil {
		for _, step := range p.steps {
			n += max(step.Times, 1)
		}
	}
	return n
}

// next takes the step that a request of the key meets, Honest for none.
func (s *scripts) next(key *Key, operation string) Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key == nil || len(s.all) == 0 {
		return Step{}
	}
	for _, who := range []string{key.AccessKeyID, key.Account} {
		if p := s.all[who]; p != nil && len(p.steps) > 0 {
			return p.take(operation)
		}
	}
	return Step{}
}

// take consumes one request of the first step for the operation. What has been
// consumed of a script that repeats itself comes again behind the rest.
func (p *playing) take(operation string) Step {
	i := slices.IndexFunc(p.steps, func(s Step) bool { return s.Operation == "" || s.Operation == operation })
	if i < 0 {
		return Step{}
	}
	step := p.steps[i]
	if step.Times < 0 {
		return step
	}
	p.steps[i].Times--
	if p.steps[i].Times == 0 {
		p.steps = slices.Delete(p.steps, i, i+1)
	}
	if p.repeat {
		p.again(step)
	}
	return step
}

// again puts one request of a consumed step at the end, joined with what is
// there already of the same step.
func (p *playing) again(step Step) {
	step.Times = 1
	if n := len(p.steps); n > 0 {
		last := p.steps[n-1]
		last.Times = 1
		if last == step {
			p.steps[n-1].Times++
			return
		}
	}
	p.steps = append(p.steps, step)
}

// misbehave does a request under its script. No answer means that the
// connection is to be dropped.
func (e *Emulator) misbehave(ctx context.Context, in *wire.Received, work func() *Answer) *Answer {
	id, _ := in.Common(commonKey)
	action, _ := in.Common(commonAction)
	step := e.scripts.next(e.keys[id], action)
	switch step.Fault {
	case Honest:
		return work()
	case Slow:
		return e.late(ctx, step, work)
	case Throttle, ServerError, Unavailable, Drop:
		if step.Late {
			work()
		}
		return e.instead(ctx, in, step)
	}
	if a := work(); a != nil {
		return spoil(a, step.Fault)
	}
	return nil
}

// late waits before the work, or behind it. A client that has gone meanwhile
// gets no answer.
func (e *Emulator) late(ctx context.Context, step Step, work func() *Answer) *Answer {
	if step.Late {
		a := work()
		if e.sleep(ctx, step.Delay) != nil {
			return nil
		}
		return a
	}
	if e.sleep(ctx, step.Delay) != nil {
		return nil
	}
	return work()
}

// insteads are the conditions of the gateway's rows that answer for a fault.
var insteads = map[Fault]string{
	Throttle: "account.throttled", ServerError: "service.internalError", Unavailable: "service.unavailable",
}

// instead answers in place of the work.
func (e *Emulator) instead(ctx context.Context, in *wire.Received, step Step) *Answer {
	if step.Fault == Drop {
		return nil
	}
	a := e.failure(e.newRequest(ctx, in), refuse(e.gatewayRow(insteads[step.Fault])))
	if step.RetryAfter > 0 {
		a.Header.Set(e.contract.Protocol.RetryAfter, strconv.FormatInt(step.RetryAfter.Milliseconds(), 10))
	}
	return a
}

const page = "<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n"

// spoil returns the answer with its body or its type gone wrong.
func spoil(a *Answer, f Fault) *Answer {
	out := &Answer{Status: a.Status, Header: a.Header.Clone(), Body: a.Body}
	switch f {
	case Truncate:
		out.Header["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
		out.Body = a.Body[:len(a.Body)/2]
	case WrongType:
		out.Header["Content-Type"] = []string{"application/octet-stream"}
	case HTML:
		out.Status = http.StatusBadGateway
		out.Header["Content-Type"] = []string{"text/html;charset=utf-8"}
		out.Body = []byte(page)
	case Empty:
		out.Body = nil
	}
	return out
}

// pause waits for d, or less if ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait %v: %w", d, context.Cause(ctx))
	}
}

var faultNames = strings.Fields("honest throttle serverError unavailable drop slow truncate wrongType html empty")

// String returns the fault's name in lower camel case.
func (f Fault) String() string {
	if f < 0 || int(f) >= len(faultNames) {
		return fmt.Sprintf("fault(%d)", int(f))
	}
	return faultNames[f]
}
