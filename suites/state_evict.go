package suites

import (
	"context"
	"fmt"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// smallQuota is the profile's entry for an account that has room for few
// resources.
const smallQuota = "smallQuota"

// maxRoom is how many resources are made to come to a quota.
const maxRoom = 8

// eviction fills a small account with resources that may make room.
func (f states) eviction() {
	edge := f.evicting()
	if f.kind.Eviction == nil || edge == nil {
		return
	}
	k := f.kind.Eviction
	f.play(play{
		subject: k.Parameter, variant: "eviction", clause: edge.Clause,
		needs: merged(f.needs(f.input().Minimal, ""), plan.Needs{Credentials: []string{smallQuota}}),
		steps: []string{
			fmt.Sprintf("with an account of small quota, make one %s after another with %s=%s", f.kind.Name, k.Parameter, k.Value),
			"expect all to be accepted, and that at the quota the one goes away that has not been used for longest",
		},
		run: func(ctx context.Context, t *stage) error {
			e := evicting{stage: t, f: f, clause: edge.Clause, where: where{region: t.Region, entry: smallQuota}}
			return e.run(ctx)
		},
	})
}

func (f states) evicting() *contract.Transition {
	for i := range f.kind.Transitions {
		if tr := &f.kind.Transitions[i]; tr.On == "evict" {
			return tr
		}
	}
	return nil
}

// evicting is one run of an eviction. Others may make and lose resources in the
// account at the same time.
type evicting struct {
	*stage
	f      states
	clause *contract.Clause
	where  where
	made   []string // that are there, oldest first
}

func (e *evicting) run(ctx context.Context) error {
	for range maxRoom {
		gone, refused, err := e.another(ctx)
		switch {
		case err != nil:
			return err
		case refused != nil:
			return e.crowded(ctx, refused)
		case gone > 0:
			t := check.Found(capped(e.clause, contract.Inferred), "/"+e.kind.IDMember, e.made[0]+" goes first: it was made first and never used", e.made[gone])
			e.Find(t)
			return nil
		case gone == 0:
			return nil
		}
	}
	return plan.Skip(fmt.Sprintf("the account %s has room for %d and more", smallQuota, maxRoom))
}

// another makes one more and says which of the earlier ones went for it: -1 for
// none.
func (e *evicting) another(ctx context.Context) (gone int, refused *check.Answer, err error) {
	k := e.kind.Eviction
	a, _, err := e.send(ctx, request{
		op: e.f.op, params: set(e.f.input().Minimal, k.Parameter, k.Value), how: []plan.Option{plan.As(smallQuota)},
	})
	if err != nil || !a.OK {
		return -1, a, err
	}
	id, _ := memberText(a.Body, e.f.op.Effect.ID)
	if err := e.settles(ctx, id); err != nil {
		return -1, nil, err
	}
	gone = -1
	for i, old := range e.made {
		item, err := e.find(ctx, e.where, old)
		if err != nil {
			return -1, nil, err
		}
		if item == nil && gone < 0 {
			gone = i
		}
	}
	e.made = append(e.made, id)
	return gone, nil, nil
}

// settles waits until the resource can be used; a foreign request may have
// evicted it by then.
func (e *evicting) settles(ctx context.Context, id string) error {
	return e.Eventually(ctx, e.kind.Name+" "+id+" to be usable", func() (bool, error) {
		item, err := e.find(ctx, e.where, id)
		s := e.kind.State(e.state(item))
		return item == nil || s != nil && s.Stable, err
	})
}

// crowded judges a refusal: one of ours that can be used, there before and
// behind, could have gone for it.
func (e *evicting) crowded(ctx context.Context, refused *check.Answer) error {
	for _, old := range e.made {
		item, err := e.find(ctx, e.where, old)
		if err != nil {
			return err
		}
		if s := e.kind.State(e.state(item)); s != nil && s.Usable {
			e.Find(check.Found(e.clause, "/status", "success: "+old+" can go for it", refused.Summary()))
			return nil
		}
	}
	return plan.Inconclusive("the account " + smallQuota + " is full of what others made: " + refused.Summary())
}
