package redact

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// SessionOptions are what a Session knows from the start.
type SessionOptions struct {
	// Known are the keys whose signatures can be checked. Their secrets and
	// tokens are looked for in every exchange.
	Known []wire.Credentials
	// Begin is when the recording began: Record.Start counts from it.
	Begin  time.Time
	Limits Limits
}

// Session makes the exchanges of one recording fit to be written. It numbers
// the placeholders: the same secret has the same one throughout, another
// secret another one. It is safe for concurrent use.
type Session struct {
	rules  *Rules
	begin  time.Time
	limits Limits
	known  map[string]wire.Credentials

	mu      sync.Mutex
	numbers map[kind]map[string]string // placeholders by what they stand for
	next    map[kind]int
	taken   map[string]bool // placeholders that came in from outside
	tries   map[string]int  // of requests that failed last time

	overlooked map[string]bool // secrets that are too usual to be looked for

	// certain are the secrets that were known from the start: they are looked
	// for in requests, and the table does not change. hunted are all that came
	// to light in any exchange: they are looked for in answers. A request is
	// treated for itself, so that it is recorded and matched alike whatever
	// came before it.
	certain *table
	hunting sync.RWMutex
	hunted  *table
}

// hashBits is the size of a session's table, as a power of two.
const hashBits = 18

// Session begins a recording.
func (r *Rules) Session(o SessionOptions) *Session {
	s := &Session{
		rules: r, begin: o.Begin, limits: o.Limits.orUsual(), known: map[string]wire.Credentials{},
		numbers: map[kind]map[string]string{}, next: map[kind]int{}, taken: map[string]bool{}, tries: map[string]int{}, overlooked: map[string]bool{},
		certain: newTable(ownBits), hunted: newTable(hashBits),
	}
	for _, c := range o.Known {
		s.known[c.AccessKeyID] = c
		s.expect(kindKey, c.AccessKeyID)
		s.expect(kindSecret, c.AccessKeySecret)
		s.expect(kindSecret, c.SecurityToken)
	}
	return s
}

// expect looks for a value from the start.
func (s *Session) expect(k kind, value string) {
	switch {
	case value == "":
	case !s.rules.isUsual(value):
		s.certain.add(k, value)
		s.hunted.add(k, value)
	case k == kindSecret:
		s.overlook(value)
	}
}

// Exchange returns what may be written of an exchange. It never fails: what it
// cannot understand it replaces whole. It does not change x.
func (s *Session) Exchange(x *Raw) Clean {
	p := newPass(s, x)
	rec := p.record()
	rec.Try = s.try(&rec)
	return Clean{rec}
}

// ErrUnreadable says that a request is not one of the protocol: an escape in
// its query or form is broken.
var ErrUnreadable = errors.New("read request: broken escape in the query or form")

// Request is Exchange for a request that has no answer yet: the same rules, so
// that what was recorded and what comes in can be compared. body is the
// request's body, already read. With ErrUnreadable the Record holds what could
// be read.
func (s *Session) Request(r *http.Request, body []byte) (Record, error) {
	p := newPass(s, &Raw{Method: r.Method, Target: r.URL.RequestURI(), Host: r.Host, Header: r.Header, Body: body, Start: s.begin})
	rec := p.record()
	rec.Try = 1
	if p.broken {
		return rec, ErrUnreadable
	}
	return rec, nil
}

// maxHeld is how long a text is held for itself, in bytes; of a longer one a
// digest does to tell it from others.
const maxHeld = 1 << 10

// placeholder returns what stands for a value from now on.
func (s *Session) placeholder(k kind, value string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.numbers[k] == nil {
		s.numbers[k] = map[string]string{}
	}
	key := value
	if len(value) > maxHeld {
		sum := sha256.Sum256([]byte(value))
		key = string(sum[:])
	}
	if p, ok := s.numbers[k][key]; ok {
		return p
	}
	p := ""
	for p == "" || s.taken[p] {
		s.next[k]++
		p = shape(k, value, s.next[k])
	}
	s.numbers[k][key] = p
	return p
}

// take keeps a placeholder that came in from outside from standing for
// anything else.
func (s *Session) take(placeholder string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken[placeholder] = true
}

// hunt makes the session look for a value in every answer from now on.
func (s *Session) hunt(k kind, value string) {
	s.hunting.RLock()
	known := s.hunted.known[value]
	s.hunting.RUnlock()
	if known != nil {
		return
	}
	s.hunting.Lock()
	defer s.hunting.Unlock()
	s.hunted.add(k, value)
}

// lend gives a table what is looked for of a value already, and reports whether
// there was any.
func (s *Session) lend(own *table, k kind, value string) bool {
	s.hunting.RLock()
	defer s.hunting.RUnlock()
	return own.take(s.hunted, k, value)
}

// try counts how often a request was sent in a row without being answered.
func (s *Session) try(rec *Record) int {
	failed := rec.Failure != NoFailure || rec.Status >= http.StatusInternalServerError || rec.Status == http.StatusTooManyRequests
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tries) == 0 && !failed {
		return 1
	}
	key := rec.sameAs()
	n := s.tries[key] + 1
	if failed {
		s.tries[key] = n
	} else {
		delete(s.tries, key)
	}
	return n
}

// sameAs is equal for requests that ask for the same on the same track.
func (r *Record) sameAs() string {
	b := append([]byte(r.Track), 0)
	b = append(append(b, r.Role...), 0, byte(r.Lane), byte(r.Lane>>8), 0)
	b = append(append(b, r.Operation...), 0)
	for _, p := range r.Params {
		b = append(append(b, p.Name...), 0)
		b = append(append(b, p.Value...), 0)
	}
	return string(append(b, r.Body...))
}

// operation returns what is known of an operation, or nil.
func (r *Rules) operation(name string) *operation { return r.operations[name] }

// response is the node of an answer.
func (r *Rules) response(o *operation) *node {
	if o == nil {
		return r.failure
	}
	return o.response
}

// request is the node of a request's parameters. Those of an operation that
// nobody knows are what they are elsewhere.
func (r *Rules) request(o *operation) *node {
	if o == nil {
		return r.anywhere
	}
	return o.request
}
