package redact_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/secretscan"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var escape = regexp.MustCompile("%[0-9A-F]{2}")

// encoders are the ways in which a server may show again what it was sent.
var encoders = merged(plainEncoders, moreEncoders)

func merged(all ...map[string]func(string) string) map[string]func(string) string {
	out := map[string]func(string) string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

var plainEncoders = map[string]func(string) string{
	"raw":     func(s string) string { return s },
	"pair":    func(s string) string { return "Password=" + s },
	"percent": wire.PercentEncode,
	"form":    url.QueryEscape,
	"lower":   func(s string) string { return escape.ReplaceAllStringFunc(wire.PercentEncode(s), strings.ToLower) },
	"twice":   func(s string) string { return wire.PercentEncode(wire.PercentEncode(s)) },
	"mixed":   func(s string) string { return url.QueryEscape(wire.PercentEncode(s)) },
	"json":    func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
	"html": func(s string) string {
		return strings.NewReplacer("&", "&#38;", "<", "&#x3c;", `"`, "&quot;", "/", "&#x2F;").Replace(s)
	},
	"base64":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 1": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s + "y")) },
	"base64 2": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("xy" + s + "z")) },
	"basic":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte("user:" + s)) },
	"hex":      func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":      func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"percent of base64": func(s string) string {
		return wire.PercentEncode(base64.StdEncoding.EncodeToString([]byte(s)))
	},
	"json of percent": func(s string) string {
		b, _ := json.Marshal(wire.PercentEncode(s))
		return string(b)
	},
	"percent of json": func(s string) string {
		b, _ := json.Marshal(map[string]string{"k": s})
		return wire.PercentEncode(string(b))
	},
}

// more ways, in which somebody may hide what somebody else sent. Each stands in a
// text by itself.
var moreEncoders = map[string]func(string) string{
	"base64url":         func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("??>" + s + "??>")) },
	"mime":              func(s string) string { return folded(base64.StdEncoding.EncodeToString([]byte("from me: "+s)), 20) },
	"base64 twice":      func(s string) string { return b64(b64(s)) },
	"base64 thrice":     func(s string) string { return b64(b64("x" + b64("xy"+s) + "z")) },
	"base64 of percent": func(s string) string { return b64("a=" + url.QueryEscape(s) + "&b=c") },
	"base64 of json":    func(s string) string { return b64("{" + quoted(s) + ":1}") },
	"base64 of UTF-16":  func(s string) string { return b64(utf16Text(s, binary.LittleEndian)) },
	"base64 of hex":     func(s string) string { return b64(hex.EncodeToString([]byte(s))) },
	"base64 of gzip":    func(s string) string { return b64(packed("some text: " + s)) },
	"hex of base64":     func(s string) string { return hex.EncodeToString([]byte(b64(s))) },
	"hex of percent":    func(s string) string { return hex.EncodeToString([]byte(wire.PercentEncode(s))) },
	"HeX":               func(s string) string { return mixedCase(hex.EncodeToString([]byte(s))) },
	"base32":            func(s string) string { return base32.StdEncoding.EncodeToString([]byte("xyz" + s)) },
	"base32 small":      func(s string) string { return strings.ToLower(base32.StdEncoding.EncodeToString([]byte("x" + s))) },
	"percent 3":         func(s string) string { return times(s, 3, wire.PercentEncode) },
	"percent 4":         func(s string) string { return times(s, 4, wire.PercentEncode) },
	"json 3":            func(s string) string { return times(s, 3, quoted) },
	"json 4":            func(s string) string { return times(s, 4, quoted) },
	"percent 4 of json": func(s string) string { return times(quoted(s), 4, url.QueryEscape) },
	"UTF-16LE":          func(s string) string { return utf16Text(s, binary.LittleEndian) },
	"UTF-16BE":          func(s string) string { return utf16Text(s, binary.BigEndian) },
	"decimal":           func(s string) string { return eachRune(s, "&#%d;") },
	"hexadecimal":       func(s string) string { return eachRune(s, "&#X%x;") },
	"without end":       func(s string) string { return eachRune(s, "&#%d") },
	"unicode":           func(s string) string { return eachRune(s, "\\u%04x") },
	"UNICODE":           func(s string) string { return mixedCase(eachRune(s, "\\u%04x")) },
	"long unicode":      func(s string) string { return eachRune(s, "\\U%08x") },
	"octal":             func(s string) string { return eachByte(s, "\\%03o") },
	"bytes":             func(s string) string { return eachByte(s, "\\x%02X") },
	"percent all":       func(s string) string { return eachByte(s, "%%%02x") },
	"names": func(s string) string {
		return strings.NewReplacer("/", "&sol;", "+", "&plus;", "&", "&amp;", "=", "&equals;").Replace(s)
	},
	"Go":          strconv.Quote,
	"Go in ASCII": strconv.QuoteToASCII,
	"lines":       func(s string) string { return folded(s, 5) },
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func quoted(s string) string { b, _ := json.Marshal(s); return string(b) }

