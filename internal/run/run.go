// Package run executes cases, each at most once, and streams their Results.
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eci-conform/conform/internal/baseline"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/wire"
)

// Options is what a run needs.
type Options struct {
	Contract *contract.Contract
	Plan     *plan.Plan
	Profile  *profile.Profile
	// Credentials are the profile's, resolved: see profile.Resolve.
	Credentials map[string]wire.Credentials
	Transport   http.RoundTripper
	// Memory is what the cases are judged from where Transport is a recording;
	// nil for a target.
	Memory plan.Memory
	// Clock must go on: what paces requests waits by it.
	Clock func() time.Time
	Seed  uint64
	// Run tells this run's names, tokens and nonces from those of every
	// other: up to 8 lower-case letters and digits. Empty derives one from
	// clock and seed.
	Run string
	// Jobs is how many cases run at once; zero means the profile's limit or,
	// without one, 8.
	Jobs int
	// Rate is requests a second; zero means the profile's limit.
	Rate float64
	// Timeout is of one request; zero means 30 seconds.
	Timeout time.Duration
	// Strict is the weakest level whose breach fails a case: contract.Must
	// in an ordinary run. The zero value is the strictest.
	Strict contract.Level
	// Baseline is what the target is known to depart in; nil for nothing.
	Baseline *baseline.Baseline
	// Sink gets every Result once, in the order in which cases end, from one
	// goroutine at a time. May be nil.
	Sink func(Result)
	// Redactor masks secrets in what is kept of the exchanges; the run adds
	// those that it knows. Nil makes one.
	Redactor *wire.Redactor
}

// Defaults of Options.
const (
	defaultJobs    = 8
	defaultTimeout = 30 * time.Second
)

// Runner executes the cases of one plan against one target.
type Runner struct {
	options Options
	env     *plan.Environment
	redact  *redaction
	entries []*entry
	byID    map[string]*entry
	health  *health
	// alone is held for writing by a case that is to be run by itself, for
	// reading by all others.
	alone   sync.RWMutex
	begin   time.Time
	started atomic.Bool
	workers sync.WaitGroup

	mu      sync.Mutex // guards summary and the Sink
	summary Summary
}

// entry is a case on its way.
type entry struct {
	plan    *plan.Case
	claimed atomic.Bool
	done    chan struct{} // closed when result is there
	result  Result
}

// New prepares a run and starts nothing.
func New(o Options) *Runner {
	o = o.withDefaults()
	r := &Runner{
		options: o, redact: newRedaction(o), health: newHealth(o),
		byID: make(map[string]*entry, len(o.Plan.Cases)), begin: o.Clock(),
	}
	r.env = plan.NewEnvironment(o.target(r.health.report))
	r.entries = make([]*entry, len(o.Plan.Cases))
	for i, c := range o.Plan.Cases {
		e := &entry{plan: c, done: make(chan struct{})}
		r.entries[i], r.byID[c.ID] = e, e
	}
	r.summary.Start = r.begin
	return r
}

func (o Options) withDefaults() Options {
	limits := o.Profile.Limits
	o.Jobs = cmp.Or(o.Jobs, limits.Concurrency, defaultJobs)
	o.Rate = cmp.Or(o.Rate, limits.Rate)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	if o.Redactor == nil {
		o.Redactor = wire.NewRedactor()
	}
	if o.Run == "" {
		o.Run = NameAt(o.Clock(), o.Seed)
	}
	return o
}

// NameAt is a name for a run: see Options.Run.
func NameAt(now time.Time, seed uint64) string {
	const six = 36 * 36 * 36 * 36 * 36 * 36
	return strconv.FormatUint((uint64(now.UnixNano())^seed*0x9E3779B97F4A7C15)%six, 36)
}

// target says to the sessions what the profile says.
func (o Options) target(broken func(error)) plan.Target {
	conditions := make(map[string]plan.Condition, len(o.Profile.Conditions))
	for name, c := range o.Profile.Conditions {
		conditions[name] = plan.Condition{Credentials: c.Credentials, Set: c.Set, Unavailable: c.Unavailable}
	}
	return plan.Target{
		Contract: o.Contract, Judge: check.New(o.Contract), Transport: o.Transport,
		Endpoint: o.Profile.Endpoint, Region: o.Profile.Region,
		Credentials: o.Credentials, Bindings: o.Profile.Bindings, Conditions: conditions,
		Wait: plan.Wait(o.Profile.Wait), Timeout: o.Timeout, MaxResources: o.Profile.Limits.MaxResources,
		Inputs: o.Plan.Inputs, Clock: o.Clock, Seed: o.Seed, Jobs: o.Jobs, Run: o.Run,
		Gate: newPacer(o.Rate, o.Clock), Memory: o.Memory, Broken: broken,
	}
}

