// Package replay answers requests from a recording, and never from anywhere
// else. A request is matched by its operation and its own parameters, however
// they are put on the wire; what the client invented anew is bound to what was
// recorded in its place; and what was read after a write is never answered
// from before it. A request without a recording is refused and explained.
package replay

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Source is a recording: a *cassette.Cassette, or records in memory.
type Source interface {
	// Len returns the number of exchanges.
	Len() int
	// Entry returns exchange i, from 0, without its bodies. It is shared and
	// is not changed.
	Entry(i int) *cassette.Entry
	// Record returns exchange i with its bodies.
	Record(i int) (redact.Record, error)
}

// DefaultMissStatus is the status of the answer to a request that is not
// recorded.
const DefaultMissStatus = http.StatusConflict

// MissCode is the code of that answer.
const MissCode = "Recorder.NoMatch"

// UnreadCode is the code of the answer to a request whose recorded answer
// could not be read, and so was not kept.
const UnreadCode = "Recorder.Unread"

// Options say how a recording is replayed. Only Contract must be given.
type Options struct {
	// Contract says what the operations, their parameters and their effects
	// are. It must not change while the player is used.
	Contract *contract.Contract
	// Keys are those that are known, whose signatures are checked: a request
	// of any other is refused as the gateway does. Without any, whoever names a
	// key is let in unchecked.
	Keys []wire.Credentials
	// Accounts says which recorded key a client's stands for, as the recording
	// has it. A client that is not named here may be any that its requests fit.
	Accounts map[string]string
	// Speed is how fast time passes: 1 as recorded, 10 ten times as fast; 0
	// means without any delay.
	Speed float64
	// MissStatus is the status of the answer to a request that is not
	// recorded; 0 means DefaultMissStatus.
	MissStatus int
	// RequireAll makes exchanges that nobody asked for count as a departure.
	RequireAll bool
	// Place says where in the recording a request belongs, which is then the
	// only place where it is looked for; nil looks everywhere.
	Place func(*http.Request) redact.Place
	// Sleep waits for a recorded delay, or less if ctx ends, which is its
	// error then. Nil waits by the system's clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Player answers requests from a recording, as an http.RoundTripper and as an
// http.Handler. Every access key has a session of its own, with the whole
// recording before it. A Player is safe for concurrent use.
type Player struct {
	source   Source
	options  Options
	reader   *reader
	places   map[redact.Place]*place
	secrets  map[string]string // by key id
	answers  *answers
	redactor *redact.Session // of what is told
	requests atomic.Uint64
	nonces   nonces

	mu       sync.RWMutex
	sessions map[sessionID]*session

	tally tally
}

// New prepares a recording. It fails without a contract, for a negative speed,
// for a status that is none and an account that is not recorded, and when the
// source cannot be read.
func New(source Source, o Options) (*Player, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if o.MissStatus == 0 {
		o.MissStatus = DefaultMissStatus
	}
	if o.Sleep == nil {
		o.Sleep = pause
	}
	p := &Player{
		source: source, options: o, reader: newReader(o.Contract), secrets: map[string]string{},
		answers: newAnswers(source), redactor: redact.NewRules(o.Contract).Session(redact.SessionOptions{Known: o.Keys}), sessions: map[sessionID]*session{},
	}
	for _, k := range o.Keys {
		p.secrets[k.AccessKeyID] = k.AccessKeySecret
	}
	p.tally.served = make([]atomic.Bool, source.Len())
	var err error
	if p.places, err = p.index(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	if err := p.checkAccounts(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return p, nil
}

// checkAccounts wants each key that Options.Accounts names to be recorded.
func (p *Player) checkAccounts() error {
	recorded := map[string]bool{}
	for _, at := range p.places {
		for _, c := range at.accounts {
			for _, key := range c.keys {
				recorded[key] = true
			}
		}
	}
	for _, key := range slices.Sorted(maps.Values(p.options.Accounts)) {
		if !recorded[key] {
			return fmt.Errorf("account %q is not recorded: want one of %s", key, strings.Join(slices.Sorted(maps.Keys(recorded)), ", "))
		}
	}
	return nil
}

func (o Options) check() error {
	switch {
	case o.Contract == nil:
		return fmt.Errorf("Options.Contract is missing")
	case !(o.Speed >= 0) || o.Speed > MaxSpeed:
		return fmt.Errorf("speed %v: want 0 to %v", o.Speed, float64(MaxSpeed))
	case o.MissStatus != 0 && (o.MissStatus < 400 || o.MissStatus > 599):
		return fmt.Errorf("status %d of a miss: want 400 to 599", o.MissStatus)
	}
	return nil
}

// MaxSpeed bounds Options.Speed.
const MaxSpeed = 1e6

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
