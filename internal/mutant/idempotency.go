package mutant

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// tokenMutants forget the tokens of each operation, and what they stand for.
func tokenMutants(g *generator) {
	for _, op := range g.c.Operations {
		if op.Idempotency == nil || op.Idempotency.Clause == nil {
			continue
		}
		name, token := op.Name, op.Idempotency.Parameter
		g.add(Mutant{
			ID: name + "/token/forgotten", Clause: op.Idempotency.Clause.ID, Operation: name, Summary: "A token that comes again counts as new.",
			edit: func(c *contract.Contract) { c.Operation(name).Idempotency = nil },
		})
		g.add(Mutant{
			ID: name + "/token/anyParameters", Clause: "common#idempotency/changed", Operation: name, Summary: "A token that comes again with other parameters gets the first answer.",
			hooks: remembering(name, func(key string, _ wire.Params) (string, wire.Params) { return key, nil }),
		})
		for _, f := range compared(op, token) {
			g.add(Mutant{
				ID: name + "/token/without-" + f.Name, Clause: "common#idempotency/changed", Operation: name, Summary: "A token that comes again with another " + f.Name + " gets the first answer.",
				hooks: remembering(name, func(key string, p wire.Params) (string, wire.Params) { return key, withoutPath(p, f.Path) }),
			})
		}
	}
	mismatch := g.c.Idempotency.Mismatch
	if mismatch != nil {
		g.row(row{
			id: "common/mismatch", row: mismatch, subject: "A token with other parameters",
			find: func(c *contract.Contract) *contract.Error { return c.Idempotency.Mismatch },
		}, "code", "status", "message")
	}
	for _, dimension := range g.c.Idempotency.Scope {
		g.add(Mutant{
			ID: "common/scope/without-" + dimension, Clause: "common#idempotency/scope." + dimension, Summary: "A token stands for one piece of work in every " + dimension + ".",
			edit: func(c *contract.Contract) { c.Idempotency.Scope = without(c.Idempotency.Scope, dimension) },
		})
	}
}

// compared are the first parameters of the operation that a client can choose
// freely, required ones first.
func compared(op *contract.Operation, token string) []*contract.Field {
	var required, optional []*contract.Field
	for _, f := range op.Parameters {
		switch {
		case f.Name == token || f.Binding != "" || isKey(op, f.Path):
		case f.Required:
			required = append(required, f)
		case f.Type == contract.Integer || f.Class == contract.ClassName:
			optional = append(optional, f)
		}
	}
	all := append(required, optional...)
	return all[:min(2, len(all))]
}

// remembering makes hooks that change what one operation's tokens are kept
// under, or all operations' when the name is empty.
func remembering(operation string, change func(key string, p wire.Params) (string, wire.Params)) func(*tools) *emulator.Hooks {
	return func(*tools) *emulator.Hooks {
		return &emulator.Hooks{Remember: func(a *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
			if operation != "" && a.Operation != operation {
				return key, p
			}
			return change(key, p)
		}}
	}
}

// idempotencyHand are the errors of tokens that no edit of the contract makes.
func idempotencyHand(g *generator) {
	key := func(change func(string) string) func(*tools) *emulator.Hooks {
		return remembering("", func(key string, p wire.Params) (string, wire.Params) { return change(key), p })
	}
	g.hands(
		hand{id: "token/anyCase", clause: "idempotency/caseSensitive", summary: "Tokens are compared without case.", hooks: key(strings.ToLower)},
		hand{id: "token/cut", clause: "idempotency/fresh", summary: "Tokens are compared by their first eight characters.", hooks: key(cutToken)},
		hand{id: "token/expires", clause: "idempotency/replay", summary: "A token is forgotten after some milliseconds.", hooks: expiring},
		hand{id: "token/oncePerToken", clause: "idempotency/replay", summary: "A token is forgotten after its first repetition.", hooks: forgetful},
		hand{id: "token/failuresKept", clause: "idempotency/refused", summary: "A refusal uses its token up.", hooks: failuresKept},
		hand{id: "token/lostOnDelete", clause: "idempotency/deleted", summary: "Deleting a resource makes tokens new.", hooks: lostOnDelete},
		hand{id: "token/race", clause: "idempotency/together", summary: "Requests that come together with one token are each done.", hooks: race},
		hand{id: "token/alwaysMismatch", clause: "idempotency/replay", summary: "A token that comes again is refused, whatever the parameters.", hooks: alwaysMismatch},
		hand{id: "token/implied", clause: "idempotency/absent", summary: "Two requests without a token count as one when they are equal.", hooks: implied},
	)
}

