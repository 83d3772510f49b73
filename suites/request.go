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

// around returns a valid request that has the parameter's group in it: the
// minimal one and what the maximal one holds below the same first segment, and
// of what it has no effect without. Real things that the parameter can do
// without stay out: a target may lack them.
func (b *builder) around(path string) wire.Params {
	out := b.beside(path)
	for _, r := range b.op.Rules {
		if r.Kind == "ignoredWithout" && top(r.Parameters[0]) == top(path) {
			out = merge(out, b.groupOf(r.Parameters[1]))
		}
	}
	return out
}

func (b *builder) beside(path string) wire.Params {
	in := b.input()
	group := below(in.Others, top(path))
	if len(group) == 0 {
		group = below(in.Maximal, top(path))
	}
	group = slices.DeleteFunc(group, func(p wire.Param) bool {
		return strings.HasPrefix(p.Value, "$binding") && !b.wants(contract.Generic(p.Name), path)
	})
	if len(group) == 0 {
		return in.Minimal.Clone()
	}
	return merge(in.Minimal, group)
}

// upperFirst is the text as it begins a sentence.
func upperFirst(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

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
		if name, ok := bindingOf(q); ok && b.wants(contract.Generic(q.Name), path) {
			out = append(out, name)
		}
	}
	return plan.Needs{Bindings: out}
}

// bindingOf returns the name of the binding that a parameter cannot do without.
func bindingOf(p wire.Param) (name string, ok bool) {
	if p.Value == "$binding" {
		return p.Name, true
	}
	if _, rest, within := strings.Cut(p.Value, "${binding:"); within {
		name, _, ok = strings.Cut(rest, "}")
		return name, ok
	}
	return strings.CutPrefix(p.Value, "$binding:")
}

