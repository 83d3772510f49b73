package run

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
)

// Sweep is what earlier runs have left on a target.
type Sweep struct {
	Found []plan.Leftover
	// Refused are the entries of the credentials that may not list everything.
	Refused []string

	session *plan.Session
}

// FindLeftovers looks through the regions that the profile names with all of
// its keys, and changes nothing. It fails where not even the default key may
// look.
func FindLeftovers(ctx context.Context, o Options) (*Sweep, error) {
	o = o.withDefaults()
	env := plan.NewEnvironment(o.target(nil))
	s := &Sweep{session: env.Session(&plan.Case{ID: "run/sweep"})}
	tried := map[string]bool{}
	for _, name := range slices.SortedFunc(maps.Keys(o.Credentials), defaultFirst) {
		key := o.Credentials[name]
		if tried[key.AccessKeyID] {
			continue
		}
		tried[key.AccessKeyID] = true
		for _, region := range o.regions() {
			for _, kind := range o.Contract.Resources {
				found, err := s.session.Leftovers(ctx, kind, region, key)
				switch {
				case ctx.Err() != nil:
					return nil, ctx.Err()
				case err != nil && name == defaultKey:
					return nil, fmt.Errorf("look for leftovers in %s: %w", region, err)
				case err != nil && !slices.Contains(s.Refused, name):
					s.Refused = append(s.Refused, name)
				}
				s.add(found)
			}
		}
	}
	return s, nil
}

// defaultKey is the entry of the credentials that requests are signed with.
const defaultKey = "default"

func defaultFirst(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == defaultKey || b != defaultKey && a < b:
		return -1
	}
	return 1
}

// add takes in what no key before has shown.
func (s *Sweep) add(found []plan.Leftover) {
	for _, l := range found {
		known := func(k plan.Leftover) bool { return k.ID == l.ID && k.Region == l.Region }
		if !slices.ContainsFunc(s.Found, known) {
			s.Found = append(s.Found, l)
		}
	}
}

// Remove deletes a leftover and waits until it is gone.
func (s *Sweep) Remove(ctx context.Context, l plan.Leftover) error { return s.session.Remove(ctx, l) }

// regions are those in which a run may have made something: the profile's own,
// and those that it names for requests that need another.
func (o Options) regions() []string {
	out := []string{o.Profile.Region}
	for _, op := range o.Contract.Operations {
		for _, f := range op.Parameters {
			region := o.Profile.Bindings[f.Name]
			if f.Binding == contract.RegionBinding && region != "" && !slices.Contains(out, region) {
				out = append(out, region)
			}
		}
	}
	return out
}