// Start runs the plan's cases ahead of need: in a bounded pool, in plan order,
// when that is through those that are to be run by themselves, for which it would
// have to stop each time, and then again those that others have spoilt. Cancelling
// ctx interrupts the run: cases under way are given up, cases that have not begun
// get the verdict inconclusive, and cleanup still happens. It must be called once
// at most.
func (r *Runner) Start(ctx context.Context) {
	r.started.Store(true)
	ctx = r.health.watch(ctx)
	var together, alone []*entry
	for _, e := range r.entries {
		if e.plan.Serial {
			alone = append(alone, e)
		} else {
			together = append(together, e)
		}
	}
	r.workers.Go(func() {
		parked := r.claimAll(ctx, together, r.options.Jobs)
		for _, t := range append(parked, r.claimAll(ctx, alone, 1)...) {
			r.again(ctx, t)
		}
	})
}

// claimAll runs what nobody else has claimed, so many at once, and returns what
// is to begin again by itself, in the order of the entries.
func (r *Runner) claimAll(ctx context.Context, entries []*entry, jobs int) []*trial {
	parked := make([]*trial, len(entries))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(jobs, len(entries)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(entries); i = int(next.Add(1)) - 1 {
				parked[i] = r.claim(ctx, entries[i])
			}
		})
	}
	workers.Wait()
	return slices.DeleteFunc(parked, func(t *trial) bool { return t == nil })
}

// Result returns what became of a case: it waits for the pool, or runs the case
// now where there is no pool.
func (r *Runner) Result(ctx context.Context, id string) Result {
	e := r.byID[id]
	if e == nil {
		return Result{Case: id, Verdict: Inconclusive, Fault: true, Reason: "the plan has no such case"}
	}
	if !r.started.Load() {
		if t := r.claim(ctx, e); t != nil {
			r.again(ctx, t)
		}
	}
	select {
	case <-e.done:
		return e.result
	case <-ctx.Done():
		return r.blank(e.plan, Inconclusive, reasonInterrupted)
	}
}

// claim runs the case if nobody has, and returns it if it is to begin again by
// itself.
func (r *Runner) claim(ctx context.Context, e *entry) *trial {
	if !e.claimed.CompareAndSwap(false, true) {
		return nil
	}
	switch reason := r.env.Unmet(e.plan.Needs); {
	case ctx.Err() != nil:
		e.result = r.blank(e.plan, Inconclusive, r.notRun(ctx))
		r.settle(e)
	case reason != "":
		e.result = r.blank(e.plan, Skip, reason)
		r.settle(e)
	default:
		e.result = r.blank(e.plan, "", "")
		return r.try(ctx, &trial{entry: e, session: r.env.Session(e.plan)})
	}
	return nil
}

// settle makes the result known.
func (r *Runner) settle(e *entry) {
	close(e.done)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.Add(e.result)
	if r.options.Sink != nil {
		r.options.Sink(e.result)
	}
}

