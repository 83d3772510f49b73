// Package matrix runs a suite against every mutant and says which cases caught
// which: how strong the suite is.
package matrix

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/mutant"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// Options say what is run against what.
type Options struct {
	Contract *contract.Contract
	Plan     *plan.Plan
	// Bound are the ids of the cases that judge a clause, by its id.
	Bound   map[string][]string
	Mutants []*mutant.Mutant
	// Profile is that of the emulator. Its endpoint is not called.
	Profile     *profile.Profile
	Credentials map[string]wire.Credentials
	World       []byte
	Clock       func() time.Time
	Seed        uint64
	Jobs        int // mutants at once; zero means 4
	// Guard is how long one mutant may take; zero means two minutes. It is no
	// measure of a suite: one that it ends is undone, whatever the machine.
	Guard time.Duration
	// Tell gets every row once, when it is done, from one goroutine at a time.
	// May be nil.
	Tell func(Row)
}

// Verdict is what became of a mutant.
type Verdict string

// The verdicts.
const (
	Killed    Verdict = "killed"    // a case of the family meant to failed
	Misplaced Verdict = "misplaced" // only cases of other families failed
	Survived  Verdict = "survived"  // no case failed
	Awaiting  Verdict = "awaiting"  // the suite has no family of that name yet
	Undone    Verdict = "undone"    // interrupted, given up, or the harness is at fault
)

// Row is a mutant and what caught it.
type Row struct {
	Mutant  string   `json:"mutant"`
	Family  string   `json:"family"`
	Clause  string   `json:"clause"`
	Level   string   `json:"level"`
	Summary string   `json:"summary"`
	Verdict Verdict  `json:"verdict"`
	Reason  string   `json:"reason,omitempty"`
	Cases   []string `json:"cases"` // that caught it, among those tried, in plan order
	Tried   int      `json:"tried"`
	Millis  int64    `json:"ms"`
}

// Clean is what became of the emulator without a fault.
type Clean struct {
	Cases  int      `json:"cases"`
	Failed []string `json:"failed"` // did not pass and were not skipped, with the reason
}

// Matrix is what became of all.
type Matrix struct {
	Contract string        `json:"contract"`
	Seed     uint64        `json:"seed"`
	Clean    Clean         `json:"clean"`
	Mutants  []Row         `json:"mutants"`
	Elapsed  time.Duration `json:"-"`
}

// Sound reports whether the clean emulator passed and every mutant was killed,
// or has no family yet to be killed by.
func (m *Matrix) Sound() bool {
	bad := slices.ContainsFunc(m.Mutants, func(r Row) bool { return !r.Verdict.Fine() })
	return !bad && len(m.Clean.Failed) == 0 && len(m.Mutants) > 0
}

// Fine says whether the verdict is one that a sound suite may have.
func (v Verdict) Fine() bool { return v == Killed || v == Awaiting }

// Count returns how many mutants have the verdict, of one family or, when it is
// empty, of all.
func (m *Matrix) Count(family string, v Verdict) int {
	n := 0
	for _, r := range m.Mutants {
		if r.Verdict == v && (family == "" || r.Family == family) {
			n++
		}
	}
	return n
}

// endpoint is what requests are addressed to; nobody listens there and nothing
// is sent there.
const endpoint = "http://mutant.invalid"

// deadline bounds every wait for a mutant to settle: a mutant that never does
// must not hold up the others.
const deadline = 2 * time.Second

// guard is many times what any mutant takes: the slowest waits in vain for the
// deadline two or three times. Only one that makes every case wait, or hangs, is
// ended by it.
const guard = 2 * time.Minute

// caseJobs is how many cases of one mutant run at once.
const caseJobs = 4

// Run judges the emulator without a fault and then every mutant, strictly by
// every clause. A mutant meets the cases that judge its clause first, then those
// of its family, and the others only when it has survived those. Requests go to
// the handler directly: over sockets it takes several times as long. The error
// is ctx's when it ended.
func Run(ctx context.Context, o Options) (*Matrix, error) {
	begin := o.Clock()
	x := &execution{Options: o, families: map[string]bool{}, cases: map[string]*plan.Case{}}
	for _, c := range o.Plan.Cases {
		x.families[c.Family], x.cases[c.ID] = true, c
	}
	m := &Matrix{Contract: o.Contract.Version + " " + o.Contract.Digest[:12], Seed: o.Seed}
	var err error
	if m.Clean, err = x.clean(ctx); err != nil {
		return nil, err
	}
	m.Mutants = x.all(ctx)
	m.Elapsed = o.Clock().Sub(begin)
	if ctx.Err() != nil {
		return m, fmt.Errorf("run mutants: %w", context.Cause(ctx))
	}
	return m, nil
}

// execution is a run of the mutants.
type execution struct {
	Options
	families map[string]bool
	cases    map[string]*plan.Case
}

func (x *execution) emulator() emulator.Options {
	return emulator.Options{Contract: x.Contract, World: x.World, Clock: x.Clock, Seed: x.Seed}
}

