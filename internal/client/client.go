// Package client judges SDKs: what they put on the wire and what they make of
// the answers. Its cases are derived from the contract like all others, drive
// an SDK through a driver, and are run and reported like all others.
package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/plan"
)

// Options say what clients are judged by and through.
type Options struct {
	Contract *contract.Contract
	// Inputs are the valid requests that resources are made with.
	Inputs plan.Inputs
	// Driver is what is judged, Bench where its requests arrive. Both may be
	// nil where cases are only listed.
	Driver driver.Driver
	Bench  *Bench
	// Endpoint is the bench's, http://HOST:PORT; Region is the SDK's.
	Endpoint func() string
	Region   string
}

// Families of cases about clients, in the order in which an operation's come.
const (
	FamilySerialisation   = "serialisation"
	FamilySigning         = "signing"
	FamilyDeserialisation = "deserialisation"
	FamilyErrors          = "errors"
	FamilyRetries         = "retries"
	FamilyTimeouts        = "timeouts"
)

// Cases derives all cases about clients. The same contract always gives the same
// plan.
func Cases(o Options) (*plan.Plan, error) {
	if o.Region == "" {
		return nil, errors.New("plan clients: no region")
	}
	b := &builder{floor: &floor{Options: o}, ids: map[string]bool{}}
	for i, op := range o.Contract.Operations {
		b.op = &operation{Operation: op, required: required(op, o.Region), first: i == 0}
		for _, f := range []struct {
			name  string
			cases func(*builder)
		}{
			{FamilySerialisation, serialisation},
			{FamilySigning, signing},
			{FamilyDeserialisation, deserialisation},
			{FamilyErrors, failures},
			{FamilyRetries, retries},
			{FamilyTimeouts, timeouts},
		} {
			b.family = f.name
			f.cases(b)
		}
	}
	return &plan.Plan{Cases: b.cases, Inputs: o.Inputs}, errors.Join(b.errs...)
}

// operation is one of the contract's, with what every call of it has.
type operation struct {
	*contract.Operation
	required input
	first    bool // of the contract
}

// token is the parameter that makes the operation idempotent, empty for none.
func (o *operation) token() string {
	if o.Idempotency == nil {
		return ""
	}
	return o.Idempotency.Parameter
}

// builder collects the cases. It stands at one operation and family at a time.
type builder struct {
	floor  *floor
	op     *operation
	family string
	cases  []*plan.Case
	ids    map[string]bool
	errs   []error
}

// about names a case: its id is the operation, the family, subject and variant.
type about struct {
	subject, variant string
	keyword          string // of the clause that it is chiefly held against
	does             string // what it does, for its reader
}

// add makes a case about the clause of the keyword.
func (b *builder) add(a about, run func(ctx context.Context, t *trial) error) {
	clause := b.floor.Contract.Client.Clauses[a.keyword]
	id := strings.Join([]string{b.op.Name, b.family, a.subject, a.variant}, "/")
	switch {
	case clause == nil:
		return // the contract does not make the promise
	case b.ids[id]:
		b.errs = append(b.errs, fmt.Errorf("plan %s: two cases have this id", id))
		return
	}
	b.ids[id] = true
	op, floor := b.op, b.floor
	b.cases = append(b.cases, &plan.Case{
		ID: id, Operation: op.Name, Family: b.family, Subject: a.subject, Variant: a.variant,
		Clause: clause, Promise: clause.Promise, Steps: []string{a.does},
		Run: func(ctx context.Context, s *plan.Session) error { return floor.run(ctx, s, op, run) },
	})
}

// floor is what all cases share.
type floor struct {
	Options
	calls atomic.Int64
	// alone is held for reading by a case, and for writing by one that is
	// tried again because another one may have ended the driver.
	alone sync.RWMutex
}
