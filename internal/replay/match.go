package replay

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 1 << 20

// asked is a request on its way.
type asked struct {
	in      *wire.Received
	op      *operation
	version string
	params  wire.Params
	key     string
	session *session
	bad     *wire.Mismatch // of a signature that was checked
	checked bool
}

// ask reads a request as a client sent it.
func (p *Player) ask(r *http.Request, in *wire.Received) *asked {
	q := &asked{in: in}
	name, _ := in.Common("Action")
	q.op = p.reader.operation(name)
	q.version, _ = in.Common("Version")
	q.params = in.API(p.reader.isCommon)
	q.key, _ = in.Common("AccessKeyId")
	var place redact.Place
	if p.options.Place != nil {
		place = p.options.Place(r)
	}
	q.session = p.session(sessionID{place, q.key})
	if secret, ok := p.secrets[q.key]; ok {
		q.checked = true
		q.bad, _ = in.Verify(secret).(*wire.Mismatch)
	}
	return q
}

func (p *Player) session(id sessionID) *session {
	p.mu.RLock()
	s := p.sessions[id]
	p.mu.RUnlock()
	if s != nil {
		return s
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s = p.sessions[id]; s == nil {
		s = newSession(len(p.sessions)+1, id.place)
		p.sessions[id] = s
		if scopes := p.places[id.place]; len(scopes) == 1 {
			s.take(scopes[0])
		}
	}
	return s
}

// match finds the exchange that answers a request.
func (p *Player) match(q *asked) (turn, why) {
	s := q.session
	f := p.reader.asked(q.op, q.version, q.params)
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := p.eitherSigned(s, q, f); ok {
		return s.serve(m)
	}
	if s.scope == nil || !s.names.differ() || q.op.Operation == nil {
		return turn{}, whyUnknown
	}
	// Other values may hold names that were bound before.
	f = p.reader.read(q.op, q.version, q.params, s.names.toRecorded)
	if m, ok := p.eitherSigned(s, q, f); ok {
		return s.serve(m)
	}
	return turn{}, whyUnknown
}

// eitherSigned looks a form up. A bad signature is not taken for a good one;
// one that was not checked may have been either.
func (p *Player) eitherSigned(s *session, q *asked, f form) (bound, bool) {
	if q.bad == nil {
		if m, ok := p.find(s, f); ok || q.checked {
			return m, ok
		}
	}
	f.rest = f.rest.bad()
	return p.find(s, f)
}

// find looks a form up in the session's scope. A session without one takes the
// first that knows the request, those that nobody has taken before the others.
func (p *Player) find(s *session, f form) (bound, bool) {
	if s.scope != nil {
		return s.find(s.scope, f)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	scopes := slices.Clone(p.places[s.place])
	slices.SortStableFunc(scopes, func(a, b *scope) int { return cmp.Compare(a.claims, b.claims) })
	for _, c := range scopes {
		if m, ok := s.find(c, f); ok {
			s.take(c)
			return m, true
		}
	}
	return bound{}, false
}
