// Package model is the contract's resources as something to be run: what a
// target may answer to each operation in each state, as a set of outcomes where
// the contract leaves freedom, and what may be true afterwards. It is pure: it
// sends nothing, waits for nothing and changes nothing that it is given.
package model

import (
	"fmt"
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// What moves a resource without an operation.
const (
	onSettle = "settle"
	onFail   = "fail"
)

// Machine is all that the contract says about one kind of resource. It is
// immutable and safe for concurrent use.
type Machine struct {
	contract *contract.Contract
	kind     *contract.Resource
}

// New returns the machine of the named resource of the contract.
func New(c *contract.Contract, resource string) (*Machine, error) {
	kind := c.Resource(resource)
	if kind == nil {
		return nil, fmt.Errorf("model %q: the contract has no such resource", resource)
	}
	return &Machine{contract: c, kind: kind}, nil
}

// Kind is the resource that the machine is of.
func (m *Machine) Kind() *contract.Resource { return m.kind }

// State is one truth about one resource; the zero State is that there is none.
// States are comparable.
type State struct {
	// Name is that of the contract's state machine; empty where there is no
	// resource.
	Name string
	// Wrote is what requests gave its parameters, as far as it is known.
	Wrote Values
	// Item is what its list item shows of that, as far as it is known.
	Item Values
	// Next is what Item becomes when the work under way succeeds; empty where
	// none is under way. While it is, members show either.
	Next Values
}

// Gone reports whether there is no resource.
func (s State) Gone() bool { return s.Name == "" }

// Call is one request about the resource.
type Call struct {
	Operation *contract.Operation
	// Params are its own parameters, flattened, without templates.
	Params wire.Params
}

// Allowed is what a target may answer to a call.
type Allowed struct {
	// Clause is what any other answer breaks.
	Clause   *contract.Clause
	Outcomes []Outcome // never empty
}

// Outcome is one answer that is allowed, and what may be true after it.
type Outcome struct {
	// Row is what refuses; nil where the request is accepted.
	Row  *contract.Error
	Next []State
}

// Accepts reports whether the request may be accepted.
func (a Allowed) Accepts() bool {
	return slices.ContainsFunc(a.Outcomes, func(o Outcome) bool { return o.Row == nil })
}

// Refusals are the rows by which the request may be refused.
func (a Allowed) Refusals() []*contract.Error {
	var out []*contract.Error
	for _, o := range a.Outcomes {
		if o.Row != nil {
			out = append(out, o.Row)
		}
	}
	return out
}

// After returns what may be true after the request was accepted or refused:
// nothing where that answer is not allowed.
func (a Allowed) After(accepted bool) []State {
	var out []State
	for _, o := range a.Outcomes {
		if (o.Row == nil) != accepted {
			continue
		}
		for _, s := range o.Next {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
