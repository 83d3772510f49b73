package suites

import (
	"context"
	"slices"
	"sort"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/wire"
)

// tags tests that tags come and go one by one.
func (f states) tags() {
	clause := f.op.Effect.Clause
	if f.op.Effect.Takes != nil {
		clause = f.op.Effect.Takes.Clause
	}
	params, ok := f.about(f.op)
	if !ok {
		return
	}
	for _, echo := range f.c.Operation(f.kind.Create).Effect.Echo {
		member, _, inList := strings.Cut(echo.Member, ".N.")
		if !inList {
			continue
		}
		f.play(play{
			subject: f.kind.Name, variant: "others", clause: clause, needs: f.needs(params, ""),
			promise: f.op.Name + " leaves all tags alone that it does not name, and all else.",
			steps: []string{
				"make " + contract.Articled(f.kind.Name) + " with two tags", "send " + f.op.Name + " about one tag",
				"expect this one to be changed, the others to stay, and nothing else to change",
			},
			run: func(ctx context.Context, t *stage) error { return f.oneTag(ctx, t, params, member) },
		})
		return
	}
}

// oneTag makes a resource with two tags, of which the operation names at most
// one.
func (f states) oneTag(ctx context.Context, t *stage, params wire.Params, member string) error {
	create := f.c.Operation(f.kind.Create)
	with := wire.Params{}
	for i, key := range []string{"conform-stays", tagKey(f.op, params)} {
		if i == 0 || f.op.Effect.Takes != nil {
			with = append(with, tagged1(create, i+1, key)...)
		}
	}
	r, err := t.Create(ctx, f.kind.Name, with)
	if err != nil {
		return err
	}
	before, err := t.look(ctx, r.ID)
	if err != nil || before == nil {
		return err
	}
	a, call, err := t.admitted(ctx, request{op: f.op, params: t.named(params, r.ID)}, nil)
	if err != nil {
		return err
	}
	t.Find(t.Judge.Accepted(a, f.op.Effect.Clause)...)
	if !a.OK {
		return nil
	}
	return f.tagged(ctx, t, r.ID, retagging{before: before, call: call, sent: model.Call{Operation: create, Params: with}, member: member})
}

// retagging is a request about tags, and what was there before it.
type retagging struct {
	before     *wire.Map
	call, sent model.Call
	member     string
}

// tagged compares the tags with what the model says of them.
func (f states) tagged(ctx context.Context, t *stage, id string, g retagging) error {
	state := model.State{Name: t.usable(), Item: model.Sent(g.sent.Operation, g.sent.Params)}
	want := f.m.Step(state, g.call).After(true)[0].Item.Map()[g.member]
	clause := f.op.Effect.Clause
	if f.op.Effect.Takes != nil {
		clause = f.op.Effect.Takes.Clause
	}
	after, err := t.look(ctx, id)
	if err != nil || after == nil {
		return err
	}
	got := model.Shown(g.sent.Operation, after).Map()[g.member]
	sort.Strings(got)
	if !slices.Equal(got, want) {
		t.Find(check.Found(clause, "/"+g.member, strings.Join(want, "; "), strings.Join(got, "; ")))
	}
	t.Find(t.keeps(g.before, after, f.op.Effect.Clause, g.member)...)
	return nil
}

// tagKey is the key of the tag that the request is about.
func tagKey(op *contract.Operation, params wire.Params) string {
	path := ""
	if op.Effect.Takes != nil {
		path = op.Effect.Takes.Parameter
	} else if len(op.Effect.Echo) > 0 {
		path = op.Effect.Echo[0].Parameter
	}
	key, _ := params.Get(first(path))
	return key
}

// tagged1 is one tag as the creating operation takes it.
func tagged1(create *contract.Operation, n int, key string) wire.Params {
	var out wire.Params
	text := key
	for _, e := range create.Effect.Echo {
		root, member, inList := strings.Cut(e.Parameter, ".N.")
		if !inList {
			continue
		}
		out = append(out, wire.Param{Name: root + "." + string(rune('0'+n)) + "." + member, Value: text})
		text += "-value"
	}
	return out
}
