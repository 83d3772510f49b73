package plan

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/wire"
)

// maxCleanup is how long one case may take to clear away.
const maxCleanup = 2 * time.Minute

// Close gives clean resources back to the pool and deletes all others, last
// made first. It works on when ctx has ended already, in a time of its own.
func (s *Session) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), maxCleanup)
	defer cancel()
	s.mu.Lock()
	held, made, lost, places, shared := s.held, s.made, s.lost, s.places, s.shared
	s.held, s.made, s.lost, s.places, s.shared, s.closing = nil, nil, nil, 0, nil, true
	s.mu.Unlock()
	s.env.pool.unshare(shared)
	for _, m := range lost {
		made = append(made, s.foundlings(ctx, m, made)...)
	}
	for _, r := range slices.Backward(made) {
		s.discard(ctx, r)
	}
	for _, r := range slices.Backward(held) {
		if !r.touched || r.released {
			s.env.pool.put(r)
			continue
		}
		s.discard(ctx, r)
		places++
	}
	s.env.pool.leave(places)
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
		case f.Binding == bindingRegion:
			out = append(out, wire.Param{Name: f.Name, Value: r.Region})
		case f.Name == r.Kind.IDParameter:
			out = append(out, wire.Param{Name: f.Name, Value: r.ID})
		}
	}
	return out
}

// foundlings are what a creating request made whose answer was lost: what
// carries one of the unique names that it sent. A listing that fails finds
// none; they are left to a sweep then.
func (s *Session) foundlings(ctx context.Context, m *message, known []*Resource) []*Resource {
	kind := s.Contract.Resource(m.operation.Effect.Resource)
	names := s.ownNames(m.params)
	if kind == nil || len(names) == 0 {
		return nil
	}
	r := &Resource{Kind: kind, Region: regionOf(s, m.operation, m.params), credentials: m.credentials, owner: s.Case.ID}
	var out []*Resource
	_ = s.list(ctx, r, asFixture, func(item *wire.Map) bool {
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
