package contract

import (
	"slices"
	"strings"
)

// effects: what an operation is said to do fits its parameters, its answer,
// its error table and the state machine.
func (l *linter) effects() {
	for _, o := range l.c.Operations {
		e := &o.Effect
		l.effectResource(o, e)
		l.effectPaths(o, e)
		l.effectStates(o, e)
		l.echoes(o, e)
		l.filters(o, e)
	}
}

var withResource = []EffectKind{Creates, Reads, Updates, Deletes, Copies}

func (l *linter) effectResource(o *Operation, e *Effect) {
	switch {
	case slices.Contains(withResource, e.Kind) && e.Resource == "":
		l.report(e.Place, "effect", "%s: effect %s: resource is missing", o.Name, e.Kind)
	case e.Resource != "" && l.c.Resource(e.Resource) == nil:
		l.report(e.Place, "effect", "%s: resource %s is not defined in x-acs-resources", o.Name, e.Resource)
	}
	if e.Kind.Makes() && e.ID == "" {
		l.report(e.Place, "effect", "%s: effect %s: id is missing", o.Name, e.Kind)
	}
	if slices.Contains([]EffectKind{Updates, Deletes, Copies}, e.Kind) && len(e.Key) == 0 {
		l.report(e.Place, "effect", "%s: effect %s: key is missing", o.Name, e.Kind)
	}
}

// effectPaths: keys are parameters, ids and lists are members of the answer.
func (l *linter) effectPaths(o *Operation, e *Effect) {
	for _, key := range e.Key {
		for _, path := range key {
			l.parameter(o, e.Place, "key", path)
		}
	}
	for _, f := range []*Filter{e.Takes, e.TakesAll, e.Shows} {
		if f != nil {
			l.parameter(o, f.Place, f.Clause.Keyword, f.Parameter)
		}
	}
	l.matches(o, e.Match)
	l.parameter(o, e.Place, "limit", e.Limit)
	l.parameter(o, e.Place, "next", e.Next)
	l.answer(o, e, "id", e.ID)
	l.answer(o, e, "items", e.Items)
	l.answer(o, e, "next", e.Next)
	l.answer(o, e, "total", e.Total)
	if f := o.Response.Find(e.Items); e.Items != "" && f != nil && f.Type != Array && e.Kind != ShowsUsage {
		l.report(e.Place, "effect", "%s: items: %s is no list", o.Name, e.Items)
	}
	if e.Kind.Looks() && e.Items == "" {
		l.report(e.Place, "effect", "%s: effect %s: items is missing", o.Name, e.Kind)
	}
}

// matches: what is looked for are parameters, and stands in the items.
func (l *linter) matches(o *Operation, m *Matching) {
	if m == nil {
		return
	}
	for _, path := range []string{m.Wanted, m.Full, m.Count} {
		l.parameter(o, m.Place, "match", path)
	}
	if item := o.item(); item != nil && within(item, m.Member) == nil {
		l.report(m.Place, "match", "%s: match: its items have no member %s", o.Name, m.Member)
	}
}

func (l *linter) parameter(o *Operation, at Place, what, path string) {
	if path != "" && o.Parameter(path) == nil {
		l.report(at, "effect", "%s: %s: there is no parameter %s", o.Name, what, path)
	}
}

func (l *linter) answer(o *Operation, e *Effect, what, path string) {
	if path != "" && o.Response.Find(path) == nil {
		l.report(e.Place, "effect", "%s: %s: the answer has no member %s", o.Name, what, path)
	}
}

// effectStates: the states exist, the machine has the edges, and the table has
// the code that answers in another state.
func (l *linter) effectStates(o *Operation, e *Effect) {
	r := l.c.Resource(e.Resource)
	if r == nil {
		return
	}
	for _, s := range append(slices.Clone(e.From), e.To) {
		if s != "" && r.State(s) == nil {
			l.report(e.Place, "state", "%s: %s has no state %s", o.Name, r.Name, s)
		}
	}
	if e.Wrong != "" && o.Error(e.Wrong) == nil {
		l.report(e.Place, "wrong", "%s: wrong: its error table has no code %s", o.Name, e.Wrong)
	}
	if e.Same != "" && o.Error(e.Same) == nil {
		l.report(e.Place, "same", "%s: same: its error table has no code %s", o.Name, e.Same)
	}
	for _, path := range e.Force {
		l.parameter(o, e.Place, "force", path)
	}
	if (len(e.From) > 0) != (e.Wrong != "") {
		l.report(e.Place, "wrong", "%s: from and wrong go together: in which states, and what answers in others", o.Name)
	}
	l.effectEdges(o, e, r)
}

