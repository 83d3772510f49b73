package mutant

import (
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// errorHand are errors of refusing: what is refused is done all the same.
func errorHand(g *generator) {
	for _, op := range makesOf(g.c, "create", "update") {
		if r := worldRow(g.c, op); r != nil {
			g.add(Mutant{
				ID: op.Name + "/refused/done", Clause: r.Row.ID, Operation: op.Name, Summary: "What is refused for where it should be done is done elsewhere.",
				hooks: working(op.Name, doneElsewhere),
			})
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
			return f.Binding != "" && f.Binding != "region" && under(p.Name, f.Path)
		})
	})
}
