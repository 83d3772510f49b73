package plan

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Target is what an Environment needs to know about the target and the run.
type Target struct {
	Contract  *contract.Contract
	Judge     *check.Judge
	Transport http.RoundTripper
	Endpoint  string // http://HOST:PORT
	Region    string
	// Credentials by entry of the profile; default is what requests are
	// signed with unless an option says otherwise.
	Credentials map[string]wire.Credentials
	Bindings    map[string]string
	Conditions  map[string]Condition
	Wait        Wait
	Timeout     time.Duration // of one request
	// MaxResources is how many resources may live at once; zero for any
	// number. A case that needs more begins again by itself, and exceeds it
	// then.
	MaxResources int
	Inputs       Inputs
	Clock        func() time.Time
	Seed         uint64
	Jobs         int    // how many cases may run at once, and sessions be closed
	Run          string // tells the names of this run from those of others
	// Gate paces requests; nil lets all pass.
	Gate Gate
	// Memory is what the cases are judged from in place of a target; nil for
	// a target. Transport answers from it.
	Memory Memory
	// Broken is told why a request got no answer, and nil for every answer;
	// ErrThrottled for every time that one was turned away for coming too fast,
	// and ErrOverLimit for an answer that is too much to read.
	Broken func(err error)
}

// Condition is how the profile meets a condition of the contract.
type Condition struct {
	Credentials string
	Set         map[string]string
	Unavailable string
}

// Wait is the policy of every wait.
type Wait struct {
	Initial  time.Duration
	Factor   float64
	Cap      time.Duration
	Deadline time.Duration
}

// Gate paces the requests of a run.
type Gate interface {
	// Wait returns when the next request may go, or ctx's error.
	Wait(ctx context.Context) error
	// Slow says that the target asked for fewer requests, and for none
	// before the pause is over.
	Slow(pause time.Duration)
}

// Environment is what all sessions of a run share: the target, the pool of
// clean resources, and what gives names and nonces. It is safe for concurrent
// use.
type Environment struct {
	Target
	pool     pool
	patience experience
	stamina  stamina
	eyes     stamina // of waits for listings
	lag      lag
	quiet    hush
	absence  absence
	arrivals arrivals

	begin       time.Time
	head        string // of every nonce
	whereabouts whereabouts

	mu       sync.Mutex
	sessions map[string]int // so far, by case
	leaks    []Leak
	end      time.Time // by when a run that was cut short must have cleared away; zero while it is not
}

// How many waits may run out before later ones are cut: of those for work, whose
// running out may be a finding only while they are whole, and of those for
// listings, where it is one anyway and one that nothing ever came late in is not
// behind.
const (
	fullWaits = 16
	fullLooks = 4
)

// NewEnvironment returns an environment without resources.
func NewEnvironment(t Target) *Environment {
	e := &Environment{Target: t, patience: experience{took: map[string]time.Duration{}}, stamina: stamina{full: fullWaits}, eyes: stamina{full: fullLooks}}
	e.head = pad(strconv.FormatUint(sum64(t.Run+strconv.FormatUint(t.Seed, 10)), 16), nonceDigits)
	if t.Memory != nil { // nothing is there to be spared
		e.pool.init(0)
		e.begin, e.Gate, e.Broken = t.Memory.Begin(), nil, nil
		return e
	}
	e.pool.init(t.MaxResources)
	e.begin = t.Clock()
	return e
}

// Session returns a case's session. The caller must Close it.
func (e *Environment) Session(c *Case) *Session {
	name := e.sessionName(c)
	s := &Session{
		Contract: e.Contract, Judge: e.Judge, Region: e.Region, Case: c,
		Rand: e.source(c),
		env:  e, name: name, base: strconv.FormatUint(sum64(name), 36), leases: map[string]*Resource{},
	}
	if e.Memory != nil {
		s.remember(e.Memory)
	}
	return s
}

// sessionName tells a session from all others: it is the case's id, with a number
// behind it where the case has had one before.
func (e *Environment) sessionName(c *Case) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sessions == nil {
		e.sessions = map[string]int{}
	}
	e.sessions[c.ID]++
	if n := e.sessions[c.ID]; n > 1 {
		return c.ID + "@" + strconv.Itoa(n)
	}
	return c.ID
}

// source is what a case draws from.
func (e *Environment) source(c *Case) *rand.Rand {
	return rand.New(rand.NewPCG(e.Seed, sum64(c.ID)))
}

// Close deletes the resources that are still in the pool and returns all that
// could not be removed, by this or by any session. Like Session.Close it works
// on when ctx has ended.
func (e *Environment) Close(ctx context.Context) []Leak {
	var owners []*Session
	for _, b := range e.pool.bundled() {
		owners = append(owners, b.owner)
	}
	e.closeAll(ctx, owners)
	e.closeAll(ctx, e.cleaners(e.pool.drain()))
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.leaks
}

// cleaners are sessions that share what is to be deleted, as many as may work at
// once.
func (e *Environment) cleaners(left []*Resource) []*Session {
	out := make([]*Session, min(len(left), max(1, e.Jobs)))
	for i := range out {
		out[i] = e.Session(&Case{ID: "run/cleanup"})
	}
	for i, r := range left {
		s := out[i%len(out)]
		s.made = append(s.made, r)
	}
	return out
}

// closeAll closes the sessions, no more of them at once than cases may run.
func (e *Environment) closeAll(ctx context.Context, all []*Session) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(len(all), max(1, e.Jobs)) {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(len(all)); i = next.Add(1) {
				all[i-1].Close(ctx)
			}
		})
	}
	workers.Wait()
}

func (e *Environment) leak(l Leak) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.leaks = append(e.leaks, l)
}

// nonce is unique among runs through the run's name, and within the run through
// the case's: it does not depend on what other cases do. Those of requests that
// make what the pool lends are counted apart, as their names are.
func (s *Session) nonce(ctx context.Context) string {
	mark, count := "#", &s.nonces
	if ctx.Value(lentKey{}) != nil {
		mark, count = "#lent", &s.lentNonces
	}
	s.mu.Lock()
	*count++
	n := strconv.FormatUint(sum64(s.name+mark+strconv.Itoa(*count)), 16)
	s.mu.Unlock()
	return s.env.head + pad(n, nonceDigits)
}

// nonceDigits is how long each half of a nonce is, in hexadecimal digits.
const nonceDigits = 16

func pad(s string, n int) string { return strings.Repeat("0", max(0, n-len(s))) + s }

func sum64(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails
	return h.Sum64()
}

// host is the endpoint's HOST:PORT.
func (e *Environment) host() string {
	_, host, _ := strings.Cut(e.Endpoint, "://")
	return strings.TrimSuffix(host, "/")
}
