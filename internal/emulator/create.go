package emulator

import (
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// What the world's parameters and members may mean.
const (
	meanRetention   = "retention"   // days until it is deleted
	meanSize        = "size"        // GiB
	meanImages      = "images"      // what an image cache holds
	meanSource      = "source"      // options of where data come from
	meanFlash       = "flash"       // a local snapshot first
	meanElimination = "elimination" // may be evicted
	meanTags        = "tags"
)

// create makes a resource from the request's parameters.
func create(e *Emulator, q *request) (*wire.Map, *refusal) {
	c, s := e.locked(q)
	defer c.mu.Unlock()
	return e.make(q, c, s, q.plan.complete(q.input))
}

// duplicate makes a resource in another region from one that stands here.
func duplicate(e *Emulator, q *request) (*wire.Map, *refusal) {
	where := e.world.regions[q.input.text(e.world.Parameters.Destination)]
	if where == nil {
		where = q.region
	}
	here, there := e.cell(q.owner.ID, q.region.ID), e.cell(q.owner.ID, where.ID)
	defer lockBoth(here, there)()
	kind := q.op.Effect.Resource
	original, no := e.target(q, here.shelf(kind, q.now, e.settle))
	if no != nil {
		return nil, no
	}
	if no := e.wrongState(q, original); no != nil {
		return nil, no
	}
	return e.make(q, there, there.shelf(kind, q.now, e.settle), e.copied(q, original))
}

// lockBoth locks two cells, which may be one, in the order that all requests
// take them in, and returns what unlocks them.
func lockBoth(a, b *cell) (unlock func()) {
	if a == b {
		a.mu.Lock()
		return a.mu.Unlock
	}
	if b.key.region < a.key.region {
		a, b = b, a
	}
	a.mu.Lock()
	b.mu.Lock()
	return func() {
		b.mu.Unlock()
		a.mu.Unlock()
	}
}

// copied returns the values of a copy: the request's own, and the original's
// for what is copied and not named anew.
func (e *Emulator) copied(q *request, original *record) input {
	in := q.plan.complete(q.input)
	for _, path := range original.means.Inherit {
		if !q.input.has(path) {
			in = append(in.without(path), original.input.only(path)...)
		}
	}
	return in
}

// make adds a resource to a locked cell, unless it exists already, the account
// has too many, or the request only wanted to know.
func (e *Emulator) make(q *request, c *cell, s *shelf, in input) (*wire.Map, *refusal) {
	kind, means := e.means(q)
	if len(kind.Unique) > 0 && hasAll(in, kind.Unique) && s.alike(kind.Unique, in) != nil {
		return nil, e.violation("duplicate", kind.Unique[len(kind.Unique)-1])
	}
	if no := e.makeRoom(q, s, kind, means); no != nil {
		return nil, no
	}
	if no := e.dryRefusal(q); no != nil {
		return nil, no
	}
	r := e.newRecord(q, c, in)
	c.add(r, s)
	return e.created(q, r), nil
}

func (e *Emulator) newRecord(q *request, c *cell, in input) *record {
	kind, means := e.means(q)
	r := &record{
		id: c.ids.id(kind.IDPrefix), kind: kind, means: means, where: c.key.region, input: q.withoutSecrets(in), created: q.now,
		instance: c.ids.id(means.Prefixes["instance"]), snapshot: c.ids.id(means.Prefixes["snapshot"]),
		flash: c.ids.id(means.Prefixes["flashSnapshot"]),
	}
	r.failing = e.world.fails(means, in)
	r.retain()
	r.enter(startState(q.op, kind), q.now)
	return r
}

// retain sets when the record expires, counted from its creation.
func (r *record) retain() {
	if days, ok := r.input.number(r.means.Parameters[meanRetention]); ok && days > 0 {
		r.expires, r.planned = r.created.AddDate(0, 0, days), false
	}
}

func startState(op *contract.Operation, kind *contract.Resource) string {
	if op.Effect.To != "" {
		return op.Effect.To
	}
	for _, t := range kind.Transitions {
		if t.From == "" && t.On == op.Name {
			return t.To
		}
	}
	for _, s := range kind.States {
		if s.Initial {
			return s.Name
		}
	}
	return ""
}

// created answers with the id of what was made and what else the contract
// lists.
func (e *Emulator) created(q *request, r *record) *wire.Map {
	out := &wire.Map{}
	for _, m := range q.op.Response.Members {
		switch {
		case m.Name == q.op.Effect.ID:
			out.Set(m.Name, r.id)
		case r.means.Members[m.Name] != "":
			out.Set(m.Name, r.member(r.means.Members[m.Name], nil))
		}
	}
	return out
}

// makeRoom refuses a resource over the account's quota, unless an old one may
// go for it.
func (e *Emulator) makeRoom(q *request, s *shelf, kind *contract.Resource, means *resource) *refusal {
	quota := q.owner.quota(kind.Name, means)
	for len(s.list) >= quota {
		old := evictable(s, means)
		if old == nil || quota == 0 {
			return refuse(e.contract.RowOf(q.op, contract.ClassQuota), kind.Name)
		}
		s.remove(old)
	}
	return nil
}

func (a *account) quota(kind string, means *resource) int {
	if n, ok := a.Quotas[kind]; ok {
		return n
	}
	return means.Quota
}

// evictable returns the record that has not been used for longest among those
// that may go, or nil.
func evictable(s *shelf, means *resource) *record {
	path := means.Parameters[meanElimination]
	if path == "" {
		return nil
	}
	for _, r := range s.list {
		if r.input.text(path) != "" && r.leaves(onEvict) {
			return r
		}
	}
	return nil
}

// fails says whether the work that these values ask for will fail: something
// cannot be fetched, or there is more of it than fits.
func (w *world) fails(means *resource, in input) bool {
	total := 0
	for _, name := range in.list(means.Parameters[meanImages]) {
		if w.images[name].Unpullable {
			return true
		}
		total += w.images[name].SizeGiB
	}
	for _, option := range in.below(means.Parameters[meanSource]) {
		if w.sources[option.Value].Unreachable {
			return true
		}
		total += w.sources[option.Value].SizeGiB
	}
	size, ok := in.number(means.Parameters[meanSize])
	return ok && total > size
}
