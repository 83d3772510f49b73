// Package check judges exchanges against the contract. It is pure: it sends
// nothing, waits for nothing and knows no target. What departs from the
// contract is a Finding, which is data; an error means that no judgement could
// be made.
package check

import (
	"net/http"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// Finding is one departure from the contract.
type Finding struct {
	Clause  string         // id of the clause that is broken
	Level   contract.Level // of that clause
	Pointer string         // where in the answer: /status, /header/Content-Type, /body/ImageCaches/0/Status
	Want    string
	Got     string // shortened to 300 characters
	// Unfit says that this is no departure: the target was not in a state to
	// be judged, and why. Empty in a finding that counts.
	Unfit string
	// Known says why the target's baseline excuses it, Lapsed why it once did;
	// both are empty where it does not.
	Known, Lapsed string
}

// Expect is what is known about an exchange before its answer is looked at.
type Expect struct {
	// Operation is what was asked for; nil where no such operation exists.
	Operation *contract.Operation
	// Format is what the answer must be in, JSON or XML; empty where either
	// will do, as after an unknown Format.
	Format string
	// Keyword names the protocol clause that settles the format, such as
	// format.default; empty means format.json or format.xml by Format.
	Keyword string
	Scheme  wire.Scheme
	// Secrets are texts that no answer may repeat.
	Secrets []string
	// Quotable are secrets that only the answer to a wrong signature may
	// repeat, since it quotes the text that was signed.
	Quotable []string
}

// Answer is an exchange's response once it is read.
type Answer struct {
	Exchange  *wire.Exchange
	Operation *contract.Operation // as expected; nil where there is none
	Status    int                 // 0 when there was no answer
	OK        bool                // status 2xx
	Format    string              // what the body is in: JSON, XML, or empty for neither
	Code      string              // of an error, and of a success that wrongly carries one
	Message   string
	RequestID string
	Body      any // a wire Value; nil when the body could not be read
	// Rows are the known rows that have this status and code: of the
	// operation's own table, the gateway, the violations and idempotency.
	Rows []*contract.Error
	// Brought are the conditions that the case itself brought about, as far as
	// the profile says: a refusal for one of them is about the request. Who
	// sends the request fills it in.
	Brought []string
	// Throttled says that the request was turned away for coming too fast;
	// RetryAfter is what the target asks to wait, zero where it does not say.
	Throttled  bool
	RetryAfter time.Duration
	// OverLimit says that there was more of the body than is read.
	OverLimit bool
}

// Judge checks answers. It is safe for concurrent use, and one Judge serves
// one run: it remembers every RequestId that it has seen.
type Judge struct {
	contract *contract.Contract
	failure  *wire.BodyShape                         // of an error's body
	success  map[*contract.Operation]*wire.BodyShape // of a success
	seen     sync.Map                                // RequestId → struct{}
}

// New returns a Judge that judges by c.
func New(c *contract.Contract) *Judge {
	j := &Judge{contract: c, success: map[*contract.Operation]*wire.BodyShape{}}
	if c.Envelope.Error != nil {
		j.failure = c.Envelope.Error.BodyShape()
	}
	for _, op := range c.Operations {
		if op.Response != nil {
			j.success[op] = op.Response.BodyShape()
		}
	}
	return j
}

// Answer reads an exchange's response and applies the checks that hold for
// every answer of the API. The Answer is never nil; of an exchange without a
// response it has Status 0 and there are no findings.
func (j *Judge) Answer(x *wire.Exchange, e Expect) (*Answer, []Finding) {
	in := &inspection{judge: j, exchange: x, expect: e, answer: &Answer{
		Exchange: x, Operation: e.Operation, Status: x.Status, OK: x.Status >= 200 && x.Status < 300,
		OverLimit: wire.OverLimit(x.Err),
	}}
	if x.Status == 0 {
		return in.answer, nil
	}
	if x.Method != http.MethodHead {
		in.body()
		in.envelope()
	}
	in.status()
	in.content()
	in.secrets()
	return in.answer, in.findings
}
