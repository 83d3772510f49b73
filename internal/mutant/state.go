package mutant

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// seeable is how long a mutant of the state machine stays in a transitional
// state, so that a client has the time to see it there.
const seeable = 25 * time.Millisecond

// machineMutants break the edges of the state machines: legal ones are refused,
// illegal ones taken, others lead elsewhere.
func machineMutants(g *generator) {
	for _, r := range g.c.Resources {
		for _, op := range g.c.Operations {
			if op.Effect.Resource == r.Name && len(op.Effect.From) > 0 && op.Effect.Clause != nil {
				g.guards(r, op)
			}
		}
		for _, t := range r.Transitions {
			g.edge(r, t)
		}
	}
}

// guards changes in which states an operation is allowed.
func (g *generator) guards(r *contract.Resource, op *contract.Operation) {
	name := op.Name
	from := func(id, summary string, clause *contract.Clause, change func([]string) []string) {
		if clause == nil {
			return
		}
		g.add(Mutant{
			ID: name + "/from/" + id, Clause: clause.ID, Operation: name, Summary: summary, settle: seeable,
			edit: func(c *contract.Contract) { e := &c.Operation(name).Effect; e.From = change(slices.Clone(e.From)) },
		})
	}
	from("any", "Is taken in every state.", op.Effect.Clause, func([]string) []string { return nil })
	for _, s := range r.States {
		if slices.Contains(op.Effect.From, s.Name) {
			from("without-"+s.Name, "Is refused in the state "+s.Name+".", edgeClause(r, s.Name, op), func(l []string) []string {
				return slices.DeleteFunc(l, func(n string) bool { return n == s.Name })
			})
			continue
		}
		if s.Stable {
			from("with-"+s.Name, "Is taken in the state "+s.Name+".", op.Effect.Clause, func(l []string) []string { return append(l, s.Name) })
		}
	}
}

// edgeClause is the clause of the edge that an operation takes from a state, or
// that of the operation's effect.
func edgeClause(r *contract.Resource, from string, op *contract.Operation) *contract.Clause {
	for _, t := range r.Transitions {
		if t.From == from && t.On == op.Name && t.Clause != nil {
			return t.Clause
		}
	}
	return op.Effect.Clause
}

// edge makes an edge lead elsewhere, or nowhere. Good work that fails is no
// mutant: nobody can tell it from work that had a reason to.
func (g *generator) edge(r *contract.Resource, t contract.Transition) {
	if t.Clause == nil {
		return
	}
	subject := r.Name + "/" + strings.ReplaceAll(strings.TrimPrefix(t.Clause.ID, r.Name+"#transition/"), "→", "-")
	change := func(what, summary string, do func(*contract.Transition)) {
		g.add(Mutant{
			ID: subject + "/" + what, Clause: t.Clause.ID, Operation: r.List, Summary: summary, settle: seeable,
			edit: func(c *contract.Contract) {
				list := c.Resource(r.Name).Transitions
				i := slices.IndexFunc(list, func(u contract.Transition) bool { return u.From == t.From && u.To == t.To && u.On == t.On })
				do(&list[i])
			},
		})
	}
	switch {
	case t.On == "fail" && failsFirst(r, t):
		usable := usable(r)
		change("succeeds", "What fails in the state "+t.From+" ends as "+usable+".", func(t *contract.Transition) { t.To = usable })
	case t.On == "evict":
		change("never", "Nothing is evicted at the quota.", func(t *contract.Transition) { t.On = "never" })
	}
}

// failsFirst says whether the edge is the one that failing work takes: it fails
// in the first state that it can fail in, and never sees the later ones.
func failsFirst(r *contract.Resource, t contract.Transition) bool {
	return !slices.ContainsFunc(r.Transitions, func(u contract.Transition) bool {
		return u.On == "settle" && u.To == t.From && failed(r, u.From) != ""
	})
}

func usable(r *contract.Resource) string {
	for _, s := range r.States {
		if s.Usable {
			return s.Name
		}
	}
	return ""
}

// failed is the state that work in a state ends in when it fails.
func failed(r *contract.Resource, from string) string {
	for _, t := range r.Transitions {
		if t.From == from && t.On == "fail" {
			return t.To
		}
	}
	return ""
}

