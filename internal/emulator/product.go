package emulator

import (
	"crypto/sha256"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// effects do the work by the kind of an operation's effect.
var effects = map[contract.EffectKind]func(*Emulator, *request) (*wire.Map, *refusal){
	contract.Creates:      create,
	contract.Copies:       duplicate,
	contract.Reads:        describe,
	contract.Updates:      update,
	contract.Deletes:      remove,
	contract.Tags:         tag,
	contract.Untags:       untag,
	contract.ListsTags:    listTags,
	contract.ListsRegions: listRegions,
	contract.ShowsUsage:   listUsage,
}

// runProduct is the last stage: what stands behind the gateway.
func runProduct(e *Emulator, q *request) *refusal {
	if q.op == nil || q.owner == nil || q.region == nil {
		return internalFault()
	}
	if no := e.standingRefusal(q); no != nil {
		return no
	}
	result, no := e.once(q, e.worked)
	q.result = result
	return no
}

// perform judges what the request names and then does the work.
func (e *Emulator) perform(q *request) (*wire.Map, *refusal) {
	if q.op.Effect.Kind.Writes() { // the others only select by what they name
		refs, no := e.refer(q)
		if no != nil {
			return nil, no
		}
		if no := worldRefusal(q, refs); no != nil {
			return nil, no
		}
	}
	work := effects[q.op.Effect.Kind]
	if work == nil {
		return nil, internalFault()
	}
	return work(e, q)
}

// once does the work at most once for each token of a client: a repetition
// gets the answer of the first success.
func (e *Emulator) once(q *request, work func(*request) (*wire.Map, *refusal)) (*wire.Map, *refusal) {
	token, name := e.token(q)
	if token == "" {
		return work(q)
	}
	key, fingerprint := e.remembered(q, token, name)
	for {
		entry, owned := e.tokens.claim(key, fingerprint, q.now)
		switch {
		case owned:
			return e.own(q, entry, work)
		case entry.fingerprint != fingerprint:
			return nil, refuse(e.contract.Idempotency.Mismatch, name)
		case entry.wait(q.ctx):
			return entry.result, nil
		case q.ctx.Err() != nil:
			return nil, internalFault()
		}
	}
}

// own does the work under a token. The token is settled whatever happens, or
// others would wait for ever.
func (e *Emulator) own(q *request, entry *effect, work func(*request) (*wire.Map, *refusal)) (result *wire.Map, no *refusal) {
	defer func() { e.tokens.settle(entry, result) }()
	return work(q)
}

func (e *Emulator) token(q *request) (token, name string) {
	if q.op.Idempotency == nil {
		return "", ""
	}
	name = q.op.Idempotency.Parameter
	return q.input.text(name), name
}

// scope is within which a token stands for one piece of work.
func (e *Emulator) scope(q *request, token string) string {
	parts := map[string]string{"account": q.owner.ID, "region": q.region.ID, "operation": q.op.Name}
	var b strings.Builder
	for _, dimension := range e.contract.Idempotency.Scope {
		b.WriteString(parts[dimension] + "\x00")
	}
	return b.String() + token
}

// fingerprintOf is the same for the same parameters, however they were sent.
// It is a hash because the parameters may hold secrets.
func fingerprintOf(in input) string {
	sum := sha256.Sum256([]byte(wire.Params(in).Encode(nil)))
	return string(sum[:])
}

// locked returns the resources of the effect's kind in the request's region,
// with their cell locked. The caller unlocks it.
func (e *Emulator) locked(q *request) (*cell, *shelf) {
	c := e.cell(q.owner.ID, q.region.ID)
	c.mu.Lock()
	return c, c.shelf(q.op.Effect.Resource, q.now, e.settle)
}

// means returns what the contract's names for the operation's resource mean.
func (e *Emulator) means(q *request) (*contract.Resource, *resource) {
	name := q.op.Effect.Resource
	return e.contract.Resource(name), e.world.Resources[name]
}
