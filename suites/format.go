package suites

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// formatFamily tests that an operation means the same however it is asked and
// answered: formats, methods, places of the parameters, ways of signing.
func formatFamily(b *builder) {
	b.spoken()
	b.failures()
	b.calledHost()
	b.methods()
	b.misspellings()
	b.sameAnswers()
}

// way is one way of sending a request.
type way struct {
	subject, variant, say string
	clause                string // protocol clause
	shape                 func(*plan.Probe)
	weak                  bool // no page shows it
}

var ways = []way{
	{"Format", "xml", "Format=XML", "format.xml", formatted("XML"), false},
	{"Format", "absent", "no Format", "format.default", func(p *plan.Probe) { p.NoFormat, p.Format = true, "" }, false},
	{"Format", "lowerCaseJson", "Format=json", "format.case", formatted("json"), false},
	{"Format", "lowerCaseXml", "Format=xml", "format.case", formatted("xml"), false},
	{"Format", "unknown", "Format=YAML", "format.unknown", formatted("YAML"), false},
	{"method", "get", "GET", "method.get", asGet, false},
	{"method", "getXml", "GET and Format=XML", "method.get", both(asGet, formatted("XML")), false},
	{"method", "postForm", "the parameters in the body", "method.post", asForm, false},
	{"method", "postFormXml", "the parameters in the body and Format=XML", "method.post", both(asForm, formatted("XML")), false},
	{"method", "postSplit", "common parameters in the query and its own in the body", "method.post", both(asForm, splitForm), false},
	{"signature", "acs3Post", "signature ACS3", "signature.acs3", byACS3, false},
	{"signature", "acs3Get", "signature ACS3 and GET", "signature.acs3", both(byACS3, asGet), false},
	{"signature", "acs3Form", "signature ACS3 and the parameters in the body", "signature.acs3", both(byACS3, asForm), false},
	{"signature", "acs3Xml", "signature ACS3 and Accept: text/xml", "format.acs3", both(byACS3, formatted("XML")), true},
}

func formatted(format string) func(*plan.Probe) { return func(p *plan.Probe) { p.Format = format } }

func byACS3(p *plan.Probe) { p.Scheme = wire.ACS3 }

func both(f, g func(*plan.Probe)) func(*plan.Probe) {
	return func(p *plan.Probe) { f(p); g(p) }
}

// splitForm puts the common parameters into the query and leaves the others in
// the body, as some SDKs do.
func splitForm(p *plan.Probe) {
	p.Before = append(p.Before, plan.Edit{Name: "common parameters in the query", Do: commonToQuery})
}

func commonToQuery(d *wire.Draft) {
	var own wire.Params
	for _, q := range d.Form {
		if d.Params.Count(q.Name) > 0 {
			own = append(own, q)
		} else {
			d.Query = append(d.Query, q)
		}
	}
	d.Form = own
}

// spoken sends the minimal request in every way.
func (b *builder) spoken() {
	for _, w := range ways {
		clause := b.c.Protocol.Clauses[w.clause]
		if w.weak {
			clause = capped(clause, contract.Inferred)
		}
		b.accepted(single{
			subject: w.subject, variant: w.variant, params: b.input().Minimal, change: "with " + w.say, shape: w.shape,
		}, clause)
	}
}

// failures asks for the same failure in every format.
func (b *builder) failures() {
	for _, w := range []way{
		{"error", "xml", "Format=XML", "", formatted("XML"), false},
		{"error", "json", "Format=JSON and GET", "", asGet, false},
		{"error", "absent", "no Format", "", func(p *plan.Probe) { p.NoFormat, p.Format = true, "" }, false},
		{"error", "acs3", "signature ACS3", "", byACS3, false},
	} {
		b.single(single{
			subject: w.subject, variant: w.variant, params: b.input().Minimal, change: "with " + w.say + " and an unknown Version",
			expect: expectation{clause: b.c.Envelope.Clauses["error.format"], refuse: true, row: b.row("request.badVersion")},
			shape: both(w.shape, func(p *plan.Probe) {
				p.Before = append(p.Before, setting("Version", "1999-09-09"))
			}),
		})
	}
}

