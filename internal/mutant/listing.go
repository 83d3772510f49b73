package mutant

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// listings are the operations that list what operations make.
func listings(c *contract.Contract) []*contract.Operation {
	return makesOf(c, contract.Reads, contract.ListsTags)
}

// filterMutants ignore each filter, and take more than it asks for.
func filterMutants(g *generator) {
	for _, op := range listings(g.c) {
		for _, f := range op.Effect.Filters {
			if p := op.Parameter(f.Parameter); p != nil && f.Clause != nil && !p.Required {
				g.ignored(op, f)
				g.prefix(op, f)
			}
		}
	}
}

// ignored lists what the filter excludes. Without the key of a tag its value is
// no filter either.
func (g *generator) ignored(op *contract.Operation, f contract.Filter) {
	path := f.Parameter
	if list, member, nested := strings.Cut(path, ".N."); nested && op.Parameter(path).Required && member != "" {
		path = list
	}
	if strings.HasSuffix(path, ".Key") {
		path = strings.TrimSuffix(path, ".N.Key")
	}
	g.add(Mutant{
		ID: op.Name + "/" + f.Parameter + "/ignored", Clause: f.Clause.ID, Operation: op.Name, Summary: "The filter " + f.Parameter + " selects nothing.",
		hooks: asking(op.Name, func(p wire.Params) wire.Params { return withoutPath(p, path) }),
	})
}

// prefix lists what begins with what the filter asks for.
func (g *generator) prefix(op *contract.Operation, f contract.Filter) {
	p := op.Parameter(f.Parameter)
	if p.Type != contract.String || len(p.Enum) > 0 || p.Parent != nil || strings.Contains(f.Member, ".") || p.Binding != "" || f.Exact == nil {
		return
	}
	g.add(Mutant{
		ID: op.Name + "/" + f.Parameter + "/prefix", Clause: f.Exact.ID, Operation: op.Name, Summary: "The filter " + f.Parameter + " selects by the beginning.",
		hooks: working(op.Name, func(w *work) *wire.Map {
			want, ok := w.Params.Get(f.Parameter)
			if !ok {
				return w.do()
			}
			done := w.as(withoutPath(w.Params, f.Parameter))
			return kept(done, op, func(m *wire.Map) bool { return strings.HasPrefix(text(m, f.Member), want) })
		}),
	})
}

// kept returns a listing with the items that are wanted.
func kept(done *wire.Map, op *contract.Operation, want func(*wire.Map) bool) *wire.Map {
	if done == nil {
		return nil
	}
	out, list := clone(done), []any{}
	for _, item := range items(done, op.Effect.Items) {
		if want(item) {
			list = append(list, item)
		}
	}
	out.Set(op.Effect.Items, list)
	if op.Effect.Total != "" {
		out.Set(op.Effect.Total, json.Number(strconv.Itoa(len(list))))
	}
	return out
}

func clone(m *wire.Map) *wire.Map {
	out := &wire.Map{}
	for _, k := range m.Keys() {
		v, _ := m.Get(k)
		out.Set(k, v)
	}
	return out
}

// pageMutants err in how a list is cut into pages.
func pageMutants(g *generator) {
	for _, op := range listings(g.c) {
		if op.Effect.Next == "" {
			continue
		}
		for _, m := range pagings(op) {
			g.add(Mutant{
				ID: op.Name + "/page/" + m.id, Clause: "common#listing/" + m.clause, Operation: op.Name, Summary: m.summary, hooks: m.hooks,
			})
		}
		if op.Effect.Limit != "" {
			g.limits(op)
		}
		if op.Effect.Total != "" {
			g.totals(op)
		}
	}
}

func pagings(op *contract.Operation) []hand {
	e := op.Effect
	return []hand{
		{id: "overlap", clause: "page.union", summary: "A page begins with the last item of the one before.", hooks: func(*tools) *emulator.Hooks { return overlap(op) }},
		{id: "gap", clause: "page.union", summary: "A page lacks its last item when there is another.", hooks: succeeding(op.Name, func(body *wire.Map) {
			if list := elements(body, e.Items); len(list) > 0 && text(body, e.Next) != "" {
				body.Set(e.Items, list[:len(list)-1])
			}
		})},
		{id: "endsEarly", clause: "page.union", summary: "The list ends after its first page.", hooks: succeeding(op.Name, func(body *wire.Map) { remove(body, e.Next) })},
		{id: "neverEnds", clause: "page.last", summary: "The last page has a token.", hooks: succeeding(op.Name, func(body *wire.Map) {
			if text(body, e.Next) == "" {
				body.Set(e.Next, "bm90aGluZw")
			}
		})},
		{id: "byOffset", clause: "page.change", summary: "Pages are cut by number: a deletion moves what follows.", hooks: working(op.Name, byOffset)},
		{id: "anyToken", clause: "token.altered", summary: "A token that nobody gave out begins the list anew.", hooks: working(op.Name, func(w *work) *wire.Map {
			if done := w.do(); done != nil || !has(w.Params, e.Next) {
				return done
			}
			return w.as(withoutPath(w.Params, e.Next))
		})},
		{id: "tokenUsedUp", clause: "token.reused", summary: "A token is good for one use.", hooks: func(t *tools) *emulator.Hooks { return usedUp(t, op) }},
		{id: "foreignToken", clause: "token.foreign", summary: "The token of another listing begins this one anew.", hooks: func(t *tools) *emulator.Hooks { return foreignToken(t, op) }},
	}
}

