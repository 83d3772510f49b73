package mutant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// row is a row of an error table on its way to mutants.
type row struct {
	id, operation, subject string
	row                    *contract.Error
	find                   func(*contract.Contract) *contract.Error
}

// row changes parts of the row, each in a mutant: code, status, message. A
// message that is any text cannot be wrong.
func (g *generator) row(r row, parts ...string) {
	for _, part := range parts {
		clause := r.row.Row
		if part == "message" {
			clause = r.row.Text
			if strings.TrimSpace(strings.ReplaceAll(r.row.Message, "%s", "")) == "" {
				continue
			}
		}
		if clause == nil {
			continue
		}
		g.add(Mutant{
			ID: r.id + "/" + part, Clause: clause.ID, Operation: r.operation, Summary: fmt.Sprintf("%s is answered with another %s.", r.subject, part),
			edit: func(c *contract.Contract) { changed[part](r.find(c)) },
		})
	}
}

// changed are the changes of a row, none of which any other row or wording has.
var changed = map[string]func(*contract.Error){
	"code":    func(e *contract.Error) { e.Code += "Altered" },
	"message": func(e *contract.Error) { e.Message = "Altered. " + e.Message },
	"status":  func(e *contract.Error) { e.Status = otherStatus(e) },
}

// otherStatus is a status that neither the row nor one of its wordings has.
func otherStatus(e *contract.Error) int {
	for _, s := range []int{400, 403, 404, 409} {
		if s != e.Status && !slices.ContainsFunc(e.Wordings, func(w contract.Wording) bool { return w.Status == s }) {
			return s
		}
	}
	return 422
}

// rowMutants change each row of each operation's table: of the code, the
// status, the message and the refusal itself one in turn, so that all operations
// together have each many times.
func rowMutants(g *generator) {
	n := 0
	for _, op := range g.c.Operations {
		for _, r := range op.Errors {
			g.oneOf(op, r, n)
			n++
		}
	}
}

func (g *generator) oneOf(op *contract.Operation, r *contract.Error, n int) {
	name, code, condition := op.Name, r.Code, r.Condition
	find := func(c *contract.Contract) *contract.Error {
		for _, e := range c.Operation(name).Errors {
			if e.Code == code && e.Condition == condition {
				return e
			}
		}
		return nil
	}
	subject := "The condition " + condition
	if n%4 == 3 && r.Row != nil && !held(op, r) {
		g.add(Mutant{
			ID: name + "/" + code + "/ignored", Clause: r.Row.ID, Operation: name, Summary: subject + " refuses nothing.",
			edit: func(c *contract.Contract) {
				op, gone := c.Operation(name), find(c)
				op.Errors = slices.DeleteFunc(op.Errors, func(e *contract.Error) bool { return e == gone })
			},
		})
		return
	}
	before := len(g.out)
	g.row(row{name + "/" + code, name, subject, r, find}, []string{"code", "status", "message", "status"}[n%4])
	if len(g.out) == before { // a message that is any text
		g.row(row{name + "/" + code, name, subject, r, find}, "code")
	}
}

// held says whether something else refuses what the row refuses. Its condition
// then needs the row: without it the answer is a fault of the server, which is
// the code mutant over again.
func held(op *contract.Operation, r *contract.Error) bool {
	return r.Code == op.Effect.Wrong || r.Condition == "request.tooManyTags" || strings.HasSuffix(r.Condition, "quotaExceeded")
}

// gatewayMutants change the gateway's rows that a client can bring about with a
// request and the keys that every profile may have. Of a security token that
// nobody gave out and of a signature of another form the documents have two
// answers, so that there is no message to be wrong.
func gatewayMutants(g *generator) {
	for _, r := range g.c.Gateway.Errors {
		kind := g.c.Condition(r.Condition)
		parts := refused[r.Condition]
		if kind != nil && (kind.Kind == "account" || kind.Kind == "service") {
			parts = whole
		}
		g.gatewayRow(r, parts)
	}
}

// misspeltMutants change the gateway's rows about a request that is signed well
// and makes no sense.
func misspeltMutants(g *generator) {
	for _, r := range g.c.Gateway.Errors {
		if misspelt[r.Condition] {
			g.gatewayRow(r, whole)
		}
	}
}

func (g *generator) gatewayRow(r *contract.Error, parts []string) {
	condition := r.Condition
	g.row(row{
		id: "common/" + condition, row: r, subject: "The condition " + condition,
		find: func(c *contract.Contract) *contract.Error { return c.Gateway.Error(condition) },
	}, parts...)
}

var whole = []string{"code", "status", "message"}

var misspelt = map[string]bool{"request.unknownAction": true, "request.badVersion": true, "request.badMethod": true}

// refused is which parts of a row about letting in can be wrong.
var refused = map[string][]string{
	"request.missingCommon":          whole,
	"request.badSignatureMethod":     {"code", "status"},
	"request.unknownAccessKey":       whole,
	"request.malformedTimestamp":     whole,
	"request.expiredTimestamp":       whole,
	"request.wrongSignature":         whole,
	"request.wrongSignatureAcs3":     whole,
	"request.nonceUsed":              whole,
	"request.expiredSecurityToken":   whole,
	"request.malformedSecurityToken": {"code"},
}