// Wait waits for every case, removes what is left on the target, and returns
// the Summary. It is the end of the run.
func (r *Runner) Wait() Summary {
	r.workers.Wait()
	interrupted, unreachable := r.health.outcome()
	leaks := r.env.Close(r.health.context())
	r.health.close()
	for i := range leaks {
		leaks[i].Reason = r.options.Redactor.String(leaks[i].Reason)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.summary
	s.Leaks, s.Interrupted, s.Unreachable, s.Absent = leaks, interrupted, unreachable, r.env.Absent()
	s.Duration = r.options.Clock().Sub(r.begin)
	if err := s.check(); err != nil || r.started.Load() && s.Total != len(r.entries) {
		s.Faults++
	}
	return *s
}

// reasonInterrupted is why a case that was not run could not be judged.
const reasonInterrupted = "interrupted"

func (r *Runner) blank(c *plan.Case, v Verdict, reason string) Result {
	res := Result{
		Case: c.ID, Operation: c.Operation, Family: c.Family, Verdict: v, Reason: reason,
		Start: r.options.Clock(), Seed: r.options.Seed,
	}
	if c.Clause != nil {
		res.Clause, res.Level = c.Clause.ID, c.Clause.Level
	}
	return res
}

// trial is a case under way.
type trial struct {
	*entry
	session *plan.Session
	err     error // why it did not come to its end
}

// try is a case's first attempt. One that others may have spoilt is returned: it
// is to begin again by itself, when those are through, which would have to stop
// for it else.
func (r *Runner) try(ctx context.Context, t *trial) *trial {
	defer r.enter(t.plan.Serial)()
	r.attempt(ctx, t)
	if ctx.Err() != nil || !t.spoilt() {
		r.finish(ctx, t)
		return nil
	}
	t.session.Anew(ctx)
	return t
}

// spoilt says whether other cases may be why this one did not come to its end.
func (t *trial) spoilt() bool {
	s := t.session
	return s.Crowded() || s.HeldUp() || s.Pressed() && doubtful(t.plan, s, t.err)
}

// again is a case's second attempt, by itself.
func (r *Runner) again(ctx context.Context, t *trial) {
	defer r.enter(true)()
	if ctx.Err() == nil {
		r.attempt(ctx, t)
	} else {
		t.err = plan.Inconclusive(r.notRun(ctx))
	}
	if t.session.Crowded() && !judged(t.session, t.err) {
		t.err = cmp.Or(t.session.Outgrown(), t.err)
	}
	r.finish(ctx, t)
}

// finish clears away behind a case and judges it.
func (r *Runner) finish(ctx context.Context, t *trial) {
	t.session.Close(ctx)
	r.conclude(ctx, &t.result, t.session, t.err)
	r.settle(t.entry)
}

// enter waits for a case's turn among the others, or by itself, and returns what
// ends it. What a case clears away belongs to its turn.
func (r *Runner) enter(alone bool) (done func()) {
	if alone {
		r.alone.Lock()
		return r.alone.Unlock
	}
	r.alone.RLock()
	return r.alone.RUnlock
}

// attempt runs the case, and again where listings had misled it.
func (r *Runner) attempt(ctx context.Context, t *trial) {
	begin := r.options.Clock()
	t.err = guard(ctx, t.plan, t.session)
	for range maxMisled {
		if ctx.Err() != nil || !doubtful(t.plan, t.session, t.err) || !t.session.Misled(ctx) {
			break
		}
		t.err = guard(ctx, t.plan, t.session)
	}
	t.result.Duration += r.options.Clock().Sub(begin)
}

// judged says whether the case came to its end, whatever it found.
func judged(s *plan.Session, err error) bool {
	_, unsure := plan.IsInconclusive(err)
	return !unsure && (err != nil || s.Unfit() == "")
}

// maxMisled is how often a case begins again because listings were further behind
// than it waited.
const maxMisled = 2

// doubtful says whether listings that are behind, or others that want room, could
// be why a case did not pass. What is done at once is judged by histories, which
// begin no second time: what went wrong may not do so again.
func doubtful(c *plan.Case, s *plan.Session, err error) bool {
	const atOnce = "concurrency"
	_, unsure := plan.IsInconclusive(err)
	return c.Family != atOnce && (unsure || err == nil && len(s.Findings()) > 0)
}

// notRun says why a case did not begin.
func (r *Runner) notRun(ctx context.Context) string {
	if cause := context.Cause(ctx); errors.Is(cause, ErrUnreachable) {
		return "not run: " + cause.Error()
	}
	return reasonInterrupted
}

// guard runs the case's steps; a panic ends as a fault of the harness. It is
// one of the two places that recover; Preflight is the other.
func guard(ctx context.Context, c *plan.Case, s *plan.Session) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("run %s: panic: %v", c.ID, p)
		}
	}()
	if c.Run == nil {
		return fmt.Errorf("run %s: the case has no steps", c.ID)
	}
	return c.Run(ctx, s)
}

// conclude gives the result its verdict and evidence.
func (r *Runner) conclude(ctx context.Context, res *Result, s *plan.Session, err error) {
	e := ending{
		findings: s.Findings(), strict: r.options.Strict, err: err,
		expected: r.options.Baseline.Case(res.Case, r.begin),
	}
	switch {
	case err != nil && ctx.Err() != nil:
		e.err = plan.Inconclusive(r.notRun(ctx))
	case err == nil && s.Unfit() != "":
		e.err = plan.Inconclusive(s.Unfit())
	}
	e.excuse()
	res.Verdict, res.Reason, res.Fault = e.verdict()
	exchanges, requests := s.Exchanges()
	res.Requests = requests
	if res.Verdict == Pass || res.Verdict == Fixed {
		return
	}
	r.redact.result(res, e.findings, exchanges)
	r.redact.attachments(res, s.Attachments(), exchanges)
}
