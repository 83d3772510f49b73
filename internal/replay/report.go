package replay

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Report is the account of a replay.
type Report struct {
	Exchanges int `json:"exchanges"` // in the recording
	Sessions  int `json:"sessions"`
	Requests  int `json:"requests"`
	Matched   int `json:"matched"`
	// Repeated counts the requests, among those matched, that were answered
	// by an exchange once more: polls that were recorded less often.
	Repeated int `json:"repeated"`
	// Bound counts the names and tokens that a client gave another value
	// than was recorded.
	Bound int `json:"bound"`
	// Unmatched are requests that are not recorded, or not for that moment.
	Unmatched []Miss `json:"unmatched"`
	// Overused are requests for a change that came more often than recorded.
	Overused []Miss `json:"overused"`
	// OutOfOrder are changes of a thing that came in another order, and were
	// refused for it.
	OutOfOrder []Disorder `json:"outOfOrder"`
	// Uncompared are the parameters that answers rest on although nobody knows
	// whether their values are those of the recording: there, placeholders
	// stand for them. They are no departure.
	Uncompared []Uncompared `json:"uncompared"`
	// NonceReused are requests whose nonce their key had sent before, but that
	// were recorded with success.
	NonceReused []Exchange `json:"nonceReused"`
	// Unused are the exchanges that answered nobody.
	Unused []Exchange `json:"unused"`
	// Left counts what was found beyond the room of these lists.
	Left int `json:"left,omitempty"`
	// RequireAll makes Unused count.
	RequireAll bool `json:"requireAll"`
}

// Exchange names one of the recording.
type Exchange struct {
	ID        int    `json:"id"`
	Operation string `json:"operation"`
}

// Uncompared is a parameter whose recorded values were replaced.
type Uncompared struct {
	Operation string `json:"operation"`
	Parameter string `json:"parameter"` // N for each index
	Requests  int    `json:"requests"`  // that were matched without comparing it
}

// Disorder is a change that came at another time than recorded.
type Disorder struct {
	Exchange
	// Other is the recorded change of the same thing that belongs before it,
	// or that came although it belongs behind.
	Other Exchange `json:"other"`
}

// ExitCode is 0 when every request was answered as recorded and, where
// RequireAll says so, every exchange was used; else 1.
func (r Report) ExitCode() int {
	bad := len(r.Unmatched) + len(r.Overused) + len(r.OutOfOrder) + len(r.NonceReused)
	if bad > 0 || r.RequireAll && len(r.Unused) > 0 {
		return 1
	}
	return 0
}

// maxListed bounds each list of a Report but Unused.
const maxListed = 1000

// tally gathers the Report.
type tally struct {
	requests, matched, repeated atomic.Int64
	served                      []atomic.Bool

	mu         sync.Mutex
	unmatched  []Miss
	overused   []Miss
	outOfOrder []Disorder
	nonces     []Exchange
	uncompared map[uncompared]int
	left       int
}

type uncompared struct{ operation, parameter string }

// use marks exchanges as used.
func (t *tally) use(entries []int) {
	for _, i := range entries {
		t.served[i].Store(true)
	}
}

func (t *tally) disorder(d Disorder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outOfOrder = note(t, t.outOfOrder, d)
}

// trusted counts the parameters of an answered request that could not be
// compared, each once.
func (t *tally) trusted(m bound) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.uncompared == nil {
		t.uncompared = map[uncompared]int{}
	}
	seen := map[string]bool{}
	for i, v := range m.bucket.vars {
		if m.bucket.mask[i] == markHidden && m.values[i].value != v.value && !seen[v.kind] {
			seen[v.kind] = true
			t.uncompared[uncompared{m.bucket.op.name, v.kind}]++
		}
	}
}

func (t *tally) miss(m Miss, overused bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if overused {
		t.overused = note(t, t.overused, m)
		return
	}
	t.unmatched = note(t, t.unmatched, m)
}

// note appends to a list while there is room.
func note[T any](t *tally, list []T, item T) []T {
	if len(list) == maxListed {
		t.left++
		return list
	}
	return append(list, item)
}

