package replay

import (
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/redact"
)

// sessionID tells clients apart.
type sessionID struct {
	place redact.Place
	key   string
}

// session is how far one client has come in the recording.
type session struct {
	number int // from 1, by first request
	place  redact.Place

	mu       sync.Mutex
	scope    *scope // nil until the first match
	next     []int  // of each bucket: which exchange is due
	progress []progress
	made     []bool       // of each write
	rows     map[*row]int // how many buckets of a row are past binding
	names    names
}

// progress is how many writes of a watch were replayed, and how far into it.
type progress struct{ count, end int }

// names are what the client calls things, and what the recording calls them.
type names struct {
	mu       sync.RWMutex
	recorded map[variable]string // by the client's
	clients  map[variable]string // by the recorded
	swapped  map[string]string   // client's value by the recorded one, where they differ
	back     map[string]string   // the reverse
}

func newSession(number int, place redact.Place) *session {
	return &session{number: number, place: place, rows: map[*row]int{}, names: names{
		recorded: map[variable]string{}, clients: map[variable]string{}, swapped: map[string]string{}, back: map[string]string{},
	}}
}

// take makes a scope the session's own.
func (s *session) take(c *scope) {
	s.scope = c
	c.claims++
	s.next = make([]int, len(c.buckets))
	s.progress = make([]progress, len(c.watches))
	s.made = make([]bool, len(c.writes))
}

// bind remembers that the client says value where v was recorded.
func (n *names) bind(v variable, value string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clients[v] = value
	n.recorded[variable{v.kind, value}] = v.value
	if v.value == value {
		return
	}
	if _, taken := n.swapped[v.value]; !taken {
		n.swapped[v.value] = value
	}
	if _, taken := n.back[value]; !taken {
		n.back[value] = v.value
	}
}

func (n *names) isBound(v variable) bool {
	_, ok := n.clients[v]
	return ok
}

// isNew says whether the client has not used a value before.
func (n *names) isNew(v variable) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	_, ok := n.recorded[v]
	return !ok
}

// differ says whether the client has names of its own.
func (n *names) differ() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.swapped) > 0
}

// toRecorded puts what was recorded in the place of the client's names.
func (n *names) toRecorded(text string) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return swapWords(text, n.back)
}

// toClient puts the client's names in the place of what was recorded.
func (n *names) toClient(text string) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return swapWords(text, n.swapped)
}

// swapWords replaces the whole text, or each word of it, that stands in the
// table. Short words stay: they may mean something else.
func swapWords(text string, table map[string]string) string {
	if to, ok := table[text]; ok {
		return to
	}
	if len(text) < shortest {
		return text
	}
	var out strings.Builder
	done := 0
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && isWord(text[end]) {
			end++
		}
		word := strings.TrimRight(text[at:end], ".-_")
		if to, ok := table[word]; ok && len(word) >= shortest {
			out.WriteString(text[done:at])
			out.WriteString(to)
			done = at + len(word)
		}
		at = end + 1
	}
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// bound is a bucket that a request matches, and what has to be bound for that.
type bound struct {
	bucket *bucket
	vars   []variable // of the bucket
	values []string   // of the client
}

// find looks a form up in a scope. It changes nothing.
func (s *session) find(c *scope, f form) (bound, bool) {
	shape := c.shapes[f.rest]
	if shape == nil {
		return bound{}, false
	}
	vars, fresh, ok := s.translate(c, f.vars)
	if !ok {
		return bound{}, false
	}
	b := shape.exact[valuesKey(vars, 0)]
	if fresh != 0 {
		b = s.unbound(shape.row(vars, fresh), fresh)
	}
	if b == nil {
		return bound{}, false
	}
	out := bound{bucket: b, vars: b.vars, values: make([]string, len(f.vars))}
	for i := range f.vars {
		out.values[i] = f.vars[i].value
	}
	return out, true
}

// translate replaces the client's values by the recorded ones, and marks those
// that neither the session nor the recording knows. It fails for a value that
// was recorded but goes by another name in this session.
func (s *session) translate(c *scope, vars []variable) (out []variable, fresh uint32, ok bool) {
	if len(vars) == 0 {
		return nil, 0, true
	}
	out = slices.Clone(vars)
	for i, v := range vars {
		if recorded, known := s.names.recorded[v]; known {
			out[i].value = recorded
			continue
		}
		if c.known[v] == nil {
			fresh |= 1 << i
		} else if s.names.isBound(v) {
			return nil, 0, false
		}
	}
	return out, fresh, true
}

