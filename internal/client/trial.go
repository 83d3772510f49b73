package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// trial is one run of a case.
type trial struct {
	floor   *floor
	session *plan.Session
	op      *operation
	found   []check.Finding
	desks   []*Desk
	told    []exchange
}

// exchange is what was said to the driver and what it said, as evidence.
type exchange struct {
	Call  shown `json:"call"`
	Reply any   `json:"reply"`
}

// shown is a call without its secrets.
type shown struct {
	Operation string         `json:"operation"`
	Signature string         `json:"signature,omitempty"`
	Input     map[string]any `json:"input"`
	Options   driver.Options `json:"options"`
}

// order is what a case asks the SDK for.
type order struct {
	input   input
	scheme  wire.Scheme // empty for the SDK's own
	method  string      // empty for the SDK's own
	format  string
	sts     bool
	retries *int
	timeout int // milliseconds; 0 for the SDK's own
	answer  Answerer
	times   int // how often it is called; 0 for once
	between func(ctx context.Context) error
}

// result is what came of an order.
type result struct {
	order   order
	desk    *Desk
	tries   []*Try
	replies []driver.Reply
}

// reply is the last one.
func (r *result) reply() driver.Reply { return r.replies[len(r.replies)-1] }

// errJudged ends a case whose verdict is found already.
var errJudged = errors.New("judged")

// errCompany says that the driver ended while others had calls under way.
var errCompany = errors.New("not alone")

// run runs a case, a second time and alone where the driver ended under the
// calls of several cases.
func (f *floor) run(ctx context.Context, s *plan.Session, op *operation, do func(context.Context, *trial) error) error {
	under := func(l sync.Locker) error {
		l.Lock()
		defer l.Unlock()
		return f.once(ctx, s, op, do)
	}
	err := under(f.alone.RLocker())
	if errors.Is(err, errCompany) {
		err = under(&f.alone)
	}
	if errors.Is(err, errCompany) {
		return plan.Inconclusive("the driver ended, with calls under way that were given up")
	}
	return err
}

func (f *floor) once(ctx context.Context, s *plan.Session, op *operation, do func(context.Context, *trial) error) error {
	if f.Driver == nil {
		return plan.Inconclusive("no driver")
	}
	if !f.Driver.Hello().Does(op.Name) {
		return plan.Skip("the driver does not have " + op.Name)
	}
	t := &trial{floor: f, session: s, op: op}
	err := do(ctx, t)
	if errors.Is(err, errCompany) {
		t.close()
		return err
	}
	t.evidence()
	if errors.Is(err, errJudged) {
		err = nil
	}
	return err
}

// evidence gives the session what was found and seen.
func (t *trial) evidence() {
	for _, d := range t.desks {
		for _, try := range d.Tries() {
			t.session.Witness(try.Exchange)
		}
	}
	t.close()
	t.session.Find(t.found...)
	if b, err := json.MarshalIndent(t.told, "", "  "); err == nil {
		t.session.Attach(plan.Attachment{Name: "calls.json", MediaType: "application/json", Data: append(b, '\n')})
	}
}

func (t *trial) close() {
	for _, d := range t.desks {
		d.Close()
	}
}

// find records a finding about the clause of the keyword.
func (t *trial) find(keyword, pointer, want, got string) {
	if c := t.floor.Contract.Client.Clauses[keyword]; c != nil {
		t.found = append(t.found, check.Found(c, pointer, want, got))
	}
}

// mild is find with a weaker level, where the clause is less sure than
// elsewhere.
func (t *trial) mild(keyword, pointer, want, got string) {
	c := t.floor.Contract.Client.Clauses[keyword]
	if c == nil {
		return
	}
	weaker := *c
	weaker.Level = min(weaker.Level, contract.Inferred)
	t.found = append(t.found, check.Found(&weaker, pointer, want, got))
}

// lacks says what the driver does not have for an order.
func (o order) lacks(h driver.Hello) string {
	switch {
	case o.scheme != "" && !slices.Contains(h.Signatures, string(o.scheme)):
		return "signature " + string(o.scheme)
	case o.method != "" && !slices.Contains(h.Methods, o.method):
		return "method " + o.method
	case o.format != "" && !slices.Contains(h.Formats, o.format):
		return "format " + o.format
	case o.sts && !h.Has(driver.OptionSTS):
		return "option " + driver.OptionSTS
	case o.retries != nil && !h.Has(driver.OptionRetries):
		return "option " + driver.OptionRetries
	case o.timeout > 0 && !h.Has(driver.OptionTimeout):
		return "option " + driver.OptionTimeout
	}
	return ""
}

// carry carries out an order: it opens a desk, calls the driver, and holds
// every request against what holds for all. Its error ends the case.
func (t *trial) carry(ctx context.Context, o order) (*result, error) {
	if lack := o.lacks(t.floor.Driver.Hello()); lack != "" {
		return nil, plan.Skip("the driver does not have " + lack)
	}
	r := &result{order: o, desk: t.floor.Bench.Open(t.session.Case.ID, o.sts, o.answer)}
	t.desks = append(t.desks, r.desk)
	for i := range max(1, o.times) {
		if i > 0 && o.between != nil {
			if err := o.between(ctx); err != nil {
				return nil, err
			}
		}
		if err := t.call(ctx, r); err != nil {
			return nil, err
		}
	}
	r.tries = r.desk.Tries()
	t.requests(r)
	switch {
	case len(r.tries) > 0 || o.timeout == 0:
		return r, nil
	case o.timeout < patientMs: // a busy machine: it is given more time
		o.timeout *= 2
		return t.carry(ctx, o)
	}
	return nil, plan.Inconclusive("the client gave up before its request arrived")
}

