package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// asked is how many retries a client is told to make.
const asked = 2

// askedAfter is the time that a throttled client is asked to wait.
const askedAfter = 400 * time.Millisecond

// trouble is why a request does not succeed the first time.
type trouble struct {
	name string
	// repeats says that a client that was told to retry should.
	repeats bool
	// final says that nobody should.
	final bool
	react func(b *builder, t *Try) Reaction
}

// troubles are what a client may meet.
var troubles = []trouble{
	{name: "400", final: true, react: refusing(http.StatusBadRequest)},
	{name: "403", final: true, react: refusing(http.StatusForbidden)},
	{name: "404", final: true, react: refusing(http.StatusNotFound)},
	{name: "throttled", react: throttles},
	{name: "429", react: refusing(http.StatusTooManyRequests)},
	{name: "500", repeats: true, react: refusing(http.StatusInternalServerError)},
	{name: "503", repeats: true, react: refusing(http.StatusServiceUnavailable)},
	{name: "reset", repeats: true, react: func(*builder, *Try) Reaction { return Reaction{Drop: true} }},
}

// refusing answers with a row of the status.
func refusing(status int) func(*builder, *Try) Reaction {
	return func(b *builder, t *Try) Reaction { return b.refuses(t, status) }
}

// refuses answers with the gateway's first row of a status that asks for
// nothing special. No table knows 429: it is throttling, as other services
// say it.
func (b *builder) refuses(t *Try, status int) Reaction {
	row := b.throttling()
	for _, r := range b.floor.Contract.Gateway.Errors {
		if r.Status == status && b.floor.Contract.Class(r) != contract.ClassThrottling {
			row = r
			break
		}
	}
	code, message := row.Fill("Thing", "Thing")
	return answer(t, status, "Error", refusal(code, message, requestID))
}

// throttling is the gateway's first row that turns requests away for coming
// too fast.
func (b *builder) throttling() *contract.Error {
	for _, row := range b.floor.Contract.Gateway.Errors {
		if b.floor.Contract.Class(row) == contract.ClassThrottling {
			return row
		}
	}
	return &contract.Error{Code: "Unknown", Status: http.StatusBadRequest}
}

// throttles asks to come again later.
func throttles(b *builder, t *Try) Reaction {
	row := b.throttling()
	code, message := row.Fill()
	re := answer(t, row.Status, "Error", refusal(code, message, requestID))
	re.Header = map[string]string{b.floor.Contract.Protocol.RetryAfter: fmt.Sprint(askedAfter.Milliseconds())}
	return re
}

// exhausting are the troubles that a client may meet again and again.
var exhausting = []string{"throttled", "503", "reset"}

// retries: what a client repeats and what not, how often, and how.
func retries(b *builder) {
	for _, k := range troubles {
		b.repeats(k, "default", nil)
		told := asked
		b.repeats(k, "asked", &told)
		if slices.Contains(exhausting, k.name) {
			b.exhausts(k)
		}
	}
	b.late()
	b.effects()
}

// keyword is the clause that a case about the trouble is chiefly about.
func (k trouble) keyword(told *int) string {
	switch {
	case k.final:
		return "retry.refused"
	case k.name == "throttled":
		return "retry.after"
	case k.repeats && told != nil:
		return "retry.asked"
	}
	return "retry.same"
}

// repeats makes a case whose first request meets the trouble, and whose next
// ones succeed.
func (b *builder) repeats(k trouble, variant string, told *int) {
	b.add(about{k.name, variant, k.keyword(told), "a call whose first request meets this, and the next ones succeed"}, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.tokened(), retries: told, answer: func(n int, try *Try) Reaction {
			if n == 0 {
				return k.react(b, try)
			}
			return t.plain(n, try)
		}})
		if err != nil {
			return err
		}
		t.same(r)
		t.repeated(r, k)
		return nil
	})
}

// tokened is what every call needs, and a ClientToken where there is one.
func (t *trial) tokened() input {
	if t.op.token() == "" {
		return t.op.required
	}
	return t.op.with(t.op.token(), t.session.Token())
}

// repeated judges how often a request was repeated, and what came of it.
func (t *trial) repeated(r *result, k trouble) {
	n := len(r.tries)
	switch {
	case n == 0:
		return
	case k.final && n > 1:
		t.find("retry.refused", "/requests", "one request", counted(n))
	case k.repeats && r.order.retries != nil && n == 1:
		t.find("retry.asked", "/requests", "another request after the first", counted(n))
	case n > 2:
		t.find("retry.count", "/requests", "no request after the one that succeeded", counted(n))
	}
	if k.name == "throttled" && n > 1 {
		if waited := r.tries[1].At.Sub(r.tries[0].At); waited < askedAfter {
			t.find("retry.after", "/requests/1", "not before "+askedAfter.String()+" were over", "after "+waited.Round(time.Millisecond).String())
		}
	}
	if n > 1 {
		t.succeeded(r, "retry.asked")
	} else {
		t.failed(r, "error.raised", "the only answer was one, or none came")
	}
}

