package mutant

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// secondMutants look at the first element of each filter's list alone, and fill
// in another default than the contract says, or none.
func secondMutants(g *generator) {
	for _, op := range listings(g.c) {
		done := map[string]bool{}
		for _, f := range op.Effect.Filters {
			list, _, isList := strings.Cut(f.Parameter, ".N")
			p := op.Parameter(f.Parameter)
			switch {
			case p == nil || f.Clause == nil || done[list]:
			case isList:
				g.firstOnly(op, list, f.Clause.ID)
			case p.HasDefault && p.Clauses["default"] != nil:
				g.otherDefault(op, p)
			}
			done[list] = true
		}
		limit := op.Parameter(op.Effect.Limit)
		if limit != nil && limit.HasDefault && limit.Clauses["default"] != nil && limit.Clauses["default"].Level >= contract.Should {
			g.otherDefault(op, limit)
		}
		if op.Effect.Match != nil {
			g.matches(op)
		}
	}
}

func (g *generator) firstOnly(op *contract.Operation, list, clause string) {
	g.add(Mutant{
		ID: op.Name + "/" + list + "/firstOnly", Clause: clause, Operation: op.Name, Summary: "Of " + list + " the first element alone counts.",
		hooks: asking(op.Name, func(p wire.Params) wire.Params { return onlyFirst(p, list) }),
	})
}

// onlyFirst drops the elements of a list behind the first.
func onlyFirst(p wire.Params, list string) wire.Params {
	var out wire.Params
	for _, q := range p {
		if !under(q.Name, list+".N") || under(q.Name, list+".1") {
			out = append(out, q)
		}
	}
	return out
}

func (g *generator) otherDefault(op *contract.Operation, f *contract.Field) {
	name, path, other := op.Name, f.Path, f.Default+"x"
	if f.Type == contract.Integer {
		other = number(f.Default, 10, -1)
	}
	g.add(Mutant{
		ID: name + "/" + path + "/otherDefault", Clause: f.Clauses["default"].ID, Operation: name, Summary: path + " left out means " + other + ".",
		hooks: asking(name, func(p wire.Params) wire.Params {
			if has(p, path) || has(p, op.Effect.Next) {
				return p
			}
			return append(p.Clone(), wire.Param{Name: path, Value: other})
		}),
	})
}

// matches err in how they look for what serves best.
func (g *generator) matches(op *contract.Operation) {
	m := op.Effect.Match
	for _, x := range []struct {
		id, clause, summary string
		change              func(wire.Params) wire.Params
	}{
		{m.Wanted + "/ignored", m.Some.ID, m.Wanted + " is ignored.", func(p wire.Params) wire.Params { return withoutPath(p, m.Wanted) }},
		{m.Wanted + "/firstOnly", m.Some.ID, "Of " + m.Wanted + " the first element alone counts.", func(p wire.Params) wire.Params { return onlyFirst(p, m.Wanted) }},
		{m.Full + "/ignored", m.All.ID, m.Full + " is ignored.", func(p wire.Params) wire.Params { return withoutPath(p, m.Full) }},
		{m.Count + "/ignored", m.Few.ID, m.Count + " is ignored.", func(p wire.Params) wire.Params { return withoutPath(p, m.Count) }},
	} {
		g.add(Mutant{ID: op.Name + "/" + x.id, Clause: x.clause, Operation: op.Name, Summary: x.summary, hooks: asking(op.Name, x.change)})
	}
}

// accountMutants err in what shows the regions and the numbers of an account.
func accountMutants(g *generator) {
	for _, op := range makesOf(g.c, contract.ListsRegions) {
		if s := op.Effect.Shows; s != nil {
			list := op.Effect.Items
			g.add(Mutant{
				ID: op.Name + "/" + s.Parameter + "/twice", Clause: s.Clause.ID, Operation: op.Name, Summary: "Each is listed twice.",
				hooks: succeeding(op.Name, func(body *wire.Map) {
					all := elements(body, list)
					body.Set(list, append(all[:len(all):len(all)], all...))
				}),
			})
			g.add(Mutant{
				ID: op.Name + "/" + s.Parameter + "/namedLeftOut", Clause: s.Clause.ID, Operation: op.Name, Summary: "The one that is named is left out.",
				hooks: working(op.Name, func(w *work) *wire.Map {
					named, _ := w.Params.Get(s.Parameter)
					return kept(w.do(), op, func(m *wire.Map) bool { return text(m, s.Member) != named })
				}),
			})
		}
	}
	for _, op := range makesOf(g.c, contract.ShowsUsage) {
		for _, r := range g.c.Resources {
			if r.Usage != nil {
				g.counts(op, r.Usage)
			}
		}
	}
}

func (g *generator) counts(op *contract.Operation, u *contract.Usage) {
	for _, x := range []struct {
		id, summary string
		count       func(int) int
	}{
		{"fixed", u.Member + " is always 3.", func(int) int { return 3 }},
		{"twice", u.Member + " counts each twice.", func(n int) int { return 2 * n }},
	} {
		g.add(Mutant{
			ID: op.Name + "/" + u.Member + "/" + x.id, Clause: u.Clause.ID, Operation: op.Name, Summary: x.summary,
			hooks: succeeding(op.Name, func(body *wire.Map) {
				each(body, strings.Split(op.Effect.Items+"."+u.Member, "."), func(m *wire.Map, name string) {
					v, _ := m.Get(name)
					n, _ := v.(json.Number)
					now, err := strconv.Atoi(n.String())
					if err == nil {
						m.Set(name, json.Number(strconv.Itoa(x.count(now))))
					}
				})
			}),
		})
	}
}

// tagMutants look at the first element of each list of what is tagged, and take
// the word for all as they like.
func tagMutants(g *generator) {
	for _, op := range makesOf(g.c, contract.Tags, contract.Untags) {
		for _, f := range op.Parameters {
			if f.Type == contract.Array && op.Effect.Clause != nil {
				clause := op.Effect.Clause
				if op.Effect.Takes != nil {
					clause = op.Effect.Takes.Clause
				}
				g.firstOnly(op, f.Name, clause.ID)
			}
		}
		all := op.Effect.TakesAll
		if all == nil {
			continue
		}
		key := top(op.Effect.Takes.Parameter)
		g.add(Mutant{
			ID: op.Name + "/" + all.Parameter + "/ignored", Clause: all.Clause.ID, Operation: op.Name, Summary: all.Parameter + " is ignored.",
			hooks: asking(op.Name, func(p wire.Params) wire.Params { return withoutPath(p, all.Parameter) }),
		})
		for _, r := range op.Rules {
			if r.Kind == "ignoredWith" && r.Parameters[0] == all.Parameter {
				g.add(Mutant{
					ID: op.Name + "/" + r.ID + "/all", Clause: r.Clause.ID, Operation: op.Name, Summary: all.Parameter + " counts beside " + key + ".",
					hooks: asking(op.Name, func(p wire.Params) wire.Params {
						if v, _ := p.Get(all.Parameter); v == "true" {
							return withoutPath(p, key)
						}
						return p
					}),
				})
			}
		}
	}
}

func top(path string) string {
	head, _, _ := strings.Cut(path, ".")
	return head
}
