package contract

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is something in the contract that contradicts the rest of it.
type Problem struct {
	Place   Place
	Rule    string // the rule's name, such as example or condition
	Message string
}

// String returns the problem as file:line: message (rule).
func (p Problem) String() string { return fmt.Sprintf("%s: %s (%s)", p.Place, p.Message, p.Rule) }

// Lint holds the parts of a contract against each other and its extensions
// against their JSON Schema, and returns the problems sorted by place. A
// contract that cannot be loaded at all is Load's to report.
func Lint(c *Contract) []Problem {
	l := &linter{c: c}
	for _, check := range []func(*linter){
		(*linter).schema, (*linter).sources, (*linter).conditions, (*linter).protocol, (*linter).gateway,
		(*linter).fields, (*linter).rules, (*linter).errors, (*linter).examples,
		(*linter).effects, (*linter).resources, (*linter).tokens, (*linter).levels, (*linter).complete,
	} {
		check(l)
	}
	slices.SortStableFunc(l.problems, func(a, b Problem) int { return cmp.Compare(a.Place.Line, b.Place.Line) })
	return l.problems
}

type linter struct {
	c        *Contract
	problems []Problem
}

func (l *linter) report(at Place, rule, format string, args ...any) {
	p := Problem{Place: at, Rule: rule, Message: fmt.Sprintf(format, args...)}
	// One mistake in a shared component shows in every operation.
	if !slices.Contains(l.problems, p) {
		l.problems = append(l.problems, p)
	}
}

// sources: every source is known and used.
func (l *linter) sources() {
	used := map[string]bool{}
	known := map[string]bool{}
	for _, s := range l.c.Sources {
		known[s.Key] = true
	}
	use := func(at Place, keys []string) {
		for _, key := range keys {
			used[key] = true
			if !known[key] {
				l.report(at, "source", "source %s is not defined in x-acs-sources", key)
			}
		}
	}
	for _, cl := range l.c.Clauses {
		use(cl.Place, cl.Sources)
	}
	for _, e := range l.c.Rows() {
		for _, w := range e.Wordings {
			use(e.Place, w.Sources)
		}
	}
	for _, s := range l.c.Sources {
		if !used[s.Key] {
			l.report(s.Place, "source", "source %s is used by nothing", s.Key)
		}
	}
}

// leadsToFailure: some conditions of the world are answered by no row: the
// request is accepted and the resource fails later.
func (l *linter) leadsToFailure(c *Condition) bool {
	if c.Kind != "world" {
		return false
	}
	return slices.ContainsFunc(l.c.Resources, func(r *Resource) bool {
		return slices.ContainsFunc(r.Transitions, func(t Transition) bool { return slices.Contains(t.Conditions, c.Name) })
	})
}

// conditions: every condition is defined and provokes a row, and every row of
// a table has one.
func (l *linter) conditions() {
	used := map[string]bool{}
	for _, e := range l.c.Rows() {
		if e.Condition == "" {
			if e.Row.Kind == "error" || e.Row.Kind == "gateway" {
				l.report(e.Place, "condition", "%s: no condition says when %d %s is answered", e.Row.ID, e.Status, e.Code)
			}
			continue
		}
		used[e.Condition] = true
		if l.c.Condition(e.Condition) == nil {
			l.report(e.Place, "condition", "%s: condition %s is not defined in x-acs-conditions", e.Row.ID, e.Condition)
		}
	}
	for _, c := range l.c.Conditions {
		if !used[c.Name] && !l.leadsToFailure(c) {
			l.report(c.Place, "condition", "condition %s provokes nothing", c.Name)
		}
	}
}

// protocol: what holds without being asked for is possible.
func (l *linter) protocol() {
	p := &l.c.Protocol
	if !slices.Contains(p.Formats, p.DefaultFormat) && len(p.Formats) > 0 {
		l.report(l.first(p.Common), "protocol", "default-format %q is none of formats", p.DefaultFormat)
	}
	if p.Skew <= 0 {
		l.report(l.first(p.Common), "protocol", "skew: want seconds above 0, have %d", p.Skew)
	}
}

