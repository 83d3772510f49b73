package rerun

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// FamilyRecorded is the family of cases that are one recorded exchange each.
const FamilyRecorded = "recorded"

// Exchanges is a plan with a case for each exchange of a recording, whoever
// made it: its answer is held against what the contract says of every answer
// of that operation. Behind them is a case for each resource whose making was
// recorded: all that was asked and shown of it is held against the contract's
// state machine. The cases need no target.
func Exchanges(c *cassette.Cassette, of *contract.Contract) *plan.Plan {
	p := &plan.Plan{}
	for i := range c.Len() {
		e := c.Entry(i)
		operation := cmp.Or(e.Operation, "unknown")
		n := strconv.Itoa(e.ID)
		p.Cases = append(p.Cases, &plan.Case{
			ID:        operation + "/" + FamilyRecorded + "/exchange/" + n,
			Operation: operation, Family: FamilyRecorded, Subject: "exchange", Variant: n,
			Clause:  of.Envelope.Clauses["error.status"],
			Promise: "An answer is what the contract says of every answer of its operation.",
			Steps:   []string{fmt.Sprintf("read exchange %s of %s", n, c.Name()), "hold its answer against the contract"},
			Run: func(_ context.Context, s *plan.Session) error {
				r, err := c.Record(i)
				if err != nil {
					return plan.Inconclusive(err.Error())
				}
				return judge(s, &r, c.Header())
			},
		})
	}
	a := newAnswers(c, of)
	for _, l := range lives(a) {
		p.Cases = append(p.Cases, l.caseOf(a))
	}
	return p
}

// judge holds a recorded answer against the contract.
func judge(s *plan.Session, r *redact.Record, h cassette.Header) error {
	if r.UnreadAnswer.Hides() {
		return plan.Inconclusive("the answer was not kept: " + r.UnreadAnswer.Text())
	}
	x := exchange(r, h)
	if r.Failure != redact.NoFailure { // whose fault it is cannot be told
		s.Witness(x)
		return plan.Inconclusive("no whole answer was recorded: " + string(r.Failure))
	}
	e := check.Expect{Operation: s.Contract.Operation(r.Operation), Scheme: r.Via.Scheme}
	e.Format, e.Keyword = expected(s.Contract, r)
	s.Observe(x, e)
	return nil
}

// exchange is a record as an exchange. Its request is told by what it asked, not
// as it was sent.
func exchange(r *redact.Record, h cassette.Header) *wire.Exchange {
	asked := append(wire.Params{{Name: "Action", Value: r.Operation}}, r.Params...)
	x := &wire.Exchange{
		Method: r.Via.Method, URL: "/?" + asked.Encode(nil), Header: http.Header{}, Body: r.Body,
		Status: r.Status, RespHeader: http.Header{}, RespBody: r.Answer,
		Start: h.Recorded.Add(r.Start), Duration: r.Duration,
		Operation: r.Operation, Params: r.Params, Format: r.Via.Format, Scheme: r.Via.Scheme,
	}
	for _, p := range r.Header {
		x.RespHeader.Add(p.Name, p.Value)
	}
	if r.Failure != redact.NoFailure {
		x.Err = failure(r.Failure)
	}
	return x
}

// expected is the format that a request must be answered in, and the clause
// that says so.
func expected(c *contract.Contract, r *redact.Record) (format, keyword string) {
	switch {
	case r.Via.Scheme == wire.ACS3 && strings.EqualFold(r.Via.Format, "JSON"):
		return "JSON", "format.acs3"
	case r.Via.Scheme == wire.ACS3:
		return "", ""
	case r.Via.Format == "":
		return c.Protocol.DefaultFormat, "format.default"
	}
	for _, f := range c.Protocol.Formats {
		if strings.EqualFold(r.Via.Format, f) {
			return f, map[bool]string{false: "format.case"}[r.Via.Format == f]
		}
	}
	return "", ""
}
