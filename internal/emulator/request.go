package emulator

import (
	"context"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// The words of the protocol that the gateway itself looks at.
const (
	commonAction    = "Action"
	commonVersion   = "Version"
	commonFormat    = "Format"
	commonKey       = "AccessKeyId"
	commonToken     = "SecurityToken"
	commonTimestamp = "Timestamp"
	commonNonce     = "SignatureNonce"
	commonSignature = "Signature"

	formatJSON = "JSON"
	formatXML  = "XML"

	stampLayout = "2006-01-02T15:04:05Z"
)

// request is one request on its way through the stages. Each stage reads what
// earlier ones found out and must bear that they did not run.
type request struct {
	ctx  context.Context
	in   *wire.Received
	now  time.Time
	id   string // RequestId
	op   *contract.Operation
	plan *operationPlan
	// format is JSON or XML.
	format string
	key    *Key
	owner  *account
	// raw is the parameters as sent, common ones left out.
	raw   wire.Params
	input input
	// region is where the operation works.
	region *region
	result *wire.Map
	// asked is the request as hooks see it.
	asked *Ask
}

func (e *Emulator) newRequest(ctx context.Context, in *wire.Received) *request {
	q := &request{ctx: ctx, in: in, now: e.clock().UTC(), id: e.requests.requestID()}
	q.format = e.formatOf(in)
	action, _ := in.Common(commonAction)
	q.op = e.contract.Operation(action)
	q.plan = e.plans[action]
	if id, _ := in.Common(commonKey); id != "" {
		q.key = e.keys[id]
	}
	if q.key != nil {
		q.owner = e.world.accounts[q.key.Account]
	}
	q.raw = in.API(e.isCommon)
	e.ask(q)
	return q
}

func (e *Emulator) isCommon(name string) bool {
	for _, f := range e.contract.Protocol.Common {
		if f.Name == name {
			return true
		}
	}
	return false
}
