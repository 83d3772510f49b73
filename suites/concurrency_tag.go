package suites

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/history"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tagger is all about tags that a contest needs: the three operations, a valid
// request of each without its tags, and what they call key and value.
type tagger struct {
	put, take, list           *contract.Operation
	putBase, takeBase         wire.Params
	listBase                  wire.Params
	key, value, off           string // wire names in requests
	items, keyShown, valShown string // paths in the listing
}

// taggings are the designs of requests on tags at the same time.
var taggings = []struct {
	variant string
	shared  bool // all work on one tag
	say     string
}{
	{"apart", false, "each puts a tag of its own, changes it, and every other one takes it off"},
	{"shared", true, "all put one tag, each with its own value, and some take it off"},
}

func (b *builder) tagContests() {
	for _, kind := range b.c.Resources {
		t, ok := b.tagger(kind)
		if !ok {
			continue
		}
		for _, v := range taggings {
			b.contestOf(contestCase{
				subject: "tags-" + kind.Name, variant: v.variant, kind: kind, params: t.putBase,
				promises: []string{promiseTagged, promiseSettled, promiseLinear},
				steps: []string{
					"make " + contract.Articled(kind.Name),
					fmt.Sprintf("2 to 6 clients send %s and %s at the same time: %s; others send %s", t.put.Name, t.take.Name, v.say, t.list.Name),
					"wait until the tags are as the last requests left them, and look again",
				},
				run: func(ctx context.Context, c *contest) error { return (&tagging{c, t, v.shared}).run(ctx) },
			})
		}
	}
}

// tagger is false where the contract does not say enough.
func (b *builder) tagger(kind *contract.Resource) (tagger, bool) {
	t := tagger{put: b.op, take: b.effectOf(contract.Untags), list: b.effectOf(contract.ListsTags)}
	if kind.TagType == "" || t.take == nil || t.list == nil || t.take.Effect.Takes == nil || len(b.op.Effect.Echo) == 0 {
		return t, false
	}
	for _, e := range b.op.Effect.Echo {
		for _, f := range t.list.Effect.Filters {
			switch {
			case f.Parameter != e.Parameter:
			case e.Member == t.take.Effect.Takes.Member:
				t.key, t.keyShown = first(e.Parameter), f.Member
			default:
				t.value, t.valShown = first(e.Parameter), f.Member
			}
		}
	}
	t.off, t.items = first(t.take.Effect.Takes.Parameter), t.list.Effect.Items
	var ok [3]bool
	t.putBase, ok[0] = b.typed(t.put, kind)
	t.takeBase, ok[1] = b.typed(t.take, kind)
	t.listBase, ok[2] = b.typed(t.list, kind)
	t.putBase, t.takeBase = drop(t.putBase, top(t.key)), drop(t.takeBase, top(t.off))
	return t, t.key != "" && t.value != "" && ok[0] && ok[1] && ok[2]
}

// effectOf returns the operation with the kind of effect, or nil.
func (b *builder) effectOf(kind contract.EffectKind) *contract.Operation {
	for _, op := range b.c.Operations {
		if op.Effect.Kind == kind {
			return op
		}
	}
	return nil
}

// typed is a valid request of a tag operation about a kind of resource.
func (b *builder) typed(op *contract.Operation, kind *contract.Resource) (wire.Params, bool) {
	in, want := b.in[op.Name], "$id:"+kind.Name
	about := func(p wire.Params) bool {
		return slices.ContainsFunc(p, func(q wire.Param) bool { return q.Value == want })
	}
	if about(in.Minimal) {
		return in.Minimal.Clone(), true
	}
	for choice, v := range in.With {
		if p := merge(in.Minimal, v.Set); strings.HasSuffix(choice, "="+kind.TagType) && about(p) {
			for _, gone := range v.Drop {
				p = drop(p, gone)
			}
			return p, true
		}
	}
	return nil, false
}

// tagging is a contest about the tags of one resource.
type tagging struct {
	*contest
	tagger
	shared bool
}

func (x *tagging) run(ctx context.Context) error {
	if err := x.prepare(ctx, nil); err != nil {
		return err
	}
	players, err := x.players(ctx)
	if err != nil {
		return err
	}
	if err := x.race(ctx, players...); err != nil {
		return err
	}
	ok, err := x.rest(ctx)
	if err == nil && ok {
		err = x.steady(ctx, x.between(2, 4), x.look)
	}
	if err != nil {
		return err
	}
	return x.conclude()
}

