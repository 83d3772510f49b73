package mutant

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// overlapTime is how long a mutant of concurrency holds a request that writes,
// so that others overlap with it.
const overlapTime = 2 * time.Millisecond

// concurrencyMutants err only while requests overlap.
func concurrencyMutants(g *generator) {
	for _, r := range g.c.Resources {
		update, deletion := g.c.Operation(r.Update), g.c.Operation(r.Delete)
		g.crowded(update, "lost", "An update that comes during another request succeeds and changes nothing.", crowd{of: r})
		g.crowded(deletion, "lost", "A deletion that comes during another request succeeds and deletes nothing.", crowd{of: r})
		g.crowded(g.c.Operation(r.Create), "twin", "A creation that comes during another answers with the id of the other.", crowd{of: r, twin: true})
		g.crowded(g.c.Operation(r.List), "stale", "The first list after requests that overlapped is the one from before them.", crowd{of: r, stale: true})
		g.crowded(g.c.Operation(r.List), "blind", "A list that comes during an update is empty.", crowd{of: r, blind: true})
		g.crowded(deletion, "both", "Two deletions of one resource that overlap both succeed.", crowd{of: r, both: true})
	}
}

// crowd is what goes wrong while a resource is being written by another request:
// the operation succeeds without doing anything, unless one of the rest is set.
type crowd struct {
	of    *contract.Resource
	twin  bool // it answers with what the other made
	both  bool // it succeeds without doing anything only where it would be refused
	stale bool // it lists once more what it listed before
	blind bool // it lists nothing
}

func (g *generator) crowded(op *contract.Operation, what, summary string, c crowd) {
	if op == nil {
		return
	}
	g.add(Mutant{
		ID: op.Name + "/overlap/" + what, Clause: effect(op), Operation: op.Name, Summary: summary, settle: seeable,
		hooks: func(t *tools) *emulator.Hooks { return c.hooks(t, op) },
	})
}

// meeting is what the requests about one kind of resource know of each other.
type meeting struct {
	crowd
	errs    string // the operation that errs
	writers counts
	made    atomic.Pointer[wire.Map] // what the last creation answered
	mu      sync.Mutex
	shown   map[string]*wire.Map // what a list answered last, by what it was asked
	// overlapped are the resources about which two requests were at work at
	// once since they were last listed.
	overlapped map[string]bool
}

// hooks count the writers of each resource, hold each for a moment, and let the
// operation err when it meets one.
func (c crowd) hooks(t *tools, errs *contract.Operation) *emulator.Hooks {
	m := &meeting{crowd: c, errs: errs.Name, shown: map[string]*wire.Map{}, overlapped: map[string]bool{}}
	return &emulator.Hooks{Work: func(ctx context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
		op := t.contract.Operation(a.Operation)
		switch {
		case op == nil || op.Effect.Resource != c.of.Name:
			return do()
		case op.Effect.Kind == contract.Reads:
			return m.read(a, op, do)
		}
		return m.write(ctx, a, op, do)
	}}
}

// key is what overlaps: requests about one resource, creations of an account.
func (m *meeting) key(a *emulator.Ask) string {
	for _, p := range a.Params {
		if under(p.Name, m.of.IDParameter) {
			return a.Account + "/" + p.Value
		}
	}
	return a.Account + "/"
}

func (m *meeting) write(ctx context.Context, a *emulator.Ask, op *contract.Operation, do func() *wire.Map) *wire.Map {
	key := m.key(a)
	others := m.writers.add(key, 1) - 1
	defer m.writers.add(key, -1)
	wait(ctx, overlapTime)
	if others > 0 {
		m.mu.Lock()
		m.overlapped[key] = true
		m.mu.Unlock()
	}
	if op.Name == m.errs && others > 0 {
		return m.instead(ctx, do)
	}
	done := do()
	if done != nil && op.Effect.Kind == contract.Creates {
		m.made.Store(done)
	}
	return done
}

// instead is what the operation does when it meets another writer.
func (m *meeting) instead(ctx context.Context, do func() *wire.Map) *wire.Map {
	switch {
	case m.twin:
		wait(ctx, overlapTime)
		if other := m.made.Load(); other != nil {
			return other
		}
		return do()
	case m.both:
		if done := do(); done != nil {
			return done
		}
	}
	return &wire.Map{}
}

// read shows nothing, or what it showed the last time, while somebody writes.
func (m *meeting) read(a *emulator.Ask, op *contract.Operation, do func() *wire.Map) *wire.Map {
	asked := m.key(a) + "?" + a.Params.Encode(nil)
	done := do()
	m.mu.Lock()
	defer m.mu.Unlock()
	last := m.shown[asked]
	switch {
	case op.Name != m.errs || done == nil:
		return done
	case m.stale && m.overlapped[m.key(a)]:
		delete(m.overlapped, m.key(a))
		if last != nil {
			return last
		}
		return done
	case m.writers.add(m.key(a), 0) == 0:
		m.shown[asked] = done
		return done
	case m.blind:
		out := clone(done)
		out.Set(op.Effect.Items, []any{})
		return out
	}
	return done
}
