package plan

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Session is all that one case may touch while it runs. Its methods may be
// used by several goroutines of the case at once; Rand may not.
type Session struct {
	Contract *contract.Contract
	Judge    *check.Judge
	Region   string
	Case     *Case
	// Rand is seeded from the run's seed and the case's id.
	Rand *rand.Rand

	env  *Environment
	name string // of the session, unique in the run
	base string // what tells this case's names from those of other cases

	mu         sync.Mutex
	findings   []check.Finding
	unfit      string
	exchanges  []*wire.Exchange
	attached   []Attachment
	requests   int
	names      int
	lentNames  int
	nonces     int
	lentNonces int
	held       []*Resource // leased: back to the pool, or deleted
	made       []*Resource // to be deleted, in order of making
	lost       []*message  // creating requests without an answer
	closing    bool
	places     int // of the pool, that the case takes up
	spare      int // of the places, taken ahead of the requests that need them
	pending    int // places granted that are not accounted for yet
	shared     []*bundle
	impatient  bool   // it must not wait for a place
	byItself   bool   // no other case is running
	crowded    string // why there was no room for something; empty where there was
	outgrown   bool   // and not for what others have
	heldUp     bool   // others may be why it was too slow
	changes    int    // requests that may have changed something, counted when they begin and when they end
	seen       *sight
	changed    time.Time     // when something was sent, or answered, that may change anything
	hasRead    bool          // the case has read something after a change
	early      time.Duration // how soon after, at the earliest

	placing sync.Mutex // held while asking for a place
	leasing sync.Mutex
	leases  map[string]*Resource // by resource kind, for $id

	lent  []Loan    // since the last request
	clock *recalled // of a case that is judged from a recording; nil for the run's
	loans []Loan    // that are remembered of it and were not lent yet
}

// Find records findings. One that says that the target was not in a state to
// be judged is kept apart: see Unfit.
func (s *Session) Find(f ...check.Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, found := range f {
		switch {
		case found.Unfit == "":
			s.findings = append(s.findings, found)
		case s.unfit == "":
			s.unfit = found.Unfit
		}
	}
}

// Unfit says why the target was not in a state to be judged by this case, empty
// where it was.
func (s *Session) Unfit() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unfit
}

// Findings returns what was found so far, each thing once.
func (s *Session) Findings() []check.Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return check.Distinct(s.findings)
}

// Exchanges returns the exchanges so far, in the order of their answers, and
// how many requests there were. Successes that prepared the case, what cleared
// away behind it, and the middle of a long case are not kept. The exchanges
// hold secrets as sent.
func (s *Session) Exchanges() (kept []*wire.Exchange, requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exchanges, s.requests
}

// Patience is how long one wait may take: the deadline of the profile's policy.
func (s *Session) Patience() time.Duration { return s.env.Wait.Deadline }

// maxExchanges is how many exchanges of a case are kept. The first ones tell
// how it began, the last one what it ended with.
const maxExchanges = 40

// maxKept is how much of an answer's body is kept, in bytes: many times what
// any report shows.
const maxKept = 64 << 10

// short is the exchange with no more of its answer than is kept.
func short(x *wire.Exchange) *wire.Exchange {
	if len(x.RespBody) <= maxKept {
		return x
	}
	out := *x
	out.RespBody = bytes.Clone(x.RespBody[:maxKept])
	return &out
}

// record keeps an exchange. What prepares a case is kept only if it went wrong,
// what clears away never: neither is what the case is about.
func (s *Session) record(x *wire.Exchange, fixture bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if fixture && (s.closing || x.Status >= 200 && x.Status < 300) {
		return
	}
	s.keep(x)
}

// keep is record without counting. The caller holds the lock.
func (s *Session) keep(x *wire.Exchange) {
	x = short(x)
	if len(s.exchanges) < maxExchanges {
		s.exchanges = append(s.exchanges, x)
		return
	}
	s.exchanges = append(s.exchanges[:maxExchanges/2], append(s.exchanges[maxExchanges/2+1:], x)...)
}

// Name returns a unique name that starts with conform-<run>-.
func (s *Session) Name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names++
	return "conform-" + s.env.Run + "-" + s.base + "-" + strconv.Itoa(s.names)
}

// lentKey marks the making of what the pool lends.
type lentKey struct{}

func (s *Session) lentName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lentNames++
	return "conform-" + s.env.Run + "-" + s.base + "-lent" + strconv.Itoa(s.lentNames)
}

// Token returns a unique ClientToken.
func (s *Session) Token() string { return s.Name() }

// Now is the run's clock or, where the case is judged from a recording, what it
// was then.
func (s *Session) Now() time.Time {
	if s.clock != nil {
		return s.clock.time()
	}
	return s.env.Clock()
}

// Binding returns the profile's value for a wire name.
func (s *Session) Binding(name string) (value string, ok bool) {
	value, ok = s.env.Bindings[name]
	return value, ok
}

// Credentials returns an entry of the profile's credentials; the entry default
// is what requests are signed with.
func (s *Session) Credentials(name string) (c wire.Credentials, ok bool) {
	c, ok = s.env.Credentials[name]
	return c, ok
}

// Condition returns how the profile meets a condition of the contract.
func (s *Session) Condition(name string) (c Condition, ok bool) {
	c, ok = s.env.Conditions[name]
	return c, ok
}

// Eventually calls f by the profile's wait policy until it is done. Running out
// of time is Inconclusive, naming what was waited for; a caller for whom that
// is a finding tests with IsTimeout. Where many waits of the run have run out,
// later ones are given up earlier; that is no timeout to IsTimeout.
func (s *Session) Eventually(ctx context.Context, what string, f func() (done bool, err error)) error {
	w := s.env.Wait
	return s.eventually(ctx, patient{what: what, wait: w, limit: s.env.stamina.limit(w, w.Cap), stamina: &s.env.stamina}, f)
}

// patient is who waits: for what, by which policy, and how long at most.
type patient struct {
	what    string
	wait    Wait
	limit   time.Duration
	sure    bool     // running out is a timeout even where the limit was cut
	late    bool     // it was looked for before
	stamina *stamina // learns what became of it
}

func (s *Session) eventually(ctx context.Context, p patient, f func() (done bool, err error)) error {
	s.forget()
	w := p.wait
	begin := s.Now()
	for pause := w.Initial; ; pause = min(w.Cap, time.Duration(float64(pause)*w.Factor)) {
		done, err := f()
		if done || err != nil {
			p.stamina.lasted(err, s.Now().Sub(begin))
			return err
		}
		left := p.limit - s.Now().Sub(begin)
		if left > pause {
			if err := s.Pause(ctx, pause); err != nil {
				return err
			}
			s.forget()
			continue
		}
		if err := s.Pause(ctx, left); err != nil {
			return err
		}
		p.stamina.ranOut()
		return &outcome{reason: fmt.Sprintf("waited %v for %s", p.limit, p.what), timeout: p.sure || p.limit == w.Deadline, over: true}
	}
}

// pause waits for d, or less if ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return interrupted(ctx)
	}
}

// interrupted is the end of a case whose context ended.
func interrupted(ctx context.Context) error {
	cause := context.Cause(ctx)
	return &outcome{reason: "interrupted: " + cause.Error(), cause: cause}
}
