package replay

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// scope is a part of the recording that one client sees: what was sent with
// one key, at one place where places count.
type scope struct {
	key     string // as recorded, a placeholder
	shapes  map[digest]*shape
	buckets []*bucket
	known   map[variable]*bucket // where each recorded value of a variable comes first
	byOp    map[string][]*bucket
	watches []*watch
	writes  []*write
	// claims counts the sessions that took the scope as theirs.
	claims int
}

// shape holds the requests that differ in nothing but their variables.
type shape struct {
	exact   map[string]*bucket // by values
	buckets []*bucket          // as recorded

	mu   sync.Mutex
	rows map[uint32]map[string]*row
}

// row holds the requests of a shape, as recorded, that agree in some variables
// and may give others a new value.
type row struct{ buckets []*bucket }

// bucket holds the exchanges whose requests are the same.
type bucket struct {
	index   int // within the scope
	op      *operation
	vars    []variable
	entries []int  // as recorded
	tells   []bool // of each exchange: whether its answer says how things are
	// first marks the variables that may be bound here.
	first  uint32
	effect bool // a write: each exchange is served once
	watch  *watch
	ranks  []int // of each exchange: how many writes of watch come before it
	writes []*write
}

// write is a recorded request that changed something.
type write struct {
	index int // within the scope
	entry int
	what  touched
	in    []seat
}

// seat is a write's place in a watch.
type seat struct {
	watch *watch
	rank  int
}

// watch is a thing, or several: the writes on it, as recorded.
type watch struct {
	index  int
	writes []int // indexes into the scope's writes
	// ordered says that the writes belong in this order: they are on one thing.
	ordered bool
}

// index sorts the recording into places and scopes.
func (p *Player) index() (map[redact.Place][]*scope, error) {
	p.mask()
	builders := map[redact.Place][]*builder{}
	for i := range p.source.Len() {
		e := &p.source.Entry(i).Record
		var at redact.Place
		if p.options.Place != nil {
			at = e.Place
		}
		key := recordedKey(e)
		k := slices.IndexFunc(builders[at], func(b *builder) bool { return b.scope.key == key })
		if k < 0 {
			k = len(builders[at])
			builders[at] = append(builders[at], newBuilder(p, key))
		}
		if err := builders[at][k].add(i, e); err != nil {
			return nil, fmt.Errorf("read exchange %d: %w", e.ID, err)
		}
	}
	places := make(map[redact.Place][]*scope, len(builders))
	for at, list := range builders {
		for _, b := range list {
			places[at] = append(places[at], b.finish())
		}
	}
	return places, nil
}

// mask finds where placeholders stand, so that there any value will do: what
// was recorded cannot be told from it.
func (p *Player) mask() {
	for i := range p.source.Len() {
		e := &p.source.Entry(i).Record
		op := p.reader.operation(e.Operation)
		if op.Operation == nil || !slices.ContainsFunc(e.Params, func(q wire.Param) bool { return replaced(q.Value) }) {
			continue
		}
		for _, path := range p.reader.placeholders(op, e.Params) {
			op.masked[path] = true
		}
	}
}

// placeholders returns the paths whose values were replaced.
func (r *reader) placeholders(op *operation, params wire.Params) []string {
	e := emitter{op: op}
	tree, faults := wire.Decode(params, op.shape)
	for _, m := range tree.Members {
		e.member(m, op.Parameters)
	}
	e.faults(faults)
	return e.found
}

// recordedKey returns the id of the key that signed, or its placeholder.
func recordedKey(e *redact.Record) string {
	if id, ok := e.Common.Get("AccessKeyId"); ok {
		return id
	}
	for _, c := range e.Common {
		if !strings.EqualFold(c.Name, "Authorization") {
			continue
		}
		_, rest, _ := strings.Cut(c.Value, "Credential=")
		id, _, _ := strings.Cut(rest, ",")
		return id
	}
	return ""
}

// valuesKey joins the values of variables, without the skipped ones.
func valuesKey(vars []variable, skip uint32) string {
	b := make([]byte, 0, 64)
	for i, v := range vars {
		if skip&(1<<i) == 0 {
			b = append(binary.AppendUvarint(b, uint64(len(v.value))), v.value...)
		}
	}
	return string(b)
}

