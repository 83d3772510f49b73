package suites

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// fault is one small error of a target, and the family built to catch it.
type fault struct {
	name   string
	by     string // SUBJECT/VARIANT of a case that must fail
	family string
	must   bool   // it breaks a must clause: an ordinary run fails
	among  string // the glob of the cases that are tried
	bare   bool   // the profile binds next to nothing
	edit   func(*contract.Contract)
	wrap   func(testing.TB) wrapper
}

func (f fault) trial(t testing.TB) trial {
	tr := trial{edit: f.edit, selects: []string{f.among}, strict: contract.Inferred, seed: 5, bare: f.bare}
	if f.must {
		tr.strict = contract.Must
	}
	if f.wrap != nil {
		tr.wrap = f.wrap(t)
	}
	return tr
}

// TestFaultsAreCaught holds that each fault fails a case of its family and that
// the same cases pass on a target without it.
func TestFaultsAreCaught(t *testing.T) {
	all := slices.Concat(formatFaults, xmlFaults, authFaults, signatureFaults, parameterFaults, lexicalFaults)
	if len(all) < 30 {
		t.Errorf("%d faults, want at least 30", len(all))
	}
	for _, f := range all {
		t.Run(f.family+"/"+strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			caught := f.trial(t).judge(t).failed(f.family)
			if !slices.ContainsFunc(caught, func(id string) bool { return strings.HasSuffix(id, "/"+f.by) }) {
				t.Errorf("no case %s of the family %s fails; those that do: %v", f.by, f.family, caught)
			}
		})
	}
}

func always(w wrapper) func(testing.TB) wrapper { return func(testing.TB) wrapper { return w } }

func ask(a asking) func(testing.TB) wrapper {
	return func(t testing.TB) wrapper { a.t = t; return a.wrap }
}

var requestID = regexp.MustCompile(`[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}`)

const cheap = "DescribeRegions/**"

