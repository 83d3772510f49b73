package suites

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// authFamily tests that a request is let in exactly if it is signed rightly,
// now, for the first time, by a key that may: every part of both schemes, for
// every operation.
func authFamily(b *builder) {
	for _, s := range []scheme{schemeV1, schemeACS3} {
		a := auth{b, s, authBase(b)}
		a.commons()
		a.keys()
		a.tampers()
		a.clocks()
		a.nonces()
		a.controls()
		a.beforeParameters()
	}
	if b.op == carrier(b.c) {
		for _, s := range []scheme{schemeV1, schemeACS3} {
			a := auth{b, s, authBase(b)}
			a.temporary()
			a.lateNonce()
		}
		b.precedence()
		b.standings()
	}
}

// scheme is what the two ways of signing have different names for.
type scheme struct {
	name   wire.Scheme
	clause string // protocol clause that the scheme stands on
	wrong  string // condition of a signature that does not match
	// names are those of the parts that both schemes have.
	timestamp, nonce string
	fields           func(*contract.Contract) []*contract.Field
}

var schemeV1 = scheme{
	name: wire.V1, clause: "signature.v1", wrong: "request.wrongSignature", timestamp: "Timestamp", nonce: "SignatureNonce",
	fields: func(c *contract.Contract) []*contract.Field { return c.Protocol.Common },
}

var schemeACS3 = scheme{
	name: wire.ACS3, clause: "signature.acs3", wrong: "request.wrongSignatureAcs3", timestamp: "x-acs-date", nonce: "x-acs-signature-nonce",
	fields: func(c *contract.Contract) []*contract.Field { return c.Protocol.Headers },
}

// auth derives the cases of one scheme for one operation.
type auth struct {
	*builder
	scheme scheme
	base   wire.Params
}

// authBase is a valid request with at least one parameter of its own, so that
// there is something to tamper with.
func authBase(b *builder) wire.Params {
	if in := b.input(); len(in.Minimal) == 0 {
		return in.Maximal.Clone()
	}
	return b.input().Minimal.Clone()
}

// carrier is the operation that bears the cases about no operation at all: the
// first that reads and needs a parameter.
func carrier(c *contract.Contract) *contract.Operation {
	for _, op := range c.Operations {
		if op.Effect.Kind == contract.Reads && slices.ContainsFunc(op.Parameters, func(f *contract.Field) bool { return f.Required }) {
			return op
		}
	}
	return nil
}

func (a auth) clause() *contract.Clause { return a.c.Protocol.Clauses[a.scheme.clause] }

// row returns the gateway's row for a condition of the contract.
func (b *builder) row(condition string) *contract.Error {
	row := b.c.Gateway.Error(condition)
	if row == nil {
		b.fault("plan %s: the gateway has no row for %s", b.op.Name, condition)
	}
	return row
}

// forged is a request that must not be let in, or a control that must.
type forged struct {
	subject, variant, change string
	before, after            []plan.Edit
	clause                   *contract.Clause
	also                     []*contract.Clause // that it judges as well
	row                      *contract.Error    // nil for any refusal
	args                     []string
	accept                   bool
	shape                    func(*plan.Probe)
	options                  []plan.Option
	needs                    plan.Needs
	clock                    time.Duration // how far off the target's clock is the request's; zero where that is no matter
}

func (a auth) forge(f forged) {
	a.single(single{
		subject: f.subject, variant: string(a.scheme.name) + "-" + f.variant, params: a.base, change: f.change,
		expect: expectation{clause: f.clause, row: f.row, args: f.args, refuse: !f.accept},
		shape: func(p *plan.Probe) {
			p.Scheme, p.Before, p.After = a.scheme.name, f.before, f.after
			if f.shape != nil {
				f.shape(p)
			}
		},
		options: f.options, needs: f.needs, also: f.also, mend: a.onTime(f),
	})
}

