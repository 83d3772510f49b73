package plan

import (
	"context"
	"sync"
)

// pool keeps clean resources for reuse and bounds how many live at once.
type pool struct {
	mu      sync.Mutex
	limit   int // zero for none
	live    int // places taken: leased, free, or made by a case
	free    []*Resource
	bundles map[string]*bundle // shared by several cases, by key
	changed chan struct{}      // closed and replaced when a place or a resource comes free
	// refused are requests that found no room at the target and wait; stuck
	// are the resources that their cases have.
	refused, stuck int
	kinds          map[string]bool // of which the target made something
}

func (p *pool) init(limit int) {
	p.limit, p.changed = limit, make(chan struct{})
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

// acquire waits for a clean resource of the kind or for a place to make
// something; an empty kind asks for a place only. A caller that must not wait,
// since others may be waiting for what it holds, gets a place beyond the limit.
func (p *pool) acquire(ctx context.Context, kind string, wait bool) (grant, error) {
	for {
		g, ok, changed := p.try(kind, !wait)
		if ok {
			return g, nil
		}
		if g.unused != nil {
			g.unused.owner.Close(ctx)
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return grant{}, interrupted(ctx)
		}
	}
}

func (p *pool) try(kind string, force bool) (g grant, ok bool, changed <-chan struct{}) {
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
	case force:
		p.live++
		return grant{}, true, nil
	}
	return grant{unused: p.idle()}, false, p.changed
}

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
