package secretscan

import (
	"bytes"
	"compress/gzip"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Secrets that are made up, in two parts so that no scanner stumbles over
// this file.
const (
	keyID     = "LTAI" + "5tQnKxM2vT8bWc4RyZ7h"
	keySecret = "k9Fz2" + "QwXv7Lp0RtB3mNc8YhJd5GsAe"
	stsToken  = "CAIS" + "8wF1q6Ft5B2yfSjIr5bkKNnRhbVM2vWvYU7wlDIHeNhIpqjPpTz3IHpMfnRvBOgbvvkwnWFY6fwclqp"
	signature = "Pk8Ma" + "pZp3gmBMv0DdBlQ0bkOVXM="
	jwt       = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
)

func kinds(t *testing.T, text string) []Kind {
	t.Helper()
	hits, err := Scan("x", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var out []Kind
	for _, h := range hits {
		out = append(out, h.Kind)
	}
	return out
}

func TestWhatIsASecret(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("0f1e2d3c", 8)
	for text, want := range map[string]Kind{
		"the key " + keyID + " is bad":         KeyID,
		"key=" + keyID:                         KeyID,
		"STS." + "NUgYrLnoC37mZZCNnAbez":       KeyID,
		"AKIA" + "IOSFODNN7EXAMPLE":            CloudKey,
		stsToken:                               Token,
		jwt:                                    JWT,
		"-----BEGIN RSA " + "PRIVATE KEY-----": PrivateKey,
		signature:                              Signature,
		"sig " + sum:                           Signature,
		keySecret:                              Random,
		"> ImageRegistryCredential.1.Password: ab":                           Field,
		"> Password: two words":                                              Field,
		`"Password":"ab"`:                                                    Field,
		`"Password" : "ab"`:                                                  Field,
		`"Password":12345`:                                                   Field,
		`{"Options":"{\"akSecret\":\"ab\"}"}`:                                Field,
		`{"a":"{\"b\":\"{\\\"akSecret\\\":\\\"ab\\\"}\"}"}`:                  Field,
		"<Password>ab</Password>":                                            Field,
		"a=b&SecurityToken=ab&c=d":                                           Field,
		"x-acs-security-token: ab":                                           Field,
		"ACCESS_KEY_SECRET=ab":                                               Field,
		"accessKeyId: testid":                                                Field,
		"Signature=abcdefghijklmnop":                                         Field,
		"Authorization: Basic dXNlcg==":                                      Field,
		"Cookie: sid=abc":                                                    Field,
		"Password: REDACTED-0001x":                                           Field,
		"AccessKeySecret=emulator-default":                                   Field,
		"Password: REDACTEDsecret":                                           Field,
		"https://user:pass" + "word@example.com/":                            UserInfo,
		"Authorization Bearer " + "abcdefghijklmnopqrst":                     Token,
		"GET&" + "%2F&AccessKeyId%3Dx":                                       StringToSign,
		"server string to sign is:GET&" + "%252F&x":                          StringToSign,
		`"ACS3-HMAC-SHA256\n` + sum + `"`:                                    StringToSign,
		"Credential=testid,SignedHeaders=host":                               Field,
		"LTAIREDACTED000000000001/" + keyID:                                  KeyID,
		"wss://x/exec?token=" + "0123456789abcdefghij":                       Field,
		"v1." + base64.RawStdEncoding.EncodeToString([]byte("Password=abc")): Field,
		"a/" + base64.StdEncoding.EncodeToString([]byte("some words that come first, Password=abc")): Field,
		base64.StdEncoding.EncodeToString([]byte("\x00\xff\x80\x81Password=abcdef\x00\xfe")):         Field,
		"data:" + base64.StdEncoding.EncodeToString([]byte("Password=abc")):                          Field,
	} {
		if got := kinds(t, text); len(got) == 0 || !contains(got, want) {
			t.Errorf("Scan(%q) = %v, want %s", text, got, want)
		}
	}
}

func contains(all []Kind, k Kind) bool {
	for _, a := range all {
		if a == k {
			return true
		}
	}
	return false
}

func TestWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "\x00\xff\n", "plain words", "> ImageRegistryCredential.1.Password: REDACTED-0001",
		`"Password":"REDACTED-0001","akId":"REDACTED-0002"`, `"Password":""`, `"Password":null`, "Password=&a=b", "<Password></Password>",
		"~ AccessKeyId: LTAIREDACTED000000000001", "~ AccessKeyId: STS.REDACTED000000000001",
		"~ Signature: REDACTED0000000000000000001=", "~ SignatureMethod: HMAC-SHA1", "~ SignatureVersion: 1.0",
		"~ SignatureNonce: 9cA4kQz7Rt2Wx8Lm3Pv6Bn1Ys5Hd0Gf", "~ SignatureType: BEARERTOKEN", "signature=ok track=a",
		"~ Authorization: ACS3-HMAC-SHA256 Credential=LTAIREDACTED000000000001,SignedHeaders=host;x-acs-action,Signature=REDACTED0000" +
			"0000000000000000000000000000000000000000000000000001",
		"# sha256:" + strings.Repeat("0f1e2d3c", 8), "#sealed n=1 root=sha256:" + strings.Repeat("0f1e2d3c", 8),
		"registry.example.com/a/b@sha256:" + strings.Repeat("0f1e2d3c", 8),
		`"RequestId":"89945DD3-9072-47D0-A318-353284CFC7B3"`, `"NextToken":"aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1v"`,
		"NextToken=aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1v&a=b", "<NextToken>aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1v</NextToken>",
		"> ClientToken: aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1v", "CreateImageCache#parameter/AcrRegistryInfo.1.Domain/maxLength",
		"User-Agent: AlibabaCloud (linux; amd64) Golang/1.26 Core/0.01 TeaDSL/1", "imc-2zeisdv1vqaw3ogcjv3s",
		"server string to sign is:REDACTED-signed-0001", `{"Options":"{\"akSecret\":\"REDACTED-0001\"}"}`,
		"https://REDACTED-0001", "the AccessKeySecret of the caller", "Password is required", "wss://x/exec?token=REDACTED-0004",
		"x-acs-content-sha256: REDACTED00000000000000000000000000000000000000000000000000000001",
		"~ authorization: ACS3-HMAC-SHA256", "~ x-acs-content-sha256: " + hashOfNothing, "AccessKeyId=emulator-default&a=b",
		`{"accessKeyId":"recorded-key-1","accessKeySecret":"REDACTED"}`, "https://cr.aliyuncs.com/a:b", "me@example.com", "InvalidParameter.ImageRegistryCredential.Password",
	} {
		hits, err := Scan("x", strings.NewReader(text))
		if err != nil || len(hits) > 0 {
			t.Errorf("Scan(%q) = %v, %v, want nothing", text, hits, err)
		}
	}
}

