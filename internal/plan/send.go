package plan

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Option varies how one probe is sent.
type Option func(*sending)

// sending is how one probe is sent.
type sending struct {
	credentials *wire.Credentials // nil for the entry
	entry       string            // of the profile's credentials; empty for default
	condition   string
	turnedAway  bool // a refusal for coming too fast is what the probe is about
	once        bool // what was not answered is not sent again
	bound       bool
	shown       *shown // gets what the answer was, of a fixture; may be nil
	fixture     bool   // not what the case is about: its answers are judged elsewhere
}

// As sends with another entry of the profile's credentials.
func As(entry string) Option { return func(s *sending) { s.entry = entry } }

// WithCredentials sends with a key that the profile need not have.
func WithCredentials(c wire.Credentials) Option { return func(s *sending) { s.credentials = &c } }

// Under sends under a condition of the contract, as the profile says how: with
// its credentials and its parameters.
func Under(condition string) Option { return func(s *sending) { s.condition = condition } }

// Throttling says that the probe is about being turned away, for coming too
// fast or because the service is unavailable: such an answer is given back
// instead of being waited out.
func Throttling() Option { return func(s *sending) { s.turnedAway = true } }

// Once says that a request which may have been carried out is not sent again:
// one without an answer comes back with status 0, one answered by 5xx as it is. Turned away
// for coming too fast, it was not carried out, and is sent again as ever.
func Once() Option { return func(s *sending) { s.once = true } }

// Bound says that the probe's parameters hold no templates any more.
func Bound() Option { return func(s *sending) { s.bound = true } }

// asFixture says that the probe prepares or clears away.
func asFixture(s *sending) { s.fixture, s.bound = true, true }

// Probe binds, drafts, edits, signs and sends one request, records the
// exchange, and returns the answer after the checks that hold for every
// answer. The error is Inconclusive where no answer came or throttling did not
// end.
func (s *Session) Probe(ctx context.Context, p *Probe, o ...Option) (*check.Answer, error) {
	var how sending
	for _, option := range o {
		option(&how)
	}
	m, err := s.message(ctx, p, &how)
	if err != nil {
		return nil, err
	}
	if err := s.reserve(ctx, m); err != nil {
		return nil, err
	}
	a, err := s.deliver(ctx, m)
	s.track(m, a)
	return a, err
}

// message is a probe that is bound to the target.
type message struct {
	*Probe
	how         *sending
	operation   *contract.Operation // nil where there is none of that name
	params      wire.Params
	credentials wire.Credentials
	secrets     []string // among the parameters
	unanswered  bool     // it was sent at least once without being answered
	reused      bool     // it was sent last over a connection that had carried others
}

func (s *Session) message(ctx context.Context, p *Probe, how *sending) (*message, error) {
	m := &message{Probe: p, how: how, operation: s.Contract.Operation(p.Operation), params: p.Params}
	if !how.bound {
		var err error
		if m.params, err = s.Bind(ctx, p.Params); err != nil {
			return nil, err
		}
	}
	if err := s.underCondition(m); err != nil {
		return nil, err
	}
	if err := s.sign(m); err != nil {
		return nil, err
	}
	m.secrets = SecretValues(m.operation, m.params)
	return m, nil
}

// underCondition adds what the profile says about the condition.
func (s *Session) underCondition(m *message) error {
	if m.how.condition == "" {
		return nil
	}
	c, ok := s.Condition(m.how.condition)
	if !ok || c.Unavailable != "" {
		return Skip(unmet(m.how.condition, c))
	}
	if c.Credentials != "" {
		m.how.entry = c.Credentials
	}
	m.params = m.params.Clone()
	for name, value := range c.Set {
		m.params = m.params.Set(name, value)
	}
	return nil
}