var formatFaults = []fault{
	{name: "no RequestId", by: "Format/xml", family: "format", must: true, among: cheap, wrap: always(rewritten(`"RequestId"`, `"Request"`, "RequestId>", "Request>"))},
	{name: "lower-case RequestId", by: "Format/xml", family: "format", must: true, among: cheap, wrap: always(bodies(func(s string) string {
		return requestID.ReplaceAllStringFunc(s, strings.ToLower)
	}))},
	{name: "one RequestId for all", by: "Format/xml", family: "format", must: true, among: cheap, wrap: always(bodies(func(s string) string {
		return requestID.ReplaceAllString(s, "0E234675-3465-4CC3-9D0F-9A864BC391DD")
	}))},
	{name: "another RequestId in the header", by: "Format/xml", family: "format", among: cheap, wrap: always(answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		rec.Header().Set("X-Acs-Request-Id", "0E234675-3465-4CC3-9D0F-9A864BC391DD")
	}))},
	{name: "XML ignored", by: "Format/xml", family: "format", must: true, among: cheap, wrap: ask(asking{
		when: func(in *wire.Received) bool { f, _ := in.Query.Get("Format"); return f == "XML" },
		do:   func(d *wire.Draft) { d.Set("Format", "JSON") },
	})},
	{name: "JSON by default", by: "Format/absent", family: "format", must: true, among: cheap, edit: func(c *contract.Contract) { c.Protocol.DefaultFormat = "JSON" }},
	{name: "Format in upper case only", by: "Format/lowerCaseJson", family: "format", among: cheap, wrap: always(refusing(func(in *wire.Received) bool {
		f, _ := in.Query.Get("Format")
		return f != "" && f != strings.ToUpper(f)
	}))},
	{name: "wrong content type", by: "method/get", family: "format", must: true, among: cheap, wrap: always(answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		rec.Header().Set("Content-Type", "text/plain")
	}))},
	{name: "bytes behind the JSON", by: "method/get", family: "format", must: true, among: cheap, wrap: always(bodies(func(s string) string { return s + "}" }))},
	{name: "a key twice in the JSON", by: "method/get", family: "format", among: cheap, wrap: always(rewritten(`{"RequestId"`, `{"RequestId":"","RequestId"`))},
	{name: "failures in JSON whatever the format", by: "error/xml", family: "format", must: true, among: cheap, wrap: always(func(h http.Handler) http.Handler {
		return answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
			if rec.Code >= 400 && strings.Contains(rec.Body.String(), "<Error>") {
				rec.Body.Reset()
				rec.Body.WriteString(`{"RequestId":"0E234675-3465-4CC3-9D0F-9A864BC391DD","HostId":"x","Code":"InvalidVersion","Message":"m"}`)
			}
		})(h)
	})},
	{name: "another HostId", by: "HostId/called", family: "format", among: cheap, wrap: always(jsonBodies(func(m *wire.Map) {
		if _, ok := m.Get("HostId"); ok {
			m.Set("HostId", "elsewhere.example.com")
		}
	}))},
	{name: "failures with status 200", by: "Version/other", family: "format", must: true, among: cheap, wrap: always(answering(func(_ *http.Request, rec *httptest.ResponseRecorder) {
		rec.Code = http.StatusOK
	}))},
	{name: "another XML root", by: "Format/xml", family: "format", must: true, among: cheap, wrap: always(rewritten("DescribeRegionsResponse>", "Response>"))},
	{name: "a member missing in XML", by: "answer/sameTree", family: "format", must: true, among: cheap, wrap: always(bodies(func(s string) string {
		return regexp.MustCompile(`<RegionEndpoint>[^<]*</RegionEndpoint>`).ReplaceAllString(s, "")
	}))},
	{name: "a number that is a text", by: "method/get", family: "format", must: true, among: "DescribeImageCaches/format/**", wrap: always(jsonBodies(func(m *wire.Map) {
		if _, ok := m.Get("TotalCount"); ok {
			m.Set("TotalCount", "many")
		}
	}))},
	{name: "GET refused", by: "method/get", family: "format", must: true, among: cheap, wrap: always(refusing(func(in *wire.Received) bool { return in.Method == http.MethodGet }))},
	{name: "form ignored", by: "method/postForm", family: "format", must: true, among: "DescribeImageCaches/**", wrap: ask(asking{
		when: func(in *wire.Received) bool { return len(in.Form) > 0 && in.Query.Count("Signature") == 0 },
		do:   func(d *wire.Draft) { d.Query, d.Form = d.Form.Del("RegionId"), wire.Params{} },
	})},
	{name: "PUT taken", by: "method/put", family: "format", must: true, among: cheap, wrap: ask(asking{
		when: func(in *wire.Received) bool { return in.Method == http.MethodPut },
		do:   func(d *wire.Draft) { d.Method = http.MethodPost },
	})},
	{name: "any Version taken", by: "Version/other", family: "format", must: true, among: cheap, wrap: ask(asking{do: func(d *wire.Draft) { d.Set("Version", "2018-08-08") }})},
	{name: "Action in any case", by: "Action/otherCase", family: "format", among: cheap, wrap: ask(asking{
		when: func(in *wire.Received) bool {
			a, _ := in.Common("Action")
			return strings.EqualFold(a, "DescribeRegions")
		},
		do: func(d *wire.Draft) { d.Set("Action", "DescribeRegions") },
	})},
	{name: "unknown Action with another code", by: "Action/otherCase", family: "format", among: cheap, edit: gateway("request.unknownAction", func(e *contract.Error) { e.Code = "NoSuchAction" })},
	{name: "bad Version with another status", by: "Version/other", family: "format", must: true, among: cheap, edit: gateway("request.badVersion", func(e *contract.Error) { e.Status = http.StatusNotFound })},
	{name: "ACS3 refused", by: "signature/acs3Get", family: "format", must: true, among: cheap, wrap: always(refusing(func(in *wire.Received) bool { return in.Scheme == wire.ACS3 }))},
}

