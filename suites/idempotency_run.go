package suites

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tokenScenario is the steps of a case about tokens.
type tokenScenario = func(ctx context.Context, s *plan.Session, clause *contract.Clause) error

// replay sends the same twice. What the deed can undo is undone in between, so
// that doing it again would show.
func (d *tokenRepeater) replay(shape func(*plan.Probe)) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		x, err := d.begin(ctx, s, whereabouts{})
		if err != nil {
			return err
		}
		token := s.Token()
		first, err := x.first(ctx, token)
		if err != nil {
			return err
		}
		x.shape = shape
		return x.repeated(ctx, token, first, clause)
	}
}

// repeated undoes what the deed did, if that can be done, sends it again with
// the same token, and holds that it got the first answer and did nothing.
func (x *tokenErrand) repeated(ctx context.Context, token string, first *check.Answer, clause *contract.Clause) error {
	if x.undoes() {
		if err := x.undo(ctx); err != nil {
			return err
		}
	}
	return x.repeatedTo(ctx, token, first, clause)
}

// unchanged holds that what can be seen is as before.
func (x *tokenErrand) unchanged(ctx context.Context, before []string, clause *contract.Clause) error {
	if err := x.rest(ctx); err != nil {
		return err
	}
	after, err := x.see(ctx)
	if err == nil && !slices.Equal(before, after) {
		x.s.Find(foundEffect(clause, before, after))
	}
	return err
}

// rest waits until the subject, if it is still there, is at work no more.
func (x *tokenErrand) rest(ctx context.Context) error {
	if x.op.Effect.Kind != "update" {
		return nil
	}
	_, err := x.s.UsableOf(ctx, x.subject)
	return err
}

func foundEffect(clause *contract.Clause, before, after []string) check.Finding {
	return check.Found(clause, "/body", "nothing done: "+seenText(before), seenText(after))
}

func seenText(texts []string) string {
	if len(texts) == 0 {
		return "nothing"
	}
	return strings.Join(texts, ", ")
}

// fresh sends a request like the first one with another token.
func (d *tokenRepeater) fresh(other func(string) string, gone bool) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		x, err := d.begin(ctx, s, whereabouts{})
		if err != nil {
			return err
		}
		token := s.Token()
		first, err := x.first(ctx, token)
		if err != nil {
			return err
		}
		switch {
		case x.makes():
			return x.sibling(ctx, other(token), first, clause)
		case x.undoes():
			return x.redone(ctx, other(token), clause)
		case gone:
			return x.nothingLeft(ctx, other(token), clause)
		}
		return x.besides(ctx, other(token), clause)
	}
}

// sibling makes another one like the first.
func (x *tokenErrand) sibling(ctx context.Context, token string, first *check.Answer, clause *contract.Clause) error {
	a, err := x.send(ctx, x.like(), token)
	if err != nil {
		return err
	}
	if x.s.Find(x.s.Judge.Accepted(a, clause)...); !a.OK {
		return nil
	}
	return x.two(ctx, first, a, clause)
}

// like is a request that can be carried out beside the first one: all that was
// made up is another, but for the mark, by which both are found. No page says
// that a name may stand twice.
func (x *tokenErrand) like() wire.Params {
	out := x.request.Clone()
	for _, p := range x.template {
		_, mark := x.mark.filter[p.Name]
		value, ok := out.Get(p.Name)
		if ok && !mark && (strings.Contains(p.Value, "$name") || strings.Contains(p.Value, "${name}")) {
			out = set(out, p.Name, value+"-2")
		}
	}
	return out
}

// two holds that both requests made something.
func (x *tokenErrand) two(ctx context.Context, first, second *check.Answer, clause *contract.Clause) error {
	one, _ := memberText(first.Body, x.op.Effect.ID)
	other, _ := memberText(second.Body, x.op.Effect.ID)
	if one == other {
		x.s.Find(check.Found(clause, "/body/"+x.op.Effect.ID, "another one than "+one, other))
		return nil
	}
	return x.shows(ctx, "both "+one+" and "+other, clause, func(seen []string) bool {
		return slices.Contains(seen, one) && slices.Contains(seen, other)
	})
}

// shows holds that something can be seen in the end. What is written to a
// resource can be read once that is usable again; what comes or goes may take
// its time.
func (x *tokenErrand) shows(ctx context.Context, what string, clause *contract.Clause, f func([]string) bool) error {
	var last []string
	if kind := x.op.Effect.Kind; kind == "update" || kind == "untag" {
		return x.showsNow(ctx, what, clause, f)
	}
	err := x.until(ctx, what, func(seen []string) bool {
		last = seen
		return f(seen)
	})
	if plan.IsTimeout(err) {
		x.s.Find(check.Found(clause, "/body", what, seenText(last)))
		return nil
	}
	return err
}