// brought lists the conditions that the request comes under: the one that it
// asks for, and those that the profile meets by just this key or by parameters
// that it has.
func (s *Session) brought(m *message) []string {
	var out []string
	for name, c := range s.env.Conditions {
		if name == m.how.condition || s.meets(m, c) {
			out = append(out, name)
		}
	}
	return out
}

// meets says whether the request is one that meets the condition. The key that
// every request is signed with tells nothing.
func (s *Session) meets(m *message, c Condition) bool {
	key, usual := m.credentials.AccessKeyID, s.env.Credentials["default"].AccessKeyID
	if c.Unavailable != "" || len(c.Set) == 0 && (c.Credentials == "" || key == usual) {
		return false
	}
	if c.Credentials != "" && s.env.Credentials[c.Credentials].AccessKeyID != key {
		return false
	}
	for name, value := range c.Set {
		if got, ok := m.params.Get(name); !ok || got != value {
			return false
		}
	}
	return true
}

// sign picks the key.
func (s *Session) sign(m *message) error {
	if m.how.credentials != nil {
		m.credentials = *m.how.credentials
		return nil
	}
	entry := m.how.entry
	if entry == "" {
		entry = "default"
	}
	c, ok := s.Credentials(entry)
	if !ok {
		return Skip(fmt.Sprintf("the profile has no credentials %q", entry))
	}
	m.credentials = c
	return nil
}

// draft makes the request: what comes before signing, the signature, what
// comes behind.
func (s *Session) draft(ctx context.Context, m *message) (*wire.Draft, error) {
	d := wire.NewDraft(wire.Call{
		Operation: m.Operation, Version: s.Contract.Version, Params: m.params,
		Method: m.method(), Form: m.Form, Scheme: m.scheme(), Format: m.format(), NoFormat: m.NoFormat,
		Credentials: m.credentials, Nonce: s.nonce(ctx), Time: s.Now(), Host: s.env.host(),
	})
	for _, e := range m.Before {
		e.Do(d)
	}
	if err := d.Sign(); err != nil {
		return nil, fmt.Errorf("sign %s: %w", m.Operation, err)
	}
	for _, e := range m.After {
		e.Do(d)
	}
	return d, nil
}

// Bounds of sending one request again.
const (
	maxThrottled   = 8
	maxUnavailable = 2
	maxDropped     = 1
	maxStale       = 3
	maxHung        = 1
)

// patience counts why one request was sent again, and how long it was held
// back for coming too fast.
type patience struct {
	throttled, unavailable, dropped, stale, hung int

	waited time.Duration

	room int              // times that room was made
	over <-chan time.Time // ends the waits for room
}

// deliver sends until there is an answer that says something about the
// request.
func (s *Session) deliver(ctx context.Context, m *message) (*check.Answer, error) {
	var p patience
	for {
		a, err := s.exchange(ctx, m)
		if err != nil {
			return nil, err
		}
		again, err := s.again(ctx, m, a, &p)
		if !again {
			return a, err
		}
	}
}

// again says whether to send once more, after having waited for it.
func (s *Session) again(ctx context.Context, m *message, a *check.Answer, p *patience) (bool, error) {
	switch {
	case a.Status == 0 && m.how.once && ctx.Err() == nil:
		m.unanswered = true
		return false, nil
	case a.Status == 0:
		return s.dropped(ctx, m, a, p)
	case m.how.turnedAway:
		return false, nil
	case a.Throttled:
		return s.throttled(ctx, a, p)
	case s.full(m, a):
		return s.makeRoom(ctx, m, a, p)
	case a.Status == http.StatusServiceUnavailable && !m.how.once && p.unavailable < maxUnavailable:
		p.unavailable++
		err := s.Pause(ctx, s.env.Wait.Initial)
		return err == nil, err
	}
	return false, nil
}