// exhausts: a trouble that does not end.
func (b *builder) exhausts(k trouble) {
	told := asked
	b.add(about{k.name, "exhausted", "retry.count", "a call whose requests all meet this"}, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.tokened(), retries: &told, answer: func(_ int, try *Try) Reaction { return k.react(b, try) }})
		if err != nil {
			return err
		}
		t.same(r)
		if n := len(r.tries); n > asked+1 {
			t.find("retry.count", "/requests", fmt.Sprintf("%d at most", asked+1), counted(n))
		}
		if last := lastOf(r.tries); last != nil && last.Exchange.Status > 0 {
			t.raised(r, refused{status: last.Exchange.Status, loose: true})
		} else {
			t.failed(r, "error.raised", "no answer came")
		}
		return nil
	})
}

func lastOf(tries []*Try) *Try {
	if len(tries) == 0 {
		return nil
	}
	return tries[len(tries)-1]
}

// lateness is the delay of an answer behind which a Timestamp has changed.
const lateness = 1100 * time.Millisecond

// late: a repetition that follows a while after the first request has a time of
// its own.
func (b *builder) late() {
	told := asked
	b.add(about{"500", "late", "retry.time", "a call whose first request is answered by 500 after more than a second"}, func(ctx context.Context, t *trial) error {
		r, err := t.carry(ctx, order{input: t.tokened(), retries: &told, answer: func(n int, try *Try) Reaction {
			if n > 0 {
				return t.plain(n, try)
			}
			re := b.refuses(try, http.StatusInternalServerError)
			re.Delay = lateness
			return re
		}})
		if err != nil {
			return err
		}
		t.same(r)
		t.stamped(r)
		return nil
	})
}

// stamped wants a time of its own in each repetition.
func (t *trial) stamped(r *result) {
	for i, try := range r.tries {
		if i == 0 || try.In == nil || r.tries[0].In == nil {
			continue
		}
		first, _ := r.tries[0].In.Common("Timestamp")
		if again, _ := try.In.Common("Timestamp"); again == first {
			t.find("retry.time", fmt.Sprintf("/requests/%d/Timestamp", i), "a later time than that of the first request", strconv.Quote(again))
		}
	}
}

// effects: one call never makes two things, whatever gets lost.
func (b *builder) effects() {
	kind := b.op.Effect.Kind
	if b.op.token() == "" || kind != contract.Creates {
		return
	}
	for _, k := range []loss{
		{variant: "default", token: true},
		{variant: "asked", told: true, token: true},
		{variant: "asked-503", told: true, token: true, masked: true},
		{variant: "default-noToken"},
		{variant: "asked-noToken", told: true},
	} {
		b.add(about{"lostAnswer", k.variant, k.keyword(), "a call whose request is carried out, and whose answer is lost"}, func(ctx context.Context, t *trial) error {
			return t.effect(ctx, k, b)
		})
	}
}

// loss is how the answer to a request that was carried out is lost.
type loss struct {
	variant string
	told    bool // the client is told to retry
	token   bool // its user gave a token
	masked  bool // a gateway answers 503 in the place of the service
}

func (k loss) keyword() string {
	if k.token {
		return "retry.once"
	}
	return "retry.untokened"
}

// react loses the first answer.
func (k loss) react(b *builder, n int, try *Try) Reaction {
	re := Reaction{Drop: n == 0}
	if k.masked && n == 0 {
		re = b.refuses(try, http.StatusServiceUnavailable)
	}
	re.Work = true
	return re
}

func (t *trial) effect(ctx context.Context, k loss, b *builder) error {
	in, err := t.creating(ctx, k.token)
	if err != nil {
		return err
	}
	o := order{input: in, answer: func(n int, try *Try) Reaction { return k.react(b, n, try) }}
	if k.told {
		n := asked
		o.retries = &n
	}
	r, err := t.carry(ctx, o)
	if err != nil {
		return err
	}
	if k.token {
		t.same(r)
	}
	made := t.made(r)
	if len(made) == 0 && len(r.tries) > 0 {
		return plan.Inconclusive("the emulator refused the request: " + string(r.tries[0].Worked))
	}
	if len(made) > 1 {
		t.find(k.keyword(), "/requests", "one resource", fmt.Sprintf("%d: %v", len(made), made))
	}
	return nil
}

// creating is a request that the emulator carries out.
func (t *trial) creating(ctx context.Context, token bool) (input, error) {
	p, ok := t.floor.Inputs(t.op.Name)
	if !ok {
		return nil, plan.Inconclusive("no valid request of " + t.op.Name + " is known")
	}
	p = p.Del(t.op.token())
	if token {
		p = p.Set(t.op.token(), "$token")
	}
	bound, err := t.session.Bind(ctx, p)
	if err != nil {
		return nil, err
	}
	return nested(t.op.Operation, bound), nil
}

// made returns the ids of what the requests made, each once.
func (t *trial) made(r *result) []string {
	var ids []string
	seen := map[string]bool{}
	for _, try := range r.tries {
		id := t.idIn(try)
		if id != "" && !seen[id] {
			ids, seen[id] = append(ids, id), true
		}
	}
	return ids
}

func (t *trial) idIn(try *Try) string {
	var v any
	if try.format() == formatXML {
		e, err := wire.DecodeXML(try.Worked)
		if err != nil {
			return ""
		}
		if v, err = e.Value(t.op.Response.BodyShape()); err != nil {
			return ""
		}
	} else if v, _ = wire.DecodeJSON(try.Worked); v == nil {
		return ""
	}
	m, _ := v.(*wire.Map)
	return check.Text(m, t.op.Effect.ID)
}
