// Package fake answers tests in place of a target.
package fake

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Answer is the n-th answer of a target, as JSON: the members, such as
// `"Code":"X"`, and those that make it whole: a RequestId of its own and, where the
// status is that of a failure, HostId and Message. Its Body need not be closed.
func Answer(n, status int, members string) *http.Response {
	body := fmt.Sprintf(`{"RequestId":"%08X-0000-4000-8000-000000000000"`, n)
	if members != "" {
		body += "," + members
	}
	if status >= 400 {
		body += `,"HostId":"fake","Message":"m"`
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body + "}")),
	}
}