var authFaults = []fault{
	{name: "signature v1 unchecked", by: "tamper/v1-value", family: "auth", must: true, among: cheap, wrap: ask(asking{always: true, when: v1})},
	{name: "signature ACS3 unchecked", by: "tamper/acs3-value", family: "auth", must: true, among: cheap, wrap: ask(asking{always: true, when: acs3})},
	{name: "method unsigned", by: "tamper/v1-method", family: "auth", must: true, among: cheap, wrap: func(t testing.TB) wrapper {
		secret := emulatorKeys(t)["emulator-default"].AccessKeySecret
		return asking{t: t, always: true, when: func(in *wire.Received) bool {
			asPost := *in
			asPost.Method = http.MethodPost
			return in.Verify(secret) != nil && asPost.Verify(secret) == nil
		}}.wrap
	}},
	{name: "nonce good for ever", by: "SignatureNonce/v1-reused", family: "auth", must: true, among: cheap, wrap: ask(asking{do: func(d *wire.Draft) {
		prolong(d, "SignatureNonce")
		d.Set("SignatureNonce", time.Now().Format(time.RFC3339Nano))
	}})},
	{name: "the last nonces only", by: "SignatureNonce/v1-reusedLate", family: "auth", must: true, among: "DescribeImageCaches/auth/SignatureNonce/**", wrap: fewNonces(50)},
	{name: "temporary keys without tokens", by: "SecurityToken/v1-missing", family: "auth", among: "DescribeImageCaches/auth/SecurityToken/**", wrap: anyToken},
	{name: "any token of temporary keys", by: "SecurityToken/v1-wrong", family: "auth", among: "DescribeImageCaches/auth/SecurityToken/**", wrap: anyToken},
	{name: "tokens of 32 characters", by: "token/longEnd", family: "idempotency", must: true, among: "CreateImageCache/idempotency/token/**", wrap: ask(asking{do: tokens(func(t string) string { return t[:min(32, len(t))] })})},
	{name: "the last 32 characters of tokens", by: "token/longStart", family: "idempotency", must: true, among: "CreateImageCache/idempotency/token/**", wrap: ask(asking{do: tokens(func(t string) string { return t[max(0, len(t)-32):] })})},
	{name: "forms read as Latin-1", by: "ImageCacheName/text-form", family: "parameter", must: true, among: "CreateImageCache/parameter/ImageCacheName/text-form", wrap: ask(asking{
		when: func(in *wire.Received) bool { return len(in.Form) > 0 },
		do: func(d *wire.Draft) {
			text, _ := d.Get("ImageCacheName")
			latin := make([]rune, 0, len(text))
			for _, c := range []byte(text) {
				latin = append(latin, rune(c))
			}
			d.Set("ImageCacheName", string(latin))
		},
	})},
	{name: "a nonce good for each operation", by: "SignatureNonce/v1-otherOperation", family: "auth", must: true, among: "DescribeImageCaches/auth/SignatureNonce/**", wrap: ask(asking{do: func(d *wire.Draft) {
		action, _ := d.Get("Action")
		nonce, _ := d.Get("SignatureNonce")
		d.Set("SignatureNonce", nonce+action)
	}})},
	{name: "clock unchecked", by: "Timestamp/v1-skew+16m", family: "auth", must: true, among: cheap, wrap: ask(asking{do: clockNow})},
	{name: "window of ten minutes", by: "Timestamp/v1-skew+14m", family: "auth", must: true, among: cheap, edit: func(c *contract.Contract) { c.Protocol.Skew = 600 }},
	{name: "window of twenty minutes", by: "Timestamp/v1-skew-16m", family: "auth", must: true, among: cheap, edit: func(c *contract.Contract) { c.Protocol.Skew = 1200 }},
	{name: "keys of nobody let in", by: "AccessKeyId/v1-unknown", family: "auth", must: true, among: cheap, wrap: ask(asking{
		always: true, when: func(in *wire.Received) bool {
			id, _ := in.Common("AccessKeyId")
			return strings.HasPrefix(id, "conform")
		},
		do: func(d *wire.Draft) { d.Set("AccessKeyId", d.Credentials.AccessKeyID) },
	})},
	{name: "disabled keys let in", by: "AccessKeyId/v1-disabled", family: "auth", among: cheap, wrap: func(t testing.TB) wrapper {
		good := emulatorKeys(t)["emulator-default"]
		return asking{t: t, when: func(in *wire.Received) bool { id, _ := in.Common("AccessKeyId"); return id == "emulator-disabled" },
			do: func(d *wire.Draft) { d.Credentials = good; d.Set("AccessKeyId", good.AccessKeyID) }}.wrap
	}},
	{name: "wrong signature with another code", by: "AccessKeySecret/v1-wrong", family: "auth", must: true, among: cheap, edit: gateway("request.wrongSignature", func(e *contract.Error) { e.Code = "SignatureWrong" })},
	{name: "wrong signature with status 403", by: "AccessKeySecret/v1-wrong", family: "auth", must: true, among: cheap, edit: gateway("request.wrongSignature", func(e *contract.Error) { e.Status = http.StatusForbidden })},
	{name: "used nonce with another code", by: "SignatureNonce/v1-reused", family: "auth", must: true, among: cheap, edit: gateway("request.nonceUsed", func(e *contract.Error) { e.Code = "NonceUsed" })},
	{name: "no nonce needed", by: "SignatureNonce/v1-missing", family: "auth", must: true, among: cheap, wrap: ask(asking{
		when: func(in *wire.Received) bool { return in.Query.Count("SignatureNonce") == 0 && in.Scheme == wire.V1 },
		do:   func(d *wire.Draft) { d.Set("SignatureNonce", time.Now().Format(time.RFC3339Nano)) },
	})},
	{name: "any SignatureMethod", by: "SignatureMethod/v1-wrong", family: "auth", must: true, among: cheap, wrap: ask(asking{when: v1, do: func(d *wire.Draft) { d.Set("SignatureMethod", "HMAC-SHA1") }})},
	{name: "any form of time", by: "Timestamp/v1-words", family: "auth", must: true, among: cheap, wrap: ask(asking{
		when: func(in *wire.Received) bool {
			text, n := in.Common("Timestamp")
			return n > 0 && len(text) != len(timeLayout)
		},
		do: clockNow,
	})},
	{name: "secret in the message", by: "AccessKeySecret/v1-wrong", family: "auth", among: cheap, wrap: func(t testing.TB) wrapper {
		secret := emulatorKeys(t)["emulator-default"].AccessKeySecret
		return rewritten("server string to sign is:", "with "+secret+" server string to sign is:")
	}},
	{name: "parameters before signature", by: "precedence/v1-signatureBeforeParameters", family: "auth", among: "DescribeImageCaches/auth/**", edit: func(c *contract.Contract) {
		order := slices.DeleteFunc(c.Gateway.Order, func(s string) bool { return s == "parameters" })
		c.Gateway.Order = slices.Insert(order, slices.Index(order, "signature"), "parameters")
	}},
	{name: "timestamp behind signature", by: "precedence/timestamp-signature", family: "auth", among: "DescribeImageCaches/auth/**", edit: func(c *contract.Contract) {
		order := slices.DeleteFunc(c.Gateway.Order, func(s string) bool { return s == "timestamp" })
		c.Gateway.Order = slices.Insert(order, slices.Index(order, "signature")+1, "timestamp")
	}},
	{name: "plus is no space", by: "control/v1-spaceAsPlus", family: "auth", among: cheap, wrap: always(refusingSignature)},
}

