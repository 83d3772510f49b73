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

// open makes the deed ready, with a token to do it with.
func (r *recipe) open(ctx context.Context, s *plan.Session, clause *contract.Clause) (*deed, error) {
	d, err := r.begin(ctx, s, clause, whereabouts{})
	if err != nil {
		return nil, err
	}
	d.token = s.Token()
	return d, nil
}

// done does the deed with a token, and goes on from there.
func (r *recipe) done(then func(context.Context, *deed) error) tokenScenario {
	return r.doneBy(asItIs, then)
}

// doneBy is done with a token that is made of a unique one.
func (r *recipe) doneBy(made func(string) string, then func(context.Context, *deed) error) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		d, err := r.open(ctx, s, clause)
		if err != nil {
			return err
		}
		d.token = made(d.token)
		if err := d.first(ctx); err != nil {
			return err
		}
		return then(ctx, d)
	}
}

// replay sends the same twice. What the deed can undo is undone in between, so
// that doing it again would show.
func (r *recipe) replay(shape func(*plan.Probe)) tokenScenario {
	return r.done(func(ctx context.Context, d *deed) error {
		d.shape = shape
		if d.undoes() {
			if err := d.undo(ctx); err != nil {
				return err
			}
		}
		return d.repeated(ctx)
	})
}

// repeated does the deed again with the same token, and holds that it got the
// first answer and did nothing.
func (d *deed) repeated(ctx context.Context) error {
	before, a, err := d.anew(ctx)
	if err != nil {
		return err
	}
	if d.accepted(a) {
		d.same(a)
	}
	return d.unchanged(ctx, before)
}

// anew looks, and then does the deed with its token, until no earlier request
// with that is worked on.
func (d *deed) anew(ctx context.Context) (before []string, a *check.Answer, err error) {
	if before, err = d.see(ctx); err != nil {
		return nil, nil, err
	}
	a, err = d.again(ctx, d.request)
	return before, a, err
}

// fresh sends a request like the first one with another token.
func (r *recipe) fresh(one, other func(string) string, gone bool) tokenScenario {
	return r.doneBy(one, func(ctx context.Context, d *deed) error {
		d.token = other(d.token)
		switch {
		case d.makes():
			return d.sibling(ctx)
		case d.undoes():
			return d.redone(ctx)
		case gone:
			return d.nothingLeft(ctx)
		}
		return d.besides(ctx)
	})
}

// sibling makes another one like the first.
func (d *deed) sibling(ctx context.Context) error {
	a, err := d.again(ctx, d.like())
	if err != nil || !d.accepted(a) {
		return err
	}
	return d.two(ctx, a)
}

// like is a request that can be carried out beside the first one: all that was
// made up is another, but for the mark, by which both are found. No page says
// that a name may stand twice.
func (d *deed) like() wire.Params {
	out := d.request.Clone()
	for _, p := range d.template {
		_, mark := d.mark.filter[p.Name]
		value, ok := out.Get(p.Name)
		if ok && !mark && (strings.Contains(p.Value, "$name") || strings.Contains(p.Value, "${name}")) {
			out = set(out, p.Name, value+"-2")
		}
	}
	return out
}

// redone undoes the deed and does it again with another token.
func (d *deed) redone(ctx context.Context) error {
	done, err := d.see(ctx)
	if err != nil {
		return err
	}
	if err := d.undo(ctx); err != nil {
		return err
	}
	a, err := d.again(ctx, d.request)
	if err != nil || !d.accepted(a) {
		return err
	}
	return d.shows(ctx, "done again: "+seenText(done), func(seen []string) bool { return slices.Equal(seen, done) })
}

// nothingLeft asks for what is done already: there is nothing to answer with
// but a refusal. No page says which.
func (d *deed) nothingLeft(ctx context.Context) error {
	a, err := d.send(ctx, d.request)
	if err == nil && a.OK {
		d.s.Find(check.Found(capped(d.clause, contract.Inferred), "/status", "a refusal: "+d.subject.ID+" is gone", a.Summary()))
	}
	return err
}

// besides does the like to another subject.
func (d *deed) besides(ctx context.Context) error {
	e, err := d.begin(ctx, d.s, d.clause, d.where)
	if err != nil {
		return err
	}
	e.token = d.token
	a, err := e.again(ctx, e.request)
	if err != nil || !e.accepted(a) {
		return err
	}
	return e.shows(ctx, e.subject.ID+" gone", func(seen []string) bool { return len(seen) == 0 })
}

// absent does without a token what fresh does with two.
func (r *recipe) absent(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
	d, err := r.begin(ctx, s, clause, whereabouts{})
	if err != nil {
		return err
	}
	if err := d.first(ctx); err != nil {
		return err
	}
	switch {
	case d.undoes():
		return d.redone(ctx)
	case !d.makes():
		return d.nothingLeft(ctx)
	}
	a, err := d.send(ctx, d.request)
	if err != nil || !a.OK {
		return err
	}
	return d.two(ctx, a)
}

// lost throws the first answer away and sends the request again.
func (r *recipe) lost(stage plan.Stage) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		d, err := r.open(ctx, s, clause)
		if err != nil {
			return err
		}
		if err := s.Lose(ctx, d.probe(d.request), stage, plan.Bound()); err != nil {
			return err
		}
		return d.stands(ctx)
	}
}

