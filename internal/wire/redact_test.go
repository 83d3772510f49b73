package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestRedactor(t *testing.T) {
	t.Parallel()
	const secret = `p/w "ü*<&>+~=\'` + "\n!"
	twice := url.QueryEscape(url.QueryEscape(secret))
	asJSON, _ := json.Marshal(secret)
	doubly, _ := json.Marshal(string(asJSON))
	for name, form := range map[string]string{
		"raw":                        secret,
		"percent":                    PercentEncode(secret),
		"percent lower":              lowerEscapes(PercentEncode(secret)),
		"percent plus":               url.QueryEscape(secret),
		"percent plus lower":         lowerEscapes(url.QueryEscape(secret)),
		"percent star":               strings.ReplaceAll(PercentEncode(secret), "%2A", "*"),
		"path":                       url.PathEscape(secret),
		"percent twice":              PercentEncode(PercentEncode(secret)),
		"percent twice lower":        lowerEscapes(PercentEncode(lowerEscapes(PercentEncode(secret)))),
		"percent twice plus":         twice,
		"percent twice mixed":        PercentEncode(url.QueryEscape(secret)),
		"json":                       strings.Trim(string(EncodeJSON(secret)), `"`),
		"json of the library":        strings.TrimSuffix(strings.TrimPrefix(string(asJSON), `"`), `"`),
		"json slash":                 strings.ReplaceAll(strings.Trim(string(EncodeJSON(secret)), `"`), "/", `\/`),
		"json ascii":                 strings.ReplaceAll(strings.Trim(string(EncodeJSON(secret)), `"`), "ü", `\u00fc`),
		"json in json":               string(doubly[3 : len(doubly)-3]),
		"xml":                        string(appendXMLText(nil, secret)),
		"xml quot":                   strings.NewReplacer(`"`, "&quot;", "'", "&apos;").Replace(string(appendXMLText(nil, secret))),
		"base64":                     base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 raw":                 base64.RawStdEncoding.EncodeToString([]byte(secret)),
		"base64 url":                 base64.URLEncoding.EncodeToString([]byte(secret)),
		"base64 url raw":             base64.RawURLEncoding.EncodeToString([]byte(secret)),
		"base64 of both id and key":  base64.StdEncoding.EncodeToString([]byte("x:" + secret)),
		"base64 of both shifted":     base64.StdEncoding.EncodeToString([]byte("id:" + secret + "/")),
		"base64 url of both aligned": base64.URLEncoding.EncodeToString([]byte("AB:" + secret)),
	} {
		r := NewRedactor("unrelated", secret)
		got := r.String("before=" + form + "&after")
		if strings.HasPrefix(name, "base64") && strings.Contains(name, "both") {
			if !strings.Contains(got, Redacted) {
				t.Errorf("%s: String() = %q, want it redacted", name, got)
			}
			continue
		}
		if want := "before=" + Redacted + "&after"; got != want && got != want[:len(want)-len("&after")]+"==&after" {
			t.Errorf("%s: String(%q) = %q, want %q", name, form, got, want)
		}
		if got := string(r.Bytes([]byte(form + form))); strings.Contains(got, form) || !strings.Contains(got, Redacted) {
			t.Errorf("%s: Bytes() = %q, want it redacted", name, got)
		}
	}
}

