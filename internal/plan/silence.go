package plan

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/wire"
)

// closings are the errors of a connection that the target closed.
var closings = []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE}

// idleClosed is what net/http says of a connection that it found closed when it
// was about to use it again; it exports no such error.
const idleClosed = "http: server closed idle connection"

func isClosing(cause error) bool {
	return strings.Contains(cause.Error(), idleClosed) || slices.ContainsFunc(closings, func(e error) bool { return errors.Is(cause, e) })
}

// connection tells what became of one request's connection.
type connection struct{ reused atomic.Bool }

func (c *connection) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { c.reused.Store(i.Reused) },
	})
}

// dropped handles a request without an answer. One that is dropped twice, or
// left waiting twice while others are answered, is the target's doing: every
// request is to be answered. All else says nothing about the target.
func (s *Session) dropped(ctx context.Context, m *message, a *check.Answer, p *patience) (bool, error) {
	cause := a.Exchange.Err
	m.unanswered = true
	if ctx.Err() != nil {
		return false, interrupted(ctx)
	}
	switch {
	case isClosing(cause) && m.reused && p.stale < maxStale:
		// The target may close a connection that it thinks idle just when it is
		// used again: that says nothing about the request.
		p.stale++
		return true, nil
	case isClosing(cause):
		if p.dropped++; p.dropped <= maxDropped {
			return true, nil
		}
		s.silent(m, "a connection closed without one, twice")
	case errors.Is(cause, context.DeadlineExceeded) && !m.how.fixture:
		return s.hung(ctx, m, cause, p)
	}
	return false, &outcome{reason: "no answer: " + cause.Error(), cause: cause}
}

// hung handles a request that was not answered in time. What tells the
// request's fault from the network's is whether another one of the same kind
// is answered right after it.
func (s *Session) hung(ctx context.Context, m *message, cause error, p *patience) (bool, error) {
	a, err := s.control(ctx, m)
	p.hung++
	reason := "no answer: " + cause.Error()
	switch {
	case ctx.Err() != nil:
		return false, interrupted(ctx)
	case err != nil || a.Status == 0:
		reason += "; nor to a request after it"
	case p.hung <= maxHung:
		return true, nil
	default:
		s.silent(m, "none in "+s.env.Timeout.String()+", twice, while "+m.Operation+" was answered otherwise")
	}
	return false, &outcome{reason: reason, cause: cause}
}

// control asks for the same operation in the same way with nothing but its
// region: operations that change anything refuse that, and any answer will do.
func (s *Session) control(ctx context.Context, m *message) (*check.Answer, error) {
	p := *m.Probe
	p.Before, p.After = nil, nil
	if p.Method != http.MethodGet {
		p.Method = http.MethodPost
	}
	var params wire.Params
	if m.operation != nil {
		params = onlyRegion(m.operation, s.Region)
	}
	c := &message{
		Probe: &p, how: &sending{fixture: true, bound: true}, operation: m.operation, params: params, credentials: m.credentials,
	}
	a, err := s.exchange(ctx, c)
	if err == nil && c.creates() && createdID(c.operation, a) != "" {
		s.Cleanup(c.operation.Effect.Resource, createdID(c.operation, a))
	}
	return a, err
}

// silent records that the request was not answered.
func (s *Session) silent(m *message, got string) {
	clause := s.Contract.Envelope.Clauses["error.status"]
	if clause != nil && !m.how.fixture {
		s.Find(check.Found(clause, "/status", "an answer", got))
	}
}
