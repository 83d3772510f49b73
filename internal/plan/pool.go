package plan

import (
	"context"
	"errors"
	"sync"
)

// pool keeps clean resources for reuse and bounds how many live at once.
type pool struct {
	mu      sync.Mutex
	most    int // that the profile allows; zero for any number
	limit   int // that whoever has nothing yet keeps to; zero for none
	live    int // places taken: leased, free, or made by a case
	free    []*Resource
	bundles map[string]*bundle // shared by several cases, by key
	changed chan struct{}      // closed and replaced when a place or a resource comes free
	// refused are requests that found no room at the target and wait; stuck
	// are the resources that their cases have.
	refused, stuck int
	kinds          map[string]bool // of which the target made something
	full           bool            // the target had no room for something once
}

func (p *pool) init(limit int) {
	p.most, p.limit, p.changed = limit, limit, make(chan struct{})
}

// grant is what a call for a place got.
type grant struct {
	// ready is a clean resource of the kind, with its place.
	ready *Resource
	// evicted must be deleted by the caller, who has its place.
	evicted *Resource
	// unused is a bundle to be cleared away before trying again.
	unused *bundle
}

// urgency is what becomes of who finds no place.
type urgency int

const (
	waits     urgency = iota // until there is one
	insists                  // it may hold what others wait for: beyond what was found to fit, but not beyond what the profile allows
	overrules                // it runs by itself: beyond that, too
)

// acquire waits for a clean resource of the kind or for a place to make
// something; an empty kind asks for a place only. Who insists gets errFull where
// there is none.
func (p *pool) acquire(ctx context.Context, kind string, how urgency) (grant, error) {
	for {
		g, ok, changed := p.try(kind, how)
		if ok {
			return g, nil
		}
		if g.unused != nil {
			g.unused.owner.Close(ctx)
			continue
		}
		if how == insists {
			return grant{}, errFull
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return grant{}, interrupted(ctx)
		}
	}
}

func (p *pool) try(kind string, how urgency) (g grant, ok bool, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.free) - 1; i >= 0 && kind != ""; i-- {
		if p.free[i].Kind.Name == kind {
			return grant{ready: p.remove(i)}, true, nil
		}
	}
	switch {
	case p.limit == 0 || p.live < p.limit:
		p.live++
		return grant{}, true, nil
	case len(p.free) > 0:
		return grant{evicted: p.remove(0)}, true, nil
	case how == insists && (p.most == 0 || p.live < p.most):
		p.live++
		return grant{}, true, nil
	}
	b := p.idle()
	if b == nil && how == overrules {
		p.live++
		return grant{}, true, nil
	}
	return grant{unused: b}, false, p.changed
}

// errFull says that the run has as many resources as the profile allows.
var errFull = errors.New("full")

func (p *pool) remove(i int) *Resource {
	r := p.free[i]
	p.free = append(p.free[:i], p.free[i+1:]...)
	return r
}

// put gives a clean resource back, with its place.
func (p *pool) put(r *Resource) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, r)
	p.announce()
}

// leave gives places back.
func (p *pool) leave(places int) {
	if places == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live -= places
	p.announce()
}

func (p *pool) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// drain takes all that is free.
func (p *pool) drain() []*Resource {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.free
	p.free = nil
	p.live -= len(out)
	p.announce()
	return out
}
