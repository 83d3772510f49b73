package check

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// The two formats, as the Format parameter spells them.
const (
	formatJSON = "JSON"
	formatXML  = "XML"
)

// inspection is the work on one exchange.
type inspection struct {
	judge    *Judge
	exchange *wire.Exchange
	expect   Expect
	answer   *Answer
	findings []Finding
}

// find records a departure from a clause; a contract without the clause does
// not make the promise.
func (in *inspection) find(clause *contract.Clause, pointer, want, got string) {
	if clause == nil {
		return
	}
	in.findings = append(in.findings, Found(clause, pointer, want, got))
}

// Found returns a finding about the clause, what was got shortened. It holds no
// part of a body, which would stay as long as the finding.
func Found(clause *contract.Clause, pointer, want, got string) Finding {
	return Finding{Clause: clause.ID, Level: clause.Level, Pointer: pointer, Want: strings.Clone(want), Got: strings.Clone(shorten(got))}
}

// maxGot is how many characters a finding keeps of what was got.
const maxGot = 300

func shorten(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxGot {
		return s
	}
	n := 0
	for i := range s {
		if n == maxGot {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func (in *inspection) envelopeClause(keyword string) *contract.Clause {
	return in.judge.contract.Envelope.Clauses[keyword]
}

func (in *inspection) protocolClause(keyword string) *contract.Clause {
	return in.judge.contract.Protocol.Clauses[keyword]
}

// envelope checks what every answer carries: its RequestId.
func (in *inspection) envelope() {
	a := in.answer
	m, ok := a.Body.(*wire.Map)
	if !ok && len(in.findings) > 0 {
		return // what could not be read is reported already
	}
	a.Code, a.Message = Text(m, "Code"), Text(m, "Message")
	a.RequestID = Text(m, "RequestId")
	if a.RequestID == "" {
		in.find(in.envelopeClause("requestId.present"), "/body/RequestId", "a RequestId", in.bodyText())
		return
	}
	in.requestID(a.RequestID)
}

func (in *inspection) requestID(id string) {
	if !isUUID(id) {
		in.find(in.envelopeClause("requestId.format"), "/body/RequestId", "an upper-case UUID", id)
	}
	// A copy: the id is a part of the whole body, which must not stay with it.
	if _, again := in.judge.seen.LoadOrStore(strings.Clone(id), struct{}{}); again {
		in.find(in.envelopeClause("requestId.unique"), "/body/RequestId", "a RequestId of its own", id+", which an earlier answer had")
	}
	header := in.exchange.RespHeader.Get("X-Acs-Request-Id")
	if header != "" && header != id {
		in.find(in.envelopeClause("requestId.header"), "/header/x-acs-request-id", id, header)
	}
}

// isUUID says whether s is 8-4-4-4-12 upper-case hexadecimal digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'F') {
				return false
			}
		}
	}
	return true
}

// status checks that the status is that of a success or a failure, and that
// what the body says agrees with it.
func (in *inspection) status() {
	a := in.answer
	switch {
	case a.OK && a.Code != "":
		in.find(in.envelopeClause("success.noError"), "/body/Code", "a success without an error's Code", a.Code)
	case !a.OK && (a.Status < 400 || a.Status > 599):
		in.find(in.envelopeClause("error.status"), "/status", "2xx, 4xx or 5xx", strconv.Itoa(a.Status))
	}
	if a.OK {
		return
	}
	a.Rows = in.judge.contract.RowsLike(a.Operation, a.Status, a.Code)
	a.Throttled = in.judge.contract.Throttled(a.Status, a.Code)
	if a.Throttled {
		a.RetryAfter = retryAfter(in.judge.contract.Protocol.RetryAfter, in.exchange.RespHeader)
	}
}

// retryAfter reads how long the target asks to wait: by the contract's header in
// milliseconds, else by HTTP's own in seconds.
func retryAfter(name string, h http.Header) time.Duration {
	if ms, err := strconv.ParseUint(h.Get(name), 10, 31); err == nil {
		return time.Duration(ms) * time.Millisecond
	}
	if s, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	return 0
}

// content checks the body's members: of a success by the operation's schema,
// of a failure by the error envelope and the error tables.
func (in *inspection) content() {
	a := in.answer
	if _, ok := a.Body.(*wire.Map); !ok {
		return
	}
	switch {
	case !a.OK:
		in.failure()
	case a.Operation != nil && a.Code == "":
		in.schema(a.Operation.ValidateBody(a.Body))
	}
}

