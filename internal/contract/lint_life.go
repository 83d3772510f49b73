package contract

// life: what is said of how long a resource lives, what changes by itself and
// what makes its work fail names things that there are.
func (l *linter) life(r *Resource) {
	if k := r.Retention; k != nil {
		l.member(r, k.Place, "retention", k.Since)
		l.member(r, k.Place, "retention", k.Until)
		l.made(r, k.Place, "retention", k.Parameter)
	}
	if k := r.Eviction; k != nil {
		l.made(r, k.Place, "eviction", k.Parameter)
	}
	if k := r.Complete; k != nil {
		l.member(r, k.Place, "complete", k.Member)
	}
	if u := r.Usage; u != nil {
		l.counted(r, u)
	}
	for _, name := range r.Volatile {
		l.member(r, r.Place, "volatile", name)
	}
	for i := range r.Transitions {
		l.provoked(r, &r.Transitions[i])
	}
}

// member wants one that the items of the resource's list have.
func (l *linter) member(r *Resource, at Place, what, name string) {
	if item := l.item(r.Name); item != nil && within(item, name) == nil {
		l.report(at, what, "%s: %s: its list's items have no member %s", r.Name, what, name)
	}
}

// counted wants a number of the operation that shows what is used.
func (l *linter) counted(r *Resource, u *Usage) {
	for _, o := range l.c.Operations {
		if o.Effect.Kind != ShowsUsage || o.Response == nil {
			continue
		}
		if f := o.Response.Find(o.Effect.Items + "." + u.Member); f != nil && f.Type == Integer {
			return
		}
	}
	l.report(u.Place, "usage", "%s: usage: no operation shows the number %s", r.Name, u.Member)
}

// made wants a parameter of the operation that makes the resource.
func (l *linter) made(r *Resource, at Place, what, path string) {
	if o := l.c.Operation(r.Create); o != nil && o.Parameter(path) == nil {
		l.report(at, what, "%s: %s: %s has no parameter %s", r.Name, what, r.Create, path)
	}
}

// provoked: conditions are of the world and stand at edges of failure.
func (l *linter) provoked(r *Resource, t *Transition) {
	for _, name := range t.Conditions {
		c := l.c.Condition(name)
		switch {
		case t.On != "fail":
			l.report(t.Place, "transition", "%s: transition %s: conditions stand at fail edges only", r.Name, edge(t.From, t.To))
		case c == nil || c.Kind != "world":
			l.report(t.Place, "transition", "%s: transition %s: %s is no condition of the world", r.Name, edge(t.From, t.To), name)
		}
	}
}
