package plan

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Bounds of clearing away: for one case, and for all of a run together once it
// is interrupted or has found the target dead.
const (
	maxCleanup = 2 * time.Minute
	maxEnding  = 5 * time.Second
)

// Close gives clean resources back to the pool and deletes all others, last
// made first. It works on when ctx has ended already, in a time of its own: all
// sessions together have a few seconds from the end of ctx on.
func (s *Session) Close(ctx context.Context) {
	s.mu.Lock()
	shared, clean := s.shared, len(s.held)+len(s.made)+len(s.lost)+s.places == 0
	s.shared, s.closing = nil, true
	s.mu.Unlock()
	s.env.pool.unshare(shared)
	if clean {
		return
	}
	ctx, cancel := s.env.cleanup(ctx)
	defer cancel()
	s.clear(ctx)
}

// Restart gives back and deletes what the case has so far, as Close does, for a
// case that begins again: it needs no more room than the first time.
func (s *Session) Restart(ctx context.Context) {
	ctx, cancel := s.env.cleanup(ctx)
	defer cancel()
	s.leasing.Lock()
	s.leases = map[string]*Resource{}
	s.leasing.Unlock()
	s.clear(ctx)
}

func (s *Session) clear(ctx context.Context) {
	s.mu.Lock()
	held, made, lost, places := s.held, s.made, s.lost, s.places
	s.held, s.made, s.lost, s.places, s.spare = nil, nil, nil, 0, 0
	s.mu.Unlock()
	for _, m := range lost {
		made = append(made, s.foundlings(ctx, m, slices.Concat(made, held))...)
	}
	for _, r := range slices.Backward(made) {
		s.discard(ctx, r)
	}
	for _, r := range slices.Backward(held) {
		switch {
		case r.touched:
			s.discard(ctx, r)
			places++
		case s.clock != nil: // every case is lent what it was lent, and no more
			places++
		default:
			s.env.pool.put(r)
		}
	}
	s.env.pool.leave(places)
}

// cleanup returns the context in which to clear away behind ctx.
func (e *Environment) cleanup(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCleanup)
	stop := context.AfterFunc(ctx, func() {
		if pause(out, e.ending()) == nil {
			cancel()
		}
	})
	return out, func() { stop(); cancel() }
}

// ending is how much time a run that was cut short has left for clearing away:
// its time runs from the first call.
func (e *Environment) ending() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.Clock()
	if e.end.IsZero() {
		e.end = now.Add(maxEnding)
	}
	return e.end.Sub(now)
}

// discard deletes a resource, or reports it as left behind.
func (s *Session) discard(ctx context.Context, r *Resource) {
	if r.Kind == nil {
		return
	}
	if err := s.remove(ctx, r); err != nil {
		s.env.leak(Leak{Resource: r.Kind.Name, ID: r.ID, Region: r.Region, Case: r.owner, Reason: err.Error()})
	}
}

// remove deletes until the resource is gone: while it is busy, the target may
// refuse. What the case has deleted already is only looked for.
func (s *Session) remove(ctx context.Context, r *Resource) error {
	if r.deleted {
		if g, ok := s.sighted(r); ok && g.item == nil {
			return nil
		}
		if _, found, err := s.read(ctx, r, asFixture); err == nil && !found {
			return nil
		}
	}
	params := s.deletion(r)
	return s.Eventually(ctx, "the deletion of "+r.ID, func() (bool, error) {
		p := &Probe{Operation: r.Kind.Delete, Params: params, Method: http.MethodPost}
		a, err := s.Probe(ctx, p, asFixture, WithCredentials(r.credentials))
		if err != nil || a.OK {
			return true, err
		}
		_, found, err := s.read(ctx, r, asFixture)
		return !found, err
	})
}

// deletion is the parameters of the request that deletes the resource.
func (s *Session) deletion(r *Resource) wire.Params {
	var out wire.Params
	op := s.Contract.Operation(r.Kind.Delete)
	for _, f := range op.Parameters {
		switch {
		case f.Binding == contract.RegionBinding:
			out = append(out, wire.Param{Name: f.Name, Value: r.Region})
		case f.Name == r.Kind.IDParameter:
			out = append(out, wire.Param{Name: f.Name, Value: r.ID})
		}
	}
	return out
}

// foundlings are what a creating request made whose answer was lost: what
// carries one of the unique names that it sent. A listing that fails, or is
// turned away for coming too fast, finds none; they are left to a sweep then.
func (s *Session) foundlings(ctx context.Context, m *message, known []*Resource) []*Resource {
	kind := s.Contract.Resource(m.operation.Effect.Resource)
	names := s.ownNames(m.params)
	if kind == nil || len(names) == 0 {
		return nil
	}
	r := &Resource{Kind: kind, Region: regionOf(s, m.operation, m.params), credentials: s.searcher(m.credentials), owner: s.Case.ID}
	var out []*Resource
	_ = s.list(ctx, look{r, Placing(s.Contract.Operation(r.Kind.List), m.operation, m.params), inPassing}, func(item *wire.Map) bool {
		id := check.Text(item, kind.IDMember)
		mine := slices.ContainsFunc(item.Keys(), func(key string) bool { return slices.Contains(names, check.Text(item, key)) })
		if mine && !slices.ContainsFunc(known, func(k *Resource) bool { return k.ID == id }) {
			found := *r
			found.ID = id
			out = append(out, &found)
		}
		return false
	})
	return out
}

// inPassing says that the probe clears away what may not be there: it does not
// wait to be let in.
func inPassing(how *sending) {
	asFixture(how)
	how.turnedAway = true
}

// searcher is the key to look for foundlings with: that of the request, or the
// default one where that key is there to meet a condition, such as to be
// throttled.
func (s *Session) searcher(c wire.Credentials) wire.Credentials {
	for _, condition := range s.env.Conditions {
		if k, ok := s.Credentials(condition.Credentials); ok && k == c && condition.Credentials != "default" {
			c, _ = s.Credentials("default")
			return c
		}
	}
	return c
}

// ownNames are the values that name this run.
func (s *Session) ownNames(params wire.Params) []string {
	var out []string
	for _, p := range params {
		if strings.Contains(p.Value, "conform-"+s.env.Run+"-") {
			out = append(out, p.Value)
		}
	}
	return out
}