func folded(s string, width int) string {
	out, n := "", 0
	for _, r := range s {
		if n++; n%width == 0 {
			out += "\r\n"
		}
		out += string(r)
	}
	return out
}

func times(s string, n int, encode func(string) string) string {
	for range n {
		s = encode(s)
	}
	return s
}

func packed(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a Buffer does not fail
	_ = w.Close()
	return b.String()
}

func utf16Text(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func mixedCase(s string) string {
	b := []byte(s)
	for i := range b {
		if i%3 == 0 && b[i] != 'u' {
			b[i] = bytes.ToUpper(b[i : i+1])[0]
		}
	}
	return string(b)
}

func eachRune(s, format string) string {
	out := ""
	for _, r := range s {
		out += fmt.Sprintf(format, r)
	}
	return out
}

func eachByte(s, format string) string {
	out := ""
	for i := range len(s) {
		out += fmt.Sprintf(format, s[i])
	}
	return out
}

// shown are the texts by which one knows that what some encoders made of a
// canary is there: the middle of each, as it is and in JSON.
func shown(turn int, canary string) (out []string) {
	for i, name := range slices.Sorted(maps.Keys(encoders)) {
		if (i+turn)%turns != 0 {
			continue
		}
		e := encoders[name](canary)
		e = e[len(e)/4 : len(e)*3/4]
		b, _ := json.Marshal(e)
		out = append(out, e, string(b[1:len(b)-1]), strings.ToValidUTF8(e, "\ufffd"), string([]rune(e)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// traces returns the texts by which a canary is known to be there: what each
// encoder makes of the parts of it that no escape can change, and what is left
// of base64 when two letters at each end depend on the neighbours.
func traces(canary string) []string {
	out := []string{canary}
	for part := range strings.FieldsFuncSeq(canary, func(r rune) bool { return !('a' <= r|0x20 && r|0x20 <= 'z' || '0' <= r && r <= '9') }) {
		if len(part) >= 8 {
			out = append(out, part)
		}
	}
	for _, lead := range []string{"", "x", "xy"} {
		b := base64.RawStdEncoding.EncodeToString([]byte(lead + canary))
		out = append(out, b[4:len(b)-4])
	}
	h := hex.EncodeToString([]byte(canary))
	return append(out, h, strings.ToUpper(h))
}

// leaks returns the first trace of a canary in a text.
func leaks(text string, canaries []string) string {
	for _, c := range canaries {
		for _, trace := range traces(c) {
			if i := strings.Index(text, trace); i >= 0 {
				return fmt.Sprintf("%q of %q in %q", trace, c, text[max(0, i-100):min(len(text), i+100)])
			}
		}
	}
	return ""
}

// aviary collects the canaries of one request.
type aviary struct {
	canaries []string
	odd      bool // with characters that encoders escape
}

func (a *aviary) hatch(name string) string {
	c := fmt.Sprintf("Canary%sNumber%03dXyz", strings.Map(letters, name), len(a.canaries))
	if a.odd {
		c = fmt.Sprintf(`SomeBird/"%s+w&<d>é %%41\Feathers%03d=`, c, len(a.canaries))
	}
	a.canaries = append(a.canaries, c)
	return c
}

func letters(r rune) rune {
	if 'a' <= r|0x20 && r|0x20 <= 'z' {
		return r
	}
	return -1
}

// secretParams are a canary in each secret parameter of an operation. form says
// how a map is written.
func (a *aviary) secretParams(op *contract.Operation, form string) wire.Params {
	var out wire.Params
	for _, f := range op.Leaves() {
		if f.Type == contract.Map {
			out = append(out, a.mapParams(f, form)...)
			continue
		}
		name := strings.ReplaceAll(f.Path, ".N", ".1")
		switch f.Class {
		case contract.ClassSecret, contract.ClassAccessKey:
			out = append(out, wire.Param{Name: name, Value: a.hatch(f.Name)})
		case contract.ClassName:
			if len(out) < 3 {
				out = append(out, wire.Param{Name: name, Value: "known-name"})
			}
		}
	}
	return append(out, wire.Param{Name: "MyPassword", Value: a.hatch("stranger")})
}

func (a *aviary) mapParams(f *contract.Field, form string) wire.Params {
	var out wire.Params
	packed := map[string]string{}
	for _, m := range f.Members {
		if m.Class != contract.ClassSecret && m.Class != contract.ClassAccessKey {
			continue
		}
		switch form {
		case "plain":
			out = append(out, wire.Param{Name: f.Path + "." + m.Name, Value: a.hatch(m.Name)})
		case "length":
			out = append(out, wire.Param{Name: fmt.Sprintf("%s.#%d#%s", f.Path, len(m.Name), m.Name), Value: a.hatch(m.Name)})
		default:
			packed[m.Name] = a.hatch(m.Name)
		}
	}
	if len(packed) > 0 {
		text, _ := json.Marshal(packed)
		out = append(out, wire.Param{Name: f.Path, Value: string(text)})
	}
	return out
}

// turns is how many exchanges it takes until each encoder has had its turn.
const turns = 9

// echoes are answers that show all canaries again, by the encoders whose turn it
// is.
func echoes(turn int, canaries []string, signed string) map[string][]byte {
	var all []string
	for i, name := range slices.Sorted(maps.Keys(encoders)) {
		for _, c := range canaries {
			if (i+turn)%turns == 0 {
				all = append(all, encoders[name](c))
			}
		}
	}
	out := map[string][]byte{}
	message := "odd: " + strings.Join(all, " ; ")
	asJSON := func(v any) []byte { b, _ := json.Marshal(v); return b }
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(message))
	out["json message"] = asJSON(map[string]string{"Code": "InvalidParameter", "Message": message})
	out["json known"] = asJSON(map[string]any{"RequestId": message, "ImageCaches": []any{map[string]any{"Events": []any{map[string]any{"Message": message}}}}})
	out["json unknown"] = asJSON(map[string]any{"Strange": map[string]any{"Deep": all}, canaries[0]: 1})
	out["xml message"] = []byte("<?xml version='1.0'?><Error><Code>X</Code><Message>" + escaped.String() + "</Message></Error>")
	out["xml cdata"] = []byte("<Error><Message><![CDATA[" + canaries[0] + "]]></Message></Error>")
	out["xml comment"] = []byte("<Error><!-- " + canaries[0] + " --><Message a=\"" + escaped.String() + "\">x</Message></Error>")
	out["html"] = []byte("<html><body>" + escaped.String() + "<br></body></html>")
	out["text"] = []byte(message)
	out["signed"] = asJSON(map[string]string{"Message": "Specified signature is not matched with our calculation. server string to sign is:" + signed})
	out["signed acs3"] = asJSON(map[string]string{"Message": "Specified signature does not match our calculation. server StringToSign is [" + signed + "] server CanonicalRequest is [" + message + "]"})
	out["signed xml"] = []byte("<Error><Message>server string to sign is:" + strings.ReplaceAll(signed, "&", "&amp;") + "</Message></Error>")
	return out
}

func signedText(t *testing.T, x *redact.Raw) string {
	t.Helper()
	req, err := http.NewRequest(x.Method, "http://127.0.0.1:1"+x.Target, bytes.NewReader(x.Body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = x.Header
	in, err := wire.Receive(req, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	miss, ok := in.Verify("wrong").(*wire.Mismatch)
	if !ok {
		t.Fatal("the signature is right under a wrong secret")
	}
	return miss.StringToSign + miss.CanonicalRequest
}

func TestNoCanarySurvives(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range c.Operations {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			book := newBook(t)
			for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
				for _, way := range []struct {
					method string
					form   bool
				}{{"GET", false}, {"POST", false}, {"POST", true}} {
					for _, form := range mapForms(op) {
						for _, odd := range []bool{false, true} {
							a := &aviary{odd: odd}
							params := a.secretParams(op, form)
							x := sent(t, wire.Call{
								Operation: op.Name, Method: way.method, Form: way.form, Scheme: scheme, Params: params, Format: "JSON",
								Credentials: wire.Credentials{AccessKeyID: "LTAI5" + (&aviary{}).hatch("key"), AccessKeySecret: a.hatch("accessKeySecret"), SecurityToken: a.hatch("token")},
							})
							a.canaries = append(a.canaries, "LTAI5"+(&aviary{}).hatch("key"))
							x.Header.Set("Cookie", "session="+url.QueryEscape(a.hatch("cookie")))
							x.Header.Set("X-Api-Key", a.hatch("apikey"))
							book.keep(t, x, a.canaries)
						}
					}
				}
			}
			book.check(t)
		})
	}
}

// mapForms are the ways in which an operation's maps can be written; one where
// it has none.
func mapForms(op *contract.Operation) []string {
	for _, f := range op.Leaves() {
		if f.Type == contract.Map && len(f.Members) > 0 {
			return []string{"plain", "length", "json"}
		}
	}
	return []string{"plain"}
}

// book is a cassette and all that was to be kept out of it.
type book struct {
	rules    *redact.Rules
	path     string
	w        *cassette.Writer
	canaries []string
	turn     int
}

func newBook(t *testing.T) *book {
	t.Helper()
	b := &book{rules: rules(t), path: filepath.Join(t.TempDir(), "a.cassette")}
	var err error
	if b.w, err = cassette.Create(b.path, cassette.Header{Recorded: begin, Policy: "sha256:" + b.rules.Digest()}); err != nil {
		t.Fatal(err)
	}
	return b
}

// keep lets a new session see the exchange with each of its echoes.
func (b *book) keep(t *testing.T, x *redact.Raw, canaries []string) {
	t.Helper()
	b.canaries = append(b.canaries, canaries...)
	b.turn++
	var known []wire.Credentials
	for _, c := range canaries {
		if strings.Contains(c, "accessKeySecret") {
			known = []wire.Credentials{{AccessKeyID: "nobody", AccessKeySecret: c}}
		}
	}
	var marks []string
	for _, c := range canaries {
		marks = append(marks, shown(b.turn, c)...)
	}
	for name, answer := range echoes(b.turn, canaries, signedText(t, x)) {
		s := b.rules.Session(redact.SessionOptions{Begin: begin, Known: known})
		y := *x
		y.Status, y.RespBody = 400, answer
		y.RespHeader = http.Header{"Content-Type": {canaries[0]}, "X-Acs-Request-Id": {canaries[0]}, "Location": {"http://a/?x=" + url.QueryEscape(canaries[0])}}
		clean := s.Exchange(&y)
		rec := clean.Record()
		asJSON, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		answer, body := rec.Answer, rec.Body
		rec.Answer, rec.Body = nil, nil
		text := fmt.Sprintf("%+v\n%s\n%s\n%s\n%s", rec, answer, body, asJSON, fmt.Sprint(y, x))
		for _, trace := range marks {
			if strings.Contains(text, trace) {
				t.Fatalf("%s: the record shows %q:\n%.300s", name, trace, text)
			}
		}
		if leak := leaks(text, canaries); leak != "" {
			t.Fatalf("%s: the record shows %s:\n%.300s", name, leak, text)
		}
		if err := b.w.Append(clean); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *book) check(t *testing.T) {
	t.Helper()
	if err := b.w.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	if leak := leaks(string(text), b.canaries); leak != "" {
		t.Errorf("the cassette shows %s", leak)
	}
	hits, err := secretscan.Scan(b.path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits[:min(len(hits), 5)] {
		t.Errorf("the scanner finds %v: %.300s", h, bytes.Split(text, []byte("\n"))[h.Line-1][max(0, h.Column-50):])
	}
	if len(text) < 1000 {
		t.Errorf("the cassette holds %d bytes only", len(text))
	}
}