// players are the clients with all that they send; a tag that somebody writes is
// a register.
func (x *tagging) players(ctx context.Context) ([]player, error) {
	name, clients := x.Name(), x.between(2, 6)
	x.start = map[string]string{}
	var out []player
	for i := range clients {
		key := name
		if !x.shared {
			key += "-" + strconv.Itoa(i)
		}
		if _, ok := x.start[key]; !ok {
			x.start[key] = ""
			x.contest.list = append(x.contest.list, register{param: key})
		}
		var todo []errand
		for _, value := range x.values(i) {
			e, err := x.errand(ctx, key, value)
			if err != nil {
				return nil, err
			}
			todo = append(todo, e)
		}
		out = append(out, x.sender(todo))
	}
	for range x.between(1, 2) {
		out = append(out, func(ctx context.Context, client int) error {
			for range 4 {
				if _, _, err := x.look(ctx, client); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return out, nil
}

// values are what the i-th client makes of its tag, one after another; empty
// takes it off.
func (x *tagging) values(i int) []string {
	v := func(n int) string { return fmt.Sprintf("v%d-%d", i, n) }
	if i%2 == 0 {
		return []string{v(1), v(2), ""}
	}
	return []string{v(1), "", v(2)}
}

// errand puts the tag, or takes it off where the value is empty.
func (x *tagging) errand(ctx context.Context, key, value string) (errand, error) {
	op, base, name := x.put, x.putBase, x.key
	if value == "" {
		op, base, name = x.take, x.takeBase, x.off
	}
	p, err := x.named(ctx, base)
	if err != nil {
		return errand{}, err
	}
	p = p.Set(name, key)
	if value != "" {
		p = p.Set(x.value, value)
	}
	return errand{op: op, params: p, kind: history.Write, set: map[string]string{key: value}}, nil
}

// look lists the resource's tags.
func (x *tagging) look(ctx context.Context, client int) (seen sight, ok bool, err error) {
	x.during(ctx, func(ctx context.Context) (history.Operation, bool) {
		var whole bool
		seen.values, whole, err = x.tags(ctx)
		if err != nil || seen.values == nil {
			return history.Operation{}, false
		}
		ok, seen.present, seen.settled = true, true, true
		return history.Operation{
			Client: client, Kind: history.Read, Present: true, Settled: true, Seen: seen.values,
			Asked: x.tagger.list.Name, Answered: history.Pairs(seen.values),
		}, whole
	})
	return seen, ok, err
}

// tags are the registers as the listing shows them; nil where no answer came.
// They are whole where they came in one page: several show several moments.
func (x *tagging) tags(ctx context.Context) (out map[string]string, whole bool, err error) {
	op := x.tagger.list
	params, err := x.named(ctx, x.listBase)
	if err != nil {
		return nil, false, err
	}
	out, whole = map[string]string{}, true
	for key := range x.start {
		out[key] = ""
	}
	for {
		p := plan.Probe{Operation: op.Name, Params: params, Method: http.MethodPost, Format: "JSON"}
		a, err := x.Probe(ctx, &p, plan.Bound())
		if _, open := plan.IsInconclusive(err); open && ctx.Err() == nil {
			return nil, false, nil
		}
		if err != nil || !a.OK {
			return nil, false, err
		}
		x.collect(a.Body, out)
		next, _ := memberText(a.Body, op.Effect.Next)
		if last, _ := params.Get(op.Effect.Next); op.Effect.Next == "" || next == "" || next == last {
			return out, whole, nil
		}
		params, whole = params.Clone().Set(op.Effect.Next, next), false
	}
}

func (x *tagging) collect(body any, out map[string]string) {
	items := strings.Split(x.items, ".")
	keys := texts(body, append(slices.Clone(items), "N", x.keyShown))
	values := texts(body, append(slices.Clone(items), "N", x.valShown))
	for i, key := range keys {
		if _, mine := out[key]; mine && i < len(values) {
			out[key] = values[i]
		}
	}
}

// rest waits until the tags are as the requests left them, and is false where
// that is a finding.
func (x *tagging) rest(ctx context.Context) (bool, error) {
	var last sight
	wrong := 0
	err := x.Listed(ctx, "the tags of "+x.id, func() (bool, error) {
		seen, ok, err := x.look(ctx, 0)
		if err != nil || !ok {
			return false, err
		}
		last = seen
		if len(x.misplaced(seen)) == 0 {
			return true, nil
		}
		wrong++
		return wrong == enough, nil
	})
	switch {
	case wrong > 0 && plan.IsTimeout(err): // long pauses leave no time for more looks
	case err != nil || wrong < enough:
		return err == nil, err
	}
	x.astray(last)
	return false, nil
}