// onTime sets the clock of a request again whose answer is not the one to be
// expected and tells that the target has another time than we: the window is
// around the target's.
func (a auth) onTime(f forged) func(*check.Answer) *plan.Probe {
	if f.clock == 0 {
		return nil
	}
	p := a.probe(a.base, f.change)
	p.Scheme = a.scheme.name
	most := time.Duration(a.c.Protocol.Skew) * time.Second
	return func(got *check.Answer) *plan.Probe {
		off := ahead(got.Exchange)
		if got.OK == f.accept || off.Abs() < almost || off.Abs() >= most {
			return nil
		}
		q := p
		q.Before = []plan.Edit{clock(f.clock + off)}
		return &q
	}
}

// almost is how far two clocks may be apart and count as one: what is on one
// side of the window by a minute is so by both.
const almost = 20 * time.Second

// ahead is how far the clock of whoever answered is before ours, as far as it is
// told.
func ahead(x *wire.Exchange) time.Duration {
	date, err := http.ParseTime(x.RespHeader.Get("Date"))
	if err != nil {
		return 0
	}
	return date.Sub(x.Start.Add(x.Duration))
}

// commons leaves out, empties and spoils each common parameter or header.
func (a auth) commons() {
	for _, f := range a.scheme.fields(a.c) {
		if !f.Required || f.Name == "host" {
			continue
		}
		// Without an operation nothing is dispatched: one operation stands
		// for all.
		if isAction(f.Name) && a.op != carrier(a.c) {
			continue
		}
		late := f.Name == "Signature" || f.Name == "Authorization"
		missing, empty := edited(late, deletion(f.Name)), edited(late, setting(f.Name, ""))
		missing.clause, empty.clause = f.Clauses["required"], firstClause(f, "nonEmpty", "required")
		if late {
			// What has no signature is not signed rightly, empty or not.
			empty.clause, empty.also = a.clause(), []*contract.Clause{empty.clause}
		}
		a.common(f, "missing", missing)
		a.common(f, "empty", empty)
	}
	a.spoiled()
}

func isAction(name string) bool { return name == "Action" || name == "x-acs-action" }

// edited is a request with an edit ahead of signing or behind it.
func edited(late bool, e plan.Edit) forged {
	if late {
		return forged{after: []plan.Edit{e}}
	}
	return forged{before: []plan.Edit{e}}
}

func firstClause(f *contract.Field, keywords ...string) *contract.Clause {
	for _, k := range keywords {
		if c := f.Clauses[k]; c != nil {
			return c
		}
	}
	return nil
}

// common is a case about a common parameter that is not there. Under ACS3 the
// documents give no row for it.
func (a auth) common(f *contract.Field, variant string, c forged) {
	c.subject, c.variant, c.change = f.Name, variant, "with "+f.Name+" "+variant
	if a.scheme.name == wire.V1 && variant == "missing" {
		c.row, c.args = a.row("request.missingCommon"), []string{f.Name}
	}
	a.forge(c)
}

// deletion and setting reach a header or parameter by the name in the contract.
func deletion(name string) plan.Edit {
	return plan.Edit{Name: "without " + name, Do: func(d *wire.Draft) {
		if isHeader(name) {
			d.Header.Del(name)
			return
		}
		d.Del(name)
	}}
}

func setting(name, text string) plan.Edit {
	return plan.Edit{Name: name + "=" + strconv.Quote(text), Do: func(d *wire.Draft) {
		if isHeader(name) {
			d.Header.Set(name, text)
			return
		}
		d.Set(name, text)
	}}
}

func isHeader(name string) bool {
	return strings.HasPrefix(name, "x-acs-") || name == "Authorization"
}

