// Package run executes cases, each at most once, and streams their Results.
package run

import (
	"context"
	"errors"
	"net/http"
	"time"

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
	Clock       func() time.Time
	Seed        uint64
	// Run tells this run's names, tokens and nonces from those of every
	// other: up to 8 letters and digits. Empty derives one from clock and seed.
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
	// Known returns the reason why a case is expected to fail; nil for none.
	Known func(caseID string) (reason string, ok bool)
	// Sink gets every Result once, in the order in which cases end, from one
	// goroutine at a time. May be nil.
	Sink func(Result)
	// Redactor masks secrets in what is kept of the exchanges; the run adds
	// those that it knows.
	Redactor *wire.Redactor
}

// Runner executes the cases of one plan against one target.
type Runner struct{}

// New prepares a run and starts nothing.
func New(o Options) *Runner { return &Runner{} }

// Start runs the plan's cases ahead of need in a bounded pool, in plan order.
// Cancelling ctx interrupts the run: cases under way are given up, cases that
// have not begun get the verdict inconclusive, and cleanup still happens.
func (r *Runner) Start(ctx context.Context) {}

// Result returns what became of a case: it waits for the pool, or runs the case
// now if nothing has claimed it.
func (r *Runner) Result(ctx context.Context, id string) Result { return Result{} }

// Wait waits for every case, removes what is left on the target, and returns
// the Summary.
func (r *Runner) Wait() Summary { return Summary{} }

// Sentinels of Preflight.
var (
	ErrUnreachable = errors.New("target is unreachable")
	ErrCredentials = errors.New("credentials are refused")
)

// Preflight sends one signed request that changes nothing and says within five
// seconds whether there is a target to judge. Its errors wrap ErrUnreachable or
// ErrCredentials.
func Preflight(ctx context.Context, o Options) error { return nil }