// cutToken keeps the scope and eight characters of the token.
func cutToken(key string) string {
	i := strings.LastIndexByte(key, 0) + 1
	return key[:min(len(key), i+8)]
}

// expiring changes keys every few milliseconds.
func expiring(t *tools) *emulator.Hooks {
	return &emulator.Hooks{Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return key + strconv.FormatInt(t.clock().UnixNano()/int64(100*time.Microsecond), 10), p
	}}
}

// counts counts by text.
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counts) add(key string, by int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[key] += by
	return c.n[key]
}

// forgetful makes every third use of a token new.
func forgetful(*tools) *emulator.Hooks {
	var uses counts
	return &emulator.Hooks{Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return key + "#" + strconv.Itoa((uses.add(key, 1)-1)/2), p
	}}
}

func alwaysMismatch(*tools) *emulator.Hooks {
	var uses counts
	return &emulator.Hooks{Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
		return key, append(p, wire.Param{Name: "#", Value: strconv.Itoa(uses.add(key, 1))})
	}}
}

// failuresKept refuses what comes with a token that was refused before.
func failuresKept(t *tools) *emulator.Hooks {
	var refused counts
	hooks := working("", func(w *work) *wire.Map {
		token := tokenOf(w.op, w.Params)
		if token == "" {
			return w.do()
		}
		if refused.add(w.op.Name+token, 0) > 0 {
			w.as(nil)
			return nil
		}
		done := w.do()
		if done == nil {
			refused.add(w.op.Name+token, 1)
		}
		return done
	})
	return hooks(t)
}

func tokenOf(op *contract.Operation, p wire.Params) string {
	if op.Idempotency == nil {
		return ""
	}
	token, _ := p.Get(op.Idempotency.Parameter)
	return token
}

// lostOnDelete makes all tokens new whenever something was deleted.
func lostOnDelete(t *tools) *emulator.Hooks {
	var deleted atomic.Int64
	return &emulator.Hooks{
		Remember: func(a *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
			if op := t.contract.Operation(a.Operation); op != nil && op.Effect.Kind == contract.Deletes {
				return key, p
			}
			return key + "#" + strconv.FormatInt(deleted.Load(), 10), p
		},
		Tell: func(a *emulator.Ask, status int, _ *wire.Map) int {
			if op := t.contract.Operation(a.Operation); op != nil && op.Effect.Kind == contract.Deletes && status < 300 {
				deleted.Add(1)
			}
			return status
		},
	}
}

// race does what comes with a token while the same token is at work, and gives
// others the time to come. A token that is done with is remembered as ever.
func race(t *tools) *emulator.Hooks {
	var busy counts
	var serial atomic.Int64
	return &emulator.Hooks{
		Remember: func(_ *emulator.Ask, key string, p wire.Params) (string, wire.Params) {
			if token := key[strings.LastIndexByte(key, 0)+1:]; busy.add(token, 0) > 0 {
				return key + "#" + strconv.FormatInt(serial.Add(1), 10), p
			}
			return key, p
		},
		Work: func(ctx context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
			op := t.contract.Operation(a.Operation)
			if op == nil || tokenOf(op, a.Params) == "" {
				return do()
			}
			token := tokenOf(op, a.Params)
			busy.add(token, 1)
			defer busy.add(token, -1)
			wait(ctx, 3*time.Millisecond)
			return do()
		},
	}
}

// wait lets others come in between.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// implied gives requests without a token the answer of an equal one before.
func implied(t *tools) *emulator.Hooks {
	var mu sync.Mutex
	answers := map[string]*wire.Map{}
	hooks := working("", func(w *work) *wire.Map {
		if w.op.Effect.Kind != contract.Creates || tokenOf(w.op, w.Params) != "" {
			return w.do()
		}
		key := w.Account + w.op.Name + w.Params.Encode(nil)
		mu.Lock()
		had := answers[key]
		mu.Unlock()
		if had != nil {
			return had
		}
		done := w.do()
		mu.Lock()
		defer mu.Unlock()
		answers[key] = done
		return done
	})
	return hooks(t)
}