// standings are the rows that the gateway answers with for whose request it
// is, or for how the service is: where the profile knows how to get them.
func (b *builder) standings() {
	for _, row := range b.c.Gateway.Errors {
		condition := b.c.Condition(row.Condition)
		if condition == nil || condition.Name == "account.keyDisabled" || !asked(condition) {
			continue
		}
		b.single(single{
			subject: "gateway", variant: condition.Name, params: b.input().Minimal, change: "while " + lowerFirst(condition.Summary),
			expect: expectation{clause: row.Row, refuse: true, row: row},
			shape: func(p *plan.Probe) {
				p.Before = []plan.Edit{{Name: "under " + condition.Name, Do: func(*wire.Draft) {}}}
			},
			options: []plan.Option{plan.Under(condition.Name), plan.Throttling()},
			needs:   plan.Needs{Conditions: []string{condition.Name}},
		})
	}
}

// asked reports whether a profile, not the request, brings the condition about.
func asked(c *contract.Condition) bool {
	return c.Kind == "account" || c.Kind == "service" || c.Name == "request.expiredSecurityToken"
}

// lowerFirst turns a sentence into a clause of another one.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + strings.TrimSuffix(s[1:], ".")
}

// spoiled gives the closed-list parts a value that is not in the list.
func (a auth) spoiled() {
	for _, f := range a.scheme.fields(a.c) {
		if !f.Required || len(f.Enum) == 0 {
			continue
		}
		condition, args := "request.badSignatureMethod", []string{f.Name}
		if strings.HasSuffix(strings.ToLower(f.Name), "version") && !strings.HasPrefix(f.Name, "Signature") {
			condition, args = "request.badVersion", nil
		}
		clause := firstClause(f, "enum", "required")
		a.forge(forged{
			subject: f.Name, variant: "wrong", change: "with an unknown " + f.Name, clause: clause,
			before: []plan.Edit{setting(f.Name, "9.9-conform")}, row: a.row(condition), args: args,
		})
	}
}

// keys signs with keys that must not be let in.
func (a auth) keys() {
	a.forge(forged{
		subject: "AccessKeyId", variant: "unknown", change: "signed by a key that nobody has", clause: a.clause(),
		before: []plan.Edit{key("of nobody", func(c *wire.Credentials) { c.AccessKeyID = "conformUnknownKeyId" })},
		row:    a.row("request.unknownAccessKey"),
	})
	a.forge(forged{
		subject: "AccessKeySecret", variant: "wrong", change: "signed with a wrong secret", clause: a.clause(),
		before: []plan.Edit{key("with a wrong secret", func(c *wire.Credentials) { c.AccessKeySecret += "0" })},
		row:    a.row(a.scheme.wrong),
	})
	a.forge(forged{
		subject: "AccessKeyId", variant: "disabled", change: "signed by a key that is disabled", clause: a.row("account.keyDisabled").Row,
		before: []plan.Edit{{Name: "under account.keyDisabled", Do: func(*wire.Draft) {}}},
		row:    a.row("account.keyDisabled"), options: []plan.Option{plan.Under("account.keyDisabled")},
		needs: plan.Needs{Conditions: []string{"account.keyDisabled"}},
	})
	malformed := a.row("request.malformedSecurityToken")
	a.forge(forged{
		subject: "SecurityToken", variant: "foreign", change: "with a security token that goes with no key",
		clause: capped(malformed.Row, contract.Inferred), before: []plan.Edit{key("with a token", func(c *wire.Credentials) {
			c.SecurityToken = "conformNoSuchToken"
		})},
	})
}

// key changes whose key signs.
func key(name string, change func(*wire.Credentials)) plan.Edit {
	return plan.Edit{Name: "key " + name, Do: func(d *wire.Draft) {
		change(&d.Credentials)
		if _, ok := d.Get("AccessKeyId"); ok {
			d.Set("AccessKeyId", d.Credentials.AccessKeyID)
		}
		if token := d.Credentials.SecurityToken; token != "" {
			d.Set("SecurityToken", token)
		}
	}}
}

