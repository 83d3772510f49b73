package contract

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// filter reads a parameter that selects, and how sure it is that it selects
// exactly.
func (l *loader) filter(op *Operation, n *yaml.Node, b basis) Filter {
	o := l.object(n, op.Name+" filter", "parameter", "member", "exact", "level", "source", "note", "promise")
	f := Filter{Parameter: o.needText("parameter"), Member: o.needText("member"), Place: l.place(n)}
	f.Clause = l.effectClause(op, o, b, Clause{
		ID: op.Name + "#effect/filter/" + f.Parameter, Subject: f.Parameter, Keyword: "filter",
		Promise: fmt.Sprintf("%s given %s lists only what has that value in %s.", op.Name, f.Parameter, f.Member),
	})
	if at := o.get("exact"); at != nil {
		f.Exact = l.effectClause(op, l.object(at, o.what+": exact", "promise", "level", "source", "note"), b, Clause{
			ID: op.Name + "#effect/exact/" + f.Parameter, Subject: f.Parameter, Keyword: "exact",
			Promise: fmt.Sprintf("%s given %s lists what has exactly that value: not what begins with it, holds it, or has it in another case.", op.Name, f.Parameter),
		})
	}
	return f
}

// effectClause is a promise about an effect; the text is the one given unless
// the object has its own.
func (l *loader) effectClause(op *Operation, o object, b basis, c Clause) *Clause {
	if own := o.text("promise"); own != "" {
		c.Promise = own
	}
	c.Operation, c.Kind = op.Name, "effect"
	return l.clause(o.basis("", b), o.node, c)
}

// takes reads which parameter names what is taken off, and which takes all off.
func (l *loader) takes(op *Operation, o object, b basis) (named, all *Filter) {
	if n := o.get("takes"); n != nil {
		named = l.takesBy(op, n, b, "%s takes off what %s names by %s, and nothing else.")
	}
	if n := o.get("takes-all"); n != nil {
		all = l.takesBy(op, n, b, "%s with %s takes off all there is by %s.")
	}
	return named, all
}

func (l *loader) takesBy(op *Operation, n *yaml.Node, b basis, promise string) *Filter {
	k := l.object(n, op.Name+" takes", "parameter", "member", "promise", "level", "source", "note")
	f := &Filter{Parameter: k.needText("parameter"), Member: k.needText("member"), Place: l.place(n)}
	f.Clause = l.effectClause(op, k, b, Clause{
		ID: op.Name + "#effect/takes/" + f.Parameter, Subject: f.Parameter, Keyword: "takes",
		Promise: fmt.Sprintf(promise, op.Name, f.Parameter, f.Member),
	})
	return f
}

// shows reads by which member a list shows the thing that a parameter names,
// though it selects by it or not.
func (l *loader) shows(op *Operation, o object, b basis) *Filter {
	n := o.get("shows")
	if n == nil {
		return nil
	}
	k := l.object(n, op.Name+" shows", "parameter", "member", "promise", "level", "source", "note")
	f := &Filter{Parameter: k.needText("parameter"), Member: k.needText("member"), Place: l.place(n)}
	f.Clause = l.effectClause(op, k, b, Clause{
		ID: op.Name + "#effect/shows/" + f.Parameter, Subject: f.Parameter, Keyword: "shows",
		Promise: fmt.Sprintf("%s shows what is called so in %s once, whether %s names it or is left out.", op.Name, f.Member, f.Parameter),
	})
	return f
}

// match reads how a list looks for what serves best.
func (l *loader) match(op *Operation, o object, b basis) *Matching {
	n := o.get("match")
	if n == nil {
		return nil
	}
	k := l.object(n, op.Name+" match", "member", "wanted", "full", "count", "level", "source", "note")
	b = k.basis("", b)
	clause := func(keyword, parameter, promise string) *Clause {
		return l.clause(b, n, Clause{
			ID: op.Name + "#effect/match/" + parameter, Operation: op.Name, Kind: "effect", Subject: parameter, Keyword: keyword, Promise: promise,
		})
	}
	m := &Matching{Member: k.needText("member"), Wanted: k.needText("wanted"), Full: k.needText("full"), Count: k.needText("count"), Place: l.place(n)}
	m.Some = clause("match", m.Wanted, fmt.Sprintf("%s shows what has some of the values of %s in %s.", op.Name, m.Wanted, m.Member))
	m.All = clause("match", m.Full, fmt.Sprintf("With %s only what has all values of %s is shown.", m.Full, m.Wanted))
	m.Few = clause("match", m.Count, fmt.Sprintf("At most as many are shown as %s says of those that have all values of %s.", m.Count, m.Wanted))
	return m
}
