package contract

import (
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// RegionBinding is the binding of parameters that name a region.
const RegionBinding = "region"

// Region returns the parameter that says in which region the operation works,
// the first where there are several; nil where there is none.
func (o *Operation) Region() *Field {
	for _, f := range o.Parameters {
		if f.Binding == RegionBinding {
			return f
		}
	}
	return nil
}

// ItemsIn returns the items on a page of a listing; none where the body has no
// list in the place that the contract gives it.
func (o *Operation) ItemsIn(body any) []*wire.Map {
	for name := range strings.SplitSeq(o.Effect.Items, ".") {
		m, _ := body.(*wire.Map)
		body, _ = m.Get(name)
	}
	list, _ := body.([]any)
	var out []*wire.Map
	for _, item := range list {
		if m, ok := item.(*wire.Map); ok {
			out = append(out, m)
		}
	}
	return out
}

// NextIn returns the token of the page behind this one; empty for the last.
func (o *Operation) NextIn(body any) string {
	m, _ := body.(*wire.Map)
	v, _ := m.Get(o.Effect.Next)
	token, _ := v.(string)
	return token
}
