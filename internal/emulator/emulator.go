// Package emulator is the API in memory, as an http.Handler. What it promises
// it reads off the contract, what exists it reads off a world; so it can be
// broken on purpose by editing either. It must not know how it is judged and
// imports neither check, plan, run nor suites.
package emulator

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// DefaultSettle is how long a resource stays in each transitional state when
// Options do not say.
const DefaultSettle = 5 * time.Millisecond

// maxBody is the largest request body that is read, in bytes.
const maxBody = 1 << 20

// Options say what to emulate.
type Options struct {
	// Contract is what the emulator obeys. It is not changed, and must not
	// change while the emulator runs.
	Contract *contract.Contract
	// World is the text of the universe, such as fixtures/world.yaml.
	World []byte
	// Clock says what time it is. It is called by many requests at once.
	Clock func() time.Time
	// Seed decides all ids. The same seed, clock and order of requests give
	// the same bytes.
	Seed uint64
	// Settle is how long a resource stays in each transitional state; 0 means
	// DefaultSettle, less than 0 no time at all.
	Settle time.Duration
	// Lenient takes the metadata's reading of which parameters are required
	// where it differs from the help page's.
	Lenient bool
	// Keys are access keys besides those of the world.
	Keys []Key
	// Hooks are deviations from the contract; nil for none.
	Hooks *Hooks
	// Sleep waits for a scripted delay, or less if ctx ends, which is its
	// error then. Nil waits by the system's clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Answer is what goes out for one request. A Content-Length in Header is sent
// as it stands, so that a body can be cut short of it.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Emulator serves the API. Make it with New; it is safe for concurrent use.
type Emulator struct {
	contract *contract.Contract
	world    *world
	clock    func() time.Time
	settle   time.Duration
	lenient  bool
	hooks    Hooks
	sleep    func(context.Context, time.Duration) error
	scripts  scripts
	seed     uint64
	keys     map[string]*Key
	// tokenOwners are all security tokens of the keys.
	tokenOwners map[string]bool
	bound       map[string][]string // binding kind → parameter paths
	plans       map[string]*operationPlan
	echoes      map[string][]contract.Echo // by kind
	requests    *mint
	nonces      *nonces
	tokens      *memory
	stages      []stage

	mu    sync.RWMutex
	cells map[cellKey]*cell
}

// New returns an emulator in the world's first state. It fails when the world
// does not parse or does not know an account of a key.
func New(o Options) (*Emulator, error) {
	w, err := parseWorld(o.World)
	if err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	e := &Emulator{
		contract: o.Contract, world: w, clock: o.Clock, settle: o.Settle, lenient: o.Lenient,
		seed: o.Seed, requests: newMint(o.Seed, "request"),
		tokens: newMemory(w.TokenLifetime), cells: map[cellKey]*cell{},
	}
	if o.Settle == 0 {
		e.settle = DefaultSettle
	}
	if o.Hooks != nil {
		e.hooks = *o.Hooks
	}
	if e.sleep = o.Sleep; e.sleep == nil {
		e.sleep = pause
	}
	// A timestamp may lie as far ahead as behind: it is good for two skews.
	e.nonces = newNonces(2 * e.skew())
	e.bound = boundParameters(o.Contract)
	e.plans = planOperations(o.Contract)
	e.echoes = echoesOf(o.Contract)
	if err := e.addKeys(o.Keys); err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	if e.stages, err = stagesOf(o.Contract.Gateway.Order); err != nil {
		return nil, fmt.Errorf("start emulator: %w", err)
	}
	return e, nil
}

func (e *Emulator) addKeys(more []Key) error {
	e.keys = make(map[string]*Key, len(e.world.Keys)+len(more))
	e.tokenOwners = map[string]bool{}
	for _, k := range append(append([]Key(nil), e.world.Keys...), more...) {
		if e.world.accounts[k.Account] == nil {
			return fmt.Errorf("key %s: unknown account %q", k.AccessKeyID, k.Account)
		}
		e.keys[k.AccessKeyID] = &k
		if k.SecurityToken != "" {
			e.tokenOwners[k.SecurityToken] = true
		}
	}
	return nil
}

func (e *Emulator) skew() time.Duration {
	return time.Duration(e.contract.Protocol.Skew) * time.Second
}

// ServeHTTP answers one request of the API.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := wire.Receive(r, maxBody)
	if err != nil {
		e.unreadable(r).send(w)
		return
	}
	work := func() *Answer { return e.answer(r.Context(), in) }
	if a := e.misbehave(r.Context(), in, func() *Answer { return e.around(r.Context(), in, work) }); a != nil {
		a.send(w)
		return
	}
	drop(w)
}

// around does the work within the hook; no answer means to drop the connection.
func (e *Emulator) around(ctx context.Context, in *wire.Received, work func() *Answer) *Answer {
	if e.hooks.Around == nil {
		return work()
	}
	a, err := e.hooks.Around(ctx, e.accountOf(in), work)
	if err != nil {
		return nil
	}
	return a
}

func (e *Emulator) accountOf(in *wire.Received) string {
	id, _ := in.Common(commonKey)
	if k := e.keys[id]; k != nil {
		return k.Account
	}
	return ""
}

// answer takes a request through the gateway and the product and renders what
// comes of it. No lock is held while it renders.
func (e *Emulator) answer(ctx context.Context, in *wire.Received) *Answer {
	q := e.newRequest(ctx, in)
	for _, s := range e.stages {
		if no := s(e, q); no != nil {
			return e.failure(q, no)
		}
	}
	if q.result == nil {
		return e.failure(q, internalFault())
	}
	return e.success(q)
}

// drop ends the connection so that the client sees no answer at all.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_ = conn.Close()
}

func (a *Answer) send(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	if len(h["Content-Length"]) == 0 {
		h["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
	}
	w.WriteHeader(a.Status)
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(a.Body)
}
