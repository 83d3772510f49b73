package wire

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewDraft(t *testing.T) {
	t.Parallel()
	v1 := []string{
		"Action=UpdateDataCache", "Version=2018-08-08", "AccessKeyId=testAccessKeyId", "SignatureMethod=HMAC-SHA1",
		"SignatureVersion=1.0", "SignatureNonce=0123456789abcdef0123456789abcdef", "Timestamp=2026-01-02T03:04:05Z",
	}
	api := []string{"RegionId=cn-hangzhou", "DataCacheId=edc-bp15l4vvys94oo000000", "Name=new name*x~中"}
	for name, test := range map[string]struct {
		edit        func(*Call)
		query, form []string
		accept      string
	}{
		"v1":             {func(*Call) {}, concat(v1, []string{"Format=JSON"}, api), nil, ""},
		"v1 form":        {func(c *Call) { c.Form = true }, nil, concat(v1, []string{"Format=JSON"}, api), ""},
		"v1 no format":   {func(c *Call) { c.NoFormat = true }, concat(v1, api), nil, ""},
		"v1 odd format":  {func(c *Call) { c.Format = "" }, concat(v1, []string{"Format="}, api), nil, ""},
		"v1 token":       {func(c *Call) { c.Credentials.SecurityToken = "t" }, concat(v1, []string{"Format=JSON", "SecurityToken=t"}, api), nil, ""},
		"acs3":           {func(c *Call) { c.Scheme = ACS3 }, api, nil, "application/json"},
		"acs3 form":      {func(c *Call) { c.Scheme = ACS3; c.Form = true }, nil, api, "application/json"},
		"acs3 xml":       {func(c *Call) { c.Scheme = ACS3; c.Format = "xml" }, api, nil, "text/xml"},
		"acs3 no format": {func(c *Call) { c.Scheme = ACS3; c.NoFormat = true }, api, nil, ""},
		"acs3 unknown":   {func(c *Call) { c.Scheme = ACS3; c.Format = "YAML" }, api, nil, "application/yaml"},
		"acs3 verbatim":  {func(c *Call) { c.Scheme = ACS3; c.Format = "*/*" }, api, nil, "*/*"},
	} {
		call := worked("", "")
		test.edit(&call)
		d := NewDraft(call)
		if diff := cmp.Diff(test.query, lines(d.Query)); diff != "" {
			t.Errorf("%s: NewDraft() query mismatch (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(test.form, lines(d.Form)); diff != "" {
			t.Errorf("%s: NewDraft() form mismatch (-want +got):\n%s", name, diff)
		}
		if got := d.Header.Get("Accept"); got != test.accept {
			t.Errorf("%s: accept = %q, want %q", name, got, test.accept)
		}
		if d.Method != "POST" || d.Operation != "UpdateDataCache" || d.Header.Get("Authorization") != "" {
			t.Errorf("%s: NewDraft() = %+v", name, d)
		}
		if diff := cmp.Diff(api, lines(call.Params)); diff != "" {
			t.Errorf("%s: NewDraft() changed the call (-want +got):\n%s", name, diff)
		}
	}
}

func concat(lists ...[]string) []string {
	var out []string
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func TestDraftSetDelGet(t *testing.T) {
	t.Parallel()
	for _, scheme := range []Scheme{V1, ACS3} {
		for _, form := range []bool{false, true} {
			call := worked(scheme, "POST")
			call.Form = form
			d := NewDraft(call)
			for _, name := range []string{"Action", "Version", "Timestamp", "SignatureNonce", "SecurityToken", "Name", "New"} {
				d.Set(name, "changed")
				if got, ok := d.Get(name); got != "changed" || !ok {
					t.Errorf("%s: Get(%s) = %q, %v", scheme, name, got, ok)
				}
				if err := d.Sign(); err != nil {
					t.Fatal(err)
				}
				if err := receiveDraft(t, d).Verify("testAccessKeySecret"); err != nil {
					t.Errorf("%s: Verify() after Set(%s) = %v", scheme, name, err)
				}
				d.Del(name)
				if got, ok := d.Get(name); ok {
					t.Errorf("%s: Get(%s) after Del = %q", scheme, name, got)
				}
			}
			if len(call.Params) != 3 || call.Params[2].Value != "new name*x~中" {
				t.Errorf("%s: edits reached the call's parameters: %v", scheme, call.Params)
			}
		}
	}
}

// An edit of the payload hash is sent as edited; an edit of the payload is
// hashed anew.
func TestDraftPayloadHash(t *testing.T) {
	t.Parallel()
	call := worked(ACS3, "POST")
	call.Form = true
	for name, test := range map[string]struct {
		edit func(*Draft)
		ok   bool
	}{
		"untouched":     {func(*Draft) {}, true},
		"form edited":   {func(d *Draft) { d.Set("Name", "other") }, true},
		"raw body":      {func(d *Draft) { d.Body, d.ContentType = []byte("{}"), "application/json" }, true},
		"wrong hash":    {func(d *Draft) { d.Header.Set("x-acs-content-sha256", strings.Repeat("0", 64)) }, false},
		"no hash":       {func(d *Draft) { d.Header.Del("x-acs-content-sha256") }, false},
		"body, removed": {func(d *Draft) { d.Form = nil }, true},
	} {
		d := NewDraft(call)
		test.edit(d)
		if err := d.Sign(); err != nil {
			t.Fatal(err)
		}
		if err := receiveDraft(t, d).Verify("testAccessKeySecret"); (err == nil) != test.ok {
			t.Errorf("%s: Verify() = %v, want ok %v", name, err, test.ok)
		}
	}
}

func TestDraftRequest(t *testing.T) {
	t.Parallel()
	call := worked(V1, "POST")
	call.Form = true
	d := NewDraft(call)
	d.Query = Params{{"Extra", "a b"}}
	d.Header.Set("X-Own", "1")
	d.Escape = func(s string) string { return strings.ReplaceAll(PercentEncode(s), "%20", "+") }
	r, err := d.Request(context.Background(), "http://127.0.0.1:1/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.URL.String(); got != "http://127.0.0.1:1/?Extra=a+b" {
		t.Errorf("Request() URL = %s", got)
	}
	if !strings.HasSuffix(string(body), "&Name=new+name%2Ax~%E4%B8%AD") || r.ContentLength != int64(len(body)) {
		t.Errorf("Request() body = %s", body)
	}
	if r.Host != "eci.cn-hangzhou.aliyuncs.com" || r.Header.Get("Content-Type") != formType {
		t.Errorf("Request() host %q, content type %q", r.Host, r.Header.Get("Content-Type"))
	}
	r.Header.Set("X-Own", "2")
	if d.Header.Get("X-Own") != "1" {
		t.Errorf("Request() shares the draft's headers")
	}
	for _, endpoint := range []string{"http://[", "::"} {
		if _, err := d.Request(context.Background(), endpoint); err == nil || !strings.HasPrefix(err.Error(), "build request UpdateDataCache: ") {
			t.Errorf("Request(%s) = %v", endpoint, err)
		}
	}
	d.Method = "BAD METHOD"
	if _, err := d.Request(context.Background(), "http://127.0.0.1:1"); err == nil {
		t.Errorf("Request() with a bad method = nil")
	}
}

func TestPercentEncode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "AZaz09-_.~": "AZaz09-_.~", " ": "%20", "*": "%2A", "+": "%2B", "/": "%2F", "中": "%E4%B8%AD", "\xff\x00": "%FF%00",
	} {
		if got := PercentEncode(in); got != want {
			t.Errorf("PercentEncode(%q) = %q, want %q", in, got, want)
		}
		if got, want := string(appendPercentTwice(nil, in)), PercentEncode(PercentEncode(in)); got != want {
			t.Errorf("appendPercentTwice(%q) = %q, want %q", in, got, want)
		}
		if got, err := percentDecode(want); got != in || err != nil {
			t.Errorf("percentDecode(%q) = %q, %v, want %q", want, got, err, in)
		}
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	p := Params{{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}, {"a", "5"}}
	if p.Count("a") != 3 || p.Count("x") != 0 {
		t.Errorf("Count() = %d, %d", p.Count("a"), p.Count("x"))
	}
	if diff := cmp.Diff([]string{"a=9", "b=2", "c=4"}, lines(p.Clone().Set("a", "9"))); diff != "" {
		t.Errorf("Set() mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b=2", "c=4"}, lines(p.Clone().Del("a"))); diff != "" {
		t.Errorf("Del() mismatch (-want +got):\n%s", diff)
	}
	if got := (Params{{"a b", "*"}, {"c", ""}}).Encode(nil); got != "a%20b=%2A&c=" {
		t.Errorf("Encode() = %s", got)
	}
	if Params(nil).Clone() != nil {
		t.Errorf("Clone() of nil is not nil")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
