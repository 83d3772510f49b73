package cassette

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// odd are texts that a format of lines may stumble over.
var odd = []string{
	"", " ", "-", "a", `"`, `"a"`, "a: b", ":", "\n", "\r\n", "a\nb", "# sha256:", "#sealed n=1", "=== 1 X", "> a: b", "< 200", "~",
	">> text 3", "|", "||", "é", "\u2028", "\ufeff", "\xff", "a\xffb", "\x00", "trailing ", "=", "a=b", ",", `\`, `\n`, "\u202e",
}

func anyText(t *rapid.T, label string) string {
	return rapid.OneOf(rapid.SampledFrom(odd), rapid.String(), rapid.StringMatching(`[A-Za-z0-9.]{1,12}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) })).Draw(t, label)
}

// bodies are of every layout, and near the borders between them.
var bodies = []string{
	`{}`, `[]`, `{"a":1}`, `{"a":1}` + "\n", `{"a":1}` + "\n\n", `{ "a": 1 }`, " {}", `"# sha256:"`, `1`, `null`, `{"a":"\u003c<&\u2028"}`,
	`{"a":[{},[]],"b":1.50,"c":-0,"d":1e5}`, `<A><B>x</B><C/></A>`, `<?xml version="1.0"?><A/>`, "<A>\n</A>", "<A> </A>", "<", "<<<<", "<A/> <B/>",
	"<a><b><c></c></b></a> ", "plain", "plain\n", "\n", "\n\n", "a\r\nb\r\n", "\"quoted\"", "# sha256:0\n=== 1 X", "\x00\x01", "\xff", "tab\t", "\x1b[31m",
	`{"a":"` + "\xff" + `"}`, `{"a":"` + "\x7f" + `"}`, "{\"a\":1}\r\n", "\ufeff{}", "{\"a\":\"\ufeff\"}",
}

func anyBody(t *rapid.T, label string) []byte {
	return rapid.OneOf(
		rapid.Map(rapid.SampledFrom(bodies), func(s string) []byte { return []byte(s) }),
		rapid.SliceOf(rapid.Byte()),
		rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
	).Draw(t, label)
}

func anyParams(t *rapid.T, label string) wire.Params {
	var out wire.Params
	for range rapid.IntRange(0, 4).Draw(t, label) {
		out = append(out, wire.Param{Name: anyText(t, "name"), Value: anyText(t, "value")})
	}
	return out
}

func anyTime(t *rapid.T, label string) time.Duration {
	return time.Duration(rapid.OneOf(rapid.Int64Range(0, 1e10), rapid.Int64()).Draw(t, label))
}

func anyRecord(t *rapid.T) redact.Record {
	return redact.Record{
		Place:     redact.Place{Track: anyText(t, "track"), Role: anyText(t, "role"), Lane: rapid.Int().Draw(t, "lane"), Lent: anyText(t, "lent")},
		Operation: anyText(t, "operation"), Version: anyText(t, "version"),
		Via: redact.Via{Method: anyText(t, "method"), Form: rapid.Bool().Draw(t, "form"),
			Scheme: wire.Scheme(anyText(t, "scheme")), Format: anyText(t, "format")},
		Params: anyParams(t, "params"), Common: anyParams(t, "common"), Header: anyParams(t, "header"),
		Signature: anyText(t, "signature"), Body: anyBody(t, "body"), Answer: anyBody(t, "answer"),
		Status: rapid.OneOf(rapid.SampledFrom([]int{0, 101, 200, 404}), rapid.IntRange(200, 999)).Draw(t, "status"),
		Start:  anyTime(t, "start"), FirstByte: anyTime(t, "first"), Duration: anyTime(t, "took"),
		Failure: redact.Failure(anyText(t, "failure")), Try: rapid.IntRange(1, 3).Draw(t, "try"),
	}
}

// What is written is read, whatever it is.
func TestAnyRecordIsRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		path := filepath.Join(dir, "c")
		defer os.Remove(path)
		h := Header{Recorded: time.Unix(rapid.Int64Range(0, 1e10).Draw(t, "recorded"), 5).UTC(), Contract: anyText(t, "contract"),
			Policy: anyText(t, "policy"), Target: anyText(t, "target"), Tool: anyText(t, "tool"), Run: anyText(t, "run"), Cases: anyText(t, "cases"), Import: anyText(t, "import")}
		if h.Run != "" {
			h.Seed = rapid.Uint64().Draw(t, "seed")
		}
		w, err := Create(path, h)
		if err != nil {
			t.Fatal(err)
		}
		var want []redact.Record
		for range rapid.IntRange(0, 4).Draw(t, "records") {
			r := anyRecord(t)
			if err := w.add(&r); err != nil {
				t.Fatal(err)
			}
			r.ID = len(want) + 1
			want = append(want, r)
		}
		if rapid.Bool().Draw(t, "closed") {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		defer w.Close()
		c, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if diff := cmp.Diff(h, c.Header()); diff != "" {
			t.Errorf("Header() mismatch (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(want, all(t, c), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("Record() mismatch (-want +got)\n%s", diff)
		}
	})
}

func all(t interface{ Fatal(...any) }, c *Cassette) []redact.Record {
	var out []redact.Record
	for i := range c.Len() {
		r, err := c.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}
