package har

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var began = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

const (
	password = "hunter2-canary"
	keyID    = "LTAI" + "5tCanaryKeyId00000001"
)

// exchanges are one of each way of sending, with answers of each kind.
func exchanges(t *testing.T) []redact.Raw {
	t.Helper()
	params := wire.Params{{Name: "ImageCacheName", Value: "a b&c"}, {Name: "ImageRegistryCredential.1.Password", Value: password}, {Name: "RegionId", Value: "cn-hangzhou"}}
	var all []redact.Raw
	for i, c := range []wire.Call{
		{Method: "GET", Scheme: wire.V1, Format: "JSON"}, {Method: "POST", Form: true, Scheme: wire.V1, Format: "XML"},
		{Method: "POST", Scheme: wire.ACS3}, {Method: "POST", Form: true, Scheme: wire.ACS3},
	} {
		c.Operation, c.Version, c.Params, c.Nonce, c.Time, c.Host = "CreateImageCache", "2018-08-08", params, fmt.Sprint(i), began, "eci.test"
		c.Credentials = wire.Credentials{AccessKeyID: keyID, AccessKeySecret: "canary-secret-of-the-key"}
		x := capture(t, c)
		x.Start, x.FirstByte, x.Duration = began.Add(time.Duration(i)*time.Second), 2500*time.Microsecond, 3*time.Millisecond
		x.Place = redact.Place{Track: "CreateImageCache#state/create", Role: redact.RoleFixture, Lane: i, Lent: "image-cache:imc-1@cn-hangzhou"}
		x.Status, x.RespHeader = 200, http.Header{"Content-Type": {"application/json"}}
		x.RespBody = []byte(`{"RequestId":"1"}`)
		all = append(all, x)
	}
	all[1].RespBody = []byte("\x80\x81")
	all[3].Status, all[3].RespBody, all[3].FirstByte, all[3].RespHeader, all[3].Failure = 0, nil, 0, nil, redact.Reset
	return all
}

