package suites

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/history"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// contest is several clients at work on one resource.
type contest struct {
	*plan.Session
	kind  *contract.Resource
	id    string
	list  []register
	start map[string]string // what the registers held at first
	log   history.Log
	marks int // numbers given out
}

// player is what one client does. It knows its number, from 0.
type player func(ctx context.Context, client int) error

// race lets all players begin at once and waits for all. Each works on when
// another fails, since what was sent cannot be called back.
func (c *contest) race(ctx context.Context, players ...player) error {
	begin := make(chan struct{})
	errs := make([]error, len(players))
	var wg sync.WaitGroup
	for i, p := range players {
		wg.Go(func() {
			<-begin
			errs[i] = p(plan.WithLane(ctx, i+1), i)
		})
	}
	close(begin)
	wg.Wait()
	return errors.Join(errs...)
}

// errand is one request of a client.
type errand struct {
	op     *contract.Operation
	params wire.Params
	kind   history.Kind
	set    map[string]string
}

// during keeps what do returns, with the time that its requests took. A request
// that returns false, or was not even sent, is not kept.
func (c *contest) during(ctx context.Context, do func(context.Context) (history.Operation, bool)) {
	ctx, span := plan.WithSpan(ctx)
	if op, keep := do(ctx); keep && *span != (plan.Span{}) {
		op.Begin, op.End = int64(span.Begin), int64(span.End)
		c.log.Add(op)
	}
}

// ask sends a request once and records what became of it. The answer is nil
// where none came.
func (c *contest) ask(ctx context.Context, client int, d errand) (answer *check.Answer, err error) {
	c.during(ctx, func(ctx context.Context) (history.Operation, bool) {
		p := plan.Probe{Operation: d.op.Name, Params: d.params, Method: http.MethodPost, Format: "JSON"}
		answer, err = c.Probe(ctx, &p, plan.Bound(), plan.Once())
		if err != nil {
			answer = nil
			if _, open := plan.IsInconclusive(err); open && ctx.Err() == nil {
				err = nil
			}
		}
		return history.Operation{
			Client: client, Kind: d.kind, Set: d.set, Outcome: outcomeOf(answer),
			Asked: strings.TrimSpace(d.op.Name + " " + history.Pairs(d.set)), Answered: answerLine(answer),
		}, true
	})
	return answer, err
}

// outcomeOf is what an answer says of whether its request was carried out.
func outcomeOf(a *check.Answer) history.Outcome {
	switch {
	case a == nil || a.Status < 200 || a.Status >= 500 || a.Status >= 300 && a.Status < 400:
		return history.Unknown
	case a.OK:
		return history.Done
	case a.Status == http.StatusNotFound:
		return history.Missing
	}
	return history.Refused
}

func answerLine(a *check.Answer) string {
	switch {
	case a == nil || a.Status == 0:
		return "no answer"
	case a.Code != "":
		return strconv.Itoa(a.Status) + " " + a.Code
	}
	return strconv.Itoa(a.Status)
}

// sight is what a listing showed of the resource.
type sight struct {
	present, settled bool
	state            *contract.State // nil for one that the contract does not know
	values           map[string]string
}

// look reads the resource and records what it shows. A listing that gave no
// answer shows nothing and is false.
func (c *contest) look(ctx context.Context, client int) (seen sight, ok bool, err error) {
	c.during(ctx, func(ctx context.Context) (history.Operation, bool) {
		var item *wire.Map
		item, seen.present, err = c.Read(ctx, c.kind.Name, c.id)
		if err != nil {
			if _, open := plan.IsInconclusive(err); open && ctx.Err() == nil {
				err = nil
			}
			return history.Operation{}, false
		}
		ok = true
		seen.from(c, item)
		return history.Operation{
			Client: client, Kind: history.Read, Present: seen.present, Settled: seen.settled, Seen: seen.values,
			Asked: c.kind.List, Answered: seen.describe(),
		}, true
	})
	return seen, ok, err
}

// from takes the registers out of a list item.
func (s *sight) from(c *contest, item *wire.Map) {
	if !s.present {
		return
	}
	s.state = c.kind.State(check.Text(item, c.kind.StateMember))
	s.settled = s.state != nil && s.state.Stable
	s.values = map[string]string{}
	for _, r := range c.list {
		s.values[r.param], _ = memberText(item, r.echo.Member)
	}
}

func (s *sight) describe() string {
	switch {
	case !s.present:
		return "absent"
	case s.state == nil:
		return "shown " + history.Pairs(s.values)
	}
	return s.state.Name + " " + history.Pairs(s.values)
}

// looker looks n times.
func (c *contest) looker(n int) player {
	return func(ctx context.Context, client int) error {
		for range n {
			if _, _, err := c.look(ctx, client); err != nil {
				return err
			}
		}
		return nil
	}
}

// mark returns a value for the register that no other request of the case
// writes and that is not its default.
func (c *contest) mark(ctx context.Context, r register) (string, error) {
	c.marks++
	if r.form == "" {
		return c.number(r.field), nil
	}
	p, err := c.Bind(ctx, wire.Params{{Name: r.param, Value: r.form}})
	if err != nil {
		return "", err
	}
	if len(p) == 0 {
		return "", fmt.Errorf("mark %s: the template %s gives no value", r.param, r.form)
	}
	return p[0].Value, nil
}

// number grows with each call, since what is there already may not shrink.
func (c *contest) number(f *contract.Field) string {
	n := int64(10)
	if f.Minimum != nil {
		n = max(n, *f.Minimum)
	}
	if d, err := strconv.ParseInt(f.Default, 10, 64); err == nil {
		n = max(n, d)
	}
	n += int64(c.marks)
	if f.Maximum != nil {
		n = min(n, *f.Maximum)
	}
	return strconv.FormatInt(n, 10)
}

// marked gives the registers fresh values.
func (c *contest) marked(ctx context.Context, list []register) (map[string]string, error) {
	out := map[string]string{}
	for _, r := range list {
		v, err := c.mark(ctx, r)
		if err != nil {
			return nil, err
		}
		out[r.param] = v
	}
	return out, nil
}

// prepare makes the resource, each register with a mark.
func (c *contest) prepare(ctx context.Context, list []register) error {
	c.list = list
	start, err := c.marked(ctx, list)
	if err != nil {
		return err
	}
	var with wire.Params
	for _, r := range list {
		with = append(with, wire.Param{Name: r.param, Value: start[r.param]})
	}
	r, err := c.Create(ctx, c.kind.Name, with)
	if err != nil {
		return err
	}
	c.id, c.start = r.ID, start
	return nil
}

// named puts the resource's id, fresh names and bindings into a request.
func (c *contest) named(ctx context.Context, p wire.Params) (wire.Params, error) {
	p = p.Clone()
	for i := range p {
		if p[i].Value == "$id:"+c.kind.Name {
			p[i].Value = c.id
		}
	}
	return c.Bind(ctx, p)
}

// between draws how many there are, both ends included.
func (c *contest) between(least, most int) int { return least + c.Rand.IntN(most-least+1) }