// row returns the requests that agree with vars but for the fresh ones.
func (s *shape) row(vars []variable, fresh uint32) *row {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := s.rows[fresh]
	if rows == nil {
		rows = map[string]*row{}
		for _, b := range s.buckets {
			if b.first&fresh != fresh {
				continue
			}
			key := valuesKey(b.vars, fresh)
			if rows[key] == nil {
				rows[key] = &row{}
			}
			rows[key].buckets = append(rows[key].buckets, b)
		}
		s.rows[fresh] = rows
	}
	return rows[valuesKey(vars, fresh)]
}

// builder makes a scope.
type builder struct {
	p      *Player
	scope  *scope
	wrote  map[variable]bool
	writes []*write
	reads  []read
	made   map[string]wire.Params // names by id, of things whose making is recorded
}

// read is a recorded request that saw something.
type read struct {
	bucket *bucket
	what   touched
	before int // writes
}

func newBuilder(p *Player, key string) *builder {
	return &builder{p: p, wrote: map[variable]bool{}, made: map[string]wire.Params{}, scope: &scope{
		key: key, shapes: map[digest]*shape{}, known: map[variable]*bucket{}, byOp: map[string][]*bucket{},
	}}
}

// add takes exchange i into the scope.
func (b *builder) add(i int, e *redact.Record) error {
	op := b.p.reader.operation(e.Operation)
	f := b.p.reader.recorded(op, e.Version, own(e.Params))
	if badlySigned(e) {
		f.rest = f.rest.bad()
	}
	k := b.bucket(f)
	k.entries = append(k.entries, i)
	k.tells = append(k.tells, e.Failure == redact.NoFailure && e.Status >= 200 && e.Status < 300)
	what, err := b.p.reader.touches(op, e, func() ([]byte, error) {
		r, err := b.p.source.Record(i)
		return r.Answer, err
	})
	if err != nil {
		return err
	}
	k.effect = op.Operation == nil || op.touch.write
	var w *write
	switch {
	case what.write:
		w = &write{index: len(b.writes), entry: i, what: what}
		b.writes = append(b.writes, w)
		b.link(what)
	case !k.effect:
		b.reads = append(b.reads, read{k, what, len(b.writes)})
	}
	k.writes = append(k.writes, w)
	return nil
}

// badlySigned says whether an exchange is that of a signature that was refused.
// A server that does not look answers a good one alike.
func badlySigned(e *redact.Record) bool {
	return e.Status >= 400 && (e.Signature == redact.SignatureBad || e.Signature == redact.SignatureAbsent)
}

// link remembers by which names a thing goes.
func (b *builder) link(what touched) {
	if what.made != "" {
		b.made[what.made] = append(b.made[what.made], what.names...)
		return
	}
	for _, id := range what.ids {
		if names, ok := b.made[id]; ok {
			b.made[id] = append(names, what.names...)
		}
	}
}

// bucket returns that of the form.
func (b *builder) bucket(f form) *bucket {
	s := b.scope.shapes[f.rest]
	if s == nil {
		s = &shape{exact: map[string]*bucket{}, rows: map[uint32]map[string]*row{}}
		b.scope.shapes[f.rest] = s
	}
	key := valuesKey(f.vars, 0)
	k := s.exact[key]
	if k == nil {
		k = &bucket{index: len(b.scope.buckets), op: f.op, vars: f.vars}
		b.scope.buckets = append(b.scope.buckets, k)
		b.scope.byOp[f.op.name] = append(b.scope.byOp[f.op.name], k)
		s.exact[key] = k
		s.buckets = append(s.buckets, k)
		b.appear(k)
	}
	return k
}

// appear marks the variables of a new bucket that come up here first, of all
// requests or of those that change something.
func (b *builder) appear(k *bucket) {
	for i, v := range k.vars {
		_, seen := b.scope.known[v]
		if !seen {
			b.scope.known[v] = k
		}
		changes := k.op.Operation != nil && k.op.touch.write
		if !seen || changes && !b.wrote[v] {
			k.first |= 1 << i
		}
		b.wrote[v] = b.wrote[v] || changes
	}
}

func (d digest) bad() digest {
	d[0] ^= 0xff
	return d
}