// call calls the driver once.
func (t *trial) call(ctx context.Context, r *result) error {
	o := r.order
	c := driver.Call{
		ID: strconv.FormatInt(t.floor.calls.Add(1), 10), Operation: t.op.Name, Endpoint: t.floor.Endpoint(), Credentials: r.desk.Key,
		Region: t.floor.Region, Signature: string(o.scheme), Input: o.input,
		Options: driver.Options{Method: o.method, Format: o.format, Retries: o.retries, TimeoutMs: o.timeout},
	}
	reply, err := t.floor.Driver.Call(ctx, c)
	if reply.Error != nil {
		masked := *reply.Error
		masked.Message = mask(masked.Message)
		reply.Error = &masked
	}
	said := exchange{Call: shown{c.Operation, c.Signature, c.Input, c.Options}, Reply: told(reply, err)}
	t.told = append(t.told, said)
	r.replies = append(r.replies, reply)
	var fault *driver.Fault
	switch {
	case errors.As(err, &fault):
		return t.fault(fault)
	case err != nil:
		return err
	case reply.Error != nil && reply.Error.Code == driver.CodeUnsupported:
		return plan.Skip(reply.Error.Message)
	case reply.Error != nil && reply.Error.Code == driver.CodeDriver:
		return plan.Inconclusive("driver: " + reply.Error.Message)
	}
	return nil
}

// unspoken are parameters whose values no text may show: SDKs quote the URL.
var unspoken = regexp.MustCompile(`\b(Signature|SecurityToken)=[^&\s"]*`)

// mask takes what is secret by the protocol out of an SDK's words.
func mask(s string) string { return unspoken.ReplaceAllString(s, "$1="+wire.Redacted) }

func told(r driver.Reply, err error) any {
	switch {
	case err != nil:
		return map[string]string{"fault": err.Error()}
	case r.Error != nil:
		return map[string]any{"error": r.Error}
	}
	return map[string]any{"output": json.RawMessage(wire.EncodeJSON(r.Output))}
}

// fault judges a driver that failed a call.
func (t *trial) fault(f *driver.Fault) error {
	switch {
	case f.Kind == driver.NoHello || f.Kind == driver.Gone:
		return plan.Inconclusive(f.Error())
	case f.Company > 0:
		return errCompany
	}
	t.find("call.ends", "/reply", "a result or an error", "the driver "+f.Detail)
	return errJudged
}

// requests holds all requests of a result against what every request is to be.
func (t *trial) requests(r *result) {
	for i, try := range r.tries {
		at := fmt.Sprintf("/requests/%d", i)
		if try.In == nil {
			t.find("signature.right", at, "a request that can be decoded", try.Unread.Error())
			continue
		}
		t.signed(r, try, at)
		t.fresh(try, at, i > 0 && r.order.times < 2)
		t.asked(r.order, try, at)
	}
	if len(r.tries) == 0 && r.order.timeout == 0 { // with a time set it may have run out before
		t.find("parameters.sent", "/requests", "a request", "none arrived with the key of the call"+t.inItsPlace(r))
	}
}

func (t *trial) inItsPlace(r *result) string {
	if e := r.reply().Error; e != nil {
		return "; the reply is an error " + e.Code + ": " + e.Message
	}
	return ""
}

// signed judges a request's signature.
func (t *trial) signed(r *result, try *Try, at string) {
	o := r.order
	if err := try.Signature; err != nil {
		t.find("signature.right", at+"/Signature", "the signature that the scheme calculates", err.Error())
	}
	if o.scheme != "" && try.In.Scheme != o.scheme {
		t.find("signature.right", at+"/Signature", "one of scheme "+string(o.scheme), "one of scheme "+string(try.In.Scheme))
	}
	token, n := try.In.Common("SecurityToken")
	if want := r.desk.Key.SecurityToken; want != "" && (n != 1 || token != want) {
		t.find("signature.token", at+"/SecurityToken", "the key's token, once", fmt.Sprintf("it came %d times, or another one", n))
	}
}

// fresh judges a request's nonce and time.
func (t *trial) fresh(try *Try, at string, repeated bool) {
	keyword := "signature.nonce"
	if repeated {
		keyword = "retry.nonce"
	}
	if _, n := try.In.Common("SignatureNonce"); n != 1 {
		t.find("signature.nonce", at+"/SignatureNonce", "one nonce", strconv.Itoa(n)+" of them")
	} else if try.Reused {
		t.find(keyword, at+"/SignatureNonce", "a nonce that was not used before", "one that was")
	}
	stamp, _ := try.In.Common("Timestamp")
	when, err := parseTime(stamp)
	skew := try.At.Sub(when).Abs()
	if err != nil || skew.Seconds() > float64(t.floor.Contract.Protocol.Skew) {
		t.find("signature.time", at+"/Timestamp", "the time of the request, as 2026-01-02T03:04:05Z", strconv.Quote(stamp))
	}
}

// asked judges the method and the format of a request.
func (t *trial) asked(o order, try *Try, at string) {
	if o.method != "" && try.In.Method != o.method {
		t.find("request.method", at, "method "+o.method, try.In.Method)
	}
	if got := try.format(); o.format != "" && got != o.format {
		t.find("request.format", at+"/Format", o.format, got)
	}
	if try.Operation != t.op.Name {
		t.find("parameters.sent", at+"/Action", t.op.Name, strconv.Quote(try.Operation))
	}
	if v, _ := try.In.Common("Version"); v != t.floor.Contract.Version {
		t.find("parameters.sent", at+"/Version", t.floor.Contract.Version, strconv.Quote(v))
	}
}
