package redact_test

import (
	"net/http"
	"testing"

	"github.com/eci-conform/conform/internal/redact"
)

// TestWhatClientsSay: the usual of User-Agent, Accept and Content-Type stays, and
// nothing else.
func TestWhatClientsSay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ header, value, want string }{
		{"user-agent", "AlibabaCloud (linux; amd64) Golang/1.26.0 Core/0.01 TeaDSL/1", ""},
		{"user-agent", "AlibabaCloud (Linux; x64) Node.js/v22.1.0 Core/1.7.10", ""},
		{"user-agent", "curl/8.5.0", ""},
		{"user-agent", "Python/3.11.4rc1+b2", ""},
		{"user-agent", "job of bob@corp (linux; host-17.corp) curl/8.5.0", "REDACTED-text-0001 (linux; REDACTED-text-0002) curl/8.5.0"},
		{"user-agent", "my-tool/hunter2", "REDACTED-text-0001"},
		{"user-agent", "", ""},
		{"user-agent", "(;)", "(;)"},
		{"accept", "*/*", ""},
		{"accept", "text/html, application/xml;q=0.9 ,*/*", ""},
		{"accept", "hunter2, text/xml; token=abc", "REDACTED-text-0001, text/xml; REDACTED-text-0002"},
		{"content-type", "application/json; charset=utf-8", ""},
		{"content-type", "multipart/form-data; boundary=hunter2", "multipart/form-data; REDACTED-text-0001"},
	} {
		x := &redact.Raw{Method: "GET", Target: "/?Action=DescribeRegions", Header: http.Header{http.CanonicalHeaderKey(test.header): {test.value}}}
		got, _ := newSession(t).Exchange(x).Record().Common.Get(test.header)
		if want := test.want; got != want && (want != "" || got != test.value) {
			t.Errorf("%s: %q is recorded as %q, want %q", test.header, test.value, got, want)
		}
	}
}
