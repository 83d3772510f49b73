package suites

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// idempotencyFamily sends requests again under one token, and counts what they
// did by looking at what carries the case's own marks.
func idempotencyFamily(b *builder) {
	if b.op.Idempotency == nil {
		return
	}
	r := b.recipe()
	if r == nil {
		b.fault("plan %s: it takes a token, but what a %q does cannot be seen", b.op.Name, b.op.Effect.Kind)
		return
	}
	b.replays(r)
	b.freshTokens(r)
	b.lostAnswers(r)
	b.refusedFirst(r)
	b.changes(r)
	b.tokenScopes(r)
}

// tokenClause returns a promise about tokens.
func (b *builder) tokenClause(keyword string) *contract.Clause {
	return b.c.Idempotency.Clauses[keyword]
}

// tokenCase is a case about tokens.
type tokenCase struct {
	subject, variant string
	clause           *contract.Clause
	also             []*contract.Clause
	steps            []string
	needs            plan.Needs
	run              tokenScenario
}

func (b *builder) tokenCase(r *recipe, c tokenCase) {
	needs := b.needs(r.template, "")
	needs.Bindings = append(needs.Bindings, c.needs.Bindings...)
	needs.Credentials, needs.Conditions = c.needs.Credentials, c.needs.Conditions
	b.add(&plan.Case{
		Subject: c.subject, Variant: c.variant, Clause: c.clause, Also: c.also, Steps: c.steps, Needs: needs,
		Run: func(ctx context.Context, s *plan.Session) error { return c.run(ctx, s, c.clause) },
	})
}

// replays sends the same again after a success.
func (b *builder) replays(r *recipe) {
	again := "send the same " + b.op.Name + " with the same token and a new nonce"
	steps := []string{
		"send a valid " + b.op.Name + " with a token, and see what it did", again,
		"expect the first answer again, but for its RequestId",
		"expect that nothing was done twice",
	}
	own, common := b.op.Idempotency.Clause, []*contract.Clause{b.c.Idempotency.Replay}
	b.tokenCase(r, tokenCase{subject: "replay", variant: "same", clause: own, also: common, steps: steps, run: r.replay(nil)})
	b.tokenCase(r, tokenCase{
		subject: "replay", variant: "otherTransport", clause: own, also: common, run: r.replay(byGET),
		steps: append([]string{steps[0], again + ", by GET with signature ACS3"}, steps[2:]...),
	})
	if r.names != nil {
		// That other names than the id will do is our reading.
		b.tokenCase(r.byName(), tokenCase{
			subject: "replay", variant: "byName", clause: capped(own, contract.Inferred), run: r.byName().replay(nil),
			also:  []*contract.Clause{capped(b.c.Idempotency.Replay, contract.Inferred)},
			steps: append([]string{steps[0] + ", naming the resource otherwise than by its id", "make what it took away again"}, steps[1:]...),
		})
	}
	if r.makes() {
		b.tokenCase(r, tokenCase{
			subject: "replay", variant: "afterDelete", clause: b.tokenClause("deleted"), run: r.done(afterDelete),
			steps: []string{steps[0], "delete what it made", again, "expect the first answer or a refusal, and nothing new"},
		})
	}
}

// byGET carries a request by another way than the first one.
func byGET(p *plan.Probe) { p.Method, p.Form, p.Scheme = http.MethodGet, false, wire.ACS3 }

// freshTokens sends the same under another token, or none.
func (b *builder) freshTokens(r *recipe) {
	first := "send a valid " + b.op.Name + " with a token, and see what it did"
	for _, v := range []struct {
		keyword, variant, say string
		first, token          func(string) string
	}{
		{"fresh", "new", "another token", asItIs, func(t string) string { return t + "-2" }},
		{"caseSensitive", "case", "the token in another case", asItIs, swapCase},
		{"fresh", "longEnd", "a token as long as may be that differs from the first, as long, in its last character", r.filledBehind, otherEnd},
		{"fresh", "longStart", "a token as long as may be that differs from the first, as long, in its first character", r.filledAhead, otherStart},
	} {
		b.tokenCase(r, tokenCase{
			subject: "token", variant: v.variant, clause: b.tokenClause(v.keyword), run: r.fresh(v.first, v.token, v.keyword == "fresh"),
			steps: []string{first, "undo it, where that can be done", "send a request like it with " + v.say, "expect that it is carried out too"},
		})
	}
	b.tokenCase(r, tokenCase{
		subject: "token", variant: "none", clause: b.tokenClause("absent"), run: r.absent,
		steps: []string{"send a valid " + b.op.Name + " without a token", "undo it, where that can be done", "send the same again",
			"expect that it is carried out too, or refused; never the first answer for nothing"},
	})
}

