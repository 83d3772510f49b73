package diff

import (
	"context"
	"fmt"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// maxPages is how many pages of a listing are read: an end to one that never
// ends.
const maxPages = 200

// list reads the listing of a thing: selected by its id where that is known and
// the listing can, else all of it.
func (r *resender) list(ctx context.Context, m *made) ([]*wire.Map, error) {
	op := r.Contract.Operation(m.kind.List)
	if op == nil {
		return nil, fmt.Errorf("the contract has no operation that lists %s", m.kind.Name)
	}
	params := selecting(op, m)
	var out []*wire.Map
	for range maxPages {
		b := r.call(ctx, m, op.Name, params.Clone())
		if b.Status != 200 || b.Failure != "" {
			return nil, fmt.Errorf("%s was answered %d %s", op.Name, b.Status, errorCode(b))
		}
		answer := body(op, b)
		list, _ := answer.Get(op.Effect.Items)
		items, ok := list.([]any)
		if !ok {
			return nil, fmt.Errorf("%s was answered without %s", op.Name, op.Effect.Items)
		}
		for _, v := range items {
			if item, ok := v.(*wire.Map); ok {
				out = append(out, item)
			}
		}
		next := member(answer, op.Effect.Next)
		if last, _ := params.Get(op.Effect.Next); next == "" || next == last {
			return out, nil
		}
		params = params.Set(op.Effect.Next, next)
	}
	return nil, fmt.Errorf("%s goes on after %d pages", op.Name, maxPages)
}

// selecting are the parameters that select a thing by its id.
func selecting(op *contract.Operation, m *made) wire.Params {
	for _, f := range op.Effect.Filters {
		if f.Member == m.kind.IDMember && m.id != "" {
			return wire.Params{{Name: strings.Replace(f.Parameter, ".N", ".1", 1), Value: m.id}}
		}
	}
	return nil
}
