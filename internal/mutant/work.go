package mutant

import (
	"context"
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// work is what an operation is about to do.
type work struct {
	*emulator.Ask
	*tools
	ctx context.Context
	op  *contract.Operation
	do  func() *wire.Map
}

// working makes hooks around the work of one operation, or of all when the name
// is empty.
func working(operation string, do func(w *work) *wire.Map) func(*tools) *emulator.Hooks {
	return func(t *tools) *emulator.Hooks {
		return &emulator.Hooks{Work: func(ctx context.Context, a *emulator.Ask, honest func() *wire.Map) *wire.Map {
			op := t.contract.Operation(a.Operation)
			if op == nil || operation != "" && operation != a.Operation {
				return honest()
			}
			return do(&work{Ask: a, tools: t, ctx: ctx, op: op, do: honest})
		}}
	}
}

// as does the work with other parameters and leaves those of the request as
// they are.
func (w *work) as(p wire.Params) *wire.Map {
	now := w.Params
	defer func() { w.Params = now }()
	w.Params = p
	return w.do()
}

// makesOf returns the operations of a kind of effect, in the contract's order.
func makesOf(c *contract.Contract, kinds ...contract.EffectKind) []*contract.Operation {
	var out []*contract.Operation
	for _, op := range c.Operations {
		if slices.Contains(kinds, op.Effect.Kind) {
			out = append(out, op)
		}
	}
	return out
}

// region returns the parameter that says where an operation works: the first
// that names a region.
func region(op *contract.Operation) string {
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding {
			return f.Path
		}
	}
	return ""
}

// effect returns the id of the operation's effect clause.
func effect(op *contract.Operation) string {
	if op.Effect.Clause == nil {
		return ""
	}
	return op.Effect.Clause.ID
}
