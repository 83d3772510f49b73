// Package contract is the loaded form of spec/openapi.yaml: what the API
// promises, as values that the planner derives cases from, the checker judges
// by and the emulator obeys. A fact about the API that is not in the contract
// is not known to any of them.
package contract

import (
	"fmt"
	"strconv"
)

// Level says how sure a clause is, and so what breaking it means.
type Level int

// The levels, weakest first, so that they compare with < and >.
const (
	Inferred Level = iota // nobody documents it; our reading
	Should                // pages disagree, or an SDK or metadata alone says so
	Must                  // an official page says so and none disagrees
)

// String returns the level as the contract spells it.
func (l Level) String() string {
	switch l {
	case Must:
		return "must"
	case Should:
		return "should"
	default:
		return "inferred"
	}
}

// ParseLevel reads a level as the contract spells it.
func ParseLevel(s string) (Level, error) {
	for _, l := range []Level{Inferred, Should, Must} {
		if l.String() == s {
			return l, nil
		}
	}
	return 0, fmt.Errorf("parse level %q: want must, should or inferred", s)
}

// Place is where something stands in the contract's text.
type Place struct {
	File string
	Line int
}

// String returns the place as file:line, as editors and compilers read it.
func (p Place) String() string { return p.File + ":" + strconv.Itoa(p.Line) }

// Clause is the smallest promise that can be checked.
type Clause struct {
	ID        string   // stable, such as UpdateImageCache#parameter/ClientToken/maxLength
	Operation string   // empty for a clause of the protocol or of a resource
	Kind      string   // the id's word behind #: parameter, error, rule, response, effect, idempotency, gateway, violation, protocol, header, envelope, listing, client, state, transition, consistency
	Subject   string   // what it is about: a parameter's path, an error's code, …
	Keyword   string   // required, maxLength, code, message, …
	Promise   string   // one sentence, for people
	Level     Level    //
	Sources   []string // keys of Contract.Sources
	Note      string   // why the level is not must, where that needs saying
	Place     Place
}

// Source is a page, metadata file, SDK or reading that a clause rests on.
type Source struct {
	Key   string
	Title string
	Kind  string // page, metadata, sdk, live, inference
	Date  string
	Place Place
}

// Condition is what the world must be like for an error row to occur.
type Condition struct {
	Name    string
	Summary string
	// Kind says who brings it about: account (the credentials used), world
	// (parameters that name special things), state (the API's own
	// operations), request (the request itself), service (nobody can ask
	// for it).
	Kind string
	// Class says what a refusal under it tells a client to do, whatever was
	// asked for: one of the Class constants; empty for nothing of the kind.
	Class string
	Place Place
}

// Classes of Condition.
const (
	// ClassKey: whoever signs is not let in, for the key, its token or the clock.
	ClassKey = "key"
	// ClassSignature: the signature is not accepted. Only these answers may
	// quote the text that was signed.
	ClassSignature = "signature"
	// ClassThrottling: requests come too fast.
	ClassThrottling = "throttling"
	// ClassPermission: the caller may not do this.
	ClassPermission = "permission"
	// ClassQuota: there are as many as there may be.
	ClassQuota = "quota"
	// ClassBusy: another request about the same is still at work.
	ClassBusy = "busy"
	// ClassUnchanged: there is nothing to do.
	ClassUnchanged = "unchanged"
	// ClassTags: there are too many tags.
	ClassTags = "tags"
)

// Contract is the whole document.
type Contract struct {
	Version    string // of the API: 2018-08-08
	Product    string // as the error's Recommend link names it: Eci
	Digest     string // lower-case hex SHA-256 of the text
	File       string
	Operations []*Operation // in document order
	Resources  []*Resource
	Conditions []*Condition
	Sources    []*Source
	Gateway    Gateway
	Protocol   Protocol
	Envelope   Envelope
	// Violations says which row answers which kind of bad parameter.
	Violations []*Violation
	// Idempotency holds the rules that every ClientToken shares.
	Idempotency Idempotency
	// Listing holds the promises that all listings share.
	Listing Listing
	// Client holds what clients are to do.
	Client Client
	// Clauses are all promises, in document order.
	Clauses []*Clause

	text       []byte
	operations map[string]*Operation
	resources  map[string]*Resource
	conditions map[string]*Condition
	clauses    map[string]*Clause
}

// Operation returns the named operation, or nil.
func (c *Contract) Operation(name string) *Operation { return c.operations[name] }

// Resource returns the named resource, or nil.
func (c *Contract) Resource(name string) *Resource { return c.resources[name] }

// Condition returns the named condition, or nil.
func (c *Contract) Condition(name string) *Condition { return c.conditions[name] }

// Clause returns the clause with the id, or nil.
func (c *Contract) Clause(id string) *Clause { return c.clauses[id] }

// Violation returns the answer to a kind of bad parameter, or nil.
func (c *Contract) Violation(kind string) *Violation {
	for _, v := range c.Violations {
		if v.Kind == kind {
			return v
		}
	}
	return nil
}
