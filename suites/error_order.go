package suites

import (
	"context"
	"fmt"
	"slices"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// rival is a fault of a request that a stage of the gateway's order answers.
type rival struct {
	name, stage, say string
	row              *contract.Error
	args             []string
	condition        string                        // that the profile brings about
	account          bool                          // by a key: a request has only one
	edit             *plan.Edit                    // behind signing
	change           func(wire.Params) wire.Params // of the request
}

// rivals puts two faults of different families into one request: the one whose
// stage comes first in the contract's order answers. Which of two faults of one
// stage does is not said. What signature and parameters do to each other the
// auth family tries.
func (b *builder) rivals() {
	all := b.faults()
	at := func(r rival) int { return slices.Index(b.c.Gateway.Order, r.stage) }
	for _, early := range all {
		for _, late := range all {
			tried := early.stage == "signature" && late.stage == "parameters"
			if at(early) < 0 || at(early) >= at(late) || early.account && late.account || tried {
				continue
			}
			b.rival(early, late)
		}
	}
}

// faults are one fault of each family that the operation can have.
func (b *builder) faults() []rival {
	stage := stageFaults["signature"]
	out := []rival{{name: "signature", stage: "signature", say: stage.say, row: b.row(stage.condition), edit: &stage.edit}}
	if f, v := firstRequired(b.op), b.c.Violation("missing"); f != nil && v != nil {
		out = append(out, rival{
			name: "parameter", stage: "parameters", say: "no " + f.Name, row: v.Error, args: []string{f.Name},
			change: func(p wire.Params) wire.Params { return drop(p, f.Name) },
		})
	}
	for _, r := range []rival{
		{name: "throttling", stage: "throttling", row: b.c.Gateway.Error("account.throttled")},
		{name: "ram", stage: "ram", row: b.c.Gateway.Error("account.ramDenied")},
		{name: "account", stage: "product", row: b.rowOf("account")},
		{name: "world", stage: "product", row: b.rowOf("world")},
	} {
		if r.row == nil || b.c.Condition(r.row.Condition) == nil {
			continue
		}
		r.condition, r.account = r.row.Condition, r.name != "world"
		r.say = "the condition " + r.condition
		out = append(out, r)
	}
	return append(out, b.absent()...)
}

// rowOf is the first row of the operation's table whose condition is of the
// kind.
func (b *builder) rowOf(kind string) *contract.Error {
	for _, row := range b.op.Errors {
		if c := b.c.Condition(row.Condition); c != nil && c.Kind == kind {
			return row
		}
	}
	return nil
}

// absent is a request about a resource that does not exist.
func (b *builder) absent() []rival {
	for _, q := range b.input().Minimal {
		if isResource(q.Value) && changes(b.op) {
			id := absentID(b.c, q.Value)
			return []rival{{
				name: "absent", stage: "product", say: "the id of nothing",
				change: func(p wire.Params) wire.Params { return set(p, q.Name, id) },
			}}
		}
	}
	return nil
}

// changes reports whether the operation acts on what it names: others find
// nothing and say so.
func changes(op *contract.Operation) bool { return slices.Contains(changing, op.Effect.Kind) }

func (b *builder) rival(early, late rival) {
	p := b.probe(b.input().Minimal, "with "+early.say+" and "+late.say)
	var conditions []string
	for _, r := range []rival{early, late} {
		if r.change != nil {
			p.Params = r.change(p.Params)
		}
		if r.edit != nil {
			p.After = append(p.After, *r.edit)
		}
		if r.condition != "" {
			conditions = append(conditions, r.condition)
			p.Before = append(p.Before, plan.Edit{Name: "under " + r.condition, Do: func(*wire.Draft) {}})
		}
	}
	order := expectation{clause: b.c.Gateway.Clause, refuse: true, row: early.row, args: early.args}
	needs := b.needs(p.Params, "")
	needs.Conditions = conditions
	b.add(&plan.Case{
		Subject: "precedence", Variant: early.name + "-" + late.name, Clause: order.clause, Probe: &p, Needs: needs,
		Steps: []string{"send a valid " + b.op.Name + ", but " + p.Change, order.say()},
		Run: func(ctx context.Context, s *plan.Session) error {
			options, params, err := bringAbout(s, conditions, p.Params)
			if err != nil {
				return err
			}
			q := p
			q.Params = params
			a, err := s.Probe(ctx, &q, options...)
			if err != nil {
				return err
			}
			order.judge(s, a)
			return nil
		},
	})
}

// bringAbout brings several conditions about at once. A request has one key, so
// that only one of them may need one.
func bringAbout(s *plan.Session, conditions []string, params wire.Params) ([]plan.Option, wire.Params, error) {
	options, entry := []plan.Option{plan.Throttling()}, ""
	for _, name := range conditions {
		how, _ := s.Condition(name)
		if entry != "" && how.Credentials != "" {
			return nil, nil, plan.Skip("the profile meets both conditions by a key, and a request has one")
		}
		if how.Credentials != "" {
			entry = how.Credentials
			options = append(options, plan.As(entry))
		}
		for _, q := range sortedParams(how.Set) {
			params = set(params, q.Name, q.Value)
		}
	}
	return options, params, nil
}

// inOrder judges a request with two faults: that the other fault answers it
// breaks nothing but the order, which no page gives.
func inOrder(a *check.Answer, e expectation) []check.Finding {
	m := e.row.Match(a.Status, a.Code, a.Message)
	code, _ := e.row.Fill(e.args...)
	if m.Status && m.Code && (m.Wording != nil || len(e.args) == 0 || a.Code == code) {
		return nil
	}
	want := fmt.Sprintf("%d %s, which is looked at first", e.row.Status, code)
	return []check.Finding{check.Found(e.clause, "/body/Code", want, a.Summary())}
}
