package redact_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Of an exchange with more secrets than are looked for nothing is kept that may
// hold one.
func TestMoreSecretsThanAreLookedFor(t *testing.T) {
	t.Parallel()
	for _, form := range []bool{true, false} {
		s := rules(t).Session(redact.SessionOptions{Known: []wire.Credentials{key}, Begin: begin, Limits: redact.Limits{Secrets: 10}})
		call := wire.Call{Operation: "CreateImageCache", Method: "POST", Form: form, Params: wire.Params{{Name: "ImageCacheName", Value: "of hunter-29-hunter"}}}
		for i := range 30 {
			call.Params = append(call.Params, wire.Param{Name: fmt.Sprintf("ImageRegistryCredential.%d.Password", i+1), Value: fmt.Sprintf("hunter-%02d-hunter", i)})
		}
		x := sent(t, call)
		x.Status, x.RespHeader = 400, http.Header{"Content-Type": {"application/json"}, "Server": {"hunter-28-hunter"}}
		x.RespBody = []byte(`{"RequestId":"1","Message":"hunter-27-hunter"}`)
		rec := s.Exchange(x).Record()
		if all := fmt.Sprintf("%+v %s %s", rec, rec.Answer, rec.Body); strings.Contains(all, "hunter") {
			t.Errorf("form %v: a secret is kept: %s", form, all)
		}
		want := redact.Record{
			Operation: "CreateImageCache", Body: []byte("REDACTED-text-0000"), UnreadBody: redact.UnreadLarge, Answer: []byte("REDACTED-text-0000"),
			UnreadAnswer: redact.UnreadLarge, Header: wire.Params{{Name: "Content-Type", Value: "application/json"}}, Status: 400,
		}
		got := redact.Record{
			Operation: rec.Operation, Params: rec.Params, Body: rec.Body, UnreadBody: rec.UnreadBody, Answer: rec.Answer,
			UnreadAnswer: rec.UnreadAnswer, Header: rec.Header, Status: rec.Status,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("form %v: what is kept mismatch (-want +got):\n%s", form, diff)
		}
		if later := answered(t, s, "DescribeImageCaches", "application/json", `{"RequestId":"1"}`); later != `{"RequestId":"1"}` {
			t.Errorf("form %v: a later answer is %s", form, later)
		}
	}
}

// Bodies are bounded as captured, unpacked, and with placeholders in them.
func TestBodiesThatAreTooMuch(t *testing.T) {
	t.Parallel()
	values := func(n int, value string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(value+",", n), ",") + "]"
	}
	for name, test := range map[string]struct {
		coding string
		body   string
		want   redact.Unread
	}{
		"as much as is looked at":     {"", "[" + strings.Repeat(" ", 98) + "]", redact.Read},
		"more":                        {"", "[" + strings.Repeat(" ", 99) + "]", redact.UnreadLarge},
		"unpacked, as much":           {"gzip", string(zipped(t, "["+strings.Repeat(" ", 98)+"]")), redact.Read},
		"unpacked, more":              {"gzip", string(zipped(t, "["+strings.Repeat(" ", 99)+"]")), redact.UnreadLarge},
		"longer, as much as is kept":  {"", values(9, `"x"`), redact.Read},
		"longer":                      {"", values(10, `"x"`), redact.UnreadLarge},
		"as many as are replaced":     {"", values(12, `0`) + strings.Repeat(" ", 20), redact.Read},
		"XML, of more than is kept":   {"", "<A>" + strings.Repeat("<B>x</B>", 12) + "</A>", redact.UnreadLarge},
		"within a text, as it stands": {"", `{"Message":"` + strings.Repeat("x", 80) + `"}`, redact.Read},
	} {
		s := rules(t).Session(redact.SessionOptions{Begin: begin, Limits: redact.Limits{Body: 100, Kept: 200, Replaced: 12}})
		x := sent(t, wire.Call{Operation: "DescribeRegions"})
		x.Status, x.RespBody, x.RespHeader = 400, []byte(test.body), http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {test.coding}}
		if rec := s.Exchange(x).Record(); rec.UnreadAnswer != test.want || len(rec.Answer) > 200 {
			t.Errorf("%s: %q, %d bytes are kept, want %q", name, rec.UnreadAnswer, len(rec.Answer), test.want)
		}
	}
	for n, want := range map[int]redact.Unread{12: redact.Read, 13: redact.UnreadLarge} {
		s := rules(t).Session(redact.SessionOptions{Begin: begin, Limits: redact.Limits{Replaced: 12}})
		x := sent(t, wire.Call{Operation: "DescribeRegions"})
		x.Status, x.RespBody, x.RespHeader = 200, []byte(values(n, `"x"`)), http.Header{"Content-Type": {"application/json"}}
		if rec := s.Exchange(x).Record(); rec.UnreadAnswer != want {
			t.Errorf("%d values: %q, want %q", n, rec.UnreadAnswer, want)
		}
	}
}

// A bomb is unpacked no further than is looked at. Not parallel, for it counts
// what is allocated.
func TestBombsTakeNoMemory(t *testing.T) {
	bomb := zipped(t, strings.Repeat(" ", 64<<20))
	for coding, body := range map[string][]byte{"gzip": bomb, "gzip, gzip": zipped(t, string(bomb))} {
		s := rules(t).Session(redact.SessionOptions{Begin: begin, Limits: redact.Limits{Body: 1 << 20}})
		x := sent(t, wire.Call{Operation: "DescribeRegions"})
		x.Status, x.RespBody, x.RespHeader = 200, body, http.Header{"Content-Encoding": {coding}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rec := s.Exchange(x).Record()
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 || rec.UnreadAnswer != redact.UnreadLarge {
			t.Errorf("%s: a bomb of 64 MiB took %d MiB and is recorded as %q", coding, took>>20, rec.UnreadAnswer)
		}
	}
}

// What is captured without its body says so, and claims nothing about its
// signature.
func TestBodiesThatWereNotHeld(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	x := sent(t, wire.Call{Operation: "CreateImageCache", Method: "POST", Form: true, Params: wire.Params{{Name: "ImageCacheName", Value: "a"}}})
	x.Body, x.BodyLarge, x.Status, x.RespLarge = nil, true, 200, true
	rec := s.Exchange(x).Record()
	want := []any{[]byte("REDACTED-text-0000"), redact.UnreadLarge, []byte("REDACTED-text-0000"), redact.UnreadLarge, redact.SignatureUnchecked, false}
	if diff := cmp.Diff(want, []any{rec.Body, rec.UnreadBody, rec.Answer, rec.UnreadAnswer, rec.Signature, rec.Via.Form}); diff != "" {
		t.Errorf("what is recorded mismatch (-want +got):\n%s", diff)
	}
	if !redact.IsPlaceholder(string(rec.Answer)) {
		t.Errorf("%s is taken for no placeholder", rec.Answer)
	}
}
