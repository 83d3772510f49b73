package suites

import (
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// every says which check of every answer enforces the clause.
func every(c *contract.Clause) string {
	switch {
	case c.Kind == "response":
		return "every success is held against the schema of its answer"
	case c.Keyword == "unlisted":
		return "every failure's status and code are looked up in the tables"
	case c.Kind == "envelope":
		return "every answer is held against the envelope"
	case c.Kind == "gateway" && c.Keyword == "unlisted":
		return "every refusal is looked up in the tables"
	case c.Kind == "protocol" && c.Keyword == "secrets.echo":
		return "every answer is searched for the secrets of its request"
	case c.Kind == "protocol" && c.Keyword == "format.json":
		return "every answer is read in the format that was asked for"
	}
	return ""
}

// reasons are why a kind of clause has no case of its own in the families that
// there are, by the clause's kind.
var reasons = map[string]string{
	"client":      "it is about clients: conform sdk judges them by it",
	"state":       "every listing's state is held against the list of states",
	"consistency": "the concurrency family checks histories of requests on one resource, the state family what a resource shows over time",
}

// transitionReasons are why an edge of a state machine has no case, by what
// moves a resource along it.
var transitionReasons = map[string]string{
	"expire": "nobody waits for days: when a resource goes away is read off its item, where that says so",
	"fail":   "no condition of the contract makes work fail just there; where it is seen it is let pass",
	"evict":  "nothing in the contract says which resources make room",
	"settle": "no request leads there",
}

// conditionReasons are why a row of the gateway has no case, by the condition
// that provokes it.
var conditionReasons = map[string]string{
	"request.unknownHost":            "a request is sent to the endpoint of the profile and to no other host",
	"request.malformedSecurityToken": "for a token that nobody gave out the documents have two answers: that it is refused is tested, with which text is not",
	"request.foreignSecurityToken":   "needs two temporary keys, which no profile has to have",
	"request.incompleteSignature":    "for a signature of a wrong form the documents have two answers: that it is refused is tested, with which of them is not",
	"request.badOwnerId":             "no operation lists OwnerId: SDKs alone know it, and a profile has no account number to send",
	"request.badOwnerAccount":        "no operation lists OwnerAccount: SDKs alone know it, and a profile has no account to send",
	"request.badOwner":               "no operation lists OwnerId or OwnerAccount: SDKs alone know them",
	"request.unsupportedParameter":   "contradicts that unknown parameters are ignored, which is tested",
	"request.badContentMd5":          "no client sends Content-MD5, and nobody documents who reads it",
}

// excluded says why nothing enforces the clause; empty where there is no
// reason.
func excluded(c *contract.Contract, clause *contract.Clause) string {
	switch clause.Kind {
	case "gateway":
		return conditionReasons[conditionOf(c, clause)]
	case "effect":
		return effectReason(c, clause)
	case "transition":
		return transitionReasons[clause.Keyword]
	case "parameter", "header":
		return fieldReason(c, clause)
	}
	return reasons[clause.Kind]
}

// conditionOf returns the condition of the gateway's row that the clause is of.
func conditionOf(c *contract.Contract, clause *contract.Clause) string {
	for _, row := range c.Gateway.Errors {
		if row.Row == clause || row.Text == clause {
			return row.Condition
		}
	}
	return ""
}

func effectReason(c *contract.Contract, clause *contract.Clause) string {
	op := c.Operation(clause.Operation)
	switch {
	case strings.Contains(clause.ID, "#effect/takes/"):
		return "the state family looks at a resource's tags before and after"
	case strings.HasSuffix(clause.ID, "#effect/rest"):
		return "the state family compares all that an update did not name"
	case op != nil && op.Effect.Kind == contract.Copies:
		return "the copy lives in another region: the state family follows it there"
	}
	return ""
}

// fieldReason excuses what the wire does not let a client break.
func fieldReason(c *contract.Contract, clause *contract.Clause) string {
	f := fieldOfClause(c, clause)
	switch {
	case f == nil:
		return ""
	case clause.Keyword == "type" && f.Type == contract.String:
		return "every text is text: on the wire there is nothing else to send"
	case clause.Keyword == "type" && f.Parent != nil && f.Parent.Type == contract.Map:
		return "a key of a map takes any text"
	case f.Name == "host":
		return "HTTP has no request without a host"
	case clause.Keyword == "default":
		return "what an update leaves out stays as it was: the state family tests that"
	case clause.Keyword == "maxItems" && f.Type == contract.Array:
		return "its elements name things of another service, of which a profile has one"
	}
	return ""
}

func fieldOfClause(c *contract.Contract, clause *contract.Clause) *contract.Field {
	if op := c.Operation(clause.Operation); op != nil {
		return op.Parameter(clause.Subject)
	}
	for _, list := range [][]*contract.Field{c.Protocol.Common, c.Protocol.Headers} {
		for _, f := range list {
			for _, own := range f.Clauses {
				if own == clause {
					return f
				}
			}
		}
	}
	return nil
}
