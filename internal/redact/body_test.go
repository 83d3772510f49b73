package redact_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// deflated is zlib's, or what is within that.
func deflated(t *testing.T, text string, head bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if head {
		return b.Bytes()
	}
	return b.Bytes()[2:]
}

func cutoff(b []byte, n int) []byte { return b[:len(b)-n] }

func TestBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		password string
		failure  redact.Failure
		encoding string
		body     []byte
		want     string
		unread   redact.Unread
	}{
		"gzip":                     {"planted", "", "gzip", zipped(t, `{"RequestId":"planted"}`), `{"RequestId":"REDACTED-0001"}`, redact.Read},
		"gzip cut":                 {"planted", "", "gzip", zipped(t, `{"RequestId":"planted"}`)[:20], "REDACTED-text-0001", redact.UnreadPacked},
		"unknown encoding":         {"planted", "", "br", []byte(`{"RequestId":"a"}`), "REDACTED-text-0001", redact.UnreadPacked},
		"cut in a text":            {"planted", redact.Truncated, "", []byte(`{"RequestId":"a","Code":"plant`), `{"RequestId":"a","Code":`, redact.Read},
		"cut in a word":            {"planted", redact.Reset, "", []byte(`{"ImageCaches":[tru`), `{"ImageCaches":[`, redact.Read},
		"cut behind a colon":       {"planted", redact.Timeout, "", []byte(`{"ImageCaches": `), `{"ImageCaches": `, redact.Read},
		"cut and no JSON":          {"planted", redact.Truncated, "", []byte(`{"RequestId":"a";`), "REDACTED-text-0001", redact.UnreadBroken},
		"cut, but nothing says so": {"planted", "", "", []byte(`{"RequestId":"a"`), "REDACTED-text-0001", redact.UnreadBroken},
		"number":                   {"12345678", "", "", []byte(`{"TotalCount":12345678,"RequestId":"12345678"}`), `{"TotalCount":0,"RequestId":"12345678"}`, redact.Read},
		"deflate":                  {"planted", "", "deflate", deflated(t, `{"RequestId":"planted"}`, true), `{"RequestId":"REDACTED-0001"}`, redact.Read},
		"deflate without its head": {"planted", "", "Deflate", deflated(t, `{"RequestId":"planted"}`, false), `{"RequestId":"REDACTED-0001"}`, redact.Read},
		"twice":                    {"planted", "", "gzip, gzip", zipped(t, string(zipped(t, `{"RequestId":"planted"}`))), `{"RequestId":"REDACTED-0001"}`, redact.Read},
		"too often":                {"planted", "", "identity,identity,identity,identity", []byte(`{}`), "REDACTED-text-0001", redact.UnreadPacked},
		"gzip cut off":             {"planted", redact.Truncated, "gzip", cutoff(zipped(t, `{"RequestId":"a"}`), 8), `{"RequestId":"a"}`, redact.Read},
		"bomb":                     {"planted", "", "gzip", zipped(t, "["+strings.Repeat(" ", 25<<20)+"]"), "REDACTED-text-0001", redact.UnreadLarge},
		"no gzip":                  {"planted", "", "gzip", []byte(`{"RequestId":"planted"}`), "REDACTED-text-0001", redact.UnreadPacked},
		"text":                     {"planted", "", "", []byte("bad gateway"), "REDACTED-text-0001", redact.UnreadFormat},
		"page":                     {"planted", "", "", []byte("<html><br></body>"), "REDACTED-text-0001", redact.UnreadBroken},
		"document type":            {"planted", "", "", []byte("<!DOCTYPE a><a>planted</a>"), "REDACTED-text-0001", redact.UnreadForm},
		"replaced before":          {"planted", "", "", []byte("REDACTED-text-0001"), "REDACTED-text-0001", redact.UnreadFormat},
		"large":                    {"planted", "", "", []byte("[" + strings.Repeat(" ", 25<<20) + "]"), "REDACTED-text-0001", redact.UnreadLarge},
		"secret over the borders":  {`x1","y2":"`, "", "", []byte(`{"RequestId":"x1","y2":"z"}`), "REDACTED-text-0002", redact.UnreadSecret},
		"long number":              {"1234567890", "", "", []byte(`{"RequestId":"1234567890"}`), `{"RequestId":"REDACTED-0001"}`, redact.Read},
		"short secret":             {"12345", "", "", []byte(`{"RequestId":"12345"}`), `{"RequestId":"12345"}`, redact.Read},
		"word of the contract":     {"RequestId", "", "", []byte(`{"RequestId":"a","Message":"RequestId"}`), `{"RequestId":"a","Message":"RequestId"}`, redact.Read},
	} {
		x := sent(t, wire.Call{Operation: "CreateImageCache", Params: wire.Params{{Name: "ImageRegistryCredential.1.Password", Value: test.password}}})
		x.Status, x.Failure, x.RespBody, x.RespHeader = 200, test.failure, test.body, http.Header{"Content-Encoding": {test.encoding}}
		rec := newSession(t).Exchange(x).Record()
		if got := string(rec.Answer); got != test.want {
			t.Errorf("%s: Answer = %s, want %s", name, got, test.want)
		}
		if rec.UnreadAnswer != test.unread || rec.UnreadAnswer.Text() == "" != (test.unread == redact.Read) || !rec.UnreadAnswer.Known() {
			t.Errorf("%s: unread = %q, want %q", name, rec.UnreadAnswer, test.unread)
		}
		if rec.Failure != test.failure {
			t.Errorf("%s: Failure = %s, want %s", name, rec.Failure, test.failure)
		}
		if got := rec.Params[0].Value; got != "REDACTED-0001" {
			t.Errorf("%s: password = %s", name, got)
		}
	}
}

