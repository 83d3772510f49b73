package plan

import (
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/wire"
)

// Observe judges an exchange that took place elsewhere by the checks that hold
// for every answer, and keeps it as the case's.
func (s *Session) Observe(x *wire.Exchange, e check.Expect) *check.Answer {
	s.record(x, false)
	a, findings := s.Judge.Answer(x, e)
	s.Find(findings...)
	return a
}

// Witness keeps an exchange that took place elsewhere as the case's, for cases
// that judge the client: its answer is not held against anything.
func (s *Session) Witness(x *wire.Exchange) { s.record(x, false) }