// stateHand are the errors of what operations do to resources.
func stateHand(g *generator) {
	for _, r := range g.c.Resources {
		g.reads(r)
		g.deletions(r)
		g.creations(r)
		g.updates(r)
		g.retention(r)
	}
	for _, op := range makesOf(g.c, contract.Tags, contract.Untags) {
		g.nothing(op, "Succeeds and changes nothing.")
	}
}

// nothing makes an operation succeed without doing anything.
func (g *generator) nothing(op *contract.Operation, summary string) {
	g.add(Mutant{
		ID: op.Name + "/effect/none", Clause: effect(op), Operation: op.Name, Summary: summary,
		hooks: working(op.Name, func(w *work) *wire.Map {
			if w.passes() {
				return &wire.Map{}
			}
			return w.do()
		}),
	})
}

// passes says whether the request would succeed as far as its resource goes. A
// request that is refused must stay refused, or the mutant breaks more than one
// clause; whether it is cannot be known without doing it, so it is told by the
// id alone: one that the service could have given out.
func (w *work) passes() bool {
	for _, r := range w.contract.Resources {
		for _, p := range w.Params {
			if strings.HasPrefix(p.Value, r.IDPrefix) && !strings.Contains(p.Value, "absent") {
				return true
			}
		}
	}
	return false
}

// reads err in whose resources are seen and how.
func (g *generator) reads(r *contract.Resource) {
	list := g.c.Operation(r.List)
	g.add(Mutant{
		ID: list.Name + "/region/foreign", Clause: "common#listing/scope", Operation: list.Name, Summary: "Shows the resources of the first region in every region.",
		hooks: func(t *tools) *emulator.Hooks {
			home := ""
			var once sync.Mutex
			return &emulator.Hooks{Ask: func(a *emulator.Ask) {
				where, _ := a.Params.Get(region(list))
				once.Lock()
				defer once.Unlock()
				if home == "" {
					home = where
				}
				if a.Operation == list.Name && a.Account != "" && t.isRegion(a, where) {
					a.Params = a.Params.Clone().Set(region(list), home)
				}
			}}
		},
	})
	g.foreign(list, "Shows the resources of another account.", "common#listing/scope")
	if op := g.c.Operation(r.Update); op != nil {
		g.foreign(op, "Changes the resources of another account.", effect(op))
	}
	g.foreign(g.c.Operation(r.Delete), "Deletes the resources of another account.", effect(g.c.Operation(r.Delete)))
	g.backwards(r, list)
	g.unknownState(r, list)
}

func (t *tools) isRegion(a *emulator.Ask, where string) bool {
	return where != "" && !strings.HasPrefix(where, "conform")
}

// foreign lets every account work on what the default account has.
func (g *generator) foreign(op *contract.Operation, summary, clause string) {
	g.add(Mutant{
		ID: op.Name + "/account/foreign", Clause: clause, Operation: op.Name, Summary: summary,
		hooks: func(*tools) *emulator.Hooks {
			return &emulator.Hooks{Ask: func(a *emulator.Ask) {
				if a.Operation == op.Name && a.Account == "secondary" {
					a.Account = "default"
				}
			}}
		},
	})
}

// backwards shows every third time the state that a resource began in.
func (g *generator) backwards(r *contract.Resource, list *contract.Operation) {
	first := r.States[0].Name
	clause := r.State(usable(r)).Clause
	if clause == nil {
		return
	}
	g.add(Mutant{
		ID: r.Name + "/state/backwards", Clause: clause.ID, Operation: list.Name, Summary: "A settled resource is shown as " + first + " now and then.",
		hooks: func(*tools) *emulator.Hooks {
			var mu sync.Mutex
			seen := map[string]int{}
			return &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
				if a.Operation != list.Name || status >= 300 {
					return status
				}
				mu.Lock()
				defer mu.Unlock()
				for _, item := range items(body, list.Effect.Items) {
					if id := text(item, r.IDMember); text(item, r.StateMember) == usable(r) {
						if seen[id]++; seen[id]%3 == 2 {
							item.Set(r.StateMember, first)
						}
					}
				}
				return status
			}}
		},
	})
}

