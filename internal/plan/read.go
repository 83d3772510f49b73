package plan

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Read returns the resource's item in its listing. A listing that is refused is
// Inconclusive.
func (s *Session) Read(ctx context.Context, resource, id string) (item *wire.Map, found bool, err error) {
	kind := s.Contract.Resource(resource)
	if kind == nil {
		return nil, false, fmt.Errorf("read %q: the contract has no such resource", resource)
	}
	c, _ := s.Credentials("default")
	return s.ReadOf(ctx, &Resource{Kind: kind, ID: id, Region: s.Region, credentials: c})
}

// ReadOf is Read of a resource of any region and account.
func (s *Session) ReadOf(ctx context.Context, r *Resource) (item *wire.Map, found bool, err error) {
	if g, ok := s.sighted(r); ok {
		s.look(g)
		return g.item, g.item != nil, nil
	}
	before := s.state()
	item, found, err = s.read(ctx, r, Bound())
	if err == nil && !found {
		s.saw(sight{of: *r, changes: before})
	}
	return item, found, err
}

// Refer returns the resource of that id in a region, as the default key sees
// it. It is for reading; who made it clears it away.
func (s *Session) Refer(resource, id, region string) *Resource {
	c, _ := s.Credentials("default")
	return &Resource{Kind: s.Contract.Resource(resource), ID: id, Region: region, credentials: c}
}

// UsableOf is Usable of a resource of any region and account.
func (s *Session) UsableOf(ctx context.Context, r *Resource) (*wire.Map, error) {
	return s.usable(ctx, r)
}

// Usable waits until the resource is in a usable state and returns its item.
// A state that it has failed in, or running out of time, is Inconclusive.
func (s *Session) Usable(ctx context.Context, resource, id string) (*wire.Map, error) {
	kind := s.Contract.Resource(resource)
	if kind == nil {
		return nil, fmt.Errorf("wait for %q: the contract has no such resource", resource)
	}
	c, _ := s.Credentials("default")
	return s.usable(ctx, &Resource{Kind: kind, ID: id, Region: s.Region, credentials: c})
}

func (s *Session) usable(ctx context.Context, r *Resource) (*wire.Map, error) {
	begin := s.Now()
	if err := s.Pause(ctx, s.env.patience.guess(r.Kind.Name)); err != nil {
		return nil, err
	}
	var item *wire.Map
	var before int
	var with shown
	var early, last time.Duration // when the two latest looks were
	var since time.Duration       // from when on it was missing
	seen, missing := "absent", false
	err := s.Eventually(ctx, r.Kind.Name+" "+r.ID+" to be usable", func() (bool, error) {
		early, last = last, s.Now().Sub(begin)
		before, with = s.state(), shown{}
		m, found, err := s.read(ctx, r, keeping(&with))
		switch {
		case err != nil:
			return false, err
		case !found && !missing:
			since, missing = last, true
			return false, nil
		case !found:
			return false, s.Unlisted(r, last-since)
		}
		if missing {
			s.env.lag.suspect(s.Now().Sub(begin))
			missing = false
		}
		item, seen = m, check.Text(m, r.Kind.StateMember)
		state := r.Kind.State(seen)
		if state != nil && state.Failed {
			return false, Inconclusive(fmt.Sprintf("%s %s became %s", r.Kind.Name, r.ID, seen))
		}
		return state != nil && state.Usable, nil
	})
	if IsTimeout(err) {
		return nil, fmt.Errorf("it stayed %s: %w", seen, err)
	}
	if err == nil {
		s.saw(sight{of: *r, changes: before, item: item, shown: with})
		s.env.patience.learn(r.Kind.Name, early, s.env.Wait.Initial)
	}
	return item, err
}

// Unlisted gives up a resource that its listing has not shown for longer than a
// listing may be behind, as far as somebody looked: no end of work would be seen
// there. It is Inconclusive, and nil before.
func (s *Session) Unlisted(r *Resource, waited time.Duration) error {
	w := s.watching("", maxLag)
	if waited < w.limit {
		return nil
	}
	w.stamina.ranOut()
	return Inconclusive(fmt.Sprintf("%s %s is not in its listing after %v", r.Kind.Name, r.ID, w.limit))
}

// experience is how long resources of each kind took to become usable, so that
// the first look at the next one comes neither long before nor long after.
type experience struct {
	mu   sync.Mutex
	took map[string]time.Duration
}

func (e *experience) guess(kind string) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.took[kind]
}

// learn takes the time of the last look that came too early, zero where the
// first was late enough: then it may take less. How late it was seen to be
// usable says little, as that depends on how busy this side is.
func (e *experience) learn(kind string, early, more time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if early == 0 {
		e.took[kind] = e.took[kind] * 63 / 64
		return
	}
	e.took[kind] = max(e.took[kind], early+more)
}

// read looks the resource up by its id, through all pages where the listing
// cannot select by it.
func (s *Session) read(ctx context.Context, r *Resource, o Option) (item *wire.Map, found bool, err error) {
	for _, besides := range s.env.whereabouts.of(r.ID) {
		err = s.list(ctx, look{r, besides, o}, func(m *wire.Map) bool {
			if check.Text(m, r.Kind.IDMember) == r.ID {
				item, found = m, true
			}
			return found
		})
		if found || err != nil {
			break
		}
	}
	return item, found, err
}

// look is one reading of a resource's listing. A resource without an id stands
// for all of its region.
type look struct {
	*Resource
	besides wire.Params // that the listing selects by
	how     Option
}

// maxPages is how many pages of one listing are read: more than any account
// holds, and an end to a listing that never ends.
const maxPages = 200

// list visits the items of the resource's listing, through all pages, until
// visit returns true. A listing of more than maxPages is Inconclusive.
func (s *Session) list(ctx context.Context, r look, visit func(*wire.Map) bool) error {
	op := s.Contract.Operation(r.Kind.List)
	if op == nil {
		return fmt.Errorf("read %s: the contract has no operation that lists it", r.Kind.Name)
	}
	params := append(s.listing(op, r.Resource), r.besides...)
	for range maxPages {
		p := &Probe{Operation: op.Name, Params: params, Method: http.MethodPost}
		a, err := s.Probe(ctx, p, r.how, WithCredentials(r.credentials))
		if err != nil {
			return err
		}
		if !a.OK {
			return Inconclusive(op.Name + " answered " + a.Summary())
		}
		if slices.ContainsFunc(op.ItemsIn(a.Body), visit) {
			return nil
		}
		next := op.NextIn(a.Body)
		if last, _ := params.Get(op.Effect.Next); next == "" || next == last {
			return nil
		}
		params = params.Clone().Set(op.Effect.Next, next)
	}
	return Inconclusive(fmt.Sprintf("%s goes on after %d pages", op.Name, maxPages))
}

// listing is the parameters that list the one resource.
func (s *Session) listing(op *contract.Operation, r *Resource) wire.Params {
	out := onlyRegion(op, r.Region)
	for _, f := range op.Effect.Filters {
		if f.Member == r.Kind.IDMember && r.ID != "" {
			name := strings.Replace(f.Parameter, ".N", ".1", 1)
			return append(out, wire.Param{Name: name, Value: r.ID})
		}
	}
	return out
}

// onlyRegion is the parameters that say nothing but the region.
func onlyRegion(op *contract.Operation, region string) wire.Params {
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding {
			return wire.Params{{Name: f.Name, Value: region}}
		}
	}
	return nil
}