// unbound returns the first request of a row whose fresh variables have no
// value yet in this session.
func (s *session) unbound(r *row, fresh uint32) *bucket {
	if r == nil {
		return nil
	}
	at := s.rows[r]
	for at < len(r.buckets) && s.takenIn(r.buckets[at], fresh) {
		at++
	}
	s.rows[r] = at
	if at == len(r.buckets) {
		return nil
	}
	return r.buckets[at]
}

func (s *session) takenIn(b *bucket, fresh uint32) bool {
	for i, v := range b.vars {
		if fresh&(1<<i) != 0 && s.names.isBound(v) {
			return true
		}
	}
	return false
}

// why is the reason for a miss.
type why string

// The reasons. A request that matches nothing is unknown.
const (
	whyUnknown   why = "not recorded"
	whySpent     why = "asked more often than recorded"
	whyEarlier   why = "recorded only before exchange %d (%s), which was made"
	whyLater     why = "recorded only after exchange %d (%s), which was not made"
	whySignature why = "signature does not match"
	whyForm      why = "cannot be read"
)

// turn is the exchange that answers a request.
type turn struct {
	entry  int
	again  bool // a read that was answered from it before
	before int  // another write, that explains why this one or none was due; -1 for none
}

// serve takes the exchange that is due in a bucket, or says why none is.
func (s *session) serve(m bound) (turn, why) {
	b := m.bucket
	if b.effect {
		return s.change(m)
	}
	from, to := 0, len(b.entries)
	if b.watch != nil {
		now := s.progress[b.watch.index]
		from = sort.SearchInts(b.ranks, now.count)
		to = sort.SearchInts(b.ranks, now.count+1)
		if now.end > now.count || from == to {
			return s.missed(b, now)
		}
	}
	at := max(s.next[b.index], from)
	t := turn{before: -1}
	if at >= to {
		at, t.again = b.lasting(from, to), true
	} else {
		s.next[b.index] = at + 1
	}
	s.bindAll(m)
	t.entry = b.entries[at]
	return t, ""
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

// missed says on which side of now the bucket's exchanges lie, and of which
// write.
func (s *session) missed(b *bucket, now progress) (turn, why) {
	last, due := b.ranks[len(b.ranks)-1], s.due(b.watch)
	switch {
	case last > due:
		return turn{before: s.entry(b.watch, due)}, whyLater
	case now.end > now.count:
		return turn{before: s.entry(b.watch, now.end-1)}, whyEarlier
	}
	return turn{before: s.entry(b.watch, last)}, whyEarlier
}

// due is the rank of the first write of a watch that was not made yet.
func (s *session) due(w *watch) int {
	for rank, i := range w.writes {
		if !s.made[i] {
			return rank
		}
	}
	return len(w.writes)
}

// entry is the exchange of a watch's write.
func (s *session) entry(w *watch, rank int) int { return s.scope.writes[w.writes[rank]].entry }

// change serves a write, once, and moves on what it touches.
func (s *session) change(m bound) (turn, why) {
	b := m.bucket
	at := s.next[b.index]
	if at == len(b.entries) {
		return turn{}, whySpent
	}
	s.next[b.index]++
	s.bindAll(m)
	t := turn{entry: b.entries[at], before: -1}
	w := b.writes[at]
	if w == nil {
		return t, ""
	}
	for _, seat := range w.in {
		if seat.watch.ordered && t.before < 0 {
			t.before = s.disorder(seat)
		}
	}
	s.made[w.index] = true
	for _, seat := range w.in {
		p := &s.progress[seat.watch.index]
		p.count++
		p.end = max(p.end, seat.rank+1)
	}
	return t, ""
}

// disorder is the exchange that shows that a write is not due: the first that
// is missing before it, or the last, which came too soon; -1 for neither.
func (s *session) disorder(at seat) int {
	now := s.progress[at.watch.index]
	if now.count == at.rank && now.end <= now.count {
		return -1
	}
	if due := s.due(at.watch); due < at.rank {
		return s.entry(at.watch, due)
	}
	return s.entry(at.watch, now.end-1)
}

func (s *session) bindAll(m bound) {
	for i, v := range m.vars {
		if !s.names.isBound(v) {
			s.names.bind(v, m.values[i])
		}
	}
}
