package replay

import "sort"

// why is the reason for a miss.
type why string

// The reasons. A request that matches nothing is unknown.
const (
	whyUnknown    why = "not recorded"
	whySpent      why = "asked more often than recorded"
	whyEarlier    why = "recorded only before exchange %d (%s), which was made"
	whyLater      why = "recorded only after exchange %d (%s), which was not made"
	whyOrder      why = "recorded after changes in another order: exchange %d (%s) came out of turn"
	whySignature  why = "signature does not match"
	whyKeyless    why = "there is no access key"
	whyUnknownKey why = "nobody has the access key"
	whyForm       why = "cannot be read"
	whyAmbiguous  why = "recorded with several keys and answered otherwise for each"
)

// turn is the exchange that answers a request.
type turn struct {
	entry int
	at    int  // its place in the bucket
	again bool // a read that was answered from it before
	// before is the write that explains why no exchange is due; -1 for none.
	before int
}

// progress is how far the writes of a watch were replayed: how many, the end of
// the last, and which came out of turn first, as an index into the scope's
// writes and counted from 1; 0 for none.
type progress struct{ count, end, astray int }

// now is the time in a watch; false when no recorded time is like it.
func (t *thread) now(w *watch) (rank int, ok bool) {
	p := t.progress[w.index]
	return p.count, p.astray == 0
}

// due finds the exchange of a bucket that answers now, or says why none does.
func (t *thread) due(b *bucket) (turn, why) {
	if b.effect {
		return t.dueChange(b)
	}
	from, to := 0, len(b.entries)
	for i, w := range b.watches {
		now, ok := t.now(w)
		if !ok {
			return t.missed(w, b.ranks[i])
		}
		first, end := sort.SearchInts(b.ranks[i], now), sort.SearchInts(b.ranks[i], now+1)
		if first == end {
			return t.missed(w, b.ranks[i])
		}
		from, to = max(from, first), min(to, end)
	}
	if from >= to {
		return t.missed(b.watches[0], b.ranks[0])
	}
	at := max(t.next[b.index], from)
	if at < to {
		return turn{entry: b.entries[at], at: at, before: -1}, ""
	}
	at = b.lasting(from, to)
	return turn{entry: b.entries[at], at: at, again: true, before: -1}, ""
}

// lasting is the exchange that answers what is asked more often than it was: the
// last one whose answer says how things are. One that was not carried out, for
// a fault on the way or in the service, says nothing of that; it stands where
// there is no other.
func (b *bucket) lasting(from, to int) int {
	for at := to - 1; at >= from; at-- {
		if b.tells[at] {
			return at
		}
	}
	return to - 1
}

// dueChange finds the first exchange of a change that was not asked for yet and
// whose time is now.
func (t *thread) dueChange(b *bucket) (turn, why) {
	out, no := turn{before: -1}, whySpent
	for at := t.next[b.index]; at < len(b.entries); at++ {
		if t.done[b.entries[at]] {
			continue
		}
		off := t.off(b.times[at])
		if off == nil {
			return turn{entry: b.entries[at], at: at, before: -1}, ""
		}
		if no == whySpent {
			out, no = t.missed(off.watch, []int{off.rank})
			out.entry = b.entries[at]
		}
	}
	return out, no
}

// off is the first of the times that is not now, nil for none.
func (t *thread) off(times []seat) *seat {
	for i := range times {
		if now, ok := t.now(times[i].watch); !ok || now != times[i].rank {
			return &times[i]
		}
	}
	return nil
}

// missed says on which side of now what belongs to these ranks lies, and of
// which write.
func (t *thread) missed(w *watch, ranks []int) (turn, why) {
	p := t.progress[w.index]
	last, due := ranks[len(ranks)-1], t.first(w)
	switch {
	case last > due:
		return turn{before: t.entry(w, due)}, whyLater
	case last < len(w.writes) && t.made[w.writes[last]]:
		return turn{before: t.entry(w, last)}, whyEarlier
	case p.end > last:
		return turn{before: t.entry(w, p.end-1)}, whyEarlier
	case p.astray > 0:
		return turn{before: t.scope.writes[p.astray-1].entry}, whyOrder
	}
	return turn{before: -1}, whyUnknown
}

// first is the rank of the first write of a watch that was not made yet.
func (t *thread) first(w *watch) int {
	for rank, i := range w.writes {
		if !t.made[i] {
			return rank
		}
	}
	return len(w.writes)
}

// entry is the exchange of a watch's write.
func (t *thread) entry(w *watch, rank int) int { return t.scope.writes[w.writes[rank]].entry }

// commit moves a thread on by an exchange that answers.
func (t *thread) commit(m bound) {
	b, at := m.bucket, m.turn.at
	t.bind(m)
	next := &t.next[b.index]
	if !b.effect {
		*next = max(*next, at+1)
		return
	}
	t.done[b.entries[at]] = true
	for *next < len(b.entries) && t.done[b.entries[*next]] {
		delete(t.done, b.entries[*next])
		*next++
	}
	if w := b.writes[at]; w != nil {
		t.make(w)
	}
}

// make counts a write in all that it touches.
func (t *thread) make(w *write) {
	t.made[w.index] = true
	for _, s := range w.in {
		p := &t.progress[s.watch.index]
		if s.rank != p.count && p.astray == 0 {
			p.astray = w.index + 1
		}
		p.count++
		p.end = max(p.end, s.rank+1)
	}
}

// bind gives the names of a request, and what its placeholders stand for, the
// client's values.
func (t *thread) bind(m bound) {
	for i, v := range m.bucket.vars {
		if (m.marks[i] != markValue || m.bucket.op.vars[v.kind]) && !t.names.isBound(v) {
			t.names.bind(v, m.values[i].value)
		}
	}
}