func (l *linter) effectEdges(o *Operation, e *Effect, r *Resource) {
	if len(r.States) == 0 || e.Kind == Reads {
		return
	}
	from := e.From
	if e.Kind.Makes() {
		from = []string{""}
	}
	for _, s := range from {
		if (s == "" || r.State(s) != nil) && !r.has(s, e.To, o.Name) {
			l.report(e.Place, "transition", "%s: %s has no transition %s on it", o.Name, r.Name, edge(s, e.To))
		}
	}
	for _, t := range r.Transitions {
		if t.On != o.Name {
			continue
		}
		if t.To != e.To || len(from) > 0 && !slices.Contains(from, t.From) {
			l.report(t.Place, "transition", "%s: transition %s on %s is not among its effects", r.Name, edge(t.From, t.To), o.Name)
		}
	}
}

func (r *Resource) has(from, to, on string) bool {
	return slices.ContainsFunc(r.Transitions, func(t Transition) bool { return t.From == from && t.To == to && t.On == on })
}

// item is the element of a resource's list, nil where there is none.
func (l *linter) item(resource string) *Field {
	if r := l.c.Resource(resource); r != nil {
		return l.c.Operation(r.List).item()
	}
	return nil
}

// item is the element of the list that the operation answers with, nil where
// there is none.
func (o *Operation) item() *Field {
	if o == nil || o.Response == nil || o.Effect.Items == "" {
		return nil
	}
	if items := o.Response.Find(o.Effect.Items); items != nil {
		return items.Items
	}
	return nil
}

// readers are the resources in whose lists an operation's effect shows: its
// own, or those that can be tagged.
func (l *linter) readers(e *Effect) []*Resource {
	if r := l.c.Resource(e.Resource); r != nil {
		return []*Resource{r}
	}
	var out []*Resource
	for _, r := range l.c.Resources {
		if r.TagType != "" && e.Resource == "" {
			out = append(out, r)
		}
	}
	return out
}

// within finds a member by its path below an item: Tags.N.Key.
func within(item *Field, path string) *Field {
	if item == nil {
		return nil
	}
	return item.Find(item.Path + "." + path)
}

// echoes: what is written and where it is read again exist and are alike.
func (l *linter) echoes(o *Operation, e *Effect) {
	for _, echo := range e.Echo {
		p := o.Parameter(echo.Parameter)
		if p == nil {
			l.report(echo.Place, "echo", "%s: echo: there is no parameter %s", o.Name, echo.Parameter)
			continue
		}
		if p.Class == ClassSecret {
			l.report(echo.Place, "echo", "%s: echo: %s is a secret", o.Name, echo.Parameter)
		}
		for _, r := range l.readers(e) {
			if l.item(r.Name) != nil {
				l.alike(o, echo, p, r)
			}
		}
	}
}

// alike: the member where a parameter is read again can hold it.
func (l *linter) alike(o *Operation, echo Echo, p *Field, r *Resource) {
	m := within(l.item(r.Name), echo.Member)
	switch {
	case m == nil:
		l.report(echo.Place, "echo", "%s: echo: the items of %s have no member %s", o.Name, r.Name, echo.Member)
	case echo.Form == "json" && m.Type != String:
		l.report(echo.Place, "echo", "%s: echo: form json needs a text, and %s is of type %s", o.Name, echo.Member, m.Type)
	case echo.Form != "json" && len(echo.Wraps) > 0:
		l.report(echo.Place, "echo", "%s: echo: wraps is for form json, and %s is of form %s", o.Name, echo.Parameter, echo.Form)
	case echo.Form == "same" && p.Type != m.Type:
		l.report(echo.Place, "echo", "%s: echo: %s is of type %s, but %s of type %s", o.Name, echo.Parameter, p.Type, echo.Member, m.Type)
	}
}

// filters: what they select by stands in the items that the operation lists.
func (l *linter) filters(o *Operation, e *Effect) {
	for _, f := range e.Filters {
		l.parameter(o, f.Place, "filter", f.Parameter)
		if item := o.item(); item != nil && within(item, f.Member) == nil {
			l.report(f.Place, "filter", "%s: filter: its items have no member %s", o.Name, f.Member)
		}
	}
}

// resources: each has operations that make, list and remove it, and a machine
// whose states are all reached, left and shown.
func (l *linter) resources() {
	for _, r := range l.c.Resources {
		l.role(r, "create", r.Create, true)
		l.role(r, "list", r.List, true)
		l.role(r, "delete", r.Delete, true)
		l.role(r, "update", r.Update, false)
		l.identity(r)
		l.tagType(r)
		l.transitions(r)
		l.life(r)
		l.reachable(r)
		l.states(r)
	}
}

var roleKinds = map[string]EffectKind{"create": Creates, "list": Reads, "update": Updates, "delete": Deletes}