func (in *inspection) failure() {
	a := in.answer
	in.schema(in.judge.contract.Envelope.ValidateError(a.Body))
	if Text(a.Body.(*wire.Map), "HostId") == "" {
		in.find(in.envelopeClause("error.hostId"), "/body/HostId", "a HostId", in.bodyText())
	}
	if a.Code != "" && len(a.Rows) == 0 {
		in.find(in.unlisted(), unlistedPointer, "a status and code of the operation's or the gateway's table", a.Summary())
	}
}

// unlisted is the promise that an error comes from a table.
func (in *inspection) unlisted() *contract.Clause {
	if op := in.answer.Operation; op != nil {
		return op.Unlisted
	}
	return in.judge.contract.Gateway.Unlisted
}

const unlistedPointer = "/body/Code"

// Distinct leaves out findings that say no more than another one: that an error
// is in no table, where it came in place of one that was asked for.
func Distinct(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool {
		return strings.HasSuffix(f.Clause, "/unlisted") && slices.ContainsFunc(findings, func(other Finding) bool {
			return other.Clause != f.Clause && about[other.Pointer] && strings.HasSuffix(other.Got, f.Got)
		})
	})
}

// about are where findings on a whole answer stand.
var about = map[string]bool{"/status": true, unlistedPointer: true}

// schema turns breaches of a schema into findings. RequestId and HostId have
// clauses of their own.
func (in *inspection) schema(violated []contract.Violated) {
	for _, v := range violated {
		if v.Keyword == "required" && (v.Pointer == "/RequestId" || v.Pointer == "/HostId") {
			continue
		}
		in.find(in.sureness(v), "/body"+v.Pointer, v.Message, in.at(v.Pointer))
	}
}

// sureness is the clause that a breach is of, as sure as it is: that a time which
// there is not may not be shown as an empty text is nowhere said.
func (in *inspection) sureness(v contract.Violated) *contract.Clause {
	text, ok := Lookup(in.answer.Body, v.Pointer)
	if v.Keyword != "format" || v.Clause == nil || !ok || text != "" {
		return v.Clause
	}
	weaker := *v.Clause
	weaker.Level = min(weaker.Level, contract.Inferred)
	return &weaker
}

// at renders what stands at a pointer of the body.
func (in *inspection) at(pointer string) string {
	v, ok := Lookup(in.answer.Body, pointer)
	if !ok {
		return "nothing"
	}
	return string(wire.EncodeJSON(v))
}

// secrets checks that the answer repeats none of what must stay secret.
func (in *inspection) secrets() {
	secrets := in.expect.Secrets
	if !in.judge.contract.GatewayRefuses(contract.ClassSignature, in.answer.Code) {
		secrets = append(secrets[:len(secrets):len(secrets)], in.expect.Quotable...)
	}
	for _, secret := range secrets {
		if where := in.holds(secret); where != "" {
			in.find(in.protocolClause("secrets.echo"), where, "no secret of the request", "a secret of the request")
			return
		}
	}
}

// holds returns where the answer holds the secret, empty for nowhere.
func (in *inspection) holds(secret string) string {
	if len(secret) < minSecret {
		return ""
	}
	if bytes.Contains(in.exchange.RespBody, []byte(secret)) {
		return "/body"
	}
	if name := headerWith(in.exchange.RespHeader, secret); name != "" {
		return "/header/" + name
	}
	return ""
}

// minSecret is the length from which on a text is no chance find.
const minSecret = 6

func headerWith(h http.Header, secret string) string {
	for name, values := range h {
		for _, v := range values {
			if strings.Contains(v, secret) {
				return name
			}
		}
	}
	return ""
}

// bodyText is the body as it came, for findings.
func (in *inspection) bodyText() string {
	if len(in.exchange.RespBody) == 0 {
		return "an empty body"
	}
	return string(in.exchange.RespBody[:min(len(in.exchange.RespBody), 4*maxGot)])
}

// Summary says what the answer was in a few words.
func (a *Answer) Summary() string {
	if a.Status == 0 {
		return "no answer"
	}
	if a.Code == "" {
		return fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	}
	return fmt.Sprintf("%d %s: %s", a.Status, shorten(printable(a.Code)), shorten(printable(a.Message)))
}

// printable puts U+FFFD where a text would break a line or steer a terminal.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if wire.Steers(c) {
			return utf8.RuneError
		}
		return c
	}, s)
}

// Text returns a member's text, empty where it is none.
func Text(m *wire.Map, name string) string {
	v, _ := m.Get(name)
	s, _ := v.(string)
	return s
}
