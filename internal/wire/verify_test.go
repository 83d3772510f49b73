package wire

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestVerifyCaptures(t *testing.T) {
	t.Parallel()
	count := map[Scheme]int{}
	for name, c := range captures(t) {
		in := c.receive(t)
		count[in.Scheme]++
		if err := in.Verify(c.secret()); err != nil {
			t.Errorf("%s: Verify() = %v, want nil", name, err)
		}
		var m *Mismatch
		if err := in.Verify(c.secret() + "x"); !errors.As(err, &m) || m.Malformed {
			t.Errorf("%s: Verify(other secret) = %v, want a Mismatch", name, err)
		}
		if id, n := in.Common("AccessKeyId"); id != "testAccessKeyId" || n != 1 {
			t.Errorf("%s: Common(AccessKeyId) = %q, %d", name, id, n)
		}
		if version, n := in.Common("Version"); version != "2018-08-08" || n != 1 {
			t.Errorf("%s: Common(Version) = %q, %d", name, version, n)
		}
	}
	if count[V1] != 19 || count[ACS3] != 13 {
		t.Errorf("schemes of the captures = %v, want 19 v1 and 13 acs3", count)
	}
}

// No byte of a parameter, of the body or of a signed header can be altered,
// dropped or added.
func TestVerifyTampered(t *testing.T) {
	t.Parallel()
	for name, c := range captures(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuse := func(what string, in *Received) {
				t.Helper()
				if in.Verify(c.secret()) == nil {
					t.Errorf("%s: Verify() = nil, want a Mismatch", what)
				}
			}
			whole := c.receive(t)
			lists := []func(*Received) *Params{func(in *Received) *Params { return &in.Query }}
			if whole.Scheme == V1 {
				lists = append(lists, func(in *Received) *Params { return &in.Form })
			}
			for _, list := range lists {
				tamperParams(whole, list, refuse)
			}
			if whole.Scheme == ACS3 {
				tamperBody(whole, refuse)
				tamperHeaders(whole, refuse)
			}
			in := *whole
			in.Method = map[string]string{"GET": "POST", "POST": "GET"}[whole.Method]
			refuse("the other method", &in)
		})
	}
}

func tamperParams(whole *Received, list func(*Received) *Params, refuse func(string, *Received)) {
	edit := func(what string, do func(*Params)) {
		in := *whole
		*list(&in) = list(whole).Clone()
		do(list(&in))
		refuse(what, &in)
	}
	for i, p := range *list(whole) {
		for j := range len(p.Name) {
			edit("name "+p.Name, func(q *Params) { (*q)[i].Name = flip(p.Name, j) })
		}
		for j := range len(p.Value) {
			edit("value of "+p.Name, func(q *Params) { (*q)[i].Value = flip(p.Value, j) })
		}
		edit("longer "+p.Name, func(q *Params) { (*q)[i].Value += "x" })
		edit("without "+p.Name, func(q *Params) { *q = append((*q)[:i], (*q)[i+1:]...) })
		edit("twice "+p.Name, func(q *Params) { *q = append(*q, p) })
	}
	edit("one more", func(q *Params) { *q = append(*q, Param{"Added", ""}) })
}

func tamperBody(whole *Received, refuse func(string, *Received)) {
	for i := range whole.Body {
		in := *whole
		in.Body = []byte(flip(string(whole.Body), i))
		refuse("body", &in)
	}
	in := *whole
	in.Body = append(append([]byte(nil), whole.Body...), ' ')
	refuse("longer body", &in)
}

func tamperHeaders(whole *Received, refuse func(string, *Received)) {
	edit := func(what string, do func(http.Header)) {
		in := *whole
		in.Header = whole.Header.Clone()
		do(in.Header)
		in.auth, in.authErr = parseAuthorization(in.Header.Get("Authorization"))
		refuse(what, &in)
	}
	for _, name := range whole.auth.signedHeaders {
		if name == "host" {
			continue
		}
		value := whole.Header.Get(name)
		for i := range len(value) {
			edit("header "+name, func(h http.Header) { h.Set(name, flip(value, i)) })
		}
		edit("without "+name, func(h http.Header) { h.Del(name) })
		edit("twice "+name, func(h http.Header) { h.Add(name, value) })
	}
	auth := whole.Header.Get("Authorization")
	for i := range len(auth) {
		if i < strings.Index(auth, "Credential=")+len("Credential=") || i > strings.Index(auth, ",SignedHeaders") {
			edit("Authorization", func(h http.Header) { h.Set("Authorization", flip(auth, i)) })
		}
	}
	edit("unsigned x-acs header", func(h http.Header) { h.Set("x-acs-added", "1") })
	edit("upper-case signature", func(h http.Header) {
		at := strings.Index(auth, "Signature=") + len("Signature=")
		h.Set("Authorization", auth[:at]+strings.ToUpper(auth[at:]))
	})
	in := *whole
	in.Host = "127.0.0.2:18999"
	refuse("host", &in)
}

// flip alters one byte and leaves it printable.
func flip(s string, i int) string { return s[:i] + string([]byte{s[i] ^ 1}) + s[i+1:] }

