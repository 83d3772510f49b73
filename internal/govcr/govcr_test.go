package govcr

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

const version2 = `---
version: 2
interactions:
    - id: 0
      request:
        proto: HTTP/1.1
        content_length: 34
        host: eci.test
        body: Action=ListUsage&RegionId=cn-hangzhou
        form:
            Action:
                - ListUsage
            RegionId:
                - cn-hangzhou
        headers:
            content-type:
                - application/x-www-form-urlencoded
        url: http://10.0.0.1/?AccessKeyId=testid
        method: POST
      response:
        proto: HTTP/1.1
        uncompressed: true
        body: '{"RequestId":"1"}'
        headers:
            Content-Type:
                - application/json
            Content-Encoding:
                - gzip
        status: 200 OK
        code: 200
        duration: 83.984896ms
    - id: 1
      request:
        body: ""
        form: {}
        headers: {}
        url: http://eci.test/?Action=DescribeRegions
        method: GET
      response:
        body: !!binary gIE=
        headers: {}
        status: 500 Internal Server Error
        code: 500
        duration: ""
`

var begin = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// plain is a Raw that cmp shows: Raw itself tells nothing.
type plain redact.Raw

func plains(all []redact.Raw) (out []plain) {
	for _, r := range all {
		out = append(out, plain(r))
	}
	return out
}

func TestRead(t *testing.T) {
	t.Parallel()
	got, err := Read("x.yaml", strings.NewReader(version2), begin)
	if err != nil {
		t.Fatal(err)
	}
	took := 83984896 * time.Nanosecond
	want := []redact.Raw{
		{
			Method: "POST", Target: "/?AccessKeyId=testid", Host: "eci.test", Body: []byte("Action=ListUsage&RegionId=cn-hangzhou"),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Status: 200,
			RespHeader: http.Header{"Content-Type": {"application/json"}}, RespBody: []byte(`{"RequestId":"1"}`),
			Start: begin, FirstByte: took, Duration: took,
		},
		{
			Method: "GET", Target: "/?Action=DescribeRegions", Host: "eci.test", Body: []byte{}, Header: http.Header{}, Status: 500,
			RespHeader: http.Header{}, RespBody: []byte("\x80\x81"), Start: begin.Add(took),
		},
	}
	want[0].Beside = wire.Params{{Name: "Action", Value: "ListUsage"}, {Name: "RegionId", Value: "cn-hangzhou"}}
	if diff := cmp.Diff(plains(want), plains(got)); diff != "" {
		t.Errorf("Read() mismatch (-want +got)\n%s", diff)
	}
}

// An old cassette may have a form and no body.
func TestReadForm(t *testing.T) {
	t.Parallel()
	text := "version: 1\ninteractions:\n- request:\n    url: http://eci.test/\n    method: POST\n    form: {B: [x y], A: ['1']}\n"
	got, err := Read("x.yaml", strings.NewReader(text), begin)
	if err != nil || len(got) != 1 || string(got[0].Body) != "A=1&B=x+y" {
		t.Errorf("Read() = %v, %v", plains(got), err)
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "read go-vcr cassette x: want version 1 or 2",
		"version: 3":                "read go-vcr cassette x: want version 1 or 2",
		"version: 2\n\tsecret":      "read go-vcr cassette x:2: want a cassette in YAML",
		"version: 2\nversion: s3cr": "read go-vcr cassette x:2: want a cassette in YAML",
		laughs():                    "read go-vcr cassette x:10: want a cassette in YAML",
		"version: 2\ninteractions:\n- request: {url: 'http://a/'}\n  response: {code: 42}": "read go-vcr cassette x: interaction 1: response.code: want 200 to 999, or 0 for none",
		"version: [secret]": "read go-vcr cassette x:1: want a cassette in YAML",
		"version: 2\ninteractions:\n- request: {url: /}":                                              "read go-vcr cassette x: interaction 1: request.url: want http://HOST/…",
		"version: 2\ninteractions:\n- request: {url: 'http://a/?%zz'}\n  response: {duration: never}": "read go-vcr cassette x: interaction 1: response.duration: want a time such as 3ms",
	} {
		_, err := Read("x", strings.NewReader(text), begin)
		if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
			t.Errorf("Read(%q) error mismatch (-want +got)\n%s", text, diff)
		}
	}
}

// laughs is a document that would fill the memory.
func laughs() string {
	text := "version: 2\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	return text + "interactions: *a9\n"
}

// What a cassette keeps beside the URL is looked for too.
func TestReadSecrets(t *testing.T) {
	t.Parallel()
	text := `version: 2
interactions:
- request:
    url: http://me:canary-in-the-url@eci.test/?Action=CreateImageCache&ImageRegistryCredential.1.Password=REMOVED
    method: GET
    form: {ImageRegistryCredential.1.Password: [canary-in-the-form], RegionId: [cn-hangzhou]}
    headers: {Cookie: [sid=canary-in-a-cookie]}
  response:
    code: 400
    body: '{"Message":"canary-in-the-url canary-in-the-form canary-in-a-cookie","RequestId":"cn-hangzhou"}'
`
	all, err := Read("x.yaml", strings.NewReader(text), begin)
	if err != nil {
		t.Fatal(err)
	}
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	rec := redact.NewRules(c).Session(redact.SessionOptions{Begin: begin}).Exchange(&all[0]).Record()
	if got := fmt.Sprintf("%+v %s", rec, rec.Answer); strings.Contains(got, "canary") || !strings.Contains(got, `"RequestId":"cn-hangzhou"`) {
		t.Errorf("the record is %s", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(version2))
	f.Add([]byte("version: 1\ninteractions: [{}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if all, err := Read("x", strings.NewReader(string(data)), begin); err != nil && all != nil {
			t.Errorf("Read() = %d exchanges and %v", len(all), err)
		}
	})
}