func (s *Session) throttled(ctx context.Context, a *check.Answer, p *patience) (bool, error) {
	p.throttled++
	wait := a.RetryAfter
	if wait == 0 {
		wait = min(s.env.Wait.Initial<<p.throttled, s.env.Wait.Cap)
	}
	p.waited += wait
	if p.throttled > maxThrottled || p.waited > s.env.Wait.Deadline {
		s.env.answered(errGivenUp)
		return false, Inconclusive(fmt.Sprintf("throttled %s: %d %s", times(p.throttled), a.Status, a.Code))
	}
	if s.env.Gate != nil {
		s.env.Gate.Slow(wait)
	}
	err := s.Pause(ctx, wait)
	return err == nil, err
}

// ErrThrottled says that a request was turned away for coming too fast: that
// is no answer, but the target lives.
var ErrThrottled = errors.New("throttled")

// ErrOverLimit says that a request was answered with more than is read: the
// target lives, but that answer tells nothing.
var ErrOverLimit = errors.New("answer over the limits")

// errGivenUp says that a request was turned away until it was given up.
var errGivenUp = errors.New("throttled to the end")

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

// exchange sends once and applies the checks that hold for every answer.
func (s *Session) exchange(ctx context.Context, m *message) (*check.Answer, error) {
	d, err := s.draft(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := s.catchUp(ctx, m); err != nil {
		return nil, err
	}
	if s.env.Gate != nil {
		if err := s.env.Gate.Wait(ctx); err != nil {
			return nil, interrupted(ctx)
		}
	}
	s.disturb(m)
	x, reused := s.do(ctx, d, m.how.fixture)
	m.reused = reused
	s.disturb(m)
	a, findings := s.Judge.Answer(x, s.expect(m, d))
	switch {
	case a.Throttled:
		s.env.answered(ErrThrottled)
	case a.OverLimit:
		s.env.answered(ErrOverLimit)
	case ctx.Err() == nil:
		s.env.answered(unanswered(x))
	}
	s.env.absence.hear(m, a)
	if !a.OK {
		a.Brought = s.brought(m)
	}
	switch {
	case !m.how.fixture:
		s.Find(findings...)
	case m.how.shown != nil:
		m.how.shown.exchange, m.how.shown.findings = x, append(m.how.shown.findings, findings...)
	}
	return a, nil
}

// do sends the draft within the time that one request may take, and says whether
// the connection had carried others.
func (s *Session) do(ctx context.Context, d *wire.Draft, fixture bool) (x *wire.Exchange, reused bool) {
	defer s.env.among(ctx)() // which may take time that is not the request's
	limited, cancel := context.WithTimeout(s.placedIn(ctx, fixture), s.env.Timeout)
	defer cancel()
	var c connection
	x = wire.Do(c.watch(limited), d, wire.Route{Transport: s.env.Transport, Endpoint: s.env.Endpoint, Clock: s.env.Clock})
	s.timed(ctx, x.Start, x.Duration)
	s.record(x, fixture)
	return x, c.reused.Load()
}

// unanswered is why there was no answer, or none that came to its end in time;
// nil where there was one.
func unanswered(x *wire.Exchange) error {
	if x.Status == 0 || errors.Is(x.Err, context.DeadlineExceeded) {
		return x.Err
	}
	return nil
}

// answered tells the run whether the target answers: why not, or nil.
func (e *Environment) answered(err error) {
	if e.Broken != nil {
		e.Broken(err)
	}
}

// expect says what is known about the answer: by the draft, since an edit may
// have changed what was asked for.
func (s *Session) expect(m *message, d *wire.Draft) check.Expect {
	e := check.Expect{Scheme: d.Scheme, Secrets: []string{m.credentials.AccessKeySecret}, Quotable: m.secrets}
	if m.credentials.SecurityToken != "" {
		e.Quotable = append(e.Quotable, m.credentials.SecurityToken)
	}
	if action, ok := d.Get("Action"); ok {
		e.Operation = s.Contract.Operation(action)
	}
	e.Format, e.Keyword = answerFormat(s.Contract, d)
	return e
}