func (l *linter) role(r *Resource, role, name string, needed bool) {
	o := l.c.Operation(name)
	switch {
	case name == "" && needed:
		l.report(r.Place, "resource", "%s: no operation is its %s", r.Name, role)
	case name == "" || o != nil && l.c.Resource(o.Effect.Resource) == nil:
	case o == nil:
		l.report(r.Place, "resource", "%s: %s: there is no operation %s", r.Name, role, name)
	case o.Effect.Kind != roleKinds[role] || o.Effect.Resource != r.Name:
		l.report(r.Place, "resource", "%s: %s: the effect of %s is %s of %s", r.Name, role, name, o.Effect.Kind, orNone(o.Effect.Resource))
	}
}

// identity: the id has its member in the list and its parameter in what acts
// on one resource.
func (l *linter) identity(r *Resource) {
	item := l.item(r.Name)
	if item != nil && within(item, r.IDMember) == nil {
		l.report(r.Place, "resource", "%s: id-member: its list's items have no member %s", r.Name, r.IDMember)
	}
	for _, name := range []string{r.Update, r.Delete} {
		if o := l.c.Operation(name); o != nil && r.IDParameter != "" && o.Parameter(r.IDParameter) == nil {
			l.report(r.Place, "resource", "%s: id-parameter: %s has no parameter %s", r.Name, name, r.IDParameter)
		}
	}
	if o := l.c.Operation(r.Create); o != nil {
		for _, path := range r.Unique {
			if o.Parameter(path) == nil {
				l.report(r.Place, "resource", "%s: unique: %s has no parameter %s", r.Name, r.Create, path)
			}
		}
	}
}

// tagType: the operations on tags know the resource by that name.
func (l *linter) tagType(r *Resource) {
	if r.TagType == "" {
		return
	}
	for _, o := range l.c.Operations {
		if !o.Effect.Kind.OfTags() {
			continue
		}
		if !slices.ContainsFunc(o.Leaves(), func(f *Field) bool { return slices.Contains(f.Enum, r.TagType) }) {
			l.report(r.Place, "resource", "%s: tag-type: no enum of %s has %s", r.Name, o.Name, r.TagType)
		}
	}
}

func (l *linter) transitions(r *Resource) {
	for _, t := range r.Transitions {
		for _, s := range []string{t.From, t.To} {
			if s != "" && r.State(s) == nil {
				l.report(t.Place, "transition", "%s: transition %s: there is no state %s", r.Name, edge(t.From, t.To), s)
			}
		}
		if l.c.Operation(t.On) == nil && !slices.Contains(TransitionEvents, t.On) {
			l.report(t.Place, "transition", "%s: transition %s: on %s is neither an operation nor one of %s",
				r.Name, edge(t.From, t.To), t.On, strings.Join(TransitionEvents, ", "))
		}
	}
}

// reachable walks the machine from its beginning.
func (l *linter) reachable(r *Resource) {
	reached := map[string]bool{"": true}
	for range len(r.States) + 1 {
		for _, t := range r.Transitions {
			if reached[t.From] && t.To != "" {
				reached[t.To] = true
			}
		}
	}
	for _, s := range r.States {
		if !reached[s.Name] {
			l.report(s.Place, "state", "%s: state %s cannot be reached", r.Name, s.Name)
		}
		if s.Initial != slices.ContainsFunc(r.Transitions, func(t Transition) bool { return t.From == "" && t.To == s.Name }) {
			l.report(s.Place, "state", "%s: state %s: initial and a transition from nothing go together", r.Name, s.Name)
		}
	}
}

// states: each can be left as its flags say, is described and shown.
func (l *linter) states(r *Resource) {
	if len(r.States) == 0 {
		return
	}
	if !slices.ContainsFunc(r.States, func(s State) bool { return s.Usable }) {
		l.report(r.Place, "state", "%s: no state is usable", r.Name)
	}
	for _, s := range r.States {
		moves := slices.ContainsFunc(r.Transitions, func(t Transition) bool { return t.From == s.Name && t.On == "settle" })
		if s.Stable == moves {
			l.report(s.Place, "state", "%s: state %s: either it is stable or it settles into another", r.Name, s.Name)
		}
		if s.Stable && s.Summary == "" {
			l.report(s.Place, "state", "%s: state %s is stable and has no summary", r.Name, s.Name)
		}
		if s.Usable && (!s.Stable || s.Failed) {
			l.report(s.Place, "state", "%s: state %s: a usable state is stable and not failed", r.Name, s.Name)
		}
	}
	l.shown(r)
}

// shown: the state member lists exactly the states.
func (l *linter) shown(r *Resource) {
	item := l.item(r.Name)
	if item == nil {
		return
	}
	m := within(item, r.StateMember)
	if m == nil {
		l.report(r.Place, "state", "%s: state-member: its list's items have no member %s", r.Name, orNone(r.StateMember))
		return
	}
	var names []string
	for _, s := range r.States {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	if enum := slices.Sorted(slices.Values(m.Enum)); len(enum) > 0 && !slices.Equal(enum, names) {
		l.report(m.Place, "state", "%s: enum has %s, but the states of %s are %s", m.Path, join(enum), r.Name, join(names))
	}
}
