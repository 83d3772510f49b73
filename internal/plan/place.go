package plan

import (
	"context"
	"time"
)

// Role is what a request is for.
type Role string

// The roles. What a case is about has none.
const (
	RoleFixture Role = "fixture" // it prepares
	RoleCleanup Role = "cleanup" // it clears away
	RoleLent    Role = "lent"    // it makes what the pool lends: not for this case alone
)

// Place is where in a run a request belongs: what records or replays traffic
// keeps the cases apart by it.
type Place struct {
	Case string // id; empty for a request of no case
	Role Role
	// Lane tells the clients apart that one case lets work at the same time:
	// from 1; 0 where there is one only.
	Lane int
	// Lent are the resources that the case was lent since its last request.
	Lent []Loan
}

// Loan is a resource that a case was lent.
type Loan struct{ Kind, ID, Region string }

type (
	placeKey struct{}
	laneKey  struct{}
	spanKey  struct{}
)

// PlaceOf returns the place of the request that a context belongs to.
func PlaceOf(ctx context.Context) Place {
	p, _ := ctx.Value(placeKey{}).(Place)
	return p
}

// WithLane says that requests are sent by one of several clients at the same
// time, from 1.
func WithLane(ctx context.Context, lane int) context.Context {
	return context.WithValue(ctx, laneKey{}, lane)
}

// placedIn returns the context of the session's next request.
func (s *Session) placedIn(ctx context.Context, fixture bool) context.Context {
	p := Place{Case: s.Case.ID}
	p.Lane, _ = ctx.Value(laneKey{}).(int)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		p.Role = RoleCleanup
	case ctx.Value(lentKey{}) != nil:
		p.Role = RoleLent
	case fixture:
		p.Role = RoleFixture
	}
	p.Lent, s.lent = s.lent, nil
	return context.WithValue(ctx, placeKey{}, p)
}

// Span is the time that requests took, from the first one's start to the last
// one's end, since the run began.
type Span struct{ Begin, End time.Duration }

// WithSpan returns a context whose requests, one after another, are timed
// together.
func WithSpan(ctx context.Context) (context.Context, *Span) {
	span := &Span{}
	return context.WithValue(ctx, spanKey{}, span), span
}

// time takes account of an exchange.
func (s *Session) timed(ctx context.Context, start time.Time, took time.Duration) {
	if s.clock != nil {
		s.clock.reach(start.Add(took))
	}
	span, _ := ctx.Value(spanKey{}).(*Span)
	if span == nil {
		return
	}
	begin := start.Sub(s.env.begin)
	if *span == (Span{}) {
		span.Begin = begin
	}
	span.End = max(span.End, begin+took)
}
