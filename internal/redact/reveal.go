package redact

import (
	"cmp"

	"github.com/eci-conform/conform/internal/wire"
)

// Reveals returns where a record shows a secret of the session, in whatever
// encoding: what was written before the secret came to light. It names places,
// such as "parameter ImageCacheName", and nothing of what stands there.
func (s *Session) Reveals(r *Record) []string {
	var out []string
	look := func(place string, texts ...string) {
		for _, text := range texts {
			if s.Shows(text) {
				out = append(out, place)
				return
			}
		}
	}
	look("first line", r.Operation, r.Version, r.Via.Method, r.Via.Format, r.Track, r.Role, r.Lent)
	for _, list := range []struct {
		place string
		pairs wire.Params
	}{{"parameter", r.Params}, {"parameter of the protocol", r.Common}, {"header of the answer", r.Header}} {
		for _, p := range list.pairs {
			if s.Shows(p.Name) {
				out = append(out, "name of a "+list.place)
				continue
			}
			look(list.place+" "+cmp.Or(p.Name, "without a name"), p.Value)
		}
	}
	look("body of the request", string(r.Body))
	look("answer", string(r.Answer))
	return out
}

// Shows reports whether a text holds a secret of the session, in whatever
// encoding.
func (s *Session) Shows(text string) bool {
	s.hunting.RLock()
	defer s.hunting.RUnlock()
	var h hound
	return len(outside(text, h.search(text, s.hunted, nil))) > 0
}