// Whatever is told of a secret, nothing of it is.
func TestHitsTellNothing(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{keyID, keySecret, stsToken, signature, jwt} {
		for _, text := range []string{secret, "Password=" + secret, `{"akSecret":"` + secret + `"}`} {
			hits, err := Scan("x", strings.NewReader(text))
			if err != nil || len(hits) == 0 {
				t.Fatalf("Scan(%q) = %v, %v", text, hits, err)
			}
			for _, h := range hits {
				for i := range len(secret) - 3 {
					if strings.Contains(h.String(), secret[i:i+4]) {
						t.Errorf("%s holds %q", h, secret[i:i+4])
					}
				}
			}
		}
	}
}

// A secret is found in each encoding, and in two of them.
func TestEncodings(t *testing.T) {
	t.Parallel()
	quote := func(s string) string { out, _ := json.Marshal(s); return string(out) }
	encodings := map[string]func(string) string{
		"plain":   func(s string) string { return s },
		"percent": url.QueryEscape,
		"path":    url.PathEscape,
		"json":    quote,
		"go":      func(s string) string { return fmt.Sprintf("%q", s) },
		"unicode": func(s string) string {
			var b strings.Builder
			for _, r := range s {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
			return b.String()
		},
		"html":      html.EscapeString,
		"base64":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64url": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		"hex":       func(s string) string { return hex.EncodeToString([]byte(s)) },
		"octal":     func(s string) string { return each(s, `\%03o`) },
		"bytes":     func(s string) string { return each(s, `\x%02x`) },
		"long":      func(s string) string { return each(s, `\U%08X`) },
		"decimal":   func(s string) string { return each(s, "&#%d;") },
		"hexadec":   func(s string) string { return each(s, "&#x%X;") },
		"no end":    func(s string) string { return each(s, "&#%03d") },
		"hEx": func(s string) string {
			h := []byte(hex.EncodeToString([]byte(s)))
			for i := range h {
				if i%3 == 0 {
					h[i] = bytes.ToUpper(h[i : i+1])[0]
				}
			}
			return string(h)
		},
		"base32":    func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
		"base32 in": func(s string) string { return strings.ToLower(base32.StdEncoding.EncodeToString([]byte("a" + s))) },
		"UTF-16":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(each(s, "%c\x00"))) },
		"zipped": func(s string) string {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write([]byte("a text, " + s)) // a Buffer does not fail
			_ = w.Close()
			return base64.StdEncoding.EncodeToString(b.Bytes())
		},
		"mime": func(s string) string {
			return quote(strings.ReplaceAll(wrap(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 60)+" "+s))), "\n|", "\r\n"))
		},
		"percent 4": func(s string) string {
			return url.QueryEscape(url.QueryEscape(url.QueryEscape(url.QueryEscape(s))))
		},
		"json 3": func(s string) string { return quote(quote(quote(s))) },
		"percent all": func(s string) string {
			var b strings.Builder
			for i := range len(s) {
				fmt.Fprintf(&b, "%%%02X", s[i])
			}
			return b.String()
		},
	}
	for _, secret := range []string{`{"akId":"x","akSecret":"pass"}`, "a=b&Password=pass/word&c=d", "the key " + keyID, keySecret, stsToken,
		"<Credential><Password>p&amp;q</Password></Credential>"} {
		for name, encode := range encodings {
			for again, encodeAgain := range encodings {
				text := "Value: " + encodeAgain(encode(secret)) + " more"
				if len(kinds(t, text)) == 0 {
					t.Errorf("%s, then %s: nothing is found in %q", name, again, text)
				}
			}
		}
	}
}

