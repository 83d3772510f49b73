// Package conform brings the emulator of the ECI API into a Go test:
//
//	server := conform.NewServer(t, conform.Options{Clock: time.Now})
//	// point any client at server.URL with server.AccessKeyID and server.AccessKeySecret
//
// The emulator keeps strictly to the contract of this module: it answers both
// signatures, GET and POST, JSON and XML, walks caches through their states and
// refuses what the contract refuses. Nothing is kept when the test ends. To
// judge a server of your own, see package suites.
package conform

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/spec"
)

// The key and the region that every emulator has, besides those of its world.
const (
	AccessKeyID     = "conform-test"
	AccessKeySecret = "conform-test-secret"
	Region          = "cn-hangzhou"
)

// Options say how the emulator behaves. Only Clock must be given.
type Options struct {
	// Clock says what time it is: time.Now, unless the test has a clock of
	// its own. Clients must agree with it to a quarter of an hour.
	Clock func() time.Time
	// Seed decides all ids: the same seed, clock and order of requests give
	// the same answers.
	Seed uint64
	// Settle is how long a cache stays in each transitional state; zero means
	// a few milliseconds, less than zero no time at all.
	Settle time.Duration
	// Lenient requires only those parameters that the official metadata
	// requires, where help pages require more.
	Lenient bool
}

// Server is an emulator that listens on the loopback interface.
type Server struct {
	// URL is http://127.0.0.1:PORT; Host is HOST:PORT, which SDKs call the
	// endpoint or domain.
	URL, Host string
	// AccessKeyID and AccessKeySecret are of a key that may do everything.
	AccessKeyID, AccessKeySecret string
	// Region is one that the emulator has.
	Region string

	emulator *emulator.Emulator
}

// NewServer starts an emulator and stops it when the test ends.
func NewServer(t testing.TB, o Options) *Server {
	t.Helper()
	e, err := newEmulator(o)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	return &Server{
		URL: s.URL, Host: s.Listener.Addr().String(),
		AccessKeyID: AccessKeyID, AccessKeySecret: AccessKeySecret, Region: Region,
		emulator: e,
	}
}

// Misbehave makes the server fail its key's requests as the script says, from
// now on, and then answer as ever again:
//
//	server.Misbehave(conform.Script{Steps: []conform.Step{
//		{Fault: conform.Throttle, Times: 2, RetryAfter: time.Second},
//		{Fault: conform.Drop, Late: true, Operation: "CreateImageCache"},
//	}})
//
// A script without steps ends the one before. It fails for a step that makes no
// sense, and changes nothing then. It may be called while requests are under
// way.
func (s *Server) Misbehave(script Script) error { return s.emulator.Script(s.AccessKeyID, script) }

// Pending returns how many faults of the script are still to come: none when
// the client has met them all. Those that go on for ever count as one.
func (s *Server) Pending() int { return s.emulator.Pending(s.AccessKeyID) }

// NewHandler returns an emulator as a handler, for a server of the caller's. It
// fails without a clock.
func NewHandler(o Options) (http.Handler, error) {
	e, err := newEmulator(o)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func newEmulator(o Options) (*emulator.Emulator, error) {
	if o.Clock == nil {
		return nil, fmt.Errorf("start emulator: Options.Clock is missing: want time.Now, or the clock of the test")
	}
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("load contract: %w", err)
	}
	return emulator.New(emulator.Options{
		Contract: c, World: fixtures.World, Clock: o.Clock, Seed: o.Seed, Settle: o.Settle, Lenient: o.Lenient,
		Keys: []emulator.Key{{AccessKeyID: AccessKeyID, AccessKeySecret: AccessKeySecret, Account: account}},
	})
}

// account is whose key it is: the one of the world with nothing against it.
const account = "default"