func (x *tokenErrand) showsNow(ctx context.Context, what string, clause *contract.Clause, f func([]string) bool) error {
	if err := x.rest(ctx); err != nil {
		return err
	}
	seen, err := x.see(ctx)
	if err == nil && !f(seen) {
		x.s.Find(check.Found(clause, "/body", what, seenText(seen)))
	}
	return err
}

// redone undoes the deed and does it again with another token.
func (x *tokenErrand) redone(ctx context.Context, token string, clause *contract.Clause) error {
	done, err := x.see(ctx)
	if err != nil {
		return err
	}
	if err := x.undo(ctx); err != nil {
		return err
	}
	a, err := x.send(ctx, x.request, token)
	if err != nil {
		return err
	}
	if x.s.Find(x.s.Judge.Accepted(a, clause)...); !a.OK {
		return nil
	}
	return x.shows(ctx, "done again: "+seenText(done), clause, func(seen []string) bool { return slices.Equal(seen, done) })
}

// nothingLeft asks for what is done already: there is nothing to answer with
// but a refusal. No page says which.
func (x *tokenErrand) nothingLeft(ctx context.Context, token string, clause *contract.Clause) error {
	a, err := x.send(ctx, x.request, token)
	if err != nil {
		return err
	}
	if !a.OK {
		return nil
	}
	x.s.Find(check.Found(capped(clause, contract.Inferred), "/status", "a refusal: "+x.subject.ID+" is gone", a.Summary()))
	return nil
}

// besides does the like to another subject.
func (x *tokenErrand) besides(ctx context.Context, token string, clause *contract.Clause) error {
	y, err := x.begin(ctx, x.s, x.where)
	if err != nil {
		return err
	}
	a, err := y.send(ctx, y.request, token)
	if err != nil {
		return err
	}
	if y.s.Find(y.s.Judge.Accepted(a, clause)...); !a.OK {
		return nil
	}
	return y.shows(ctx, y.subject.ID+" gone", clause, func(seen []string) bool { return len(seen) == 0 })
}

// absent does without a token what fresh does with two.
func (d *tokenRepeater) absent(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
	x, err := d.begin(ctx, s, whereabouts{})
	if err != nil {
		return err
	}
	first, err := x.first(ctx, "")
	if err != nil {
		return err
	}
	switch {
	case x.undoes():
		return x.redone(ctx, "", clause)
	case !x.makes():
		return x.nothingLeft(ctx, "", clause)
	}
	a, err := x.send(ctx, x.request, "")
	if err != nil || !a.OK {
		return err
	}
	return x.two(ctx, first, a, clause)
}

// lost throws the first answer away and sends the request again.
func (d *tokenRepeater) lost(stage plan.Stage) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		x, err := d.begin(ctx, s, whereabouts{})
		if err != nil {
			return err
		}
		token := s.Token()
		err = s.Lose(ctx, x.probe(x.request, token), stage, plan.Bound())
		if err != nil {
			return err
		}
		a, err := x.again(ctx, x.request, token)
		if err != nil {
			return err
		}
		if s.Find(s.Judge.Accepted(a, clause)...); !a.OK {
			return nil
		}
		return x.once(ctx, token, a, clause)
	}
}

// once holds that what the answer stands for was done, and no more than once.
func (x *tokenErrand) once(ctx context.Context, token string, a *check.Answer, clause *contract.Clause) error {
	err := x.settleAny(ctx, a)
	if plan.IsTimeout(err) {
		x.s.Find(check.Found(clause, "/body", "carried out", err.Error()))
		return nil
	}
	if err != nil {
		return err
	}
	seen, err := x.see(ctx)
	if err != nil {
		return err
	}
	if id, _ := memberText(a.Body, x.op.Effect.ID); x.makes() && !slices.Equal(seen, []string{id}) {
		x.s.Find(check.Found(clause, "/body", "one made: "+id, seenText(seen)))
	}
	if !x.undoes() {
		return nil
	}
	if err := x.undo(ctx); err != nil {
		return err
	}
	undone, err := x.see(ctx)
	if err != nil {
		return err
	}
	if slices.Equal(seen, undone) {
		x.s.Find(check.Found(clause, "/body", "carried out", "nothing done: "+seenText(seen)))
	}
	return x.repeatedTo(ctx, token, a, clause)
}

// settleAny is settle, but content with whatever was made: more or another one
// is the finding.
func (x *tokenErrand) settleAny(ctx context.Context, a *check.Answer) error {
	if !x.makes() {
		return x.settle(ctx, a)
	}
	return x.until(ctx, "what was made to be listed", func(seen []string) bool { return len(seen) > 0 })
}

