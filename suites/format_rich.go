package suites

import (
	"context"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// rugged is a text with what a format has to take care of: blanks within and at
// both ends, what XML and JSON escape, and letters of several bytes.
const rugged = "  a  <b x=\"1\">&amp; 'é' 中文\\t 100% "

// rich makes a resource with much to show: lists of two, and rugged texts.
type rich struct {
	create *builder
	kind   *contract.Resource
}

// richFor is for what the request is about; nil where that is no resource.
func (b *builder) richFor(p wire.Params) *rich {
	for _, q := range p {
		kind := b.c.Resource(trimID(q.Value))
		if !isResource(q.Value) || kind == nil {
			continue
		}
		create := *b
		create.op = b.c.Operation(kind.Create)
		return &rich{create: &create, kind: kind}
	}
	return nil
}

// shared gives the resource, made once for all cases.
func (r *rich) shared(ctx context.Context, s *plan.Session) (*plan.Resource, error) {
	v, err := s.Share(ctx, "rich/"+r.kind.Name, r.make)
	if err != nil {
		return nil, err
	}
	return v.(*plan.Resource), nil
}

// make makes it as rich as the target takes it: no page says which characters a
// text may hold.
func (r *rich) make(ctx context.Context, s *plan.Session) (any, error) {
	lists := slices.Concat(r.lists(), r.objects("conform-one", "conform-two"))
	var made *plan.Resource
	var err error
	for _, with := range []wire.Params{
		slices.Concat(r.names(), r.lists(), r.objects(rugged, "conform-two")), slices.Concat(r.lists(), r.objects(rugged, "conform-two")), lists, nil,
	} {
		if made, err = s.Create(ctx, r.kind.Name, with); err == nil {
			return made, nil
		}
		if _, refused := plan.IsInconclusive(err); !refused || ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// names gives rugged names that are still unique.
func (r *rich) names() wire.Params {
	var out wire.Params
	for _, p := range r.create.input().Minimal {
		if p.Value == "$name" {
			out = append(out, wire.Param{Name: p.Name, Value: "${name}" + rugged + "."})
		}
	}
	return out
}

// lists gives lists of texts with all the elements that a valid request has.
func (r *rich) lists() wire.Params {
	var out wire.Params
	for _, e := range r.create.op.Effect.Echo {
		list, ok := strings.CutSuffix(e.Parameter, ".N")
		if given := below(r.create.input().Maximal, list); ok && !slices.ContainsFunc(given, func(p wire.Param) bool { return isTemplate(p.Value) }) {
			out = append(out, given...)
		}
	}
	return out
}

// objects gives lists of objects with two elements. The members of the first are
// the text, but for the one that tells elements apart.
func (r *rich) objects(text, key string) wire.Params {
	one, two := tagged1(r.create.op, 1, "conform-one"), tagged1(r.create.op, 2, key)
	for i := range one {
		if i > 0 {
			one[i].Value = text
		}
	}
	return append(one, two...)
}
