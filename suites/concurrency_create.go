package suites

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/history"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// creationContests make several resources at the same time: with one name, and
// with one key where the resource has a key besides its id.
func (b *builder) creationContests() {
	kind := b.c.Resource(b.op.Effect.Resource)
	if kind == nil {
		return
	}
	for _, v := range []struct{ variant, say string }{{"name", "with one name"}, {"key", "with one " + strings.Join(kind.Unique, " and ")}} {
		promises := []string{promiseCreated, promiseLinear}
		shared := b.namesOf(kind)
		if v.variant == "key" {
			promises, shared = []string{promiseCreated, promiseUnique, promiseLinear}, kind.Unique
		}
		if len(shared) == 0 {
			continue
		}
		b.contestOf(contestCase{
			subject: "create+create", variant: v.variant, kind: kind, promises: promises, params: b.input().Minimal,
			steps: []string{
				"2 to 4 clients send " + b.op.Name + " at the same time, " + v.say + ", while another looks",
				"wait until the listing shows each that was accepted, and only those",
			},
			run: b.creations(shared),
		})
	}
}

// namesOf are the freely chosen names of a creation that are not its key.
func (b *builder) namesOf(kind *contract.Resource) []string {
	var out []string
	for _, r := range b.registersOf(kind) {
		if r.form != "" && !slices.Contains(kind.Unique, r.param) {
			out = append(out, r.param)
		}
	}
	return out
}

// creations is several creations that share some values.
type creations struct {
	*contest
	op     *contract.Operation
	sent   []wire.Params
	filter wire.Params // selects what the case makes; nil where nothing does

	mu    sync.Mutex
	ids   []string // by client; empty for none
	lists []map[string]bool
}

func (b *builder) creations(shared []string) func(context.Context, *contest) error {
	op, minimal := b.op, b.input().Minimal
	list := b.c.Operation(b.c.Resource(op.Effect.Resource).List)
	return func(ctx context.Context, c *contest) error {
		n := c.between(2, 4)
		x := &creations{contest: c, op: op, ids: make([]string, n)}
		if err := x.compose(ctx, minimal, shared); err != nil {
			return err
		}
		x.filter = selecting(op, list, x.sent[0], shared)
		return x.run(ctx, slices.Contains(c.kind.Unique, shared[0]))
	}
}

// compose binds a request for each client, and gives all the first one's values
// of what is shared.
func (x *creations) compose(ctx context.Context, minimal wire.Params, shared []string) error {
	for i := range x.ids {
		p, err := x.Bind(ctx, minimal)
		if err != nil {
			return err
		}
		if i > 0 {
			for _, name := range shared {
				if value, ok := x.sent[0].Get(name); ok {
					p = p.Set(name, value)
				}
			}
		}
		x.sent = append(x.sent, p)
	}
	return nil
}

// selecting are the parameters of a listing that select by the values that the
// creations share; nil where they cannot.
func selecting(create, list *contract.Operation, sent wire.Params, shared []string) wire.Params {
	var out wire.Params
	for _, e := range create.Effect.Echo {
		value, given := sent.Get(e.Parameter)
		for _, f := range list.Effect.Filters {
			if given && f.Member == e.Member && slices.Contains(shared, e.Parameter) {
				out = out.Set(first(f.Parameter), value)
			}
		}
	}
	return out
}

func (x *creations) run(ctx context.Context, key bool) error {
	var players []player
	for i := range x.ids {
		players = append(players, func(ctx context.Context, client int) error { return x.create(ctx, client, i) })
	}
	if x.filter != nil {
		players = append(players, func(ctx context.Context, client int) error { return x.enumerate(ctx, client, 3) })
	}
	if err := x.race(ctx, players...); err != nil {
		return err
	}
	if err := x.own(ctx); err != nil {
		return err
	}
	if x.filter != nil {
		if err := x.enumerate(ctx, 0, 1); err != nil {
			return err
		}
		x.counted()
	}
	if key {
		x.once()
	}
	return x.explain()
}

// create sends one request; what it is answered is known by the number of the
// client.
func (x *creations) create(ctx context.Context, client, i int) error {
	e := errand{op: x.op, params: x.sent[i], kind: history.Write, set: map[string]string{slot(i): ""}}
	a, err := x.ask(ctx, client, e)
	if id := answered(x.op, a); id != "" {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.ids[i] = id
	}
	return err
}

// slot is the register of the i-th creation: it holds what it made.
func slot(i int) string { return "made" + strconv.Itoa(i) }

