package suites

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// subject names what a case is about where it is no single parameter.
const wholeRequest = "request"

// probe is the form in which parameters are sent where a case is not about the
// form: in the query of a POST, as the SDKs do, or in the body where the query
// would grow beyond what servers take.
func (b *builder) probe(p wire.Params, change string) plan.Probe {
	return plan.Probe{
		Operation: b.op.Name, Params: p, Method: http.MethodPost, Scheme: wire.V1, Format: "JSON",
		Form: len(p) > 40, Change: change,
	}
}

// around returns a valid request that has the parameter's whole group in it:
// the minimal one and what the maximal one holds below the same first segment.
func (b *builder) around(path string) wire.Params {
	in := b.input()
	group := below(in.Others, top(path))
	if len(group) == 0 {
		group = below(in.Maximal, top(path))
	}
	if len(group) == 0 {
		return in.Minimal.Clone()
	}
	return merge(in.Minimal, group)
}

// merge returns base with the parameters of extra, in place where base has
// them already.
func merge(base, extra wire.Params) wire.Params {
	out := base.Clone()
	for _, p := range extra {
		out = out.Set(p.Name, p.Value)
	}
	return out
}

// needs lists the bindings without which the request is no longer the one
// meant: those of the parameter under test, of required ones, and of those that
// a rule wants beside it.
func (b *builder) needs(p wire.Params, path string) plan.Needs {
	var out []string
	for _, q := range p {
		name, ok := strings.CutPrefix(q.Value, "$binding")
		if !ok || !(within(generic(q.Name), path) || b.demanded(generic(q.Name), path)) {
			continue
		}
		name = strings.TrimPrefix(name, ":")
		if name == "" {
			name = q.Name
		}
		out = append(out, name)
	}
	return plan.Needs{Bindings: out}
}

func (b *builder) demanded(path, beside string) bool {
	if f := b.op.Parameter(path); f != nil && f.Required {
		return true
	}
	for _, r := range b.op.Rules {
		if r.Kind == "requires" && top(r.Parameters[0]) == top(beside) && slices.Contains(r.Parameters[1:], path) {
			return true
		}
	}
	return false
}

// expectation is what the answer to one probe must be.
type expectation struct {
	clause *contract.Clause
	refuse bool
	// row is the one that refuses it, nil for any. Of a request to be let in
	// it is the only answer that counts against it.
	row  *contract.Error
	args []string // for the row's %s
	bare bool     // the answer has no body by nature
}

func (e expectation) judge(s *plan.Session, a *check.Answer) {
	switch {
	case e.bare:
		s.Find(bareRefusal(a, e.clause)...)
	case e.refuse && e.order():
		s.Find(inOrder(a, e)...)
	case e.refuse:
		s.Find(s.Judge.Refused(a, e.clause, e.row, e.args...)...)
	case e.row == nil || slices.Contains(a.Rows, e.row):
		s.Find(s.Judge.Accepted(a, e.clause)...)
	}
}

// order reports whether the case is about which of two faults answers.
func (e expectation) order() bool { return e.clause.Keyword == "order" }

// say tells people what the answer must be.
func (e expectation) say() string {
	if !e.refuse && e.row != nil {
		return "expect any answer but " + e.row.Code
	}
	if !e.refuse {
		return "expect success"
	}
	if e.row == nil {
		return "expect a refusal: 4xx"
	}
	code, _ := e.row.Fill(e.args...)
	if e.clause != nil && e.order() {
		return fmt.Sprintf("expect a refusal: %d %s", e.row.Status, code)
	}
	return fmt.Sprintf("expect a refusal: %d %s%s", e.row.Status, code, cite(e.row))
}

// cite names the promises of a row in a step. What a step cites, its case
// judges besides its own clause.
func cite(row *contract.Error) string {
	return " [" + row.Row.ID + ", " + row.Text.ID + "]"
}

// cited returns the ids of the clauses that a case's steps cite.
func cited(c *plan.Case) []string {
	var out []string
	for _, step := range c.Steps {
		if _, ids, ok := strings.Cut(strings.TrimSuffix(step, "]"), " ["); ok {
			out = append(out, strings.Split(ids, ", ")...)
		}
	}
	return out
}

// single is a case of one judged request.
type single struct {
	subject, variant string
	params           wire.Params
	change           string // what departs from the valid request, for people
	path             string // of the parameter under test, for its bindings
	expect           expectation
	promise          string // in place of the clause's
	shape            func(*plan.Probe)
	needs            plan.Needs // besides the bindings
	options          []plan.Option
	after            func(context.Context, *plan.Session, *check.Answer) error
	// unlessSent leaves the case out where another one sends the same bytes.
	unlessSent bool
	// busy is a row by which the target may answer for a reason that is not
	// the case's: then there is nothing to judge.
	busy *contract.Error
}

func (b *builder) single(c single) {
	if c.expect.clause == nil {
		return
	}
	p := b.probe(c.params, c.change)
	if c.shape != nil {
		c.shape(&p)
	}
	if other := b.sent[p.Fingerprint()]; other != nil && c.unlessSent {
		b.share(other, c)
		return
	}
	needs := b.needs(c.params, c.path)
	needs.Conditions, needs.Credentials = c.needs.Conditions, c.needs.Credentials
	b.add(&plan.Case{
		Subject: c.subject, Variant: c.variant, Clause: c.expect.clause, Promise: c.promise,
		Steps: []string{"send a valid " + b.op.Name + ", but " + c.change, c.expect.say()},
		Needs: needs, Probe: &p,
		Run: func(ctx context.Context, s *plan.Session) error {
			a, err := s.Probe(ctx, &p, c.options...)
			if err != nil {
				return err
			}
			if c.busy != nil && a.Code == c.busy.Code {
				return plan.Inconclusive("the target answers " + a.Code + ": the value was used by an earlier run")
			}
			c.expect.judge(s, a)
			if c.after == nil || !a.OK {
				return nil
			}
			return c.after(ctx, s, a)
		},
	})
}

// share lets a case that sends the same bytes answer for the clause too.
func (b *builder) share(k *plan.Case, c single) {
	id := c.expect.clause.ID
	if k.Clause.ID != id && !slices.Contains(cited(k), id) {
		k.Steps = append(k.Steps, "which tests "+c.subject+" "+c.variant+" as well ["+id+"]")
	}
}

// accepted is a case of one request that must succeed.
func (b *builder) accepted(c single, clause *contract.Clause) {
	c.expect = expectation{clause: clause}
	b.single(c)
}

// acceptedOnce is accepted, unless another case sends the same bytes.
func (b *builder) acceptedOnce(c single, clause *contract.Clause) {
	c.unlessSent = true
	b.accepted(c, clause)
}

// violated is a case of one request that a kind of bad parameter makes invalid.
func (b *builder) violated(c single, clause *contract.Clause, kind string, args ...string) {
	v := b.c.Violation(kind)
	if v == nil {
		b.fault("plan %s/%s/%s: the contract has no violation %q", b.op.Name, c.subject, c.variant, kind)
		return
	}
	c.expect = expectation{clause: clause, refuse: true, row: v.Error, args: args}
	b.single(c)
}

// vary returns a valid request in which a variation stands in place of the
// group of the parameter.
func (b *builder) vary(v Variation, name string) wire.Params {
	out := b.around(name)
	if len(below(out, top(name))) > 1 {
		out = drop(out, top(name))
	}
	for _, gone := range v.Drop {
		out = drop(out, gone)
	}
	return merge(out, v.Set)
}
