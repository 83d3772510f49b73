package diff

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/eci-conform/conform/internal/compare"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Options say how recorded requests are sent again. All but the flags, Bindings
// and Known must be given.
type Options struct {
	Contract  *contract.Contract
	Rules     *redact.Rules
	Endpoint  string // http://HOST:PORT
	Transport http.RoundTripper
	Clock     func() time.Time
	// Rand gives nonces and the ends of fresh names: no two runs may have the
	// same.
	Rand *rand.Rand
	// Key returns the key to sign with in the place of a recorded one, and
	// whether there is one.
	Key func(recorded string) (wire.Credentials, bool)
	// Known are all keys whose secrets may turn up in answers.
	Known []wire.Credentials
	// Bindings give values to parameters whose recorded ones were secret.
	Bindings map[string]string
	Wait     profile.Wait
	Timeout  time.Duration // of one request
	Rate     float64       // requests a second at most; 0 for no limit
	Recorded time.Time     // when recording began
	Skew     time.Duration // by which a recorded timestamp may be off
	Writes   bool          // whether to send what changes something
	Twin     bool          // whether to send reads twice
}

// Resend sends a recording's requests to a target, one after another, and
// compares the answers. What it made there it removes, even after ctx has ended.
// The error says that the recording could not be read, or why it was broken off;
// the report is of what was done until then.
func Resend(ctx context.Context, source Source, o Options) (*Report, error) {
	t, err := read(source, o.Contract, "")
	if err != nil {
		return nil, err
	}
	r := &resender{
		Options: o, tally: newTally(), tape: t, comparer: compare.New(o.Contract), names: compare.NewNames(),
		session: o.Rules.Session(redact.SessionOptions{Known: o.Known, Begin: o.Clock()}),
		folded:  map[string]string{}, gaveUp: map[string]bool{},
	}
	r.Exchanges, r.Polls = source.Len(), t.polls
	for _, s := range t.steps {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
			break
		}
		if err = r.step(ctx, s); err != nil {
			break
		}
	}
	r.clear(ctx)
	return r.close(r.comparer), err
}

// resender sends one recording again.
type resender struct {
	Options
	*tally
	tape     *tape
	comparer *compare.Comparer
	names    *compare.Names
	session  *redact.Session
	folded   map[string]string // ends of fresh names by names in lower case
	ledger   []*made
	// gaveUp are the places where waiting was in vain once.
	gaveUp map[string]bool
	last   time.Time // when something was sent
	silent int       // requests in a row without any answer
}

// ErrSilent says that the target answers no more.
var ErrSilent = errors.New("the target does not answer")

// maxSilent is how many requests in a row may go without an answer.
const maxSilent = 3

// step sends one request again, or says why not.
func (r *resender) step(ctx context.Context, s *step) error {
	key, why := r.refuses(s)
	if why == "" {
		r.refresh(s)
		why = r.unready(s)
	}
	if why != "" {
		r.skipped[why]++
		r.spoil(s)
		return nil
	}
	a, err := r.tape.full(s)
	if err != nil {
		return err
	}
	if c := class(r.Contract, s.op, a); c == contract.ClassKey || c == contract.ClassSignature {
		r.skipped[Unsigned]++
		return nil
	}
	params := r.params(s)
	q := &question{step: s, a: a, key: key, params: params, sent: map[string]string{}}
	for i, p := range s.Params {
		if !hidden(p.Value) {
			q.sent[p.Value] = params[i].Value
		}
	}
	r.ask(ctx, q)
	if r.silent >= maxSilent {
		return ErrSilent
	}
	return nil
}

// refuses says why a request is not sent, whatever became of those before it.
func (r *resender) refuses(s *step) (key wire.Credentials, why Why) {
	key, known := r.Key(s.Record.KeyID())
	switch {
	case s.op == nil:
		return key, Strange
	case s.Failure != redact.NoFailure || s.Status == 0 || s.UnreadAnswer != redact.Read:
		return key, Unanswered
	case s.Signature == redact.SignatureBad || s.Signature == redact.SignatureAbsent:
		return key, Unsigned
	case !r.usual(s):
		return key, Unusual
	case !known:
		return key, Keyless
	case s.writes && !r.Writes:
		return key, Write
	case s.overlaps:
		return key, Overlap
	}
	return key, ""
}

