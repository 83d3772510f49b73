package suites

import (
	"context"
	"fmt"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// rereads is how often a resource that has settled is looked at again.
const rereads = 3

// journey is a resource that is watched until it settles.
type journey struct {
	id   string
	from string // the state that it was in
	want string // the state that it must settle in; empty for any
	// clause is broken by one that settles nowhere in time, or elsewhere.
	clause *contract.Clause
}

// watch follows the resource until it settles, and looks again. Every state
// seen must follow from the one before: never backwards, by no edge that the
// contract does not have. It returns the item that it settled with; nil where
// what it saw was a finding already.
func (t *stage) watch(ctx context.Context, j journey) (*wire.Map, error) {
	at, settled := j.from, (*wire.Map)(nil)
	broken := false
	err := t.Eventually(ctx, t.kind.Name+" "+j.id+" to settle", func() (bool, error) {
		item, err := t.look(ctx, j.id)
		if err != nil {
			return false, err
		}
		now := t.state(item)
		if broken = !t.follows(j, at, now); broken {
			return true, nil
		}
		at = now
		if s := t.kind.State(now); s != nil && s.Stable {
			settled = item
		}
		return settled != nil, nil
	})
	switch {
	case plan.IsTimeout(err):
		t.Find(check.Found(j.clause, "/"+t.kind.StateMember, "a settled state"+wanted(j.want)+" within "+t.Patience().String(), at))
		return nil, nil
	case err != nil || broken:
		return nil, err
	case j.want != "" && at != j.want:
		return nil, t.elsewhere(j, at)
	}
	return t.stays(ctx, j.id, settled)
}

func wanted(state string) string {
	if state == "" {
		return ""
	}
	return " (" + state + ")"
}

// follows reports whether a state may be seen after another; that it may not is
// a finding.
func (t *stage) follows(j journey, from, to string) bool {
	if to != "" && (from == to || t.m.Leads(from, to)) {
		return true
	}
	t.Find(check.Found(t.leaving(from), "/"+t.kind.StateMember, "a state that "+from+" leads to", orGone(to)))
	return false
}

// leaving is the promise about how a state is left: the edge that it takes by
// itself, or that it stays.
func (t *stage) leaving(state string) *contract.Clause {
	for _, tr := range t.kind.Transitions {
		if tr.From == state && tr.To != "" && tr.On == "settle" {
			return tr.Clause
		}
	}
	if s := t.kind.State(state); s != nil {
		return s.Clause
	}
	return t.Contract.Operation(t.kind.List).Effect.Clause
}

func orGone(state string) string {
	if state == "" {
		return "gone"
	}
	return state
}

// elsewhere judges a resource that settled in another state than the one that
// was wanted. That good work failed is the service's own trouble; that bad work
// succeeded is not.
func (t *stage) elsewhere(j journey, at string) error {
	if s := t.kind.State(at); s != nil && s.Failed {
		return plan.Inconclusive(fmt.Sprintf("%s %s became %s instead of %s", t.kind.Name, j.id, at, j.want))
	}
	t.Find(check.Found(j.clause, "/"+t.kind.StateMember, j.want, at))
	return nil
}

// stays looks again at a resource that has settled.
func (t *stage) stays(ctx context.Context, id string, settled *wire.Map) (*wire.Map, error) {
	at := t.state(settled)
	for range rereads {
		item, err := t.look(ctx, id)
		if err != nil {
			return nil, err
		}
		if now := t.state(item); now != at {
			t.Find(check.Found(t.kind.State(at).Clause, "/"+t.kind.StateMember, at+": it has settled", orGone(now)))
			return nil, nil
		}
	}
	return settled, nil
}

// gone waits until the resource is no longer listed. That it never goes is a
// finding about the clause, and so is that it comes back.
func (t *stage) gone(ctx context.Context, id string, clause *contract.Clause) error {
	err := t.Eventually(ctx, t.kind.Name+" "+id+" to go away", func() (bool, error) {
		item, err := t.look(ctx, id)
		return item == nil, err
	})
	if plan.IsTimeout(err) {
		t.Find(check.Found(clause, "/"+t.kind.IDMember, "no such "+t.kind.Name+" within "+t.Patience().String(), id))
		return nil
	}
	if err != nil {
		return err
	}
	item, err := t.look(ctx, id)
	if err == nil && item != nil {
		t.Find(check.Found(clause, "/"+t.kind.IDMember, "no such "+t.kind.Name+": it was gone", id))
	}
	return err
}
