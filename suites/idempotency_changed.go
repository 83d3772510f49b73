package suites

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// change is one parameter with another value than in the first request.
type tokenChange struct {
	field *contract.Field
	name  string // on the wire
	say   string
	to    func(value string) string // nil to leave the parameter out
	// second names another resource in its place.
	second bool
	// valid says that the changed request would be one to be carried out, so
	// that nothing but the token can be why it is refused.
	valid bool
}

// changes sends a used token with one parameter changed: a case for each that
// can be.
func (b *builder) changes(r *recipe) {
	home := regionNames(b.op)
	for _, f := range b.op.Leaves() {
		if f.Path == b.op.Idempotency.Parameter || len(home) > 0 && f.Path == home[0] {
			continue // the region is part of what a token is good for
		}
		base := b.withGroup(r, f)
		c, ok := b.changeOf(base, f)
		if k := b.evicted(); k != nil && k.Parameter == f.Path {
			// What may make room for others would not stay to be looked at.
			base, c = r.template, tokenChange{field: f, name: f.Path, valid: true, say: "with " + f.Path, to: func(string) string { return k.Value }}
		}
		if !ok {
			continue
		}
		clause, changed := b.tokenClause("changed"), *r
		changed.template = base
		if r.makes() && f.Path != "" && top(f.Path) == r.mark.group {
			changed.mark = b.marks()[len(b.marks())-1]
		}
		row := b.c.Idempotency.Mismatch
		b.add(&plan.Case{
			Subject: f.Path, Variant: "changed", Clause: clause, Also: also(row),
			Steps: []string{
				"send a valid " + b.op.Name + " with a token, and see what it did", "send it again with the same token, but " + c.say,
				fmt.Sprintf("expect a refusal: %d %s%s", row.Status, row.Code, cite(row)), "expect that nothing was done",
			},
			Needs: b.needs(base, f.Path),
			Run:   func(ctx context.Context, s *plan.Session) error { return changed.changed(c)(ctx, s, clause) },
		})
	}
}

// evicted says what makes the resource that the operation is about go for
// others, nil for nothing.
func (b *builder) evicted() *contract.Eviction {
	if kind := b.c.Resource(b.op.Effect.Resource); kind != nil {
		return kind.Eviction
	}
	return nil
}

// withGroup returns the request with the parameter's group in it.
func (b *builder) withGroup(r *recipe, f *contract.Field) wire.Params {
	group := below(b.around(f.Path), top(f.Path))
	out := r.template.Clone()
	for _, p := range group {
		if _, ok := out.Get(p.Name); !ok {
			out = out.Set(p.Name, p.Value)
		}
	}
	return out
}

func (b *builder) changeOf(base wire.Params, f *contract.Field) (tokenChange, bool) {
	found := below(base, first(f.Path))
	if len(found) == 0 {
		return tokenChange{}, false
	}
	p := found[len(found)-1] // of a map the last key
	c := tokenChange{field: f, name: p.Name, valid: true, say: "another " + p.Name}
	switch {
	case isResource(p.Value):
		c.second = true
	case f.Binding == contract.RegionBinding && f.Parent == nil:
		c.to, c.valid = func(string) string { return "$region" }, false
	case f.Binding != "" || isThing(p.Value):
		c.say, c.valid = "without "+p.Name, !f.Required && !b.ruled(f)
	case len(f.Enum) > 0:
		return b.otherWord(c, p.Value)
	case f.Type == contract.Integer:
		c.to = func(v string) string { return nextInteger(f, v) }
	case f.Type == contract.Boolean:
		c.to, c.valid = func(v string) string { return strconv.FormatBool(v == "false") }, !b.ruled(f)
	case f.Type == contract.String || f.Type == contract.Map:
		c.to = func(v string) string { return v + "2" }
	default:
		return c, false
	}
	return c, true
}

// ruled reports whether a rule between parameters speaks of the field.
func (b *builder) ruled(f *contract.Field) bool {
	return slices.ContainsFunc(b.op.Rules, func(r *contract.Rule) bool { return slices.Contains(r.Parameters, f.Path) })
}

// otherWord takes another word of the list. It may ask for other parameters
// beside it.
func (b *builder) otherWord(c tokenChange, now string) (tokenChange, bool) {
	c.valid = false
	for _, word := range c.field.Enum {
		if word != "" && word != now {
			c.to = func(string) string { return word }
			return c, true
		}
	}
	c.say, c.to = "without "+c.name, nil
	return c, !c.field.Required
}

func nextInteger(f *contract.Field, v string) string {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return "1"
	}
	if f.Maximum != nil && n >= *f.Maximum {
		return strconv.FormatInt(n-1, 10)
	}
	return strconv.FormatInt(n+1, 10)
}

// changed sends the request, and then the changed one with the same token.
func (r *recipe) changed(c tokenChange) tokenScenario {
	return r.done(func(ctx context.Context, d *deed) error {
		e, err := d.alter(ctx, c)
		if err != nil {
			return err
		}
		before, err := e.see(ctx)
		if err != nil {
			return err
		}
		a, err := d.again(ctx, e.changed)
		if err != nil {
			return err
		}
		row := r.c.Idempotency.Mismatch
		if !c.valid {
			row = nil
		}
		d.s.Find(mismatched(d.s, a, d.clause, row)...)
		return d.still(ctx, before, e.see)
	})
}

// mismatched holds that the request is refused. The page that names the row's
// code names no status.
func mismatched(s *plan.Session, a *check.Answer, clause *contract.Clause, row *contract.Error) []check.Finding {
	found := s.Judge.Refused(a, clause, row)
	if row != nil && a.Status >= 400 && a.Status < 500 && row.Match(a.Status, a.Code, a.Message).Code {
		return atMost(found, contract.Inferred)
	}
	return found
}

// altered is a deed whose request has been changed.
type altered struct {
	*deed
	changed wire.Params
	second  *deed // what it names in place of the first subject, if so
}

// alter changes the request.
func (d *deed) alter(ctx context.Context, c tokenChange) (*altered, error) {
	now, _ := d.request.Get(c.name)
	switch {
	case c.second:
		y, err := d.begin(ctx, d.s, d.clause, d.where)
		if err != nil {
			return nil, err
		}
		return &altered{deed: d, changed: set(d.request, c.name, y.subject.ID), second: y}, nil
	case c.to == nil:
		return &altered{deed: d, changed: drop(d.request, c.name)}, nil
	}
	value := c.to(now)
	if value == "$region" {
		value = d.s.Region
	}
	return &altered{deed: d, changed: set(d.request, c.name, value)}, nil
}

// see returns what can be seen of the first request, of the changed one, and of
// the second subject.
func (y *altered) see(ctx context.Context) ([]string, error) {
	seen, err := y.deed.see(ctx)
	if err != nil {
		return nil, err
	}
	var more []string
	switch {
	case y.makes() && y.elsewhere():
		more, err = y.found(ctx, y.mark, y.changed)
	case y.second != nil && !y.makes():
		more, err = y.second.see(ctx)
	}
	return append(seen, more...), err
}

// elsewhere reports whether what the changed request makes would be found
// elsewhere than what the first one made.
func (y *altered) elsewhere() bool {
	for name := range y.mark.filter {
		was, _ := y.request.Get(name)
		if is, _ := y.changed.Get(name); is != was {
			return true
		}
	}
	return y.madeIn(y.changed) != y.madeIn(y.request)
}