func TestRequestBodies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		encoding, body, want string
		unread               redact.Unread
	}{
		{"", "", "", redact.Read},
		{"", `{"a": [1, "b"], "c":true}`, `{"a": [0, "REDACTED-text-0001"], "c":true}`, redact.Read},
		{"", "<a><b>c</b></a>", "<a><b>REDACTED-text-0001</b></a>", redact.Read},
		{"", "a=b", "REDACTED-text-0001", redact.UnreadFormat},
		{"", "--x\r\nContent-Disposition: form-data; name=\"Password\"\r\n\r\nhunter2\r\n--x--", "REDACTED-text-0001", redact.UnreadFormat},
		{"gzip", string(zipped(t, `["b"]`)), `["REDACTED-text-0001"]`, redact.Read},
		{"zstd", "a", "REDACTED-text-0001", redact.UnreadPacked},
		{"", "REDACTED-text-0001", "REDACTED-text-0001", redact.UnreadFormat},
	} {
		x := &redact.Raw{Method: "POST", Target: "/?Action=DescribeRegions", Header: http.Header{"Content-Encoding": {test.encoding}}, Body: []byte(test.body)}
		rec := newSession(t).Exchange(x).Record()
		if got := string(rec.Body); got != test.want || rec.UnreadBody != test.unread {
			t.Errorf("Body of %q = %q, %q, want %q, %q", test.body, got, rec.UnreadBody, test.want, test.unread)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	x := &redact.Raw{
		Method: "GET", Target: "http://host/?Action=DescribeRegions&Version=2018-08-08&Version=2", Status: 200,
		Header: http.Header{
			"User-Agent": {"sdk/1"}, "X-Acs-Action": {"DescribeRegions"}, "X-Acs-New": {"secret-a"}, "X-Acs-Security-Token": {"secret-b"},
			"X-Forwarded-For": {"10.0.0.1"}, "Cookie": {"a=secret-cookie; b=c"}, "X-Auth-Token": {"secret-header"}, "Accept": {"*/*"},
			"Proxy-Authorization": {"Basic dTpzZWNyZXQtcHJveHk="},
		},
		RespHeader: http.Header{
			"Content-Type": {"text/secret-b"}, "Set-Cookie": {"s=secret-set; Path=/"}, "X-Other": {"x"}, "X-Acs-Request-Id": {"1", "2"},
			"Location": {"/secret-cookie/secret-header/secret-proxy/secret-set"}, "Content-Length": {"12"},
		},
	}
	rec := newSession(t).Exchange(x).Record()
	want := wire.Params{
		{Name: "Version", Value: "2"}, {Name: "accept", Value: "*/*"}, {Name: "user-agent", Value: "sdk/1"},
		{Name: "x-acs-new", Value: "REDACTED-text-0001"}, {Name: "x-acs-security-token", Value: "REDACTED-0002"},
	}
	if diff := cmp.Diff(want, rec.Common); diff != "" {
		t.Errorf("Common mismatch (-want +got):\n%s", diff)
	}
	want = wire.Params{
		{Name: "Content-Type", Value: "text/REDACTED-0002"}, {Name: "Location", Value: "/REDACTED-0003/REDACTED-0004/REDACTED-0005/REDACTED-0006"},
		{Name: "X-Acs-Request-Id", Value: "1"}, {Name: "X-Acs-Request-Id", Value: "2"},
	}
	if diff := cmp.Diff(want, rec.Header); diff != "" {
		t.Errorf("Header mismatch (-want +got):\n%s", diff)
	}
}

// TestDigest: rules that treat a value in another way have another digest.
func TestDigest(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	before := redact.NewRules(c).Digest()
	if again := rules(t).Digest(); again != before || len(before) != 64 {
		t.Errorf("Digest() = %s, and then %s", before, again)
	}
	other := c.Clone()
	other.Operation("CreateImageCache").Parameter("Tag.N.Value").Class = contract.ClassSecret
	if redact.NewRules(other).Digest() == before {
		t.Error("Digest() is the same for another class")
	}
}
