package emulator

import (
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// operationPlan is what is worked out once about an operation.
type operationPlan struct {
	shape *wire.Shape
	// wholes are the parameters that are replaced as a whole: lists and maps.
	wholes []string
	// defaults are the values of what is left out.
	defaults wire.Params
	// items is the member of the answer that holds a list, and item the shape
	// of its elements; nil where it answers with no list.
	items, item *contract.Field
}

func planOperations(c *contract.Contract) map[string]*operationPlan {
	plans := make(map[string]*operationPlan, len(c.Operations))
	for _, op := range c.Operations {
		p := &operationPlan{shape: op.Shape()}
		for _, f := range op.Parameters {
			p.learn(f)
		}
		p.items = listOf(op)
		if p.items != nil {
			p.item = p.items.Items
		}
		plans[op.Name] = p
	}
	return plans
}

func (p *operationPlan) learn(f *contract.Field) {
	switch f.Type {
	case contract.Array, contract.Map:
		p.wholes = append(p.wholes, f.Path)
	case contract.Object:
		for _, m := range f.Members {
			p.learn(m)
		}
	default:
		if f.HasDefault {
			p.defaults = append(p.defaults, wire.Param{Name: f.Path, Value: f.Default})
		}
	}
}

// complete returns in with the defaults of what it leaves out. A member of a
// struct has its default only where the struct is given.
func (p *operationPlan) complete(in input) input {
	out := in[:len(in):len(in)]
	for _, d := range p.defaults {
		if in.has(d.Name) {
			continue
		}
		if dot := strings.LastIndexByte(d.Name, '.'); dot >= 0 && !in.has(d.Name[:dot]) {
			continue
		}
		out = append(out, d)
	}
	return out
}

func listOf(op *contract.Operation) *contract.Field {
	if op.Response == nil {
		return nil
	}
	if op.Effect.Items != "" {
		return op.Response.Member(op.Effect.Items)
	}
	for _, m := range op.Response.Members {
		if m.Type == contract.Array && m.Items != nil && m.Items.Type == contract.Object {
			return m
		}
	}
	return nil
}

// boundParameters lists which parameters name which kind of real thing, over
// all operations: the product obeys a name wherever it turns up.
func boundParameters(c *contract.Contract) map[string][]string {
	seen := map[string]bool{}
	bound := map[string][]string{}
	for _, op := range c.Operations {
		for _, f := range op.Leaves() {
			if f.Binding == "" || seen[f.Path] {
				continue
			}
			seen[f.Path] = true
			bound[f.Binding] = append(bound[f.Binding], f.Path)
		}
	}
	return bound
}

// echoesOf lists, for each kind of resource, what the operation that makes one
// shows of its parameters, and what others add to that.
func echoesOf(c *contract.Contract) map[string][]contract.Echo {
	out := map[string][]contract.Echo{}
	for _, op := range c.Operations {
		switch op.Effect.Kind {
		case contract.Creates, contract.Copies, contract.Updates:
		default:
			continue
		}
		kind := op.Effect.Resource
		for _, echo := range op.Effect.Echo {
			if !slices.ContainsFunc(out[kind], func(had contract.Echo) bool { return had.Member == echo.Member }) {
				out[kind] = append(out[kind], echo)
			}
		}
	}
	return out
}
