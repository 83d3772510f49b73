package replay

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// builder makes a scope.
type builder struct {
	p      *Player
	scope  *scope
	wrote  map[variable]bool
	writes []*write
	reads  []read
	// changes are all requests for a change, carried out or not.
	changes []change
	made    map[string]wire.Params // names by id, of things whose making is recorded
	owners  map[string][]string    // ids by name, of the same
}

// read is a recorded request that saw something.
type read struct {
	bucket *bucket
	what   touched
	before int // writes
}

// change is a recorded request for a change.
type change struct {
	read
	at int // its place in its bucket
	// refused says that nothing was changed, timeless that it would be so at
	// any time.
	refused, timeless bool
}

func newBuilder(p *Player, key string) *builder {
	return &builder{p: p, wrote: map[variable]bool{}, made: map[string]wire.Params{}, owners: map[string][]string{}, scope: &scope{
		key: key, shapes: map[digest]*shape{}, known: map[variable]bool{}, byOp: map[string][]*bucket{},
	}}
}

// add takes exchange i into the scope.
func (b *builder) add(i int, x examined) {
	e := &x.entry.Record
	op := b.p.reader.operation(e.Operation)
	f := b.p.reader.recorded(op, e.Version, own(e.Params)).in(x.standing)
	k := b.bucket(f)
	k.entries = append(k.entries, i)
	k.tells = append(k.tells, e.Failure == "" && e.Status >= 200 && e.Status < 300)
	what := b.p.reader.touches(op, x)
	if !op.touch.makes() {
		b.resolve(&what)
	}
	r := read{k, what, len(b.writes)}
	if k.effect = op.changes(); !k.effect {
		b.reads = append(b.reads, r)
		return
	}
	var w *write
	if what.write {
		w = &write{index: len(b.writes), entry: i, what: what}
		b.writes = append(b.writes, w)
		b.link(what)
	}
	c := change{read: r, at: len(k.entries) - 1, refused: !what.write}
	c.timeless = c.refused && (x.standing != good || b.p.reader.timeless(op, x.answer))
	b.changes = append(b.changes, c)
	k.writes, k.times = append(k.writes, w), append(k.times, nil)
}

// resolve finds the ids of what a change names by nothing but its keys.
func (b *builder) resolve(what *touched) {
	if len(what.ids) > 0 || len(what.keys) == 0 || !what.write {
		return
	}
	what.byName = true
	for i, key := range what.keys {
		list := slices.Concat(b.owners[keyName(what.resource, key)], b.owners[keyName(what.resource, wire.Param{Name: key.Name, Value: anyName})])
		if i == 0 {
			what.ids = list
			continue
		}
		what.ids = slices.DeleteFunc(what.ids, func(id string) bool { return !slices.Contains(list, id) })
	}
}

// link remembers by which names a thing goes.
func (b *builder) link(what touched) {
	ids := what.ids
	if what.made != "" {
		b.made[what.made] = wire.Params{}
		ids = []string{what.made}
	}
	for _, id := range ids {
		names, ok := b.made[id]
		if !ok {
			continue
		}
		for _, name := range what.names {
			if !slices.Contains(names, name) {
				names = append(names, name)
				key := keyName(what.resource, name)
				b.owners[key] = append(b.owners[key], id)
			}
		}
		b.made[id] = names
	}
}

// bucket returns that of the form.
func (b *builder) bucket(f form) *bucket {
	s := b.scope.shapes[f.rest]
	if s == nil {
		s = &shape{exact: map[string]*bucket{}, rows: map[string]map[string]*row{}}
		b.scope.shapes[f.rest] = s
	}
	key := valuesKey(f.vars, "")
	k := s.exact[key]
	if k == nil {
		k = &bucket{index: len(b.scope.buckets), op: f.op, vars: f.vars, mask: mask(f.vars), first: make([]bool, len(f.vars))}
		b.scope.buckets = append(b.scope.buckets, k)
		b.scope.byOp[f.op.name] = append(b.scope.byOp[f.op.name], k)
		s.exact[key] = k
		s.buckets = append(s.buckets, k)
		if !slices.Contains(s.masks, k.mask) {
			s.masks = append(s.masks, k.mask)
			slices.SortStableFunc(s.masks, func(a, b string) int { return cmp.Compare(strings.Count(a, "*"), strings.Count(b, "*")) })
		}
		b.appear(k)
	}
	return k
}

// appear marks the names of a new bucket that come up here first, of all
// requests or of those that change something.
func (b *builder) appear(k *bucket) {
	for i, v := range k.vars {
		seen := b.scope.known[v]
		b.scope.known[v] = true
		k.first[i] = k.op.vars[v.kind] && (!seen || k.op.changes() && !b.wrote[v])
		b.wrote[v] = b.wrote[v] || k.op.changes()
	}
}
