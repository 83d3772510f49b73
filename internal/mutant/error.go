package mutant

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// errorHand are errors of refusing: what is refused is done all the same.
func errorHand(g *generator) {
	for _, op := range makesOf(g.c, contract.Creates, contract.Updates) {
		if r := worldRow(g.c, op); r != nil {
			g.add(Mutant{
				ID: op.Name + "/refused/done", Clause: r.Row.ID, Operation: op.Name, Summary: "What is refused for where it should be done is done elsewhere.",
				hooks: working(op.Name, doneElsewhere),
			})
		}
	}
	for _, r := range g.c.Resources {
		for _, op := range makesOf(g.c, contract.Creates, contract.Copies, contract.Deletes) {
			if op.Effect.Resource == r.Name && r.Usage != nil {
				g.add(Mutant{
					ID: op.Name + "/refused/counted", Clause: r.Usage.Clause.ID, Operation: op.Name, Summary: "What is refused is counted as done.",
					hooks: func(t *tools) *emulator.Hooks { return overcounted(t, op, r) },
				})
			}
		}
	}
	for _, stage := range []string{"throttling", "ram"} {
		g.swap("parameters", stage)
	}
}

// worldRow returns the first row that a thing of the world provokes.
func worldRow(c *contract.Contract, op *contract.Operation) *contract.Error {
	for _, r := range op.Errors {
		if k := c.Condition(r.Condition); k != nil && k.Kind == "world" && r.Row != nil {
			return r
		}
	}
	return nil
}

// doneElsewhere does a refused request without the things of the world that it
// names, and refuses it then.
func doneElsewhere(w *work) *wire.Map {
	if done := w.do(); done != nil {
		return done
	}
	w.as(w.nowhere())
	return w.do()
}

// nowhere returns the parameters without those that name a thing of the world.
func (w *work) nowhere() wire.Params {
	return slices.DeleteFunc(w.Params.Clone(), func(p wire.Param) bool {
		return slices.ContainsFunc(w.op.Leaves(), func(f *contract.Field) bool {
			return f.Binding != "" && f.Binding != contract.RegionBinding && under(p.Name, f.Path)
		})
	})
}

// overcounted counts what was refused as well.
func overcounted(t *tools, op *contract.Operation, r *contract.Resource) *emulator.Hooks {
	var refused atomic.Int64
	return &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
		shows := t.contract.Operation(a.Operation)
		switch {
		case a.Operation == op.Name && status >= 400 && status < 500:
			refused.Add(1)
		case shows != nil && shows.Effect.Kind == contract.ShowsUsage && status < 300:
			v, _ := body.Get(shows.Effect.Items)
			if counts, ok := v.(*wire.Map); ok {
				n, _ := counts.Get(r.Usage.Member)
				counts.Set(r.Usage.Member, json.Number(number(fmt.Sprint(n), 10, refused.Load())))
			}
		}
		return status
	}}
}
