package emulator

import (
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

const masked = "***"

// masked returns text, which shows what was signed, without the secrets of the
// request. A client may compare it byte for byte with its own: so it is exact
// where there is no secret in the request.
func (q *request) masked(e *Emulator, text string) string {
	for _, secret := range q.secrets(e) {
		once := wire.PercentEncode(secret)
		for _, form := range []string{wire.PercentEncode(once), once, secret} {
			text = strings.ReplaceAll(text, form, masked)
		}
	}
	return text
}

// secrets returns the values of the request that no answer may repeat.
func (q *request) secrets(e *Emulator) []string {
	var out []string
	if token, _ := q.in.Common(commonToken); token != "" {
		out = append(out, token)
	}
	if q.op == nil {
		return out
	}
	for _, p := range q.raw {
		if p.Value != "" && isSecret(q.op, p.Name) {
			out = append(out, p.Value)
		}
	}
	return out
}

// isSecret looks a name up as sent; below a map the last part is the key, with
// or without the gateway's #length# in front.
func isSecret(op *contract.Operation, name string) bool {
	path := contract.Generic(name)
	if f := op.Parameter(path); f != nil {
		return f.Class == contract.ClassSecret
	}
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 {
		return false
	}
	f := op.Parameter(path[:dot])
	if f == nil || f.Type != contract.Map {
		return false
	}
	key := path[dot+1:]
	if i := strings.LastIndexByte(key, '#'); i >= 0 {
		key = key[i+1:]
	}
	m := f.Member(key)
	return m != nil && m.Class == contract.ClassSecret
}

// withoutSecrets returns the values that may be kept and shown again.
func (q *request) withoutSecrets(in input) input {
	var out input
	for _, p := range in {
		if !isSecret(q.op, p.Name) {
			out = append(out, p)
		}
	}
	return out
}