// wants reports whether a request about the parameter under test needs the
// real thing that another one names, or is about that very thing.
func (b *builder) wants(path, tested string) bool {
	return within(path, tested) || b.demanded(path, tested)
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

// cite names the promises of a row in a step, for people.
func cite(row *contract.Error) string {
	return " [" + row.Row.ID + ", " + row.Text.ID + "]"
}

// also are the promises that a case judges whose request a row must answer.
func also(row *contract.Error) []*contract.Clause {
	if row == nil {
		return nil
	}
	return []*contract.Clause{row.Row, row.Text}
}

// also are the promises that are judged besides the expectation's own.
func (e expectation) also() []*contract.Clause {
	if !e.refuse || e.bare || e.clause != nil && e.clause.Keyword == "order" {
		return nil
	}
	return also(e.row)
}

// single is a case of one judged request.
type single struct {
	subject, variant string
	params           wire.Params
	change           string // what departs from the valid request, for people
	path             string // of the parameter under test, for its bindings
	expect           expectation
	also             []*contract.Clause // that are judged by it besides
	promise          string             // in place of the clause's
	shape            func(*plan.Probe)
	needs            plan.Needs // besides the bindings
	options          []plan.Option
	after            func(context.Context, *plan.Session, *check.Answer) error
	// unlessSent leaves the case out where another one sends the same bytes.
	unlessSent bool
	// busy are the rows of a value that somebody used before: it is sent again
	// with another one.
	busy []*contract.Error
	// real says that what the request names must be there, although it is to
	// be refused: that, too, would be a reason to refuse it.
	real bool
	// mend returns what is sent in place of a request that the answer shows not
	// to have been the one meant; nil where it was.
	mend func(*check.Answer) *plan.Probe
}

func (b *builder) single(c single) {
	if c.expect.clause == nil {
		return
	}
	if c.expect.refuse && !c.real {
		c.params = b.standIns(c.params, c.path)
	}
	p := b.probe(c.params, c.change)
	if c.shape != nil {
		c.shape(&p)
	}
	if other := b.sent[p.Fingerprint()]; other != nil && c.unlessSent {
		share(other, c)
		return
	}
	needs := b.needs(c.params, c.path)
	needs.Conditions, needs.Credentials = c.needs.Conditions, c.needs.Credentials
	b.add(&plan.Case{
		Subject: c.subject, Variant: c.variant, Clause: c.expect.clause, Also: slices.Concat(c.expect.also(), c.also), Promise: c.promise,
		Steps: []string{"send a valid " + b.op.Name + ", but " + c.change, c.expect.say()},
		Needs: needs, Probe: &p,
		Run: func(ctx context.Context, s *plan.Session) error {
			a, err := c.meant(ctx, s, &p)
			if err != nil {
				return err
			}
			c.expect.amid(s, p.Params).judge(s, a)
			if c.after == nil || !a.OK {
				return nil
			}
			return c.after(ctx, s, a)
		},
	})
}

// meant sends the probe, and what mends it.
func (c single) meant(ctx context.Context, s *plan.Session, p *plan.Probe) (*check.Answer, error) {
	a, err := c.send(ctx, s, p)
	if err != nil || c.mend == nil {
		return a, err
	}
	if other := c.mend(a); other != nil {
		return c.send(ctx, s, other)
	}
	return a, nil
}

// draws is how often a value is made up anew when it was used before.
const draws = 30

// send sends the probe, with new values as long as somebody used them before.
func (c single) send(ctx context.Context, s *plan.Session, p *plan.Probe) (*check.Answer, error) {
	for range draws {
		a, err := letIn(ctx, s, func() (*check.Answer, error) { return s.Probe(ctx, p, c.options...) }, c.fine)
		if err != nil || !slices.ContainsFunc(c.busy, func(row *contract.Error) bool { return slices.Contains(a.Rows, row) }) {
			return a, err
		}
	}
	return nil, plan.Skip(fmt.Sprintf("the target says %d times that the value was used before: an earlier run has used up all there are", draws))
}

// fine says that the request may be turned away.
func (c single) fine(*check.Answer) bool { return c.expect.refuse }

// standIns puts examples of the contract in place of the real things that the
// profile may lack: what is refused for its form does not need them, and what
// takes it is at fault whatever it names.
func (b *builder) standIns(p wire.Params, path string) wire.Params {
	out := p.Clone()
	for i, q := range out {
		f := fieldOf(b.op, q.Name)
		if q.Value == "$binding" && f != nil && f.Example != "" && b.wants(contract.Generic(q.Name), path) {
			out[i].Value = standIn + f.Example
		}
	}
	return out
}

// standIn starts a template that does without the real thing.
const standIn = "$bindingOr:"

// amid is the expectation where the parameters' real things are as the profile
// has them: beside one that is made up, it is not said which fault answers,
// except where the gateway looks first.
func (e expectation) amid(s *plan.Session, p wire.Params) expectation {
	if e.row == nil || slices.Contains(s.Contract.Gateway.Errors, e.row) {
		return e
	}
	for _, q := range p {
		if _, real := s.Binding(q.Name); strings.HasPrefix(q.Value, standIn) && !real {
			e.row = nil
		}
	}
	return e
}

// share lets a case that sends the same bytes answer for the clause too.
func share(k *plan.Case, c single) {
	id := c.expect.clause.ID
	if k.Clause.ID == id || slices.ContainsFunc(k.Also, func(other *contract.Clause) bool { return other.ID == id }) {
		return
	}
	k.Also = append(k.Also, c.expect.clause)
	k.Steps = append(k.Steps, "which tests "+c.subject+" "+c.variant+" as well")
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
func (b *builder) vary(v Variation, name string) wire.Params { return varied(b.around(name), v, name) }

// varied is vary of a request that has the group already.
func varied(base wire.Params, v Variation, name string) wire.Params {
	out := base
	if len(below(out, top(name))) > 1 {
		out = drop(out, top(name))
	}
	for _, gone := range v.Drop {
		out = drop(out, gone)
	}
	return merge(out, v.Set)
}
