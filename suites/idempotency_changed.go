package suites

import (
	"context"
	"fmt"
	"slices"
	"strconv"

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
func (b *builder) changes(d *tokenRepeater) {
	home := regionNames(b.op)
	for _, f := range b.op.Leaves() {
		if f.Path == b.op.Idempotency.Parameter || len(home) > 0 && f.Path == home[0] {
			continue // the region is part of what a token is good for
		}
		base := b.withGroup(d, f)
		c, ok := b.changeOf(base, f)
		if !ok {
			continue
		}
		changed := *d
		changed.template = base
		if d.makes() && f.Path != "" && top(f.Path) == d.mark.group {
			changed.mark = b.marks()[len(b.marks())-1]
		}
		row := b.c.Idempotency.Mismatch
		b.add(&plan.Case{
			Subject: f.Path, Variant: "changed", Clause: b.tokenClause("changed"),
			Steps: []string{
				"send a valid " + b.op.Name + " with a token, and see what it did", "send it again with the same token, but " + c.say,
				fmt.Sprintf("expect a refusal: %d %s%s", row.Status, row.Code, cite(row)), "expect that nothing was done",
			},
			Needs: b.needs(base, f.Path), Run: changed.changed(b.tokenClause("changed"), c),
		})
	}
}

// withGroup returns the request with the parameter's group in it.
func (b *builder) withGroup(d *tokenRepeater, f *contract.Field) wire.Params {
	group := below(b.around(f.Path), top(f.Path))
	out := d.template.Clone()
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
	case f.Binding == "region" && f.Parent == nil:
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
func (d *tokenRepeater) changed(clause *contract.Clause, c tokenChange) func(context.Context, *plan.Session) error {
	return func(ctx context.Context, s *plan.Session) error {
		x, err := d.begin(ctx, s, whereabouts{})
		if err != nil {
			return err
		}
		token := s.Token()
		if _, err := x.first(ctx, token); err != nil {
			return err
		}
		request, second, err := x.apply(ctx, c)
		if err != nil {
			return err
		}
		before, err := x.around(ctx, request, second)
		if err != nil {
			return err
		}
		a, err := x.again(ctx, request, token)
		if err != nil {
			return err
		}
		row := d.c.Idempotency.Mismatch
		if !c.valid {
			row = nil
		}
		s.Find(s.Judge.Refused(a, clause, row)...)
		return x.still(ctx, request, second, before, clause)
	}
}

// apply changes the request, and returns the second subject where there is one.
func (x *tokenErrand) apply(ctx context.Context, c tokenChange) (wire.Params, *tokenErrand, error) {
	now, _ := x.request.Get(c.name)
	switch {
	case c.second:
		y, err := x.begin2(ctx)
		if err != nil {
			return nil, nil, err
		}
		return set(x.request, c.name, y.subject.ID), y, nil
	case c.to == nil:
		return drop(x.request, c.name), nil, nil
	}
	value := c.to(now)
	if value == "$region" {
		value = x.s.Region
	}
	return set(x.request, c.name, value), nil, nil
}

// around returns what can be seen of the tokenErrand, of the changed one, and of the
// second subject.
func (x *tokenErrand) around(ctx context.Context, request wire.Params, second *tokenErrand) ([]string, error) {
	seen, err := x.see(ctx)
	if err != nil {
		return nil, err
	}
	if x.makes() && x.marked(request) {
		more, err := x.found(ctx, x.mark, request)
		if err != nil {
			return nil, err
		}
		seen = append(seen, more...)
	}
	if second == nil || x.makes() {
		return seen, nil
	}
	more, err := second.see(ctx)
	return append(seen, more...), err
}

// marked reports whether the changed request would be found elsewhere than the
// first one.
func (x *tokenErrand) marked(request wire.Params) bool {
	for name := range x.mark.filter {
		was, _ := x.request.Get(name)
		if is, _ := request.Get(name); is != was {
			return true
		}
	}
	return x.madeIn(request) != x.madeIn(x.request)
}

func (x *tokenErrand) still(ctx context.Context, request wire.Params, second *tokenErrand, before []string, clause *contract.Clause) error {
	if err := x.rest(ctx); err != nil {
		return err
	}
	after, err := x.around(ctx, request, second)
	if err == nil && !slices.Equal(before, after) {
		x.s.Find(foundEffect(clause, before, after))
	}
	return err
}
