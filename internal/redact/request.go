package redact

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// request is the request of an exchange as a server sees it.
type request struct {
	*wire.Received
}

// receive reads the captured request. It reports whether that went wrong: then
// what could be read is in the result. A body of more than most bytes is not
// looked at.
func receive(x *Raw, most int) (*request, bool) {
	in, err := wire.Receive(httpRequest(x), int64(most))
	if err == nil && !x.BodyLarge {
		return &request{in}, false
	}
	return &request{lenient(x, most)}, true
}

// httpRequest is the request as net/http would hand it to a server.
func httpRequest(x *Raw) *http.Request {
	path, query := target(x)
	u := &url.URL{Path: path, RawQuery: query}
	if plain, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = plain, path
	}
	header := x.Header
	if header == nil {
		header = http.Header{}
	}
	return &http.Request{
		Method: x.Method, URL: u, Host: x.Host, Header: header,
		Body: io.NopCloser(bytes.NewReader(x.Body)), ContentLength: int64(len(x.Body)),
	}
}

// target splits a request's target; a proxy's names a host, which is cut.
func target(x *Raw) (path, query string) {
	path, query, _ = strings.Cut(x.Target, "?")
	if _, rest, ok := strings.Cut(path, "://"); ok {
		path = "/"
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			path = rest[i:]
		}
	}
	return path, query
}

// lenient reads a request whose escapes are broken: what cannot be decoded
// stays as it is.
func lenient(x *Raw, most int) *wire.Received {
	path, query := target(x)
	in := &wire.Received{
		Method: x.Method, Path: path, Host: x.Host, Header: x.Header, Body: x.Body,
		Query: lenientParams(query), Scheme: wire.V1,
	}
	if isForm(x.Header.Get("Content-Type")) && len(x.Body) <= most && !x.BodyLarge {
		in.Form = lenientParams(string(x.Body))
	}
	if strings.HasPrefix(x.Header.Get("Authorization"), "ACS3-") {
		in.Scheme = wire.ACS3
	}
	return in
}

func lenientParams(raw string) wire.Params {
	out := wire.Params{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		out = append(out, wire.Param{Name: unescaped(name), Value: unescaped(value)})
	}
	return out
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func isForm(contentType string) bool {
	base, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(base), "application/x-www-form-urlencoded")
}

// request fills in what is told of the request.
func (p *pass) request(rec *Record) {
	x := p.raw
	action, _ := p.in.Common("Action")
	version, _ := p.in.Common("Version")
	format, _ := p.in.Common("Format")
	rec.Common = p.common(action, version)
	rec.Params = p.params(p.rules.request(p.rules.operation(action)))
	rec.Place, rec.Operation, rec.Version, rec.Signature = p.place(), p.word(action), p.word(version), p.signature()
	rec.Via = Via{Method: p.word(x.Method), Form: p.in.Form != nil, Scheme: p.in.Scheme, Format: p.word(format)}
	rec.Start, rec.FirstByte, rec.Duration = x.Start.Sub(p.session.begin), x.FirstByte, x.Duration
	rec.Failure, rec.Status = x.Failure.known(), x.Status
	if x.Status != 0 && !IsStatus(x.Status) { // nobody could answer so again
		rec.Failure, rec.Status = Broken, 0
	}
	rec.Body, rec.UnreadBody = p.body()
}

// IsStatus reports whether a status can be that of an answer.
func IsStatus(n int) bool {
	return n == http.StatusSwitchingProtocols || n >= http.StatusOK && n <= 999
}

// response fills in what is told of the answer.
func (p *pass) response(rec *Record) {
	action, _ := p.in.Common("Action")
	rec.Header = p.answerHeader()
	rec.Answer, rec.UnreadAnswer = p.answerBody(p.rules.response(p.rules.operation(action)))
}

// known is the failure itself, or Broken for one that has no name here.
func (f Failure) known() Failure {
	switch f {
	case NoFailure, Refused, Reset, Truncated, Timeout, Canceled:
		return f
	}
	return Broken
}

func (p *pass) place() Place {
	return Place{Track: p.label(p.raw.Place.Track), Role: p.label(p.raw.Place.Role), Lane: p.raw.Place.Lane, Lent: p.label(p.raw.Place.Lent)}
}

// maxLabel is how long a label may be.
const maxLabel = 1000

// label keeps what is written as our own labels are: a recording of others may
// have anything there.
func (p *pass) label(s string) string {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || i == maxLabel {
			return p.session.placeholder(kindText, s)
		}
	}
	return p.scrub(p.tokens(s))
}

// maxWord is how long what is to be a word of the protocol may be.
const maxWord = 64

// word keeps what is written as a word of the protocol, such as 2018-08-08 or
// text/xml, and replaces anything else.
func (p *pass) word(s string) string {
	if s == "" || IsPlaceholder(s) {
		return s
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && strings.IndexByte("-._/+*", s[i]) < 0 || i == maxWord {
			return p.session.placeholder(kindText, s)
		}
	}
	return p.scrub(s)
}

// params are the operation's own parameters by name.
func (p *pass) params(n *node) wire.Params {
	sent := p.in.API(func(name string) bool { return p.rules.common[name] != nil })
	out := make(wire.Params, len(sent))
	for i, s := range sent {
		known := n.find(s.Name)
		if known == nil {
			out[i] = wire.Param{Name: p.name(s.Name), Value: p.stranger(s.Name, s.Value)}
			continue
		}
		out[i] = wire.Param{Name: s.Name, Value: p.value(known, s.Value)}
	}
	return sorted(out)
}

// sorted sorts by name; what has the same name stays in order.
func sorted(list wire.Params) wire.Params {
	slices.SortStableFunc(list, func(a, b wire.Param) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// stranger treats the value of a name that nobody knows.
func (p *pass) stranger(name, value string) string {
	if value == "" {
		return ""
	}
	if isSecretName(name[strings.LastIndexByte(name, '.')+1:]) {
		return p.secret(value)
	}
	return p.unknown(value)
}

// maxName is how long an unknown name may be.
const maxName = 100

// name keeps an unknown name that is written as names are.
func (p *pass) name(s string) string {
	if len(s) > maxName || IsPlaceholder(s) {
		return p.hideName(s)
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && strings.IndexByte("-._#", s[i]) < 0 {
			return p.hideName(s)
		}
	}
	if swept := p.scrub(p.tokens(s)); swept != s {
		return p.hideName(s)
	}
	return s
}

func (p *pass) hideName(s string) string {
	if IsPlaceholder(s) {
		p.session.take(s)
		return s
	}
	return p.stand(kindName, s)
}

// signature checks the signature where the key is known.
func (p *pass) signature() string {
	value, n := p.in.Common("Signature")
	switch unread := p.in.Form == nil && isForm(p.raw.Header.Get("Content-Type")); {
	case (n == 0 || value == "") && unread:
		return SignatureUnchecked
	case n == 0 || value == "":
		return SignatureAbsent
	}
	id, _ := p.in.Common("AccessKeyId")
	key, known := p.session.known[id]
	switch {
	case !known || p.broken:
		return SignatureUnchecked
	case p.in.Verify(key.AccessKeySecret) == nil:
		return SignatureOK
	}
	return SignatureBad
}
