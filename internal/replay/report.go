package replay

import (
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
	// OutOfOrder are changes of a thing that came in another order.
	OutOfOrder []Disorder `json:"outOfOrder"`
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
	left       int
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
func (p *Player) account(q *asked, t turn, a *answer) {
	p.tally.matched.Add(1)
	p.tally.served[t.entry].Store(true)
	if t.again {
		p.tally.repeated.Add(1)
	}
	reused := p.reused(q) && a.status < 300
	if t.before < 0 && !reused {
		return
	}
	p.tally.mu.Lock()
	defer p.tally.mu.Unlock()
	if t.before >= 0 {
		p.tally.outOfOrder = note(&p.tally, p.tally.outOfOrder, Disorder{p.exchange(t.entry), p.exchange(t.before)})
	}
	if reused {
		p.tally.nonces = note(&p.tally, p.tally.nonces, p.exchange(t.entry))
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
		Exchanges: p.source.Len(), Requests: int(t.requests.Load()), Matched: int(t.matched.Load()),
		Repeated: int(t.repeated.Load()), RequireAll: p.options.RequireAll,
	}
	p.mu.RLock()
	out.Sessions = len(p.sessions)
	for _, s := range p.sessions {
		out.Bound += s.names.count()
	}
	p.mu.RUnlock()
	for i := range t.served {
		if !t.served[i].Load() {
			out.Unused = append(out.Unused, p.exchange(i))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	out.Unmatched, out.Overused = slices.Clone(t.unmatched), slices.Clone(t.overused)
	out.OutOfOrder, out.NonceReused, out.Left = slices.Clone(t.outOfOrder), slices.Clone(t.nonces), t.left
	return out
}

func (n *names) count() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	c := 0
	for v, client := range n.clients {
		if v.value != client {
			c++
		}
	}
	return c
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
	if n := len(r.Unused); n > 0 {
		s += fmt.Sprintf("unused: %d exchanges, the first is %d (%s)\n", n, r.Unused[0].ID, r.Unused[0].Operation)
	}
	return s
}