// unready says why a request cannot be put together.
func (r *resender) unready(s *step) Why {
	for _, p := range s.Params {
		if hidden(p.Value) && r.Bindings[p.Name] == "" {
			return Hidden
		}
	}
	for _, thing := range r.tape.about(s) {
		if _, ok := r.names.Forth(thing); !ok && thing != s.id {
			return Unmade
		}
	}
	if r.alien(s) {
		return Alien
	}
	return ""
}

// spoil forgets what a request is about that was not sent: what is asked of it
// from here on is answered otherwise.
func (r *resender) spoil(s *step) {
	if !s.writes || s.Status >= 400 && s.Status < 500 {
		return
	}
	for _, thing := range r.tape.about(s) {
		r.names.Drop(thing)
	}
}

// params are a step's parameters with the target's names for things.
func (r *resender) params(s *step) wire.Params {
	out := s.Params.Clone()
	for i, p := range out {
		switch {
		case hidden(p.Value):
			out[i].Value = r.Bindings[p.Name]
		case fixed(s.op, p.Name):
		default:
			out[i].Value = r.names.Text(p.Value)
		}
	}
	return out
}

// question is a request on its way to the target.
type question struct {
	*step
	a      *redact.Record
	key    wire.Credentials
	params wire.Params
	sent   map[string]string // by recorded values
	b      *redact.Record
}

// ask sends until the target has settled and compares the answers.
func (r *resender) ask(ctx context.Context, q *question) {
	patience := r.patience()
	var out compare.Result
	for {
		r.send(ctx, q)
		if r.early(q) && patience.wait(ctx) {
			continue
		}
		out = r.judge(q)
		if q.writes || !out.Unsettled || len(out.Findings) == 0 || r.hopeless(q, out) {
			break
		}
		if !patience.wait(ctx) {
			r.giveUp(q, out)
			break
		}
	}
	if ctx.Err() != nil {
		return
	}
	if q.a.Status != q.b.Status && (standing(r.Contract, q.op, q.a) || standing(r.Contract, q.op, q.b)) {
		r.skipped[Standing]++
		r.spoil(q.step)
		return
	}
	if r.Twin && !q.writes && !out.Unsettled && q.b.Status < 400 {
		r.twin(ctx, q)
		out = r.judge(q)
	}
	r.compared(q.a, &redact.Record{Duration: q.b.Duration}, out)
	if q.writes && q.a.Status < 300 && q.b.Status >= 300 {
		r.spoil(q.step)
	}
}

func (r *resender) judge(q *question) compare.Result {
	out := r.comparer.Answers(compare.Pair{
		Operation: q.Operation, A: answer(q.a), B: answer(q.b), Names: r.names, Sent: q.sent, Paged: paged(q.op, q.Params),
	})
	if next := top(q.op, q.b, q.op.Effect.Next); next != "" && q.next != "" {
		r.names.Rebind(q.next, next)
	}
	return out
}

// early says whether the target refuses for now what it was not refused in the
// recording: it is at work still, or asked too fast.
func (r *resender) early(q *question) bool {
	if q.b.Status < 400 || q.a.Status >= 400 {
		return false
	}
	c, row := class(r.Contract, q.op, q.b), rowOf(r.Contract, q.op, q.b)
	wrong := q.op.Effect.Wrong != "" && row != nil && row.Code == q.op.Effect.Wrong
	return (wrong || c == contract.ClassBusy || c == contract.ClassThrottling) && !r.gaveUp[q.Operation+errorCode(q.b)]
}

// hopeless says whether all that differs was waited for in vain before.
func (r *resender) hopeless(q *question, out compare.Result) bool {
	return !slices.ContainsFunc(out.Findings, func(f compare.Finding) bool { return !r.gaveUp[q.Operation+f.Path] })
}

func (r *resender) giveUp(q *question, out compare.Result) {
	for _, f := range out.Findings {
		r.gaveUp[q.Operation+f.Path] = true
	}
}

// twin sends a read once more, to learn what differs without a reason.
func (r *resender) twin(ctx context.Context, q *question) {
	first := answer(q.b)
	again := *q
	r.send(ctx, &again)
	if again.b.Status == q.b.Status && again.b.Failure == redact.NoFailure {
		r.comparer.Learn(q.Operation, first, answer(again.b))
	}
}