// stands does the deed with its token where no success is known, and holds that
// it was done once in all.
func (d *deed) stands(ctx context.Context) error {
	a, err := d.again(ctx, d.request)
	if err != nil || !d.accepted(a) {
		return err
	}
	return d.once(ctx, a)
}

// once holds that what the answer stands for was done, and no more than once.
func (d *deed) once(ctx context.Context, a *check.Answer) error {
	d.answer = a
	err := d.settleAny(ctx)
	if plan.IsTimeout(err) {
		d.s.Find(check.Found(d.clause, "/body", "carried out", err.Error()))
		return nil
	}
	if err != nil {
		return err
	}
	seen, err := d.see(ctx)
	if err != nil {
		return err
	}
	if id := d.idIn(a); d.makes() && !slices.Equal(seen, []string{id}) {
		d.s.Find(check.Found(d.clause, "/body", "one made: "+id, seenText(seen)))
	}
	if !d.undoes() {
		return nil
	}
	if err := d.undo(ctx); err != nil {
		return err
	}
	undone, err := d.see(ctx)
	if err != nil {
		return err
	}
	if slices.Equal(seen, undone) {
		d.s.Find(check.Found(d.clause, "/body", "carried out", "nothing done: "+seenText(seen)))
	}
	return d.repeated(ctx)
}

// settleAny is settle, but content with whatever was made: more or another one
// is the finding.
func (d *deed) settleAny(ctx context.Context) error {
	if !d.makes() {
		return d.settle(ctx)
	}
	return d.listed(ctx, "what was made", func(seen []string) bool { return len(seen) > 0 })
}

// crowdSize is how many requests come at once.
const crowdSize = 8

// together sends the same request many times at once.
func (r *recipe) together(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
	d, err := r.open(ctx, s, clause)
	if err != nil {
		return err
	}
	answers, err := d.crowded(ctx)
	if err != nil {
		return err
	}
	for _, a := range answers {
		switch {
		case a.OK && d.answer == nil:
			d.answer = a
		case a.OK:
			d.same(a)
		case !isBusy(d.c, a):
			found := check.Found(clause, "/status", "success, or that the first request is still worked on", a.Summary())
			found.Unfit = s.Judge.Unfit(a)
			s.Find(found)
		}
	}
	if d.answer == nil {
		return d.stands(ctx)
	}
	return d.once(ctx, d.answer)
}

func (d *deed) crowded(ctx context.Context) ([]*check.Answer, error) {
	answers, errs := make([]*check.Answer, crowdSize), make([]error, crowdSize)
	var all sync.WaitGroup
	for i := range crowdSize {
		all.Go(func() { answers[i], errs[i] = d.send(ctx, d.request) })
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
func afterDelete(ctx context.Context, d *deed) error {
	if err := d.remove(ctx); err != nil {
		return err
	}
	a, err := d.again(ctx, d.request)
	if err != nil {
		return err
	}
	if d.acceptedOrRefused(a) {
		d.same(a)
	}
	return d.unchanged(ctx, nil)
}

// remove deletes what the first answer says was made.
func (d *deed) remove(ctx context.Context) error {
	kind := d.c.Resource(d.op.Effect.Resource)
	del := d.c.Operation(kind.Delete)
	id := d.idIn(d.answer)
	params := wire.Params{
		{Name: regionNames(del)[0], Value: d.madeIn(d.request)}, {Name: kind.IDParameter, Value: id},
	}
	err := d.s.Eventually(ctx, id+" to be deleted", func() (bool, error) {
		p := &plan.Probe{Operation: del.Name, Params: params, Method: http.MethodPost}
		a, err := d.s.Probe(ctx, p, append(d.where.options(), plan.Bound())...)
		return a != nil && a.OK, err
	})
	if err != nil {
		return err
	}
	return d.until(ctx, id+" to be gone", func(seen []string) bool { return len(seen) == 0 })
}

// refused uses the token for a request that is refused.
func (r *recipe) refused(f spoiler) tokenScenario {
	return func(ctx context.Context, s *plan.Session, clause *contract.Clause) error {
		d, err := r.open(ctx, s, clause)
		if err != nil {
			return err
		}
		var o []plan.Option
		if f.condition != "" {
			o = append(o, plan.Under(f.condition))
		}
		spoilt := f.spoil(d.request)
		for i := range 2 {
			a, err := d.send(ctx, spoilt, o...)
			switch {
			case err != nil:
				return err
			case a.OK && i == 0 && f.condition != "":
				return plan.Skip(f.condition + " is no reason here to refuse " + d.op.Name + ": it was answered " + a.Summary())
			case a.OK && i == 0:
				return plan.Skip(d.op.Name + " " + f.say + " is not refused here: it was answered " + a.Summary())
			case a.OK:
				s.Find(check.Found(clause, "/status", "a refusal, as the first time", a.Summary()))
			}
		}
		return d.mended(ctx)
	}
}

// mended sends the valid request with a token that stood in a refused one.
func (d *deed) mended(ctx context.Context) error {
	before, a, err := d.anew(ctx)
	if err != nil || !d.acceptedOrRefused(a) {
		return err
	}
	return d.shows(ctx, "the success carried out", func(seen []string) bool { return !slices.Equal(seen, before) })
}