func each(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

// A line that is made to take for ever is a hit, and takes no such time.
func TestNested(t *testing.T) {
	t.Parallel()
	text := "a"
	for range 12 {
		text = base64.StdEncoding.EncodeToString([]byte("%25 &amp; \\u0041 " + text + " %25"))
	}
	if _, err := Scan("f", strings.NewReader(text)); err != nil {
		t.Error(err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(bytes.Repeat([]byte("%25252525 "), 1<<20)) // a Buffer does not fail
	_ = w.Close()
	if got := kinds(t, base64.StdEncoding.EncodeToString(b.Bytes())); !contains(got, Nested) {
		t.Errorf("the scan has %v, want %s", got, Nested)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	text := "one\n  x " + keyID + "\r\nthree\nvalue %7B%22akSecret%22%3A%22x%22%7D\n|" +
		wrap(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("no secret here, ", 6)+"Password=abc"))) + "\nend\n"
	hits, err := Scan("f", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range hits {
		got = append(got, h.String())
	}
	want := []string{
		"f:2:5: access key id: 24 characters",
		"f:4:13: secret field: aksecret with a value of 1 bytes",
		"f:5:1: secret field: password with a value of 3 bytes",
		"f:6:2: secret field: password with a value of 3 bytes",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Scan() mismatch (-want +got)\n%s", diff)
	}
}

func wrap(s string) string {
	var lines []string
	for ; len(s) > 76; s = s[76:] {
		lines = append(lines, s[:76])
	}
	return strings.Join(append(lines, s), "\n|")
}

// A line without end is looked at in pieces that overlap.
func TestLongLine(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, maxLine - 10, maxLine + 1<<20 - 10, 2*maxLine - 5} {
		text := strings.Repeat("a ", before/2) + keyID + " b"
		hits, err := Scan("f", strings.NewReader(text))
		if err != nil || len(hits) != 1 || hits[0].Column != before/2*2+1 {
			t.Errorf("behind %d bytes: %v, %v", before, hits, err)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{keyID, "Password=%41", `{"akSecret":"\u0041\\\"`, "<Password>&amp;</Password>", "%", `\`, "&", "|aGFsbG8=\n|"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hits, err := Scan("x", strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			if h.Line < 1 || h.Column < 1 || h.Column > len(data)+1 {
				t.Errorf("%+v is not in %q", h, data)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	text := strings.Repeat(strings.Join([]string{
		"=== 1 CreateImageCache version=2018-08-08 start=0.000123s first=2ms took=3ms via=POST,form,v1,JSON signature=ok track=a#b/c",
		"> ImageRegistryCredential.1.Password: REDACTED-0001", "> RegionId: cn-hangzhou", "~ AccessKeyId: LTAIREDACTED000000000001",
		"~ SignatureNonce: 9cA4kQz7Rt2Wx8Lm3Pv6Bn1Ys5Hd0Gf", "~ Timestamp: 2026-11-21T10:00:00Z", "< 200", "<< json-min 94", "{",
		`  "RequestId": "89945DD3-9072-47D0-A318-353284CFC7B3",`, `  "ImageCacheId": "imc-2zeisdv1vqaw3ogcjv3s",`, "}",
		"# sha256:" + strings.Repeat("0f1e2d3c", 8), "",
	}, "\n"), 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if hits, err := Scan("x", strings.NewReader(text)); err != nil || len(hits) > 0 {
			b.Fatal(hits, err)
		}
	}
}

// Text in base64 is found wherever in a longer token it begins.
func TestMovedBase64(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "/", "a/", "ab/"} {
		if text := before + base64.StdEncoding.EncodeToString([]byte("Password=abcdef")); !contains(kinds(t, text), Field) {
			t.Errorf("nothing is found in %q", text)
		}
	}
}