func (l *linter) first(fields []*Field) Place {
	if len(fields) > 0 {
		return fields[0].Place
	}
	return Place{File: l.c.File, Line: 1}
}

// complete: what code looks up by its keyword is there to be found.
func (l *linter) complete() {
	at := l.first(l.c.Protocol.Common)
	for _, keyword := range ProtocolKeywords {
		if l.c.Protocol.Clauses[keyword] == nil {
			l.report(at, "keyword", "x-acs-protocol: clauses: %s is not stated", keyword)
		}
	}
	at = l.c.Envelope.Error.Place
	for _, keyword := range EnvelopeKeywords {
		if l.c.Envelope.Clauses[keyword] == nil {
			l.report(at, "keyword", "x-acs-envelope: clauses: %s is not stated", keyword)
		}
	}
	at = l.c.Listing.Place
	for _, keyword := range ListingKeywords {
		if l.c.Listing.Clauses[keyword] == nil {
			l.report(at, "keyword", "x-acs-listing: clauses: %s is not stated", keyword)
		}
	}
	at = l.c.Client.Place
	for _, keyword := range ClientKeywords {
		if l.c.Client.Clauses[keyword] == nil {
			l.report(at, "keyword", "x-acs-client: clauses: %s is not stated", keyword)
		}
	}
	at = l.c.Idempotency.Place
	for _, keyword := range IdempotencyKeywords {
		if l.c.Idempotency.Clauses[keyword] == nil {
			l.report(at, "keyword", "x-acs-idempotency: clauses: %s is not stated", keyword)
		}
	}
	for _, kind := range ViolationKinds {
		if l.c.Violation(kind) == nil {
			l.report(at, "violation", "x-acs-violations: no row answers kind %s", kind)
		}
	}
}

// gateway: the order has each stage once.
func (l *linter) gateway() {
	g := l.c.Gateway
	for _, stage := range GatewayStages {
		if !slices.Contains(g.Order, stage) {
			l.report(g.Clause.Place, "gateway", "order leaves out stage %s", stage)
		}
	}
	for i, stage := range g.Order {
		if slices.Contains(g.Order[:i], stage) {
			l.report(g.Clause.Place, "gateway", "order names stage %s twice", stage)
		}
	}
}

// errors: no wording repeats its row. That no code stands twice is Load's.
func (l *linter) errors() {
	for _, e := range l.c.Rows() {
		row := Wording{Code: e.Code, Status: e.Status, Message: e.Message}
		seen := []Wording{row}
		for _, w := range e.Wordings {
			w.Sources = nil
			if slices.ContainsFunc(seen, func(s Wording) bool { return s.Code == w.Code && s.Status == w.Status && s.Message == w.Message }) {
				l.report(e.Place, "wording", "%s: a wording repeats %d %s as it is", e.Row.ID, w.Status, w.Code)
			}
			seen = append(seen, w)
		}
	}
}

// tokens: the token is a parameter of its operation.
func (l *linter) tokens() {
	for _, o := range l.c.Operations {
		if t := o.Idempotency; t != nil && o.Parameter(t.Parameter) == nil {
			l.report(t.Place, "token", "%s: idempotency: there is no parameter %s", o.Name, t.Parameter)
		}
	}
}

// levels: nobody is sure of what no page says.
func (l *linter) levels() {
	kind := map[string]string{}
	for _, s := range l.c.Sources {
		kind[s.Key] = s.Kind
	}
	for _, cl := range l.c.Clauses {
		if cl.Level != Must || len(cl.Sources) == 0 {
			continue
		}
		switch {
		case slices.ContainsFunc(cl.Sources, func(s string) bool { return kind[s] == "inference" }):
			l.report(cl.Place, "level", "%s: level must, but its sources name our own reading", cl.ID)
		case !slices.ContainsFunc(cl.Sources, func(s string) bool { return kind[s] == "page" || kind[s] == "metadata" }):
			l.report(cl.Place, "level", "%s: level must, but neither a page nor metadata is among its sources", cl.ID)
		}
	}
}
