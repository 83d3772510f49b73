package plan

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Session is all that one case may touch while it runs. It belongs to the
// goroutine of its case; the methods that may be used by several goroutines of
// one case at once say so.
type Session struct {
	Contract *contract.Contract
	Judge    *check.Judge
	Region   string
	Case     *Case
	// Rand is seeded from the run's seed and the case's id.
	Rand *rand.Rand
}

// Option varies how one probe is sent.
type Option func(*sending)

type sending struct{}

// As sends with another entry of the profile's credentials.
func As(name string) Option { return func(*sending) {} }

// WithCredentials sends with a key that need not exist.
func WithCredentials(c wire.Credentials) Option { return func(*sending) {} }

// Skew moves the request's clock by d.
func Skew(d time.Duration) Option { return func(*sending) {} }

// WithNonce sends a given nonce instead of a fresh one.
func WithNonce(nonce string) Option { return func(*sending) {} }

// Under sends under a condition of the contract, as the profile says how: with
// its credentials and its parameters.
func Under(condition string) Option { return func(*sending) {} }

// Throttling says that the probe is about being throttled: such an answer is
// given back instead of being waited out.
func Throttling() Option { return func(*sending) {} }

// Bound says that the probe's parameters hold no templates any more.
func Bound() Option { return func(*sending) {} }

// Probe binds, drafts, edits, signs and sends one request, records the
// exchange, and returns the answer after the checks that hold for every
// answer. The error is Inconclusive where no answer came or throttling did not
// end. It may be used by several goroutines at once.
func (s *Session) Probe(ctx context.Context, p *Probe, o ...Option) (*check.Answer, error) {
	return nil, Inconclusive("not built yet")
}

// Bind replaces template values. $name and $token are fresh at every call, the
// resource of $id:NAME is the same for the whole case.
//
//	$region        the profile's region
//	$name, $name:N a unique name, of exactly N characters
//	$token, $token:N
//	$binding       the profile's value for this wire name
//	$binding:NAME  the profile's value for that wire name
//	$id:RESOURCE   a usable resource leased for the case
//	${name}, ${token}, ${region}, also with :N, stand within a longer text
func (s *Session) Bind(ctx context.Context, p wire.Params) (wire.Params, error) {
	return p, nil
}

// Find records findings. It may be used by several goroutines at once.
func (s *Session) Find(f ...check.Finding) {}

// Resource is a thing on the target that a case may use.
type Resource struct {
	Kind   *contract.Resource
	ID     string
	Region string
}

// Lease gives a usable resource for this case alone, from the pool of clean
// ones or newly made. It goes back to the pool when the case ends if no request
// that could have changed it succeeded, or if Release says so; else it is
// deleted.
func (s *Session) Lease(ctx context.Context, resource string) (*Resource, error) {
	return nil, Inconclusive("not built yet")
}

// Release says that the case left the resource as it was.
func (s *Session) Release(r *Resource) {}

// Create makes a resource for this case alone with further or other parameters
// than the minimal ones, waits until it is usable, and deletes it when the case
// ends.
func (s *Session) Create(ctx context.Context, resource string, with wire.Params) (*Resource, error) {
	return nil, Inconclusive("not built yet")
}

// Read returns the resource's item in its listing.
func (s *Session) Read(ctx context.Context, resource, id string) (item *wire.Map, found bool, err error) {
	return nil, false, Inconclusive("not built yet")
}

// Usable waits until the resource is in its usable state.
func (s *Session) Usable(ctx context.Context, resource, id string) (*wire.Map, error) {
	return nil, Inconclusive("not built yet")
}

// Eventually calls f by the profile's wait policy until it is done. Running out
// of time is Inconclusive, naming what was waited for; a caller for whom that
// is a finding tests with IsTimeout.
func (s *Session) Eventually(ctx context.Context, what string, f func() (done bool, err error)) error {
	return Inconclusive("not built yet")
}

// Cleanup deletes the resource after the case whatever happens. What a success
// of a creating operation names is cleaned up without being asked for.
func (s *Session) Cleanup(resource, id string) {}

// Name returns a unique name that starts with conform-<run>-.
func (s *Session) Name() string { return "" }

// Token returns a unique ClientToken.
func (s *Session) Token() string { return "" }

// Now is the run's clock.
func (s *Session) Now() time.Time { return time.Time{} }

// Binding returns the profile's value for a wire name.
func (s *Session) Binding(name string) (value string, ok bool) { return "", false }

// Credentials returns an entry of the profile's credentials; the name default
// is always there.
func (s *Session) Credentials(name string) (c wire.Credentials, ok bool) {
	return wire.Credentials{}, false
}

// Leak is a resource that could not be removed.
type Leak struct {
	Resource string // kind
	ID       string
	Region   string
	Case     string // that made it
	Reason   string
}