// filling is what makes a token as long as may be.
func (r *recipe) filling(token string) string {
	f := r.op.Parameter(r.op.Idempotency.Parameter)
	if f == nil || f.MaxLength == nil {
		return ""
	}
	return strings.Repeat("x", max(0, int(*f.MaxLength)-len(token)))
}

func (r *recipe) filledBehind(token string) string { return token + r.filling(token) }

func (r *recipe) filledAhead(token string) string { return r.filling(token) + token }

func asItIs(token string) string { return token }

func otherEnd(token string) string { return token[:len(token)-1] + "y" }

func otherStart(token string) string { return "y" + token[1:] }

// lostAnswers sends the same again when nobody knows what became of the first.
func (b *builder) lostAnswers(r *recipe) {
	for _, v := range []struct {
		variant, say string
		stage        plan.Stage
	}{
		{"cut", "close the connection as soon as the request is written", plan.Written},
		{"unread", "close the connection when the answer begins to arrive, without reading it", plan.Answered},
	} {
		b.tokenCase(r, tokenCase{
			subject: "lost", variant: v.variant, clause: b.tokenClause("lost"), run: r.lost(v.stage),
			steps: []string{"send a valid " + b.op.Name + " with a token", v.say, "send it again with the same token and a new nonce",
				"expect success, and that it was carried out once"},
		})
	}
	b.tokenCase(r, tokenCase{
		subject: "together", variant: "eight", clause: b.tokenClause("together"), also: also(b.c.Idempotency.Processing), run: r.together,
		steps: []string{"send a valid " + b.op.Name + " eight times at once with one token",
			"expect that each gets the same success, or is told that the first is still worked on " + cite(b.c.Idempotency.Processing),
			"expect that it was carried out once"},
	})
}

// refusedFirst uses a token for a request that is refused.
func (b *builder) refusedFirst(r *recipe) {
	for _, spoil := range b.spoilers(r.template) {
		b.tokenCase(r, tokenCase{
			subject: "refused", variant: spoil.variant, clause: b.tokenClause("refused"), needs: spoil.needs, run: r.refused(spoil),
			steps: []string{"send " + b.op.Name + " with a token, but " + spoil.say + ": it is refused", "send it again: no success",
				"send it with the same token and valid parameters", "expect a refusal, or that it is carried out"},
		})
	}
}

// spoiler makes a request one that is refused.
type spoiler struct {
	variant, say string
	spoil        func(wire.Params) wire.Params
	condition    string // under which it is sent; empty for none
	needs        plan.Needs
}

// spoilers name a thing that does not exist, where the operation names one, or
// break the type of a value; and meet with a condition of the world.
func (b *builder) spoilers(template wire.Params) []spoiler {
	var out []spoiler
	if s, ok := b.unknownThing(template); ok {
		out = append(out, s)
	} else if s, ok := b.mistyped(); ok {
		out = append(out, s)
	}
	for _, row := range b.op.Errors {
		if b.causes(row.Condition) {
			return append(out, spoiler{
				variant: row.Condition, say: "under condition " + row.Condition, condition: row.Condition,
				spoil: wire.Params.Clone, needs: plan.Needs{Conditions: []string{row.Condition}},
			})
		}
	}
	return out
}

// causes reports whether a parameter of the operation can bring the condition
// about: it names a thing of the kind that the condition is of.
func (b *builder) causes(condition string) bool {
	kind, _, _ := strings.Cut(condition, ".")
	c := b.c.Condition(condition)
	return c != nil && c.Kind == "world" &&
		slices.ContainsFunc(b.op.Leaves(), func(f *contract.Field) bool { return f.Binding == kind })
}

func (b *builder) unknownThing(template wire.Params) (spoiler, bool) {
	for _, p := range template {
		if isResource(p.Value) {
			absent := absentID(b.c, p.Value)
			return spoiler{
				variant: "unknown", say: "with a " + p.Name + " of nothing",
				spoil: func(q wire.Params) wire.Params { return set(q, p.Name, absent) },
			}, true
		}
	}
	return spoiler{}, false
}

func (b *builder) mistyped() (spoiler, bool) {
	for _, f := range b.op.Leaves() {
		if f.Type == contract.Integer {
			return spoiler{
				variant: "invalid", say: "with a word for " + f.Path,
				spoil: func(q wire.Params) wire.Params { return set(q, first(f.Path), "many") },
			}, true
		}
	}
	return spoiler{}, false
}
