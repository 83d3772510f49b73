package emulator

import (
	"context"

	"github.com/eci-conform/conform/internal/wire"
)

// Hooks are the places where an emulator can be made to err that no edit of
// its contract or world reaches. A nil hook does nothing. All are called by
// many requests at once, and none while a lock is held.
type Hooks struct {
	// Around stands between a request and its answer: it calls work, which
	// does the request and renders the answer, at most once, and returns what
	// is sent. The account is whose key the request names, before anything
	// is checked; empty when the key is unknown. An error drops the
	// connection without an answer.
	Around func(ctx context.Context, account string, work func() *Answer) (*Answer, error)
	// Ask may change what a request asks for before anything is checked. The
	// signature is held against what was sent.
	Ask func(a *Ask)
	// Verify takes the place of the check of the signature. An error that
	// wraps no *wire.Mismatch counts as none.
	Verify func(in *wire.Received, secret string) error
	// Nonce returns the text that stands for a nonce: two requests with one
	// text are one too many.
	Nonce func(a *Ask, nonce string) string
	// Remember may change under which key a client token is remembered, and
	// the parameters that a repetition is held against.
	Remember func(a *Ask, key string, params wire.Params) (string, wire.Params)
	// Work stands around what an operation does, within what a client token
	// stands for. It calls do, which does what a says then and returns the
	// members of a success, nil for a refusal, and returns what is answered:
	// members, or nil for the last refusal. It may call do any number of
	// times.
	Work func(ctx context.Context, a *Ask, do func() *wire.Map) *wire.Map
	// Tell may change an answer's status and tree, RequestId and all, before
	// it is rendered, and returns the status.
	Tell func(a *Ask, status int, body *wire.Map) int
}

// Ask is one request, as far as hooks are concerned.
type Ask struct {
	// Operation is its Action; changing it changes nothing.
	Operation string
	// Account is whose key signs; empty for nobody's. A change of it in Ask or
	// Work changes for whom the work is done, not whose signature is checked.
	Account string
	// Format is JSON or XML: what the answer is written in.
	Format string
	Scheme wire.Scheme
	Method string
	// Params are the operation's own parameters: as sent in Ask, decoded and
	// in canonical form in Work.
	Params wire.Params
	// In is the request as it came.
	In *wire.Received
}

// ask lets the hook see the request and takes over what it changes.
func (e *Emulator) ask(q *request) {
	q.asked = &Ask{Format: q.format, Scheme: q.in.Scheme, Method: q.in.Method, Params: q.raw, In: q.in}
	q.asked.Operation, _ = q.in.Common(commonAction)
	if q.owner != nil {
		q.asked.Account = q.owner.ID
	}
	if e.hooks.Ask == nil {
		return
	}
	e.hooks.Ask(q.asked)
	q.raw, q.format = q.asked.Params, q.asked.Format
	e.become(q)
}

// become does the rest of the request for the account that the hooks say.
func (e *Emulator) become(q *request) {
	if a := e.world.accounts[q.asked.Account]; a != nil && q.owner != nil {
		q.owner = a
	}
}

// worked is perform, with the hook around it.
func (e *Emulator) worked(q *request) (*wire.Map, *refusal) {
	if e.hooks.Work == nil {
		return e.perform(q)
	}
	var last *refusal
	q.asked.Params = wire.Params(q.input)
	result := e.hooks.Work(q.ctx, q.asked, func() *wire.Map {
		q.input = input(q.asked.Params)
		e.become(q)
		if no := checkRegions(e, q, nil); no != nil {
			last = no
			return nil
		}
		var done *wire.Map
		done, last = e.perform(q)
		return done
	})
	switch {
	case result != nil:
		return result, nil
	case last == nil:
		return nil, internalFault()
	}
	return nil, last
}

// tell lets the hook change an answer. What is shown may be shared with other
// answers, so the hook gets a copy.
func (e *Emulator) tell(q *request, status int, body *wire.Map) (int, *wire.Map) {
	if e.hooks.Tell == nil {
		return status, body
	}
	body, _ = copyValue(body).(*wire.Map)
	return e.hooks.Tell(q.asked, status, body), body
}

func copyValue(v any) any {
	switch v := v.(type) {
	case *wire.Map:
		out := &wire.Map{}
		for _, key := range v.Keys() {
			member, _ := v.Get(key)
			out.Set(key, copyValue(member))
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = copyValue(v[i])
		}
		return out
	}
	return v
}

func (e *Emulator) verify(in *wire.Received, secret string) error {
	if e.hooks.Verify == nil {
		return in.Verify(secret)
	}
	return e.hooks.Verify(in, secret)
}

// nonceOf is the text that must not come twice from one key.
func (e *Emulator) nonceOf(q *request) string {
	nonce, _ := q.in.Common(commonNonce)
	if e.hooks.Nonce == nil {
		return nonce
	}
	return e.hooks.Nonce(q.asked, nonce)
}

// remembered is where a token's effect is kept and what it is held against.
func (e *Emulator) remembered(q *request, token, name string) (key, fingerprint string) {
	key, in := e.scope(q, token), q.input.without(name)
	if e.hooks.Remember != nil {
		var params wire.Params
		key, params = e.hooks.Remember(q.asked, key, wire.Params(in).Clone())
		in = input(params)
	}
	return key, fingerprintOf(in)
}