// enumerate lists what the case has made, n times. Which of it belongs to which
// client is not known yet.
func (x *creations) enumerate(ctx context.Context, client, n int) error {
	for range n {
		var err error
		x.during(ctx, func(ctx context.Context) (history.Operation, bool) {
			var ids map[string]bool
			if ids, err = x.listed(ctx); err != nil || ids == nil {
				return history.Operation{}, false
			}
			x.mu.Lock()
			defer x.mu.Unlock()
			x.lists = append(x.lists, ids)
			return history.Operation{
				Client: client, Kind: history.Read, Present: true, Settled: true,
				Seen: map[string]string{unresolved: strconv.Itoa(len(x.lists) - 1)}, Asked: x.kind.List,
			}, true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unresolved is where a read keeps the number of what it listed until it is known
// which creation made what.
const unresolved = "listed"

// listed are the ids that the filter selects; nil where no answer came.
func (x *creations) listed(ctx context.Context) (map[string]bool, error) {
	op := x.Contract.Operation(x.kind.List)
	params, out := x.filter, map[string]bool{}
	for _, f := range op.Parameters {
		if f.Binding == contract.RegionBinding {
			params = params.Clone().Set(f.Name, x.Region)
		}
	}
	for {
		p := plan.Probe{Operation: op.Name, Params: params, Method: http.MethodPost, Format: "JSON"}
		a, err := x.Probe(ctx, &p, plan.Bound())
		if _, open := plan.IsInconclusive(err); open && ctx.Err() == nil {
			return nil, nil
		}
		if err != nil || !a.OK {
			return nil, err
		}
		for _, id := range texts(a.Body, append(strings.Split(op.Effect.Items, "."), "N", x.kind.IDMember)) {
			out[id] = true
		}
		next, _ := memberText(a.Body, op.Effect.Next)
		if last, _ := params.Get(op.Effect.Next); next == "" || next == last {
			return out, nil
		}
		params = params.Clone().Set(op.Effect.Next, next)
	}
}

// own holds that each accepted creation made a resource of its own that shows
// what was sent.
func (x *creations) own(ctx context.Context) error {
	seen := map[string]int{}
	for i, id := range x.ids {
		if id == "" {
			continue
		}
		if other, ok := seen[id]; ok {
			x.found(promiseCreated, contract.Must, "an id of its own for each creation",
				fmt.Sprintf("clients %d and %d are both answered %s", other, i, id))
			continue
		}
		seen[id] = i
		if err := x.shows(ctx, i, id); err != nil {
			return err
		}
	}
	if len(seen) == 0 {
		return plan.Inconclusive(x.op.Name + ": no client was answered by success")
	}
	return nil
}

// shows waits until the listing shows the resource, and compares it with what
// was sent.
func (x *creations) shows(ctx context.Context, i int, id string) error {
	var item *wire.Map
	err := x.Listed(ctx, x.kind.Name+" "+id+" in its listing", func() (found bool, err error) {
		item, found, err = x.Read(ctx, x.kind.Name, id)
		return found, err
	})
	switch { // what is found here begins no second time
	case plan.IsTimeout(err):
		x.found(promiseCreated, contract.Must, id+" in the listing: its creation was accepted", "absent")
		return nil
	case err != nil:
		return err
	}
	for j := range x.op.Effect.Echo {
		e := &x.op.Effect.Echo[j]
		if len(sentTexts(e, x.sent[i])) == 0 || e.Form == "json" {
			continue
		}
		for _, f := range compareEcho(e, x.sent[i], item, false) {
			x.found(promiseCreated, f.Level, e.Member+" of "+id+": "+f.Want, f.Got)
		}
	}
	return nil
}

// counted holds that there is nothing but what was accepted.
func (x *creations) counted() {
	may := 0
	for _, o := range x.log.History(nil).Operations {
		if o.Kind == history.Write && (o.Outcome == history.Done || o.Outcome == history.Unknown) {
			may++
		}
	}
	if len(x.lists) == 0 {
		return
	}
	last := x.lists[len(x.lists)-1]
	for id := range last {
		x.Cleanup(x.kind.Name, id)
	}
	if len(last) > may {
		x.found(promiseCreated, contract.Must, fmt.Sprintf("at most %d resources: no more creations were accepted", may),
			fmt.Sprintf("%d: %s", len(last), quoted(slices.Sorted(maps.Keys(last)))))
	}
}

// once holds that of creations with one key one was accepted.
func (x *creations) once() {
	made := slices.DeleteFunc(slices.Clone(x.ids), func(id string) bool { return id == "" })
	if len(made) > 1 {
		x.found(promiseUnique, contract.Must, "one accepted creation", fmt.Sprintf("%d: %s", len(made), quoted(made)))
	}
}

// explain looks for an order, now that it is known which creation made what.
func (x *creations) explain() error {
	x.start = map[string]string{}
	for i := range x.ids {
		x.start[slot(i)] = ""
	}
	return x.judge(x.resolved())
}

// resolved is the history with the ids in it.
func (x *creations) resolved() *history.History {
	h := x.log.History(x.start)
	for n, o := range h.Operations {
		switch o.Kind {
		case history.Write:
			for i, id := range x.ids {
				if _, ok := o.Set[slot(i)]; ok {
					o.Set = map[string]string{slot(i): id}
				}
			}
		case history.Read:
			o.Seen = x.resolve(o.Seen)
			o.Answered = history.Pairs(o.Seen)
		}
		h.Operations[n] = o
	}
	return h
}

func (x *creations) resolve(seen map[string]string) map[string]string {
	at, err := strconv.Atoi(seen[unresolved])
	if err != nil {
		return seen
	}
	out := map[string]string{}
	for i, id := range x.ids {
		switch {
		case id == "":
			// Nobody knows what it is, if it is.
		case x.lists[at][id]:
			out[slot(i)] = id
		default:
			out[slot(i)] = ""
		}
	}
	return out
}

// answered is the id that an accepted creation names.
func answered(op *contract.Operation, a *check.Answer) string {
	if a == nil || !a.OK {
		return ""
	}
	id, _ := memberText(a.Body, op.Effect.ID)
	return id
}
