// Package plan says what to do, not how it is carried: a Case is the steps
// that test one clause, a Plan is the ordered cases, a Session is all that a
// case may touch while it runs.
package plan

import (
	"context"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Case tests one clause with one change from a valid request.
type Case struct {
	ID        string // Operation/family/subject/variant, never positional
	Operation string
	Family    string
	Subject   string
	Variant   string
	Clause    *contract.Clause // the promise that it is about
	// Also are further promises that it judges: those of the row that must
	// answer, say.
	Also    []*contract.Clause
	Promise string   // one sentence, for people
	Steps   []string // what it does, in order, for people
	Needs   Needs
	// Serial keeps every other case from running at the same time.
	Serial bool
	// Probe is the judged request as data; nil where a case is a scenario of
	// several judged requests.
	Probe *Probe
	// Run does the steps and records what it finds in the session. It
	// returns Skip or Inconclusive, or an error when the harness itself is
	// at fault. A departure from the contract is a finding, not an error.
	Run func(ctx context.Context, s *Session) error
}

// Needs is what a case wants from the profile; what is missing is its reason
// to be skipped.
type Needs struct {
	Bindings    []string // wire names
	Conditions  []string
	Credentials []string // entries of the profile's credentials
}

// Probe is one request as data, before it is bound to a target.
type Probe struct {
	Operation string
	// Params are the operation's own parameters, flattened, with template
	// values: $region, $name (unique), $token (unique), $binding (the
	// profile's value for this wire name), $id:ImageCache (a usable
	// resource made for the case). See Session.Bind for all forms.
	Params wire.Params
	// Method is GET or POST, empty for GET; Form puts the parameters in the
	// body.
	Method string
	Form   bool
	Scheme wire.Scheme // empty for V1
	// Format is the Format parameter as sent, empty for JSON; NoFormat
	// leaves it out.
	Format   string
	NoFormat bool
	// Change names what departs from the valid request, for people and for
	// telling probes apart; Edits carry it out on the draft.
	Change string
	Before []Edit // ahead of signing
	After  []Edit // behind signing: a tamper
}

// Edit is a named change of a drafted request.
type Edit struct {
	Name string // unique for what it does: with Params it is the probe's fingerprint
	Do   func(*wire.Draft)
}

// Inputs gives the minimal valid request of an operation, with template
// values, and false for an operation that it does not know. The caller may
// change what it gets.
type Inputs func(operation string) (wire.Params, bool)

// Plan is the ordered cases.
type Plan struct {
	Cases []*Case
	// Inputs are the valid requests that resources are made with.
	Inputs Inputs
}
