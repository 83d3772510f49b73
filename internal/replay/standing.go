package replay

import (
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// standing is how the gateway sees who asks. What was refused for it is
// another exchange than the same request of somebody in good standing.
type standing byte

// The standings.
const (
	good         standing = iota
	keyless               // there is no key
	unknownKey            // nobody has it
	badSignature          // it is missing, or not that of the request
	usedNonce             // the nonce came before
	shut                  // the key, its token or the time is not accepted
)

// nobodys says whether there is no account to which the request belongs.
func (s standing) nobodys() bool { return s == keyless || s == unknownKey }

// in is the form for requests of a standing.
func (f form) in(s standing) form {
	f.rest[0] ^= byte(s)
	return f
}

// Conditions of the contract by which the gateway refuses who asks.
const (
	conditionMissing = "request.missingCommon"
	conditionUnknown = "request.unknownAccessKey"
	conditionNonce   = "request.nonceUsed"
)

// standing is that for which a recorded exchange was refused, or good.
func (r *reader) standing(e *redact.Record, answer []byte) standing {
	if e.Status < 400 {
		return good
	}
	code, message := member(answer, "Code"), member(answer, "Message")
	for _, row := range r.contract.Gateway.Errors {
		if !row.Matches(code, message) {
			continue
		}
		switch class := r.contract.Class(row); {
		case row.Condition == conditionMissing && e.KeyID() == "" && e.Signature != redact.SignatureOK:
			return keyless
		case row.Condition == conditionUnknown:
			return unknownKey
		case row.Condition == conditionNonce:
			return usedNonce
		case class == contract.ClassKey:
			return shut
		case class == contract.ClassSignature:
			return badSignature
		}
	}
	if e.Signature == redact.SignatureBad || e.Signature == redact.SignatureAbsent {
		return badSignature
	}
	return good
}

// standing is that of a client. Without keys to check by, anybody who names one
// is in good standing.
func (p *Player) standing(q *asked) standing {
	secret, known := p.secrets[q.key]
	switch {
	case q.key == "":
		return keyless
	case len(p.secrets) == 0:
		return good
	case !known:
		return unknownKey
	}
	q.checked = true
	if q.bad, _ = q.in.Verify(secret).(*wire.Mismatch); q.bad != nil {
		return badSignature
	}
	return good
}

// standings are those in which a request may have been recorded, the likeliest
// first: who is not checked may have been refused.
func (q *asked) standings() []standing {
	switch {
	case q.standing == good && q.reused:
		return againStandings
	case q.standing == good && q.checked:
		return goodStandings
	case q.standing == good:
		return anyStandings
	}
	return otherStandings[q.standing]
}

var (
	againStandings = []standing{usedNonce, good, shut}
	goodStandings  = []standing{good, shut}
	anyStandings   = []standing{good, shut, badSignature, unknownKey}
	otherStandings = map[standing][]standing{
		keyless: {keyless, good, badSignature}, unknownKey: {unknownKey}, badSignature: {badSignature},
	}
)

// timeless says whether the refusal of a request that names nothing is the same
// at any time: it is for what the request, the account or the service is, and
// not for how things are.
func (r *reader) timeless(op *operation, answer []byte) bool {
	code, message := member(answer, "Code"), member(answer, "Message")
	found := false
	for _, row := range op.rows {
		if !row.Matches(code, message) {
			continue
		}
		if found = true; r.ofState(row) {
			return false
		}
	}
	return found
}

// ofState says whether a row tells of how things are.
func (r *reader) ofState(row *contract.Error) bool {
	c := r.contract.Condition(row.Condition)
	return c == nil || c.Kind == conditionState || c.Name == conditionNotFound || slices.Contains(stateClasses, c.Class)
}

// Conditions that the operations bring about are of a kind, but for one: what a
// request names may be gone, or not be there yet.
const (
	conditionState    = "state"
	conditionNotFound = "request.notFound"
)

// stateClasses are classes of conditions that come and go with what is made.
var stateClasses = []string{contract.ClassQuota, contract.ClassBusy, contract.ClassUnchanged, contract.ClassTags}