func capture(t *testing.T, c wire.Call) redact.Raw {
	t.Helper()
	d := wire.NewDraft(c)
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	r, err := d.Request(context.Background(), "http://eci.test")
	if err != nil {
		t.Fatal(err)
	}
	x := redact.Raw{Method: r.Method, Target: r.URL.RequestURI(), Host: r.Host, Header: r.Header}
	if r.Body != nil {
		if x.Body, err = io.ReadAll(r.Body); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// record writes exchanges to a cassette and opens it.
func record(t *testing.T, all []redact.Raw) *cassette.Cassette {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.cassette")
	w, err := cassette.Create(path, cassette.Header{Recorded: began, Target: "http://eci.test", Tool: "conform 0.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	s := redact.NewRules(c).Session(redact.SessionOptions{Begin: began})
	for i := range all {
		if err := w.Append(s.Exchange(&all[i])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := cassette.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

func records(t *testing.T, c *cassette.Cassette) []redact.Record {
	t.Helper()
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

// A cassette that was given out and taken over again says the same.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	first := record(t, exchanges(t))
	var text bytes.Buffer
	if err := Write(&text, first); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{password, keyID} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the archive holds %s", secret)
		}
	}
	begin, all, err := Read("x.har", &text)
	if err != nil {
		t.Fatal(err)
	}
	if !begin.Equal(began) {
		t.Errorf("Read() begins at %v, want %v", begin, began)
	}
	opts := cmp.Options{cmpopts.EquateEmpty(), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Common" }, cmp.Transformer("names", names))}
	if diff := cmp.Diff(records(t, first), records(t, record(t, all)), opts); diff != "" {
		t.Errorf("the records mismatch (-first +second)\n%s", diff)
	}
}

// names are the protocol's parameters as far as the archive keeps them: the
// type of a body is given even where it was not sent.
func names(p wire.Params) map[string]string {
	out := map[string]string{}
	for _, v := range p {
		if v.Name != "content-type" {
			out[v.Name] = v.Value
		}
	}
	return out
}

// What is written is an archive as others read it.
func TestWrite(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	if err := Write(&text, record(t, exchanges(t)[:1])); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Log struct {
			Version string
			Creator map[string]string
			Entries []map[string]any
		}
	}
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Log.Version != "1.2" || got.Log.Creator["name"] != "conform" || len(got.Log.Entries) != 1 {
		t.Fatalf("the archive is %+v", got.Log)
	}
	for _, field := range []string{"startedDateTime", "time", "request", "response", "cache", "timings"} {
		if got.Log.Entries[0][field] == nil {
			t.Errorf("the entry has no %s", field)
		}
	}
	request := got.Log.Entries[0]["request"].(map[string]any)
	if u := fmt.Sprint(request["url"]); !strings.HasPrefix(u, "http://eci.test/?Action=CreateImageCache&") {
		t.Errorf("the URL is %s", u)
	}
	var none bytes.Buffer
	if err := Write(&none, record(t, nil)); err != nil || !json.Valid(none.Bytes()) {
		t.Errorf("Write(no records) = %v: %s", err, none.String())
	}
}

// Archives of browsers and proxies have more, and less.
func TestReadForeign(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + `{"log":{"version":"1.2","pages":[],"entries":[{"startedDateTime":"2026-11-21T11:00:00.5+01:00","time":12.5,"request":{"method":"POST",
	"url":"https://eci.test/?Action=ListUsage","headers":[{"name":":authority","value":"eci.test"},{"name":"Host","value":"other.test"}],
	"postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"A","value":"x y"},{"name":"B","value":"&"}]}},
	"response":{"status":200,"headers":[{"name":"content-encoding","value":"gzip"}],"content":{"text":"gIE=","encoding":"base64"}},
	"timings":{"blocked":-1,"connect":1,"ssl":1,"send":0,"wait":9.5,"receive":2}}]}}`
	begin, all, err := Read("x", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	x := all[0]
	if !begin.Equal(began.Add(500*time.Millisecond)) || x.Duration != 12500*time.Microsecond || x.FirstByte != 10500*time.Microsecond {
		t.Errorf("the times are %v, %v, %v", begin, x.Duration, x.FirstByte)
	}
	if x.Host != "other.test" || x.Target != "/?Action=ListUsage" || string(x.Body) != "A=x+y&B=%26" || string(x.RespBody) != "\x80\x81" {
		t.Errorf("host %q, target %q, body %q, answer %q", x.Host, x.Target, x.Body, x.RespBody)
	}
	if diff := cmp.Diff(http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Host": {"other.test"}}, x.Header); diff != "" {
		t.Errorf("Header mismatch (-want +got)\n%s", diff)
	}
	if len(x.RespHeader) != 0 {
		t.Errorf("the answer has headers %v", x.RespHeader)
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	entry := func(s string) string { return `{"log":{"version":"1.2","entries":[` + s + `]}}` }
	for text, want := range map[string]string{
		"":                          "read HAR x:1: want JSON",
		"{\n\"log\": s3cret}":       "read HAR x:2: want JSON",
		"{}":                        "read HAR x: want log.version 1.x",
		`{"log":{"version":"2.0"}}`: "read HAR x: want log.version 1.x",
		entry(`{"time":"s3cret"}`):  "read HAR x:1: log.entries.time: want a number",
		entry(`{"request":{"url":"http://a/"},"startedDateTime":"now"}`):             "read HAR x: entry 1: startedDateTime: want a time as in RFC 3339",
		entry(`{"request":{"url":"http://a/"},"response":{"status":42}}`):            "read HAR x: entry 1: response.status: want 200 to 999, or 0 for none",
		"{\"log\":{\"version\":\"1.2\",\n\"entries\":" + strings.Repeat("[", 20_000): "read HAR x:2: want JSON",
		`[1]`: "read HAR x:1: the archive: want an object",
		`{"log":{"version":"1.2","entries":{"a":"s3cret"}}}`: "read HAR x:1: log.entries: want a list",
		entry(`{}`): "read HAR x: entry 1: request.url: want http://HOST/…",
		entry(`{"request":{"url":"http://a/"},"response":{"content":{"text":"?","encoding":"base64"}}}`):   "read HAR x: entry 1: response.content: text: want base64",
		entry(`{"request":{"url":"http://a/","postData":{"text":"?","_encoding":"rot13"}},"response":{}}`): "read HAR x: entry 1: request.postData: encoding: want base64 or none",
	} {
		_, _, err := Read("x", strings.NewReader(text))
		if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
			t.Errorf("Read(%q) error mismatch (-want +got)\n%s", text, diff)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"log":{"version":"1.2","entries":[{"request":{"method":"GET","url":"http://a/?b"},"response":{"status":200}}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, all, err := Read("x", bytes.NewReader(data)); err != nil && all != nil {
			t.Errorf("Read() = %d exchanges and %v", len(all), err)
		}
	})
}

// Whatever an archive tells, once or more often, no secret of it is taken over.
func TestReadSecrets(t *testing.T) {
	t.Parallel()
	hidden := []string{"canary-in-the-url", "canary-in-a-cookie", "canary-set-as-a-cookie", "canary-in-the-query", "canary-in-a-param", "canary-in-a-header", "LTAI" + "5tCanaryOfATrack"}
	text := fmt.Sprintf(`{"log":{"version":"1.2","comment":"password=%[6]s","_by":"%[1]s","entries":[{"_track":"%[7]s","_lent":"a b","_who":"%[1]s",
	"request":{"method":"POST","url":"https://me:%[1]s@eci.test/?Action=CreateImageCache&Version=2018-08-08","cookies":[{"name":"sid","value":"%[2]s","comment":"%[2]s"}],
	"headers":[{"name":"X-Auth-Token","value":"%[6]s"},{"name":":path","value":"/?Password=%[4]s"}],
	"queryString":[{"name":"ImageRegistryCredential.1.Password","value":"%[4]s"},{"name":"RegionId","value":"cn-hangzhou"}],
	"postData":{"mimeType":"application/x-www-form-urlencoded","text":"RegionId=cn-hangzhou","params":[{"name":"MyPassword","value":"%[5]s"}]}},
	"response":{"status":400,"cookies":[{"name":"t","value":"%[3]s"}],"headers":[],"redirectURL":"http://u:%[1]s@a/",
	"content":{"text":"{\"Message\":\"%[8]s\",\"RequestId\":\"cn-hangzhou\"}"}}}]}}`,
		hidden[0], hidden[1], hidden[2], hidden[3], hidden[4], hidden[5], hidden[6], strings.Join(hidden, " "))
	_, all, err := Read("x", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := record(t, all)
	file, err := os.ReadFile(c.Name())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Write(&out, c); err != nil {
		t.Fatal(err)
	}
	for _, s := range hidden {
		if strings.Contains(string(file), s) || strings.Contains(out.String(), s) {
			t.Errorf("%s is kept:\n%s", s, file)
		}
	}
	if !strings.Contains(string(file), `"RequestId": "cn-hangzhou"`) || !strings.Contains(string(file), "> RegionId: cn-hangzhou") {
		t.Errorf("what is no secret is gone:\n%s", file)
	}
}