// calledHost looks whose host a failure names. A server behind another name may
// tell its own: the promise's level has room for it, and one case says it.
func (b *builder) calledHost() {
	clause := b.c.Envelope.Clauses["error.hostId"]
	if clause == nil {
		return
	}
	p := b.probe(b.standIns(b.input().Minimal, ""), "with an unknown Version")
	p.Before = append(p.Before, setting("Version", "1999-09-09"))
	b.add(&plan.Case{
		Subject: "HostId", Variant: "called", Clause: clause, Needs: b.needs(p.Params, ""), Probe: &p,
		Steps: []string{"send a valid " + b.op.Name + ", but " + p.Change, "expect the HostId of the refusal to be the host that was called"},
		Run: func(ctx context.Context, s *plan.Session) error {
			a, err := s.Probe(ctx, &p)
			if err != nil {
				return err
			}
			if a.OK {
				return unready("provoke a refusal", a)
			}
			s.Find(sameHost(a, clause)...)
			return nil
		},
	})
}

// sameHost holds HostId against the host that the request was sent to, with its
// port or without. That there is a HostId is looked at in every failure.
func sameHost(a *check.Answer, clause *contract.Clause) []check.Finding {
	body, _ := a.Body.(*wire.Map)
	got, called := check.Text(body, "HostId"), a.Exchange.Host
	name := called
	if host, _, err := net.SplitHostPort(called); err == nil {
		name = host
	}
	if got == "" || strings.EqualFold(got, called) || strings.EqualFold(got, name) {
		return nil
	}
	return []check.Finding{check.Found(clause, "/body/HostId", called, got)}
}

// methods uses HTTP methods that the operation does not take.
func (b *builder) methods() {
	clause := b.c.Protocol.Clauses["method.unknown"]
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		b.single(single{
			subject: "method", variant: strings.ToLower(method), params: b.input().Minimal, change: "by " + method,
			expect: expectation{clause: clause, refuse: true, row: b.row("request.badMethod")},
			shape:  func(p *plan.Probe) { p.Method = method },
		})
	}
	// An answer to HEAD has no body, so that only its status can tell.
	b.single(single{
		subject: "method", variant: "head", params: b.input().Minimal, change: "by HEAD",
		expect: expectation{clause: capped(clause, contract.Inferred), refuse: true, bare: true},
		shape:  func(p *plan.Probe) { p.Method = http.MethodHead },
	})
}

// misspellings gives other names to the operation and its version.
func (b *builder) misspellings() {
	action := b.c.Protocol.Clauses["action.unknown"]
	// That case counts is known from practice; no page says so.
	for _, v := range []struct {
		variant, text, say string
		clause             *contract.Clause
	}{
		{"otherCase", swapCase(b.op.Name), "in another case", capped(action, contract.Should)},
		{"prolonged", b.op.Name + "s", "with a letter more", action},
	} {
		if b.c.Operation(v.text) != nil {
			continue
		}
		b.single(single{
			subject: "Action", variant: v.variant, params: b.input().Minimal, change: "with its Action written " + v.say,
			expect: expectation{clause: v.clause, refuse: true, row: b.row("request.unknownAction")},
			shape:  func(p *plan.Probe) { p.Before = append(p.Before, setting("Action", v.text)) },
		})
	}
	b.single(single{
		subject: "Version", variant: "other", params: b.input().Minimal, change: "with a Version that the product does not have",
		expect: expectation{clause: b.c.Protocol.Clauses["version.unknown"], refuse: true, row: b.row("request.badVersion")},
		shape:  func(p *plan.Probe) { p.Before = append(p.Before, setting("Version", "2018-08-09")) },
	})
}

// bareRefusal judges a refusal that has no body.
func bareRefusal(a *check.Answer, clause *contract.Clause) []check.Finding {
	if a.Status >= 400 && a.Status <= 499 {
		return nil
	}
	return []check.Finding{check.Found(clause, "/status", "4xx: the request is refused", http.StatusText(a.Status))}
}