func v1(in *wire.Received) bool   { return in.Scheme == wire.V1 }
func acs3(in *wire.Received) bool { return in.Scheme == wire.ACS3 }

// clockNow gives a request the time of its arrival.
func clockNow(d *wire.Draft) { d.Set("Timestamp", time.Now().UTC().Format(timeLayout)) }

// fewNonces forgets all but so many of the latest nonces.
func fewNonces(n int) func(testing.TB) wrapper {
	return func(t testing.TB) wrapper {
		var mu sync.Mutex
		var latest []string
		return asking{t: t, do: func(d *wire.Draft) {
			mu.Lock()
			defer mu.Unlock()
			nonce, _ := d.Get("SignatureNonce")
			if slices.Contains(latest, nonce) {
				return
			}
			latest = append(latest, nonce)
			latest = latest[max(0, len(latest)-n):]
			d.Set("SignatureNonce", nonce+time.Now().Format(time.RFC3339Nano))
		}}.wrap
	}
}

// anyToken lets temporary keys in whatever their token.
func anyToken(t testing.TB) wrapper {
	good := emulatorKeys(t)["emulator-default"]
	return asking{
		t: t, when: func(in *wire.Received) bool {
			id, _ := in.Common("AccessKeyId")
			return strings.HasPrefix(id, "STS.")
		},
		do: func(d *wire.Draft) {
			d.Credentials = good
			d.Set("AccessKeyId", good.AccessKeyID)
			d.Del("SecurityToken")
		},
	}.wrap
}

// tokens changes the ClientToken of a request.
func tokens(do func(string) string) func(*wire.Draft) {
	return values(func(name, value string) string {
		if name == "ClientToken" {
			return do(value)
		}
		return value
	})
}

// refusingSignature reads every + as one, so that a space written so is signed
// wrongly.
func refusingSignature(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "+") {
			r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "+", "%2B")
		}
		h.ServeHTTP(w, r)
	})
}