func TestRedactorEdges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secrets    []string
		text, want string
	}{
		"none":               {nil, "text", "text"},
		"empty secret":       {[]string{""}, "text", "text"},
		"empty text":         {[]string{"secret"}, "", ""},
		"nothing":            {[]string{"secret"}, "sec ret", "sec ret"},
		"all of it":          {[]string{"secret"}, "secret", "REDACTED"},
		"repeated":           {[]string{"secret"}, "secretsecret", "REDACTEDREDACTED"},
		"longest":            {[]string{"secret", "secretive"}, "a secretive one", "a REDACTED one"},
		"overlapping":        {[]string{"abcdef", "defghi"}, "-abcdefghi-", "-REDACTED-"},
		"one in another":     {[]string{"abcdefgh", "cdef"}, "-abcdefgh-", "-REDACTED-"},
		"short in a word":    {[]string{"ab"}, "cab able tab", "cab able tab"},
		"short alone":        {[]string{"ab"}, "ab", "REDACTED"},
		"short in query":     {[]string{"ab"}, "?x=ab&y=abc&z=ab", "?x=REDACTED&y=abc&z=REDACTED"},
		"short in json":      {[]string{"ab"}, `{"k":"ab","l":"abc"}`, `{"k":"REDACTED","l":"abc"}`},
		"short json in json": {[]string{"ab"}, `"{\"k\":\"ab\"}"`, `"{\"k\":\"REDACTED\"}"`},
		"short in xml":       {[]string{"ab"}, "<k>ab</k><l>abc</l>", "<k>REDACTED</k><l>abc</l>"},
		"one character":      {[]string{"p"}, "Password=p&q=pp", "Password=REDACTED&q=pp"},
		"one at the end":     {[]string{"p"}, "Password=p", "Password=REDACTED"},
		"short escaped":      {[]string{"é/"}, "x=%C3%A9%2F&y", "x=REDACTED&y"},
	} {
		r := NewRedactor(test.secrets...)
		if got := r.String(test.text); got != test.want {
			t.Errorf("%s: String() = %q, want %q", name, got, test.want)
		}
		if got := string(r.Bytes([]byte(test.text))); got != test.want {
			t.Errorf("%s: Bytes() = %q, want %q", name, got, test.want)
		}
	}
	var zero Redactor
	zero.Add("secret")
	if got := zero.String("a secret"); got != "a REDACTED" {
		t.Errorf("zero Redactor: String() = %q", got)
	}
}

func TestRedactorConcurrent(t *testing.T) {
	t.Parallel()
	r := NewRedactor("first-secret")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			secret := fmt.Sprintf("secret-%d-x", i)
			for range 50 {
				r.Add(secret)
				if got := r.String(secret + " first-secret"); got != Redacted+" "+Redacted {
					t.Errorf("String() = %q", got)
				}
			}
		})
	}
	wg.Wait()
}

// What a request holds that is secret by the protocol alone is found in either
// place and as it was sent, so that an answer or an error that repeats it can be
// cleaned.
func TestSecretsOfExchange(t *testing.T) {
	t.Parallel()
	for _, scheme := range []Scheme{V1, ACS3} {
		for _, form := range []bool{false, true} {
			call := worked(scheme, "POST")
			call.Form = form
			call.Credentials.SecurityToken = "a token+/="
			d := NewDraft(call)
			if err := d.Sign(); err != nil {
				t.Fatal(err)
			}
			sig, _ := d.Get("Signature")
			if scheme == ACS3 {
				sig = d.Header.Get("Authorization")[len(d.Header.Get("Authorization"))-64:]
			}
			req, err := d.Request(t.Context(), "http://127.0.0.1:1")
			if err != nil {
				t.Fatal(err)
			}
			x := &Exchange{URL: req.URL.String(), Header: req.Header, Body: d.payload()}
			text := NewRedactor(x.Secrets()...).String(fmt.Sprint(x.URL, x.Header, string(x.Body), sig, " a token+/= "))
			for _, secret := range []string{sig, PercentEncode(sig), "token+", PercentEncode("a token+/=")} {
				if strings.Contains(text, secret) {
					t.Errorf("%s form=%v: Secrets() left %q in %s", scheme, form, secret, text)
				}
			}
			if !strings.Contains(text, "UpdateDataCache") {
				t.Errorf("%s form=%v: %s, want the rest unchanged", scheme, form, text)
			}
		}
	}
}

func TestCredentialsPrintNoSecret(t *testing.T) {
	t.Parallel()
	c := Credentials{AccessKeyID: "id", AccessKeySecret: "hidden", SecurityToken: "hidden"}
	asJSON, err := json.Marshal(struct{ C Credentials }{c})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c) + fmt.Sprintf(verb, struct{ C Credentials }{c}); strings.Contains(got, "hidden") || !strings.Contains(got, "id") {
			t.Errorf("Sprintf(%s) = %q", verb, got)
		}
	}
	if got := string(asJSON) + c.LogValue().String(); strings.Contains(got, "hidden") {
		t.Errorf("json and slog = %q", got)
	}
}
