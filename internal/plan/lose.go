package plan

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/eci-conform/conform/internal/wire"
)

// Stage is how far a request comes whose answer Lose throws away.
type Stage int

const (
	// Written ends the connection as soon as the request is written: the
	// target may still be at work.
	Written Stage = iota
	// Answered ends it when the answer begins to arrive, unread: the work is
	// done.
	Answered
)

// errLost is what an exchange carries whose answer was thrown away.
var errLost = errors.New("the connection was closed before the answer was read")

// Lose sends the probe once and ends the connection before the answer is read,
// as when a client's network fails: whether the request was carried out is left
// open. What it may have made is cleaned up. A request that could not even be
// written is Inconclusive.
func (s *Session) Lose(ctx context.Context, p *Probe, stage Stage, o ...Option) error {
	var how sending
	for _, option := range o {
		option(&how)
	}
	m, err := s.message(ctx, p, &how)
	if err != nil {
		return err
	}
	if err := s.reserve(ctx, m); err != nil {
		return err
	}
	defer s.track(m, nil)
	m.unanswered = true
	for range maxStale {
		if again, err := s.loseOnce(ctx, m, stage); !again {
			return err
		}
	}
	_, err = s.loseOnce(ctx, m, stage)
	return err
}

// loseOnce says to try again where the connection was closed before it was used.
func (s *Session) loseOnce(ctx context.Context, m *message, stage Stage) (again bool, err error) {
	d, err := s.draft(ctx, m)
	if err != nil {
		return false, err
	}
	if s.env.Gate != nil {
		if err := s.env.Gate.Wait(ctx); err != nil {
			return false, interrupted(ctx)
		}
	}
	return s.cut(ctx, d, stage)
}

// cut sends the draft and gives its answer up. It says to try again where the
// target had closed the connection already.
func (s *Session) cut(ctx context.Context, d *wire.Draft, stage Stage) (again bool, err error) {
	limited, cancel := context.WithTimeout(s.placedIn(ctx, false), s.env.Timeout)
	defer cancel()
	s.disturb(&message{})
	defer s.disturb(&message{})
	c := &cutter{base: s.env.Transport, stage: stage}
	var conn connection
	limited = conn.watch(limited)
	x := wire.Do(limited, d, wire.Route{Transport: c, Endpoint: s.env.Endpoint, Clock: s.env.Clock})
	s.timed(ctx, x.Start, x.Duration)
	s.record(x, false)
	switch {
	case ctx.Err() != nil:
		return false, interrupted(ctx)
	case !c.written.Load():
		return conn.reused.Load() && isClosing(x.Err), &outcome{reason: fmt.Sprintf("no answer: %v", x.Err), cause: x.Err}
	}
	return false, nil
}

// cutter carries one request and ends its connection.
type cutter struct {
	base    http.RoundTripper
	stage   Stage
	written atomic.Bool
}

// RoundTrip never returns an answer.
func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(errLost)
	trace := &httptrace.ClientTrace{WroteRequest: func(w httptrace.WroteRequestInfo) {
		c.written.Store(w.Err == nil)
		if c.stage == Written {
			cancel(errLost)
		}
	}}
	resp, err := c.base.RoundTrip(r.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		return nil, err
	}
	c.written.Store(true)
	_ = resp.Body.Close() // it is lost in any case
	return nil, errLost
}