// repeatedTo is repeated for what is undone already.
func (x *tokenErrand) repeatedTo(ctx context.Context, token string, first *check.Answer, clause *contract.Clause) error {
	before, err := x.see(ctx)
	if err != nil {
		return err
	}
	a, err := x.again(ctx, x.request, token)
	if err != nil {
		return err
	}
	x.s.Find(x.s.Judge.Accepted(a, clause)...)
	if a.OK {
		x.s.Find(sameAnswer(x.op, x.c, first, a, clause)...)
	}
	return x.unchanged(ctx, before, clause)
}

// crowdSize is how many requests come at once.
const crowdSize = 8

// together sends the same request many times at once.
func (d *tokenRepeater) together(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
	x, err := d.begin(ctx, s, whereabouts{})
	if err != nil {
		return err
	}
	token := s.Token()
	answers, err := x.crowded(ctx, token)
	if err != nil {
		return err
	}
	var first *check.Answer
	for _, a := range answers {
		switch {
		case a.OK && first == nil:
			first = a
		case a.OK:
			s.Find(sameAnswer(d.op, d.c, first, a, clause)...)
		case !x.busy(a):
			found := check.Found(clause, "/status", "success, or that the first request is still worked on", a.Summary())
			found.Unfit = s.Judge.Unfit(a)
			s.Find(found)
		}
	}
	if first == nil {
		if first, err = x.again(ctx, x.request, token); err != nil {
			return err
		}
		if s.Find(s.Judge.Accepted(first, clause)...); !first.OK {
			return nil
		}
	}
	return x.once(ctx, token, first, clause)
}

func (x *tokenErrand) crowded(ctx context.Context, token string) ([]*check.Answer, error) {
	answers, errs := make([]*check.Answer, crowdSize), make([]error, crowdSize)
	var all sync.WaitGroup
	for i := range crowdSize {
		all.Go(func() { answers[i], errs[i] = x.send(ctx, x.request, token) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// afterDelete sends the same when what it made is deleted.
func (d *tokenRepeater) afterDelete(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
	x, err := d.begin(ctx, s, whereabouts{})
	if err != nil {
		return err
	}
	token := s.Token()
	first, err := x.first(ctx, token)
	if err != nil {
		return err
	}
	if err := x.remove(ctx, first); err != nil {
		return err
	}
	a, err := x.again(ctx, x.request, token)
	if err != nil {
		return err
	}
	if a.OK {
		s.Find(sameAnswer(d.op, d.c, first, a, clause)...)
	} else if a.Status >= 500 {
		s.Find(s.Judge.Accepted(a, clause)...)
	}
	return x.unchanged(ctx, nil, clause)
}

// remove deletes what the answer says was made.
func (x *tokenErrand) remove(ctx context.Context, made *check.Answer) error {
	kind := x.c.Resource(x.op.Effect.Resource)
	del := x.c.Operation(kind.Delete)
	id, _ := memberText(made.Body, x.op.Effect.ID)
	params := wire.Params{
		{Name: regionNames(del)[0], Value: x.madeIn(x.request)}, {Name: kind.IDParameter, Value: id},
	}
	err := x.s.Eventually(ctx, id+" to be deleted", func() (bool, error) {
		p := &plan.Probe{Operation: del.Name, Params: params, Method: http.MethodPost}
		a, err := x.s.Probe(ctx, p, append(x.where.options(), plan.Bound())...)
		return a != nil && a.OK, err
	})
	if err != nil {
		return err
	}
	return x.until(ctx, id+" to be gone", func(seen []string) bool { return len(seen) == 0 })
}

// refused uses the token for a request that is refused.
func (d *tokenRepeater) refused(f spoiler) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		x, err := d.begin(ctx, s, whereabouts{})
		if err != nil {
			return err
		}
		var o []plan.Option
		if f.condition != "" {
			o = append(o, plan.Under(f.condition))
		}
		token, spoilt := s.Token(), f.spoil(x.request)
		for i := range 2 {
			a, err := x.send(ctx, spoilt, token, o...)
			switch {
			case err != nil:
				return err
			case a.OK && i == 0 && f.condition != "":
				return plan.Skip(f.condition + " is no reason here to refuse " + x.op.Name + ": it was answered " + a.Summary())
			case a.OK && i == 0:
				return plan.Inconclusive("prepare: a request to be refused was answered " + a.Summary())
			case a.OK:
				s.Find(check.Found(clause, "/status", "a refusal, as the first time", a.Summary()))
			}
		}
		return x.mended(ctx, token, clause)
	}
}

// mended sends the valid request with a token that stood in a refused one.
func (x *tokenErrand) mended(ctx context.Context, token string, clause *contract.Clause) error {
	before, err := x.see(ctx)
	if err != nil {
		return err
	}
	a, err := x.again(ctx, x.request, token)
	if err != nil {
		return err
	}
	if !a.OK {
		if a.Status >= 500 {
			x.s.Find(x.s.Judge.Accepted(a, clause)...)
		}
		return nil
	}
	return x.shows(ctx, "the success carried out", clause, func(seen []string) bool { return !slices.Equal(seen, before) })
}