// clean runs all cases against the emulator as it is.
func (x *execution) clean(ctx context.Context) (Clean, error) {
	e, err := emulator.New(x.emulator())
	if err != nil {
		return Clean{}, err
	}
	c := Clean{Cases: len(x.Plan.Cases), Failed: []string{}}
	for _, r := range x.judge(ctx, e, stage{cases: x.Plan.Cases, jobs: 4 * caseJobs}) {
		if r.Verdict != run.Pass && r.Verdict != run.Skip {
			c.Failed = append(c.Failed, fmt.Sprintf("%s: %s: %s", r.Case, r.Verdict, r.Reason))
		}
	}
	slices.Sort(c.Failed)
	return c, nil
}

// all runs the mutants in a bounded pool and returns the rows in their order.
func (x *execution) all(ctx context.Context) []Row {
	rows := make([]Row, len(x.Mutants))
	next := make(chan int)
	var workers sync.WaitGroup
	var telling sync.Mutex
	for range cmp.Or(x.Jobs, 4) {
		workers.Go(func() {
			for i := range next {
				begin := x.Clock()
				rows[i] = x.one(ctx, x.Mutants[i])
				rows[i].Millis = x.Clock().Sub(begin).Milliseconds()
				if x.Tell != nil {
					telling.Lock()
					x.Tell(rows[i])
					telling.Unlock()
				}
			}
		})
	}
	for i := range x.Mutants {
		next <- i
	}
	close(next)
	workers.Wait()
	return rows
}

// one runs a mutant against the cases, stage by stage, until the family that is
// meant to has caught it.
func (x *execution) one(ctx context.Context, m *mutant.Mutant) Row {
	row := Row{Mutant: m.ID, Family: m.Family, Clause: m.Clause, Summary: m.Summary, Cases: []string{}}
	if c := x.Contract.Clause(m.Clause); c != nil {
		row.Level = c.Level.String()
	}
	if !x.families[m.Family] {
		row.Verdict, row.Reason = Awaiting, "the suite has no family "+m.Family
		return row
	}
	h, err := m.New(x.emulator())
	if err != nil {
		row.Verdict, row.Reason = Undone, err.Error()
		return row
	}
	x.stages(ctx, &row, h, m)
	return row
}

func (x *execution) stages(ctx context.Context, row *Row, h http.Handler, m *mutant.Mutant) {
	row.Verdict = Survived
	limited, cancel := context.WithTimeout(ctx, cmp.Or(x.Guard, guard))
	defer cancel()
	unsure := 0
	for _, cases := range x.order(m) {
		for _, r := range x.judge(limited, h, stage{cases: cases, jobs: caseJobs, family: m.Family}) {
			row.Tried++
			switch {
			case r.Verdict == run.Fail:
				row.Cases = append(row.Cases, r.Case)
				if r.Family == m.Family {
					row.Verdict = Killed
				}
			case r.Verdict == run.Inconclusive:
				unsure++
			}
		}
		if row.Verdict == Killed || limited.Err() != nil {
			break
		}
	}
	switch {
	case row.Verdict == Killed:
	case ctx.Err() != nil:
		row.Verdict, row.Reason = Undone, "interrupted"
	case limited.Err() != nil:
		row.Verdict, row.Reason = Undone, fmt.Sprintf("given up after %v, before every case was tried", cmp.Or(x.Guard, guard))
	case len(row.Cases) > 0:
		row.Verdict, row.Reason = Misplaced, "no case of the family "+m.Family+" caught it"
	case unsure > 0:
		row.Reason = fmt.Sprintf("%d cases could not be judged", unsure)
	}
	x.inPlanOrder(row.Cases)
}

// stage is some cases for one handler.
type stage struct {
	cases []*plan.Case
	jobs  int
	// family is the one whose first failure ends the stage after a grace;
	// empty for none.
	family string
}

// grace is how long a stage goes on once the mutant is caught, to see what else
// catches it.
const grace = time.Second

// judge runs cases against a handler and returns the results. Nothing is cleared
// away behind them: the handler is not used for anything else.
func (x *execution) judge(ctx context.Context, h http.Handler, st stage) []run.Result {
	if len(st.cases) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	to := &direct{handler: h}
	context.AfterFunc(ctx, func() { to.closed.Store(true) })
	var late *time.Timer
	defer func() {
		if late != nil {
			late.Stop()
		}
	}()
	p := *x.Profile
	p.Endpoint = endpoint
	p.Wait.Deadline = min(p.Wait.Deadline, deadline)
	var out []run.Result
	r := run.New(run.Options{
		Contract: x.Contract, Plan: &plan.Plan{Cases: st.cases, Inputs: x.Plan.Inputs}, Profile: &p, Credentials: x.Credentials,
		Transport: to, Clock: x.Clock, Seed: x.Seed, Jobs: st.jobs, Timeout: deadline, Strict: contract.Inferred,
		Sink: func(r run.Result) {
			out = append(out, r)
			switch caught := r.Verdict == run.Fail && r.Family == st.family; {
			case len(out) == len(st.cases):
				to.closed.Store(true)
			case caught && late == nil:
				late = time.AfterFunc(grace, cancel)
			}
		},
	})
	r.Start(ctx)
	r.Wait()
	return out
}
