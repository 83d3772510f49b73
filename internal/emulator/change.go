package emulator

import (
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// target returns the record that the request means.
func (e *Emulator) target(q *request, s *shelf) (*record, *refusal) {
	in := q.plan.complete(q.input)
	kind, _ := e.means(q)
	r, named := s.find(q.op.Effect, in, kind.IDParameter)
	switch {
	case !named:
		return nil, e.violation("missing", q.op.Effect.Key[0][0])
	case r == nil:
		return nil, e.violation("notFound", e.keyName(q))
	}
	return r, nil
}

// keyName is the parameter that named the target.
func (e *Emulator) keyName(q *request) string {
	for _, key := range q.op.Effect.Key {
		if hasAll(q.plan.complete(q.input), key) {
			return key[len(key)-1]
		}
	}
	return q.op.Effect.Key[0][0]
}

// wrongState refuses an operation that the record's state does not allow. A
// record in the state that the operation itself leads to is still busy with
// the request before.
func (e *Emulator) wrongState(q *request, r *record) *refusal {
	effect := q.op.Effect
	if len(effect.From) == 0 || slices.Contains(effect.From, r.state) {
		return nil
	}
	if row := e.contract.RowOf(q.op, contract.ClassBusy); row != nil && r.state == effect.To {
		return refuse(row)
	}
	return refuse(q.op.Error(effect.Wrong), "The status of "+r.id+" is "+r.state+".")
}

// update changes the named values of a resource. Work that will fail changes
// nothing.
func update(e *Emulator, q *request) (*wire.Map, *refusal) {
	c, s := e.locked(q)
	defer c.mu.Unlock()
	r, no := e.target(q, s)
	if no != nil {
		return nil, no
	}
	if no := e.wrongState(q, r); no != nil {
		return nil, no
	}
	change := e.changeOf(q, r)
	if no := e.unchanged(q, r, change); no != nil {
		return nil, no
	}
	if no := e.dryRefusal(q); no != nil {
		return nil, no
	}
	e.apply(q, r, change)
	return &wire.Map{}, nil
}

// changeOf returns the values that the request would change: not those that
// say which resource, where, or by which token.
func (e *Emulator) changeOf(q *request, r *record) input {
	in := q.input.without(r.kind.IDParameter).without(e.world.Parameters.Region)
	if q.op.Idempotency != nil {
		in = in.without(q.op.Idempotency.Parameter)
	}
	for _, path := range r.kind.Unique {
		in = in.without(path)
	}
	return in
}

// unchanged refuses an update without anything to do. Sending the images asks
// for them to be fetched again, the same ones too.
func (e *Emulator) unchanged(q *request, r *record, change input) *refusal {
	row := e.contract.RowOf(q.op, contract.ClassUnchanged)
	if row == nil || change.has(r.means.Parameters[meanImages]) {
		return nil
	}
	for _, p := range change {
		if f := q.op.Parameter(contract.Generic(p.Name)); f != nil && passing[f.Binding] {
			continue
		}
		if was, ok := r.input.get(p.Name); !ok || was != p.Value {
			return nil
		}
	}
	for _, path := range q.plan.wholes {
		if change.has(path) && len(change.only(path)) != len(r.input.only(path)) {
			return nil
		}
	}
	return refuse(row)
}

// passing are the kinds of things that serve an update while it runs and are
// no part of what it changes.
var passing = map[string]bool{bindingVSwitch: true, bindingSecurityGroup: true, bindingZone: true, "eip": true}

func (e *Emulator) apply(q *request, r *record, change input) {
	after := r.input.with(change, q.plan.wholes)
	r.failing = e.world.fails(r.means, after)
	if !r.failing {
		r.input = q.withoutSecrets(after)
		r.retain()
	}
	to := q.op.Effect.To
	if to == "" {
		to = r.state
	}
	r.enter(to, q.now)
}

// remove deletes a resource.
func remove(e *Emulator, q *request) (*wire.Map, *refusal) {
	c, s := e.locked(q)
	defer c.mu.Unlock()
	r, no := e.target(q, s)
	if no != nil {
		return nil, no
	}
	if no := e.wrongState(q, r); no != nil {
		return nil, no
	}
	s.remove(r)
	return &wire.Map{}, nil
}