// unknownState shows a state that the machine does not have where it shows the
// first.
func (g *generator) unknownState(r *contract.Resource, list *contract.Operation) {
	first := r.States[0]
	if first.Clause == nil {
		return
	}
	g.add(Mutant{
		ID: r.Name + "/state/unknown", Clause: first.Clause.ID, Operation: list.Name, Summary: "A new resource is in a state that no page names.", settle: seeable,
		hooks: succeeding(list.Name, func(body *wire.Map) {
			for _, item := range items(body, list.Effect.Items) {
				if text(item, r.StateMember) == first.Name {
					item.Set(r.StateMember, "Altered")
				}
			}
		}),
	})
}

// deletions err in what deleting leaves.
func (g *generator) deletions(r *contract.Resource) {
	op := g.c.Operation(r.Delete)
	g.nothing(op, "Deletes nothing.")
	g.add(Mutant{
		ID: op.Name + "/effect/again", Clause: "common#violation/notFound", Operation: op.Name, Summary: "What is not there is deleted with success.",
		hooks: working(op.Name, func(w *work) *wire.Map {
			if done := w.do(); done != nil {
				return done
			}
			return &wire.Map{}
		}),
	})
	list := g.c.Operation(r.List)
	g.add(Mutant{
		ID: op.Name + "/effect/stillListed", Clause: effect(op), Operation: op.Name, Summary: "A deleted resource is still listed.",
		hooks: func(t *tools) *emulator.Hooks { return ghosts(r, op, list) },
	})
}

// ghosts shows what was deleted to whoever asks for it by its id, as it was when
// it was last seen.
func ghosts(r *contract.Resource, deletion, list *contract.Operation) *emulator.Hooks {
	var mu sync.Mutex
	seen := map[string]*wire.Map{}
	return &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
		if a.Operation != list.Name || status >= 300 {
			return status
		}
		mu.Lock()
		defer mu.Unlock()
		found := items(body, list.Effect.Items)
		for _, item := range found {
			seen[text(item, r.IDMember)] = item
		}
		for _, p := range a.Params {
			if ghost := seen[p.Value]; ghost != nil && len(found) == 0 {
				body.Set(list.Effect.Items, []any{ghost})
			}
		}
		return status
	}}
}

// creations err in what creating makes.
func (g *generator) creations(r *contract.Resource) {
	op := g.c.Operation(r.Create)
	g.add(Mutant{
		ID: op.Name + "/effect/otherId", Clause: effect(op), Operation: op.Name, Summary: "Answers with an id that is not the resource's.",
		hooks: succeeding(op.Name, func(body *wire.Map) { body.Set(op.Effect.ID, text(body, op.Effect.ID)+"0") }),
	})
}

// updates err in what updating changes.
func (g *generator) updates(r *contract.Resource) {
	op, list := g.c.Operation(r.Update), g.c.Operation(r.List)
	if op == nil {
		return
	}
	g.nothing(op, "Updates nothing.")
	rest := op.Name + "#effect/rest"
	for _, e := range op.Effect.Echo {
		f := op.Parameter(e.Parameter)
		if f == nil || f.Required || f.Parent != nil && f.Parent.Type == contract.Array || e.Form == "json" || strings.Contains(e.Member, ".N") {
			continue
		}
		g.add(Mutant{
			ID: op.Name + "/rest/" + e.Parameter, Clause: rest, Operation: op.Name, Summary: "An update that does not name " + e.Parameter + " changes it.",
			hooks: func(*tools) *emulator.Hooks { return touched(r, op, list, e) },
		})
	}
	g.tagsLost(r, op, list)
	g.failedUpdate(r, op, list)
}

// touched changes a member of what was updated without naming its parameter.
func touched(r *contract.Resource, op, list *contract.Operation, e contract.Echo) *emulator.Hooks {
	return afterUpdate(r, op, list, collateral{parameter: e.Parameter, change: func(item *wire.Map) {
		each(item, strings.Split(e.Member, "."), func(m *wire.Map, name string) {
			if v, _ := m.Get(name); v != nil {
				m.Set(name, otherValue(v))
			}
		})
	}})
}

// collateral is what an update does that does not name the parameter.
type collateral struct {
	parameter string
	change    func(item *wire.Map)
}

// afterUpdate changes how those resources are shown that were updated without
// the parameter.
func afterUpdate(r *contract.Resource, op, list *contract.Operation, c collateral) *emulator.Hooks {
	touched := &memory[string]{}
	return &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
		switch {
		case status >= 300:
		case a.Operation == op.Name && !has(a.Params, c.parameter):
			id, _ := a.Params.Get(r.IDParameter)
			touched.add(id)
		case a.Operation == list.Name:
			ids := touched.all()
			for _, item := range items(body, list.Effect.Items) {
				if slices.Contains(ids, text(item, r.IDMember)) {
					c.change(item)
				}
			}
		}
		return status
	}}
}