// account counts a request that was answered.
func (p *Player) account(q *asked, m bound, a *answer) {
	p.tally.matched.Add(1)
	if m.turn.again {
		p.tally.repeated.Add(1)
	}
	if hides(m.bucket.mask) {
		p.tally.trusted(m)
	}
	if q.reused && a.status < 300 {
		p.tally.mu.Lock()
		defer p.tally.mu.Unlock()
		p.tally.nonces = note(&p.tally, p.tally.nonces, p.exchange(m.turn.entry))
	}
}

func (p *Player) exchange(i int) Exchange {
	e := p.source.Entry(i)
	return Exchange{ID: e.ID, Operation: e.Operation}
}

// Report tells what happened so far.
func (p *Player) Report() Report {
	t := &p.tally
	out := Report{
		Unused: []Exchange{}, Exchanges: p.source.Len(), Requests: int(t.requests.Load()), Matched: int(t.matched.Load()),
		Repeated: int(t.repeated.Load()), RequireAll: p.options.RequireAll,
	}
	used := make([]bool, p.source.Len())
	p.mu.RLock()
	out.Sessions = len(p.sessions)
	for _, s := range p.sessions {
		out.Bound += s.tell(used)
	}
	p.mu.RUnlock()
	for i := range t.served {
		if !used[i] && !t.served[i].Load() {
			out.Unused = append(out.Unused, p.exchange(i))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// Empty lists and no nulls: whoever reads the account must not tell them apart.
	out.Unmatched, out.Overused = append([]Miss{}, t.unmatched...), append([]Miss{}, t.overused...)
	out.OutOfOrder, out.NonceReused, out.Left = append([]Disorder{}, t.outOfOrder...), append([]Exchange{}, t.nonces...), t.left
	out.Uncompared = t.listUncompared()
	return out
}

func (t *tally) listUncompared() []Uncompared {
	out := []Uncompared{}
	for u, n := range t.uncompared {
		out = append(out, Uncompared{u.operation, u.parameter, n})
	}
	slices.SortFunc(out, func(a, b Uncompared) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Parameter, b.Parameter))
	})
	return out
}

// tell marks what answered while it was open which account the client is, and
// returns how many names are the client's own.
func (s *session) tell(used []bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.threads) == 0 {
		return 0
	}
	for _, i := range s.threads[0].pending {
		used[i] = true
	}
	return s.threads[0].names.count()
}

// String is the account in lines for people: a first one of counts, then one
// for each departure and a note of what was not used.
func (r Report) String() string {
	s := fmt.Sprintf("answered %d of %d requests from a recording of %d", r.Matched, r.Requests, r.Exchanges)
	if r.Repeated > 0 {
		s += fmt.Sprintf(", %d of them once more", r.Repeated)
	}
	if r.Bound > 0 {
		s += fmt.Sprintf("; %d names and tokens taken as new", r.Bound)
	}
	s += "\n"
	for _, m := range r.Unmatched {
		s += "unmatched: " + m.String() + "\n"
	}
	for _, m := range r.Overused {
		s += "over-used: " + m.String() + "\n"
	}
	for _, d := range r.OutOfOrder {
		s += fmt.Sprintf("out of order: exchange %d (%s), before exchange %d (%s) was due\n", d.ID, d.Operation, d.Other.ID, d.Other.Operation)
	}
	for _, e := range r.NonceReused {
		s += fmt.Sprintf("nonce sent before: exchange %d (%s)\n", e.ID, e.Operation)
	}
	if r.Left > 0 {
		s += fmt.Sprintf("and %d more\n", r.Left)
	}
	for _, u := range r.Uncompared {
		s += fmt.Sprintf("matched without comparing: %s of %s, %d times\n", u.Parameter, u.Operation, u.Requests)
	}
	if n := len(r.Unused); n > 0 {
		s += fmt.Sprintf("unused: %d exchanges, the first is %d (%s)\n", n, r.Unused[0].ID, r.Unused[0].Operation)
	}
	return s
}