// overlap keeps the last item of each page under the token that follows it.
func overlap(op *contract.Operation) *emulator.Hooks {
	var mu sync.Mutex
	last := map[string]any{}
	return &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
		if a.Operation != op.Name || status >= 300 {
			return status
		}
		mu.Lock()
		defer mu.Unlock()
		list := elements(body, op.Effect.Items)
		token, _ := a.Params.Get(op.Effect.Next)
		if item := last[token]; item != nil {
			body.Set(op.Effect.Items, append([]any{item}, list...))
		}
		if next := text(body, op.Effect.Next); next != "" && len(list) > 0 {
			last[next] = list[len(list)-1]
		}
		return status
	}}
}

const offsetToken = "after-"

// byOffset cuts pages by how many items come before.
func byOffset(w *work) *wire.Map {
	e := w.op.Effect
	token, _ := w.Params.Get(e.Next)
	skip, err := strconv.Atoi(strings.TrimPrefix(token, offsetToken))
	limit, limited := w.Params.Get(e.Limit)
	n, bad := strconv.Atoi(limit)
	if token != "" && err != nil || !limited || bad != nil || n <= 0 {
		return w.do()
	}
	done := w.as(withoutPath(withoutPath(w.Params, e.Next), e.Limit))
	if done == nil {
		return nil
	}
	list := elements(done, e.Items)
	out, from, to := clone(done), min(skip, len(list)), min(skip+n, len(list))
	out.Set(e.Items, list[from:to])
	remove(out, e.Next)
	if to < len(list) {
		out.Set(e.Next, offsetToken+strconv.Itoa(to))
	}
	return out
}

// usedUp refuses a token that was used before, as it would one that nobody gave
// out.
func usedUp(t *tools, op *contract.Operation) *emulator.Hooks {
	var used counts
	return working(op.Name, func(w *work) *wire.Map {
		token, ok := w.Params.Get(op.Effect.Next)
		if ok && used.add(token, 1) > 1 {
			return w.as(slices.Clone(w.Params).Set(op.Effect.Next, token+"x"))
		}
		return w.do()
	})(t)
}

// foreignToken takes tokens that were given out for other filters.
func foreignToken(t *tools, op *contract.Operation) *emulator.Hooks {
	given := &memory[string]{}
	hooks := working(op.Name, func(w *work) *wire.Map {
		done := w.do()
		if token, ok := w.Params.Get(op.Effect.Next); done == nil && ok && slices.Contains(given.all(), token) {
			done = w.as(withoutPath(w.Params, op.Effect.Next))
		}
		if done != nil {
			if next := text(done, op.Effect.Next); next != "" {
				given.add(next)
			}
		}
		return done
	})
	return hooks(t)
}

// limits err in how long a page is.
func (g *generator) limits(op *contract.Operation) {
	limit := op.Effect.Limit
	for _, m := range []struct {
		id, summary string
		change      func(wire.Params) wire.Params
	}{
		{"limitIgnored", limit + " is ignored.", func(p wire.Params) wire.Params { return withoutPath(p, limit) }},
		{"limitMore", "A page has one item more than " + limit + ".", func(p wire.Params) wire.Params {
			return altered(p, limit, func(v string) string { return number(v, 10, 1) })
		}},
		{"limitTwice", "A page has twice as many items as " + limit + ".", func(p wire.Params) wire.Params {
			return altered(p, limit, func(v string) string {
				n, err := strconv.ParseInt(v, 10, 32)
				if err != nil {
					return v
				}
				return number(v, 10, n)
			})
		}},
	} {
		g.add(Mutant{
			ID: op.Name + "/page/" + m.id, Clause: "common#listing/page.size", Operation: op.Name, Summary: m.summary, hooks: asking(op.Name, m.change),
		})
	}
}

// totals err in the number of items. That it counts the page or the list are both
// readings of the documents.
func (g *generator) totals(op *contract.Operation) {
	e := op.Effect
	total := func(id, summary string, count func(now int) int) {
		g.add(Mutant{
			ID: op.Name + "/total/" + id, Clause: "common#listing/total", Operation: op.Name, Summary: summary,
			hooks: succeeding(op.Name, func(body *wire.Map) {
				v, _ := body.Get(e.Total)
				n, ok := v.(json.Number)
				if !ok {
					return
				}
				now, err := strconv.Atoi(n.String())
				if err != nil {
					return
				}
				body.Set(e.Total, json.Number(strconv.Itoa(count(now))))
			}),
		})
	}
	total("more", e.Total+" is one too many.", func(now int) int { return now + 1 })
	total("none", e.Total+" is always 0.", func(int) int { return 0 })
}
