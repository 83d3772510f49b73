package run

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// redaction turns exchanges into what may be written.
type redaction struct {
	contract *contract.Contract
	redactor *wire.Redactor
}

const (
	masked  = "***"
	maxBody = 4096 // bytes of a body that are kept
	// minSecret is the length from which on a secret parameter's value is
	// looked for in other texts, too: a shorter one would be found anywhere.
	minSecret = 4
)

func newRedaction(o Options) *redaction {
	for _, c := range o.Credentials {
		addSecret(o.Redactor, c.AccessKeySecret)
		addSecret(o.Redactor, c.SecurityToken)
	}
	for name, value := range o.Profile.Bindings {
		for _, op := range o.Contract.Operations {
			for _, secret := range plan.SecretValues(op, wire.Params{{Name: name, Value: value}}) {
				addSecret(o.Redactor, secret)
			}
		}
	}
	return &redaction{contract: o.Contract, redactor: o.Redactor}
}

func addSecret(r *wire.Redactor, secret string) {
	if len(secret) >= minSecret {
		r.Add(secret)
	}
}

// result puts findings and exchanges into the result without their secrets.
func (r *redaction) result(res *Result, findings []check.Finding, exchanges []*wire.Exchange) {
	own := r.local(exchanges)
	clean := func(s string) string { return own.String(r.redactor.String(s)) }
	res.Reason = clean(res.Reason)
	for _, f := range findings {
		f.Want, f.Got = clean(f.Want), clean(f.Got)
		res.Findings = append(res.Findings, f)
	}
	for _, x := range exchanges {
		res.Exchanges = append(res.Exchanges, r.exchange(x, clean))
	}
}

// local masks what is secret in the case's own requests: their signatures and
// tokens, which an answer may repeat, and their secret parameters.
func (r *redaction) local(exchanges []*wire.Exchange) *wire.Redactor {
	own := wire.NewRedactor()
	for _, x := range exchanges {
		for _, secret := range x.Secrets() {
			addSecret(own, secret)
		}
		for _, secret := range plan.SecretValues(r.contract.Operation(x.Operation), x.Params) {
			addSecret(own, secret)
		}
	}
	return own
}

func (r *redaction) exchange(x *wire.Exchange, clean func(string) string) Exchange {
	op := r.contract.Operation(x.Operation)
	out := Exchange{
		Operation: x.Operation, Method: x.Method, URL: clean(r.url(op, x.URL)),
		Header: headers(x.Header, clean), Body: clean(r.body(op, x)),
		Status: x.Status, RespHeader: headers(x.RespHeader, clean), RespBody: clean(string(x.RespBody)),
		Start: x.Start, Duration: x.Duration,
	}
	out.Body, out.RespBody = cut(out.Body), cut(out.RespBody)
	if x.Err != nil {
		out.Error = clean(withoutQuery(x.Err.Error(), x.URL))
	}
	for _, p := range x.Params {
		if secret(op, p.Name, p.Value) {
			p.Value = masked
		}
		out.Params = append(out.Params, Param{Name: p.Name, Value: clean(p.Value)})
	}
	return out
}

// withoutQuery shortens a URL in an error's text to what holds no signature.
func withoutQuery(text, address string) string {
	short, _, _ := strings.Cut(address, "?")
	if address == "" {
		return text
	}
	return strings.ReplaceAll(text, address, short)
}

func (r *redaction) url(op *contract.Operation, address string) string {
	path, query, ok := strings.Cut(address, "?")
	if !ok {
		return address
	}
	return path + "?" + pairs(op, query)
}

func (r *redaction) body(op *contract.Operation, x *wire.Exchange) string {
	if strings.HasPrefix(x.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return pairs(op, string(x.Body))
	}
	return string(x.Body)
}

// pairs drops the signature from an encoded query or form and masks the values
// that are secret by their name.
func pairs(op *contract.Operation, encoded string) string {
	var out []string
	for pair := range strings.SplitSeq(encoded, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, value := decoded(rawName), decoded(rawValue)
		switch {
		case name == "Signature":
		case secret(op, name, value):
			out = append(out, rawName+"="+masked)
		default:
			out = append(out, pair)
		}
	}
	return strings.Join(out, "&")
}

func decoded(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

// secret says whether a parameter's value must not be shown.
func secret(op *contract.Operation, name, value string) bool {
	return name == "SecurityToken" && value != "" ||
		len(plan.SecretValues(op, wire.Params{{Name: name, Value: value}})) > 0
}

// hidden are the headers whose whole value is secret.
var hidden = map[string]bool{"X-Acs-Security-Token": true, "X-Acs-Bearer-Token": true, "Cookie": true, "Set-Cookie": true}

func headers(h http.Header, clean func(string) string) http.Header {
	if h == nil {
		return nil
	}
	out := make(http.Header, len(h))
	for i, name := range slices.Sorted(maps.Keys(h)) {
		if i == maxHeaders {
			break
		}
		for _, v := range h[name][:min(len(h[name]), maxHeaders)] {
			switch {
			case hidden[http.CanonicalHeaderKey(name)]:
				v = masked
			case strings.EqualFold(name, "Authorization"):
				v = withoutSignature(v)
			}
			out[name] = append(out[name], cut(clean(v)))
		}
	}
	return out
}

// maxHeaders is how many headers of a message are kept, and how many values of
// one.
const maxHeaders = 64

// withoutSignature masks the signature of an Authorization header, which
// stands last in it; a value of another form is masked whole.
func withoutSignature(v string) string {
	const key = "Signature="
	i := strings.LastIndex(v, key)
	if i < 0 {
		return masked
	}
	return v[:i+len(key)] + masked
}

// cut shortens a body to what is kept of it.
func cut(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxBody {
		return s
	}
	return strings.ToValidUTF8(s[:maxBody], "") + "…"
}