// clocks moves the request's clock to both sides of the window, and writes it
// in forms that are none.
func (a auth) clocks() {
	window := a.c.Protocol.Clauses["timestamp.window"]
	skew := time.Duration(a.c.Protocol.Skew) * time.Second
	for _, off := range []time.Duration{-skew - time.Minute, -skew + time.Minute, skew - time.Minute, skew + time.Minute} {
		c := forged{
			subject: a.scheme.timestamp, variant: "skew" + minutes(off), change: "with a clock off by " + minutes(off),
			before: []plan.Edit{clock(off)}, clause: window, accept: off.Abs() < skew, clock: off,
		}
		if !c.accept {
			c.row = a.row("request.expiredTimestamp")
		}
		a.forge(c)
	}
	row := a.row("request.malformedTimestamp")
	clause := a.written()
	for _, form := range clockForms {
		level := contract.Must
		if form.weak {
			level = contract.Inferred
		}
		a.forge(forged{
			subject: a.scheme.timestamp, variant: form.variant, change: "with a time written as " + form.say,
			before: []plan.Edit{writtenAs(form)}, clause: capped(clause, level), row: row,
		})
	}
}

// written is the promise about the form of the time.
func (a auth) written() *contract.Clause {
	for _, f := range a.scheme.fields(a.c) {
		if f.Name == a.scheme.timestamp {
			return firstClause(f, "pattern", "type")
		}
	}
	return nil
}

func minutes(d time.Duration) string {
	n := strconv.Itoa(int(d / time.Minute))
	if d > 0 {
		n = "+" + n
	}
	return n + "m"
}

const timeLayout = "2006-01-02T15:04:05Z"

// clock moves the time of a drafted request.
func clock(off time.Duration) plan.Edit {
	return plan.Edit{Name: "clock " + off.String(), Do: func(d *wire.Draft) {
		d.Set("Timestamp", drafted(d).Add(off).Format(timeLayout))
	}}
}

func drafted(d *wire.Draft) time.Time {
	text, _ := d.Get("Timestamp")
	t, err := time.Parse(timeLayout, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// clockForm is a layout of a time that is not the one promised. Where the
// sources only show the right one, servers may well read it: weak.
type clockForm struct {
	variant, layout, say string
	weak                 bool
}

var clockForms = []clockForm{
	{variant: "words", layout: "yesterday", say: "a word"},
	{variant: "date", layout: "2006-01-02", say: "a date alone"},
	{variant: "compact", layout: "20060102150405", say: "digits only"},
	{variant: "slashes", layout: "2006/01/02 15:04:05", say: "a date with slashes"},
	{variant: "noZone", layout: "2006-01-02T15:04:05", say: "a time without its zone", weak: true},
	{variant: "fraction", layout: "2006-01-02T15:04:05.000Z", say: "a time with a fraction", weak: true},
	{variant: "offset", layout: "2006-01-02T15:04:05+00:00", say: "a time with an offset", weak: true},
	{variant: "lowerCase", layout: "2006-01-02t15:04:05z", say: "a time in lower case", weak: true},
}

func writtenAs(f clockForm) plan.Edit {
	return plan.Edit{Name: "clock as " + f.layout, Do: func(d *wire.Draft) {
		d.Set("Timestamp", drafted(d).Format(f.layout))
	}}
}

// beforeParameters breaks the signature and a parameter at once: the signature
// is looked at first.
func (a auth) beforeParameters() {
	for _, f := range a.op.Parameters {
		if !f.Required || len(below(a.base, f.Name)) == 0 {
			continue
		}
		a.base = drop(a.base, f.Name)
		a.forge(forged{
			subject: "precedence", variant: "signatureBeforeParameters", change: "with a wrong signature and without " + f.Name,
			clause: a.c.Gateway.Clause, row: a.row(a.scheme.wrong),
			before: []plan.Edit{key("with a wrong secret", func(c *wire.Credentials) { c.AccessKeySecret += "0" })},
		})
		return
	}
}

// asGet sends a probe by GET, everything in the query.
func asGet(p *plan.Probe) { p.Method, p.Form = http.MethodGet, false }