func TestVerifyMalformed(t *testing.T) {
	t.Parallel()
	good := "ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host;x-acs-date,Signature=00"
	for name, test := range map[string]struct {
		auth string
		ok   bool
	}{
		"good":               {good, true},
		"spaces":             {strings.ReplaceAll(good, ",", ", "), true},
		"other order":        {"ACS3-HMAC-SHA256 Signature=00,SignedHeaders=host;x-acs-date,Credential=testAccessKeyId", true},
		"empty":              {"", false},
		"algorithm only":     {"ACS3-HMAC-SHA256", false},
		"other algorithm":    {strings.Replace(good, "SHA256", "SM3", 1), false},
		"no credential":      {strings.Replace(good, "Credential=testAccessKeyId,", "", 1), false},
		"empty credential":   {strings.Replace(good, "testAccessKeyId", "", 1), false},
		"no signature":       {strings.Replace(good, ",Signature=00", "", 1), false},
		"no signed headers":  {strings.Replace(good, "SignedHeaders=host;x-acs-date,", "", 1), false},
		"a part twice":       {good + ",Signature=00", false},
		"unknown part":       {good + ",Extra=1", false},
		"trailing comma":     {good + ",", false},
		"upper-case header":  {strings.Replace(good, "host", "Host", 1), false},
		"unsorted headers":   {strings.Replace(good, "host;x-acs-date", "x-acs-date;host", 1), false},
		"a header twice":     {strings.Replace(good, "host;", "host;host;", 1), false},
		"empty header":       {strings.Replace(good, "host;", ";host;", 1), false},
		"trailing semicolon": {strings.Replace(good, "x-acs-date", "x-acs-date;", 1), false},
	} {
		if _, err := parseAuthorization(test.auth); (err == nil) != test.ok {
			t.Errorf("%s: parseAuthorization() = %v, want ok %v", name, err, test.ok)
		}
	}
}

// Host and x-acs-* must be among the signed headers even where the signature
// over fewer is right.
func TestVerifyUnsignedHeaders(t *testing.T) {
	t.Parallel()
	for _, drop := range []string{"host", "x-acs-date", "x-acs-signature-nonce", "x-acs-action"} {
		d := NewDraft(worked(ACS3, "POST"))
		c := canonicalRequest{method: "POST", path: "/", query: d.Query, hash: d.hash, header: func(name string) (string, bool) {
			if name == "host" {
				return d.Host, true
			}
			return joinedHeader(d.Header, name)
		}}
		for _, name := range d.signedNames() {
			if name != drop {
				c.names = append(c.names, name)
			}
		}
		text, _ := c.text(true)
		d.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders="+
			strings.Join(c.names, ";")+",Signature="+signatureACS3("testAccessKeySecret", stringToSignACS3(text)))
		var m *Mismatch
		if err := receiveDraft(t, d).Verify("testAccessKeySecret"); !errors.As(err, &m) || !m.Malformed {
			t.Errorf("without %s: Verify() = %v, want a malformed Mismatch", drop, err)
		}
	}
}

// What this package signs it also accepts, in every place and escape.
func TestVerifyDrafts(t *testing.T) {
	t.Parallel()
	plus := func(s string) string { return strings.ReplaceAll(PercentEncode(s), "%20", "+") }
	star := func(s string) string { return strings.ReplaceAll(PercentEncode(s), "%2A", "*") }
	for _, scheme := range []Scheme{V1, ACS3} {
		for _, method := range []string{"GET", "POST"} {
			for _, form := range []bool{false, true} {
				for escape, f := range map[string]func(string) string{"plain": nil, "plus": plus, "star": star} {
					call := worked(scheme, method)
					call.Form = form
					call.Params = append(call.Params, Param{"DataSource.Options.#6#repoId", "a/b"}, Param{"Empty", ""})
					call.Credentials.SecurityToken = "a token+/="
					d := NewDraft(call)
					d.Escape = f
					if err := d.Sign(); err != nil {
						t.Fatal(err)
					}
					in := receiveDraft(t, d)
					if err := in.Verify("testAccessKeySecret"); err != nil {
						t.Errorf("%s %s form=%v %s: Verify() = %v", scheme, method, form, escape, err)
					}
					if token, n := in.Common("SecurityToken"); token != "a token+/=" || n != 1 {
						t.Errorf("%s: Common(SecurityToken) = %q, %d", scheme, token, n)
					}
				}
			}
		}
	}
}

// A header that is signed but not there leaves nothing to compare with.
func TestVerifyMissingHeader(t *testing.T) {
	t.Parallel()
	d := NewDraft(worked(ACS3, "POST"))
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	d.Header.Del("X-Acs-Date")
	var m *Mismatch
	if err := receiveDraft(t, d).Verify("testAccessKeySecret"); !errors.As(err, &m) || !m.Malformed {
		t.Errorf("Verify() = %v, want a malformed Mismatch", err)
	}
}

// Clients that split the common parameters from the others sign both, and the
// signature stands with the common ones.
func TestSignSplit(t *testing.T) {
	t.Parallel()
	d := NewDraft(worked(V1, "POST"))
	d.Query, d.Form = d.Query[:8], d.Query[8:].Clone()
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	if d.Query.Count("Signature") != 1 || d.Form.Count("Signature") != 0 {
		t.Errorf("Sign() put the signature into %v, %v", d.Query, d.Form)
	}
	in := receiveDraft(t, d)
	if err := in.Verify("testAccessKeySecret"); err != nil {
		t.Errorf("Verify() = %v", err)
	}
	if sig, _ := in.Common("Signature"); sig != "+IknQ+di+ff47VE1P0/FwGf/QOk=" {
		t.Errorf("Sign() gave %q", sig)
	}
}
