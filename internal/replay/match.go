package replay

import (
	"net/http"
	"slices"
	"sync"

	"github.com/eci-conform/conform/internal/wire"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 1 << 20

// asked is a request on its way.
type asked struct {
	in       *wire.Received
	op       *operation
	version  string
	params   wire.Params
	key      string
	session  *session
	standing standing
	checked  bool           // the signature was
	bad      *wire.Mismatch // of a signature that was checked
	reused   bool           // the nonce came before
}

// ask reads a request as a client sent it.
func (p *Player) ask(r *http.Request, in *wire.Received) *asked {
	q := &asked{in: in}
	name, _ := in.Common("Action")
	q.op = p.reader.operation(name)
	q.version, _ = in.Common("Version")
	q.params = in.API(p.reader.isCommon)
	q.key, _ = in.Common("AccessKeyId")
	if q.standing = p.standing(q); q.standing == good {
		q.reused = p.reused(q)
	}
	id := sessionID{key: q.key}
	if q.standing.nobodys() {
		id.key = nobodysKey // one for all of them
	}
	if p.options.Place != nil {
		id.place = p.options.Place(r)
	}
	q.session = p.session(id, q.key)
	return q
}

// session returns that of a client, new with the first request.
func (p *Player) session(id sessionID, key string) *session {
	p.mu.RLock()
	s := p.sessions[id]
	p.mu.RUnlock()
	if s != nil {
		return s
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s = p.sessions[id]; s == nil {
		s = p.newSession(id, key)
		p.sessions[id] = s
	}
	return s
}

// newSession is a client that may be any of the recorded accounts, unless
// Options.Accounts says which. Who has no key is none that had one.
func (p *Player) newSession(id sessionID, key string) *session {
	s := &session{number: len(p.sessions) + 1, mu: &sync.Mutex{}}
	at := p.places[id.place]
	if at == nil {
		return s
	}
	as, told := p.options.Accounts[key]
	for _, c := range at.accounts {
		if told && !slices.Contains(c.keys, as) || id.key == nobodysKey && c.key != "" {
			continue
		}
		s.threads = append(s.threads, at.thread(c, s))
	}
	if at.nobody != nil {
		s.nobody = newThread(at.nobody)
	}
	return s
}

// match finds the exchange that answers a request.
func (p *Player) match(q *asked) (bound, why) {
	s := q.session
	s.mu.Lock()
	defer s.mu.Unlock()
	f := p.reader.asked(q.op, q.version, q.params)
	var first turn
	no := whyUnknown
	for _, standing := range q.standings() {
		offers, other, reason := p.offers(q, f, standing)
		switch {
		case reason == "":
			return p.settle(s, offers)
		case no == whyUnknown:
			first, no = other, reason
		}
	}
	return bound{turn: first}, no
}

// offers are the exchanges that may answer, one of each account that the client
// may be; or why there is none.
func (p *Player) offers(q *asked, f form, as standing) (offers []bound, first turn, no why) {
	threads := q.session.threads
	if as.nobodys() {
		threads = nil
		if q.session.nobody != nil {
			threads = []*thread{q.session.nobody}
		}
	}
	no, offers = whyUnknown, q.session.offers[:0]
	for _, t := range threads {
		m, reason := p.offer(t, q, f, as)
		switch {
		case reason == "":
			offers = append(offers, m)
		case no == whyUnknown:
			first, no = m.turn, reason
		}
	}
	if len(offers) > 0 {
		no = ""
	}
	q.session.offers = offers
	return offers, first, no
}

// offer looks for a form in one account: as it is, and as it reads with the
// recorded names in the place of the client's.
func (p *Player) offer(t *thread, q *asked, f form, as standing) (bound, why) {
	m, no := t.find(f.in(as))
	if no != whyUnknown || q.op.Operation == nil || !t.names.differ() {
		return m, no
	}
	return t.find(p.reader.read(q.op, q.version, q.params, t.names.toRecorded).in(as))
}

// settle takes the one exchange that answers. Of several, from accounts that
// the client may be, nothing is guessed: only where all answer alike the first
// is taken, and the client may still be any of them.
func (p *Player) settle(s *session, offers []bound) (bound, why) {
	if len(offers) > 1 && !p.alike(offers) {
		return bound{turn: offers[0].turn}, whyAmbiguous
	}
	if offers[0].thread == s.nobody {
		s.nobody.commit(offers[0])
		p.tally.use([]int{offers[0].turn.entry})
		return offers[0], ""
	}
	if len(s.threads) > len(offers) {
		s.threads = s.threads[:0:0]
		for _, m := range offers {
			s.threads = append(s.threads, m.thread)
		}
	}
	for _, m := range offers {
		m.thread.commit(m)
		m.thread.pending = append(m.thread.pending, m.turn.entry)
	}
	if t := offers[0].thread; len(offers) == 1 {
		p.tally.use(t.pending)
		t.pending = t.pending[:0]
	}
	return offers[0], ""
}

// alike says whether all offers give one answer, but for the request's id.
func (p *Player) alike(offers []bound) bool {
	first, err := p.answers.get(offers[0].turn.entry)
	if err != nil {
		return false
	}
	for _, m := range offers[1:] {
		other, err := p.answers.get(m.turn.entry)
		if err != nil || !first.like(other) {
			return false
		}
	}
	return true
}

// accounts are the recorded keys that the client may have, as recorded.
func (s *session) accounts() []string {
	var out []string
	for _, t := range s.threads {
		out = append(out, t.scope.key)
	}
	slices.Sort(out)
	return out
}
