package contract

import "fmt"

// rest reads the promise about what an update leaves out.
func (l *loader) rest(op *Operation, o object, b basis) *Clause {
	n := o.get("rest")
	if n == nil {
		return nil
	}
	r := l.object(n, op.Name+" rest", "promise", "level", "source", "note")
	return l.clause(r.basis("", b), n, Clause{
		ID: op.Name + "#effect/rest", Operation: op.Name, Kind: "effect", Subject: op.Effect.Resource, Keyword: "rest",
		Promise: r.needText("promise"),
	})
}

// retention reads how long a resource lives.
func (l *loader) retention(r *Resource, o object, b basis) *Retention {
	n := o.get("retention")
	if n == nil {
		return nil
	}
	k := l.object(n, r.Name+" retention", "parameter", "since", "until", "promise", "level", "source", "note")
	t := &Retention{Parameter: k.needText("parameter"), Since: k.needText("since"), Until: k.needText("until"), Place: l.place(n)}
	promise := k.text("promise")
	if promise == "" {
		promise = fmt.Sprintf("%s is as many days after %s as %s says.", t.Until, t.Since, t.Parameter)
	}
	t.Clause = l.clause(k.basis("", b), n, Clause{
		ID: r.Name + "#state/retention", Kind: "state", Subject: t.Until, Keyword: "retention", Promise: promise,
	})
	return t
}

// eviction reads which resources make room for others.
func (l *loader) eviction(r *Resource, o object) *Eviction {
	n := o.get("eviction")
	if n == nil {
		return nil
	}
	k := l.object(n, r.Name+" eviction", "parameter", "value")
	return &Eviction{Parameter: k.needText("parameter"), Value: k.needText("value"), Place: l.place(n)}
}

// usage reads where the resources of a region are counted.
func (l *loader) usage(r *Resource, o object, b basis) *Usage {
	n := o.get("usage")
	if n == nil {
		return nil
	}
	k := l.object(n, r.Name+" usage", "member", "promise", "level", "source", "note")
	u := &Usage{Member: k.needText("member"), Place: l.place(n)}
	promise := k.text("promise")
	if promise == "" {
		promise = fmt.Sprintf("%s counts every %s of the region, and nothing else.", u.Member, r.Name)
	}
	u.Clause = l.clause(k.basis("", b), n, Clause{
		ID: r.Name + "#state/usage", Kind: "state", Subject: u.Member, Keyword: "usage", Promise: promise,
	})
	return u
}

// complete reads what a resource shows once it can be used.
func (l *loader) complete(r *Resource, o object, b basis) *Complete {
	n := o.get("complete")
	if n == nil {
		return nil
	}
	k := l.object(n, r.Name+" complete", "member", "promise", "level", "source", "note")
	c := &Complete{Member: k.needText("member"), Place: l.place(n)}
	promise := k.text("promise")
	if promise == "" {
		promise = fmt.Sprintf("Once %s can be used it shows its %s.", Articled(r.Name), c.Member)
	}
	c.Clause = l.clause(k.basis("", b), n, Clause{
		ID: r.Name + "#state/complete", Kind: "state", Subject: c.Member, Keyword: "complete", Promise: promise,
	})
	return c
}

// consistency reads what requests on one resource promise each other.
func (l *loader) consistency(r *Resource, o object, b basis) map[string]*Clause {
	out := map[string]*Clause{}
	for key, v := range l.object(o.get("consistency"), o.what+": consistency", ConsistencyKeywords...).pairs() {
		k := l.object(v, r.Name+" consistency "+key.Value, "promise", "level", "source", "note")
		if !contains(ConsistencyKeywords, key.Value) {
			continue
		}
		out[key.Value] = l.clause(k.basis("", b), key, Clause{
			ID: r.Name + "#consistency/" + key.Value, Kind: "consistency", Subject: key.Value, Keyword: key.Value,
			Promise: k.needText("promise"),
		})
	}
	return out
}
