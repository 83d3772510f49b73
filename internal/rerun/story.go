package rerun

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// lagAllowed is how far a listing may be behind. A live run waits until it is
// told better; a recording cannot be asked again, so what it shows of the time
// before a change decides only when the change is older than this.
const lagAllowed = 10 * time.Second

// judge returns what a life's case does.
func (l *life) judge(a *answers) func(context.Context, *plan.Session) error {
	return func(_ context.Context, s *plan.Session) error {
		m, err := model.New(a.of, l.kind.Name)
		if err != nil {
			return fmt.Errorf("judge %s: %w", l.id, err)
		}
		t := &story{Session: s, life: l, m: m, events: l.events(a)}
		end := t.tell()
		if len(s.Findings()) > 0 {
			s.Tell(t.shown(a, end))
		}
		return nil
	}
}

// story holds the records of one resource against the model, one by one. It
// says nothing about refusals: why a client was refused is its own matter.
type story struct {
	*plan.Session
	*life
	m      *model.Machine
	events []*event

	belief model.Belief  // what may be the case
	past   model.Belief  // what may have been before the changes
	since  time.Duration // when the last change was answered
	last   model.Call    // it
	doubt  *doubt        // the last look, if it showed the past
	found  bool          // the resource was shown since it was made
}

// doubt is a look that showed what was the case before a change.
type doubt struct {
	at         *event
	departures []model.Departure
}

// tell goes through the records and returns how many of them could be told.
func (t *story) tell() int {
	end := slices.IndexFunc(t.events, func(e *event) bool { return !t.step(e) })
	t.settle()
	if end < 0 {
		return len(t.events)
	}
	return end + 1
}

// shown are the exchanges that explain the findings: what was asked of the
// resource, and the looks that were for it or depart.
func (t *story) shown(a *answers, end int) []*wire.Exchange {
	var out []*wire.Exchange
	for _, e := range t.events[:end] {
		if e.look() && !e.whole && !e.departs {
			continue
		}
		if rec, err := a.c.Record(e.at); err == nil {
			out = append(out, exchange(&rec, a.c.Header()))
		}
	}
	return out
}

// step takes one record and says whether the story can be told on.
func (t *story) step(e *event) bool {
	switch {
	case e == t.events[0]:
		t.begin(e)
	case e.look():
		return !t.alone(e) || t.shows(e)
	case !t.changes(e.op):
	case e.answer == nil || e.answer.Status >= 500 || !t.alone(e):
		return false // what became of it is not known
	case e.answer.OK && !t.repeats(e):
		return t.accepted(e)
	}
	return true
}

func (t *story) begin(e *event) {
	t.last = model.Call{Operation: e.op, Params: e.params}
	t.belief, t.past, t.since = t.m.Step(model.State{}, t.last).After(true), model.Belief{{}}, e.end
	if t.twin != nil {
		want := fmt.Sprintf("%s, as exchange %d was answered that had the token", t.twin.id, t.twin.made+1)
		t.find(e, check.Found(e.op.Idempotency.Clause, "/"+e.op.Effect.ID, want, t.id))
	}
}

// find keeps a finding about a record.
func (t *story) find(e *event, f check.Finding) {
	e.departs = true
	f.Got += fmt.Sprintf(" (exchange %d)", e.n)
	t.Find(f)
}

func (t *story) changes(op *contract.Operation) bool {
	return slices.Contains([]contract.EffectKind{contract.Updates, contract.Deletes, contract.Tags, contract.Untags}, op.Effect.Kind)
}

// alone says whether no change was under way at the same time.
func (t *story) alone(e *event) bool {
	return !slices.ContainsFunc(t.events, func(o *event) bool {
		return o != e && !o.look() && t.changes(o.op) && o.overlaps(e)
	})
}

// repeats says whether the request has a token that one carried out before it
// had: then it gets the first answer again, and nothing is done.
func (t *story) repeats(e *event) bool {
	if e.op.Idempotency == nil {
		return false
	}
	token, ok := e.params.Get(e.op.Idempotency.Parameter)
	return ok && token != "" && slices.ContainsFunc(t.events, func(o *event) bool {
		had, _ := o.params.Get(e.op.Idempotency.Parameter)
		return o.begin < e.begin && o.op == e.op && had == token && o.answer != nil && o.answer.OK
	})
}

// accepted takes a change that was carried out. One that the contract does not
// allow in any state that the resource may be in is a departure, and what is
// the case behind it nobody knows.
func (t *story) accepted(e *event) bool {
	t.settle()
	call := model.Call{Operation: e.op, Params: e.params}
	next := t.m.Answered(t.belief, call, true)
	if len(next) == 0 {
		if t.sure(e) {
			t.find(e, check.Found(t.m.Expect(t.belief, call)[0].Clause, "/", "a refusal: "+t.names(), "success"))
		}
		return false
	}
	for _, s := range t.belief {
		if !slices.Contains(t.past, s) {
			t.past = append(t.past, s)
		}
	}
	t.belief, t.since, t.last = next, e.end, call
	return true
}

// sure says whether what is believed came about long enough ago: a server that
// is behind with itself is not told apart from one that does what it must not,
// but for what is gone, which does not come back.
func (t *story) sure(e *event) bool {
	gone := !slices.ContainsFunc(t.belief, func(s model.State) bool { return !s.Gone() })
	return gone || e.begin-t.since > lagAllowed
}

// names says what may be the case.
func (t *story) names() string {
	out := ""
	for _, s := range t.belief {
		name := s.Name
		if s.Gone() {
			name = "gone"
		}
		if out != "" {
			out += " or "
		}
		out += name
	}
	return "the " + t.kind.Name + " is " + out
}

// shows takes a look, and says whether the story can be told on.
func (t *story) shows(e *event) bool {
	if e.answer == nil || !e.answer.OK || e.shown == nil && !e.whole {
		return true
	}
	if seen := t.m.Seen(t.belief, e.shown); len(seen) > 0 {
		t.belief, t.doubt, t.found = seen, nil, t.found || e.shown != nil
		return true
	}
	near, departures := t.m.Closest(t.belief, e.shown)
	if len(t.m.Seen(t.past, e.shown)) > 0 {
		if e.shown == nil && t.found { // expired, evicted, or deleted by somebody who was not recorded
			return false
		}
		t.doubt = &doubt{e, departures}
		return true
	}
	if t.amongLooks(e) {
		return true
	}
	t.departs(e, departures, contract.Must)
	var members []string
	for _, d := range departures {
		members = append(members, d.Member)
	}
	t.belief = model.Belief{near.Forget(members)}
	return !slices.Contains(members, t.kind.StateMember) && !slices.Contains(members, "")
}

// amongLooks says whether another look was under way at the same time: which of
// them saw the earlier state is not known.
func (t *story) amongLooks(e *event) bool {
	return slices.ContainsFunc(t.events, func(o *event) bool { return o != e && o.look() && o.overlaps(e) })
}

// settle says what is to be said of a look in doubt that no later one before
// the next change has cleared up.
func (t *story) settle() {
	if t.doubt == nil {
		return
	}
	level := contract.Inferred
	if t.doubt.at.begin-t.since > lagAllowed {
		level = contract.Must
	}
	t.departs(t.doubt.at, t.doubt.departures, level)
	t.doubt = nil
}

// departs keeps findings, of no more than the level.
func (t *story) departs(e *event, departures []model.Departure, most contract.Level) {
	for _, d := range departures {
		f := check.Found(t.m.Promise(t.last, d), "/"+d.Member, d.Want, d.Got)
		f.Level = min(f.Level, most)
		t.find(e, f)
	}
}
