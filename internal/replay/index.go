package replay

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// place is a part of the recording that requests of one place see.
type place struct {
	accounts []*scope // by key, as recorded
	// nobody holds what was refused because nobody knows who asks; nil for
	// none.
	nobody *scope

	// Where keys share an account, all clients share what was done to it.
	mu     sync.Mutex
	shared map[*scope]*thread
}

// scope is what was sent with the keys of one account.
type scope struct {
	key     string   // as recorded, a placeholder; the first of keys
	keys    []string // that are known to be of one account
	shapes  map[digest]*shape
	buckets []*bucket
	known   map[variable]bool // recorded values of variables
	byOp    map[string][]*bucket
	watches []*watch
	writes  []*write
}

// shape holds the requests that differ in nothing but what stands at their open
// places.
type shape struct {
	exact   map[string]*bucket // by values
	buckets []*bucket          // as recorded
	masks   []string           // of the buckets, those with the fewest placeholders first

	mu   sync.Mutex
	rows map[string]map[string]*row // by marks, by the values that are known
}

// row holds the requests of a shape, as recorded, that agree where a value is
// known and are open where none is.
type row struct {
	buckets []*bucket
	kept    bool // there will be no other row for the same marks and values
}

// bucket holds the exchanges whose requests are the same.
type bucket struct {
	index   int // within the scope
	op      *operation
	vars    []variable
	mask    string
	entries []int  // as recorded
	tells   []bool // of each exchange: whether its answer says how things are
	first   []bool // of each variable: it may be bound here
	effect  bool   // a change: each exchange is served once
	// Of reads: what they depend on, and for each of that how many writes come
	// before each exchange.
	watches []*watch
	ranks   [][]int
	// Of changes, for each exchange: its time, and what it did, nil for nothing.
	times  [][]seat
	writes []*write
}

// write is a recorded request that changed something.
type write struct {
	index int // within the scope
	entry int
	what  touched
	in    []seat
}

// seat is a time in a watch: after so many of its writes.
type seat struct {
	watch *watch
	rank  int
}

// watch is a thing, or several: the writes on it, as recorded.
type watch struct {
	index  int
	writes []int // indexes into the scope's writes
}

// index sorts the recording into places and scopes.
func (p *Player) index() (map[redact.Place]*place, error) {
	p.mask()
	all := make([]examined, p.source.Len())
	members := map[redact.Place][]int{}
	for i := range all {
		x, err := p.examine(i)
		if err != nil {
			return nil, fmt.Errorf("read exchange %d: %w", x.entry.ID, err)
		}
		all[i] = x
		var at redact.Place
		if p.options.Place != nil {
			at = x.entry.Place
		}
		members[at] = append(members[at], i)
	}
	places := make(map[redact.Place]*place, len(members))
	for at, list := range members {
		keys, err := p.accounts(all, list)
		if err != nil {
			return nil, err
		}
		places[at] = p.sort(all, list, keys)
	}
	return places, nil
}

// nobodysKey is the key of builders for what nobody is known to have asked.
const nobodysKey = "\x00"

// sort makes the scopes of a place from its exchanges. keys are all recorded
// keys, with the first of their account.
func (p *Player) sort(all []examined, list []int, keys map[string]string) *place {
	out := &place{}
	builders := map[string]*builder{}
	for _, i := range list {
		key := keys[all[i].key]
		if all[i].standing.nobodys() {
			key = nobodysKey
		}
		b := builders[key]
		if b == nil {
			b = newBuilder(p, key)
			builders[key] = b
			if key == nobodysKey {
				out.nobody = b.scope
			} else {
				out.accounts = append(out.accounts, b.scope)
			}
		}
		b.add(i, all[i])
	}
	for _, b := range builders {
		b.finish()
	}
	for key, account := range keys {
		if b := builders[account]; b != nil {
			b.scope.keys = append(b.scope.keys, key)
		}
	}
	return out
}

// examined is a recorded exchange with what its answer says.
type examined struct {
	entry    *cassette.Entry
	key      string // that signed, as recorded
	standing standing
	answer   []byte // only of a refusal, and of what made something
}

func (p *Player) examine(i int) (examined, error) {
	x := examined{entry: p.source.Entry(i)}
	x.key = x.entry.Record.KeyID()
	op := p.reader.operation(x.entry.Operation)
	if x.entry.Status < 400 && (x.entry.Status != 200 || op.touch.made == "") {
		return x, nil
	}
	r, err := p.source.Record(i)
	x.answer = r.Answer
	x.standing = p.reader.standing(&x.entry.Record, r.Answer)
	return x, err
}

// mask finds where placeholders stand: these places are open.
func (p *Player) mask() {
	shy := false
	for i := range p.source.Len() {
		e := &p.source.Entry(i).Record
		op := p.reader.recordedOperation(e.Operation)
		for _, q := range e.Params {
			op.shy = op.shy || replaced(q.Name)
		}
		shy = shy || op.shy
		if slices.ContainsFunc(e.Params, func(q wire.Param) bool { return replaced(q.Value) }) {
			for _, path := range p.reader.placeholders(op, e.Params) {
				op.masked[path] = true
			}
		}
	}
	for i := 0; shy && i < p.source.Len(); i++ {
		e := &p.source.Entry(i).Record
		op := p.reader.operation(e.Operation)
		for _, q := range e.Params {
			op.strange[q.Name] = true
		}
	}
}

// placeholders returns the paths whose values were replaced.
func (r *reader) placeholders(op *operation, params wire.Params) []string {
	e := emitter{op: op}
	e.request(own(params))
	return e.found
}

// valuesKey joins the values of variables, without those that marks leave open.
func valuesKey(vars []variable, marks string) string {
	b := make([]byte, 0, 64)
	for i, v := range vars {
		if marks == "" || marks[i] == markValue || marks[i] == markBound {
			b = append(binary.AppendUvarint(b, uint64(len(v.value))), v.value...)
		}
	}
	return string(b)
}

// maxRows bounds how many kinds of rows a shape keeps: a client decides which
// of its values are new.
const maxRows = 64

// row returns the requests that agree with vars where a value is known, and are
// open where none is; nil for none.
func (s *shape) row(vars []variable, marks string) *row {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := s.rows[marks]
	if rows == nil {
		kept := len(s.rows) < maxRows
		rows = s.sort(marks, kept)
		if kept {
			s.rows[marks] = rows
		}
	}
	return rows[valuesKey(vars, marks)]
}

func (s *shape) sort(marks string, kept bool) map[string]*row {
	rows := map[string]*row{}
	for _, b := range s.buckets {
		if !b.openAs(marks) {
			continue
		}
		key := valuesKey(b.vars, marks)
		if rows[key] == nil {
			rows[key] = &row{kept: kept}
		}
		rows[key].buckets = append(rows[key].buckets, b)
	}
	return rows
}

// openAs says whether a bucket is open just where the marks are.
func (b *bucket) openAs(marks string) bool {
	for i := range marks {
		hidden := marks[i] == markHidden || marks[i] == markBound
		if hidden != (b.mask[i] == markHidden) || marks[i] == markFresh && !b.first[i] {
			return false
		}
	}
	return true
}
