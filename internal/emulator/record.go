package emulator

import (
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// The edges of a state machine that no operation takes.
const (
	onSettle = "settle"
	onFail   = "fail"
	onExpire = "expire"
	onEvict  = "evict"
)

// record is one resource. The lock of its cell guards it.
type record struct {
	seq   uint64
	id    string
	kind  *contract.Resource
	means *resource
	where string // region
	input input  // the values it was given, defaults included

	state   string
	since   time.Time // when the state was entered
	failing bool      // the work under way will fail
	ready   bool      // it has been usable once
	// wake is when time next does something to the record, zero for never;
	// it holds only while planned.
	wake    time.Time
	planned bool

	created time.Time
	expires time.Time // zero: never

	instance, snapshot, flash string
	events                    []happening
	// view is the record as lists show it; nil when it has to be made anew.
	// What has been given out is never changed.
	view *wire.Map
}

// happening is one entry of a record's log.
type happening struct {
	event
	at time.Time
}

// maxEvents is how many of the latest events are kept.
const maxEvents = 50

// enter puts the record into a state at a moment.
func (r *record) enter(state string, at time.Time) {
	r.state, r.since, r.view, r.planned = state, at, nil, false
	s := r.kind.State(state)
	if s != nil && s.Usable {
		r.ready = true
	}
	if s != nil && s.Failed {
		r.failed(at)
	}
	if ev, ok := r.means.Events[state]; ok {
		r.events = append(r.events, happening{ev, at})
		r.events = r.events[max(0, len(r.events)-maxEvents):]
	}
}

// failed ends the work under way; one that was never usable is kept for a
// while only.
func (r *record) failed(at time.Time) {
	r.failing = false
	if r.ready || r.means.FailedKept == 0 {
		return
	}
	if until := at.Add(r.means.FailedKept); r.expires.IsZero() || until.Before(r.expires) {
		r.expires = until
	}
}

// advance lets the time that has passed do its work and says whether the
// record is still there.
func (r *record) advance(now time.Time, settle time.Duration) bool {
	if r.planned && (r.wake.IsZero() || now.Before(r.wake)) {
		return true
	}
	for {
		edge := r.pending()
		due := r.since.Add(max(settle, 0))
		switch {
		case r.expired(now, due, edge):
			return false
		case edge == nil || now.Before(due):
			r.sleep(edge, due)
			return true
		}
		r.enter(edge.To, due)
	}
}

// sleep plans when to look at the record again.
func (r *record) sleep(edge *contract.Transition, due time.Time) {
	r.planned, r.wake = true, r.expires
	if edge != nil && (r.wake.IsZero() || due.Before(r.wake)) {
		r.wake = due
	}
}

// expired says whether the record's time ran out before its next step.
func (r *record) expired(now, due time.Time, edge *contract.Transition) bool {
	if r.expires.IsZero() || now.Before(r.expires) || !r.leaves(onExpire) {
		return false
	}
	return edge == nil || !due.Before(r.expires)
}

// pending returns the step that the record will take by itself.
func (r *record) pending() *contract.Transition {
	var settle *contract.Transition
	for i := range r.kind.Transitions {
		t := &r.kind.Transitions[i]
		switch {
		case t.From != r.state || t.From == "" || t.To == "":
		case t.On == onFail && r.failing:
			return t
		case t.On == onSettle:
			settle = t
		}
	}
	return settle
}

// leaves says whether the state machine lets the record go on that event.
func (r *record) leaves(on string) bool {
	for i := range r.kind.Transitions {
		if t := &r.kind.Transitions[i]; t.From == r.state && t.To == "" && t.On == on {
			return true
		}
	}
	return false
}