// tagsLost takes the tags off what is updated without naming tags.
func (g *generator) tagsLost(r *contract.Resource, op, list *contract.Operation) {
	for _, e := range op.Effect.Echo {
		tags, _, isList := strings.Cut(e.Parameter, ".N.")
		member, _, _ := strings.Cut(e.Member, ".N.")
		if !isList {
			continue
		}
		g.add(Mutant{
			ID: op.Name + "/rest/" + tags, Clause: op.Name + "#effect/rest", Operation: op.Name, Summary: "An update that does not name " + tags + " takes them off.",
			hooks: func(*tools) *emulator.Hooks {
				return afterUpdate(r, op, list, collateral{parameter: tags, change: func(item *wire.Map) { item.Set(member, []any{}) }})
			},
		})
		return
	}
}

// failedUpdate lets an update that failed leave its traces.
func (g *generator) failedUpdate(r *contract.Resource, op, list *contract.Operation) {
	name := ""
	for _, e := range op.Effect.Echo {
		if f := op.Parameter(e.Parameter); f != nil && f.Class == contract.ClassName && f.Parent == nil {
			name = e.Member
			break
		}
	}
	after := failed(r, op.Effect.To)
	s := r.State(after)
	if name == "" || s == nil || s.Clause == nil {
		return
	}
	g.add(Mutant{
		ID: op.Name + "/failed/changes", Clause: s.Clause.ID, Operation: op.Name, Summary: "An update that fails changes " + name + " all the same.",
		hooks: succeeding(list.Name, func(body *wire.Map) {
			for _, item := range items(body, list.Effect.Items) {
				if text(item, r.StateMember) == after {
					item.Set(name, text(item, name)+"-altered")
				}
			}
		}),
	})
}

func otherValue(now any) any {
	if n, ok := now.(json.Number); ok {
		return json.Number(number(n.String(), 10, 1))
	}
	s, _ := now.(string)
	return s + "-altered"
}

// retention errs in when a resource expires.
func (g *generator) retention(r *contract.Resource) {
	clause := r.Name + "#state/retention"
	if g.c.Clause(clause) == nil {
		return
	}
	k := g.c.Resource(r.Name).Retention
	for _, op := range g.c.Operations {
		if op.Effect.Resource != r.Name || op.Parameter(k.Parameter) == nil {
			continue
		}
		path := k.Parameter
		g.add(Mutant{
			ID: op.Name + "/" + path + "/ignored", Clause: clause, Operation: op.Name, Summary: path + " is ignored: nothing expires when it says.",
			hooks: asking(op.Name, func(p wire.Params) wire.Params { return withoutPath(p, path) }),
		})
		if op.Effect.Kind == contract.Updates {
			continue // from when on its days count nobody says
		}
		g.add(Mutant{
			ID: op.Name + "/" + path + "/dayMore", Clause: clause, Operation: op.Name, Summary: "What is made expires a day too late.",
			hooks: asking(op.Name, func(p wire.Params) wire.Params {
				return altered(p, path, func(v string) string { return number(v, 10, 1) })
			}),
		})
	}
}

// copyMutants err in what a copy is.
func copyMutants(g *generator) {
	for _, op := range makesOf(g.c, contract.Copies) {
		for _, e := range op.Effect.Echo {
			f := op.Parameter(e.Parameter)
			if f == nil || e.Clause == nil {
				continue
			}
			path := e.Parameter
			g.add(Mutant{
				ID: op.Name + "/" + path + "/forgotten", Clause: e.Clause.ID, Operation: op.Name, Summary: path + " is taken and forgotten.",
				hooks: asking(op.Name, func(p wire.Params) wire.Params { return withoutPath(p, path) }),
			})
		}
		g.add(Mutant{
			ID: op.Name + "/effect/moved", Clause: effect(op), Operation: op.Name, Summary: "Answers with an id that is not the copy's.",
			hooks: succeeding(op.Name, func(body *wire.Map) { body.Set(op.Effect.ID, text(body, op.Effect.ID)+"0") }),
		})
	}
}
