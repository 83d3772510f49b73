package replay

import (
	"iter"
	"slices"
	"sync"

	"github.com/eci-conform/conform/internal/redact"
)

// sessionID tells clients apart.
type sessionID struct {
	place redact.Place
	key   string
}

// session is one client, and for each recorded account that it may be, how far
// it has come there.
type session struct {
	number int // from 1, by first request

	mu      *sync.Mutex // its own, or that of the place
	threads []*thread
	// nobody is what was recorded of requests that belong to no account; nil
	// for none.
	nobody *thread
	offers []bound // room for those of one request
}

// thread is how far one client has come in the recording of one account.
type thread struct {
	scope    *scope
	next     []int        // of each bucket: which exchange is due
	done     map[int]bool // changes beyond next that were asked for
	progress []progress   // of each watch
	made     []bool       // of each write
	rows     map[*row]int // how many buckets of a row are past binding
	names    names
	// pending are the exchanges that answered while it was open which account
	// the client is.
	pending []int
}

// thread is how far a client has come with an account: for itself, or with all
// others where several keys of the account were recorded.
func (p *place) thread(c *scope, s *session) *thread {
	if len(c.keys) < 2 {
		return newThread(c)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.mu = &p.mu
	if p.shared == nil {
		p.shared = map[*scope]*thread{}
	}
	if p.shared[c] == nil {
		p.shared[c] = newThread(c)
	}
	return p.shared[c]
}

func newThread(c *scope) *thread {
	return &thread{
		scope: c, next: make([]int, len(c.buckets)), done: map[int]bool{}, progress: make([]progress, len(c.watches)),
		made: make([]bool, len(c.writes)), rows: map[*row]int{}, names: newNames(),
	}
}

// bound is a bucket that a request matches, the values that the client has at
// its open places, and the exchange that answers now.
type bound struct {
	thread *thread
	bucket *bucket
	marks  string
	values []variable
	turn   turn
}

// find looks a form up: for one of the buckets that can answer now, those with
// the fewest placeholders first. It changes nothing that shows.
func (t *thread) find(f form) (bound, why) {
	var first turn
	no := whyUnknown
	s := t.scope.shapes[f.rest]
	switch {
	case s == nil:
		return bound{}, no
	case len(f.vars) == 0: // one bucket at most
		b := s.exact[""]
		now, reason := t.due(b)
		return bound{thread: t, bucket: b, turn: now}, reason
	}
	for b, marks := range t.candidates(s, f) {
		now, reason := t.due(b)
		if reason == "" {
			return bound{thread: t, bucket: b, marks: marks, values: f.vars, turn: now}, ""
		}
		if no == whyUnknown {
			first, no = now, reason
		}
	}
	return bound{turn: first}, no
}

// candidates are the buckets that a request may mean, with what is known of its
// open places.
func (t *thread) candidates(s *shape, f form) iter.Seq2[*bucket, string] {
	return func(yield func(*bucket, string) bool) {
		for _, mask := range s.masks {
			known, marks, ok := t.translate(f, mask)
			switch {
			case !ok:
			case !open(marks):
				b := s.exact[valuesKey(known, "")]
				if b != nil && b.mask == mask && !yield(b, marks) {
					return
				}
			default:
				for b := range t.unbound(s.row(known, marks), f.vars, marks) {
					if !yield(b, marks) {
						return
					}
				}
			}
		}
	}
}

// translate replaces the client's values by the recorded ones, and marks those
// that have none yet. It fails for a value that cannot be meant.
func (t *thread) translate(f form, mask string) (out []variable, marks string, ok bool) {
	if len(f.vars) == 0 {
		return nil, "", true
	}
	out = slices.Clone(f.vars)
	found := make([]byte, len(out))
	for i, v := range f.vars {
		if mask[i] == markHidden {
			found[i], ok = t.markHidden(&out[i])
		} else if found[i], ok = markValue, true; f.op.vars[v.kind] {
			found[i], ok = t.markName(&out[i])
		}
		if !ok {
			return nil, "", false
		}
	}
	return out, string(found), true
}

// markHidden looks up a value where a placeholder was recorded. One that was
// recorded elsewhere is not what is behind it.
func (t *thread) markHidden(v *variable) (mark byte, ok bool) {
	recorded, bound := t.names.of(*v)
	switch {
	case bound:
		v.value = recorded
		return markBound, replaced(recorded)
	case t.scope.known[*v]:
		return markBound, replaced(v.value)
	}
	return markHidden, true
}

// markName looks up a name. One that was recorded, but goes by another name in
// this thread, is not meant.
func (t *thread) markName(v *variable) (mark byte, ok bool) {
	recorded, bound := t.names.of(*v)
	switch {
	case bound:
		v.value = recorded
		return markValue, true
	case t.scope.known[*v]:
		return markValue, !t.names.isBound(*v)
	}
	return markFresh, true
}

// unbound are the requests of a row whose open places have no value yet in this
// thread, and may have those of the client.
func (t *thread) unbound(r *row, vars []variable, marks string) iter.Seq[*bucket] {
	return func(yield func(*bucket) bool) {
		if r == nil {
			return
		}
		at := t.rows[r]
		for at < len(r.buckets) && t.taken(r.buckets[at], marks) {
			at++
		}
		if r.kept {
			t.rows[r] = at
		}
		for _, b := range r.buckets[at:] {
			if !t.taken(b, marks) && consistent(b.vars, vars, marks) && !yield(b) {
				return
			}
		}
	}
}

// taken says whether something that is open stands for another value already.
func (t *thread) taken(b *bucket, marks string) bool {
	for i, v := range b.vars {
		if (marks[i] == markFresh || marks[i] == markHidden) && t.names.isBound(v) {
			return true
		}
	}
	return false
}
