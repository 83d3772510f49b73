package recorder_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/recorder"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// The bounds of a recorder that soon has enough, in bytes and values.
const most = 2000

var few = redact.Limits{Body: most, Kept: most, Replaced: 100, Secrets: 20}

// smallStudio is a recorder with those bounds that writes to a sink, or to its
// shelf.
func smallStudio(t *testing.T, sink recorder.Sink) *studio {
	t.Helper()
	s := &studio{shelf: &shelf{}, keys: []wire.Credentials{key}}
	if sink == nil {
		sink = s.shelf
	}
	s.Recorder = recorder.New(recorder.Options{
		Session: rulesOf(t).Session(redact.SessionOptions{Known: s.keys, Begin: time.Now(), Limits: few}),
		Sink:    sink, Clock: time.Now, MaxBody: most,
	})
	return s
}

// rulesOf are the contract's.
func rulesOf(t *testing.T) *redact.Rules {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	return redact.NewRules(c)
}

// gzipped packs a text.
func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// list is a JSON list of n values.
func list(n int, value func(i int) string) string {
	var all []string
	for i := range n {
		all = append(all, value(i))
	}
	return `{"RequestId":"4A2E5D11-8F1C-4B7A-9D3E-0C6B7A8F9E10","Other":[` + strings.Join(all, ",") + `]}`
}

// large are answers of which nothing is kept.
func large(t *testing.T) map[string]struct{ coding, body string } {
	return map[string]struct{ coding, body string }{
		"more than is held":    {"", list(1, func(int) string { return `"` + strings.Repeat("x", 300*most) + `"` })},
		"by one byte":          {"", "[" + strings.Repeat(" ", most-1) + "]"},
		"packed, of spaces":    {"gzip", gzipped(t, "["+strings.Repeat(" ", 500*most)+"]")},
		"packed twice":         {"gzip, gzip", gzipped(t, gzipped(t, "["+strings.Repeat(" ", 5000*most)+"]"))},
		"longer once replaced": {"", list(99, func(int) string { return `"x"` })},
		"of too many values":   {"", list(120, func(i int) string { return fmt.Sprintf(`"%c"`, 'a'+i%26) })},
		"of too many secrets":  {"", list(30, func(i int) string { return fmt.Sprintf(`{"Password":"hunter-%02d-hunter"}`, i) })},
		"XML, of too many":     {"", "<A>" + strings.Repeat("<B>x</B>", 120) + "</A>"},
		"of no known length":   {"chunked", strings.Repeat("[", 5*most)},
	}
}

// An answer of which nothing is kept reaches the client as it is, is recorded as
// what it was, and ends nothing.
func TestLargeAnswersPass(t *testing.T) {
	t.Parallel()
	for name, answer := range large(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if n++; n == 2 {
					io.WriteString(w, `{"RequestId":"4A2E5D11-8F1C-4B7A-9D3E-0C6B7A8F9E10"}`)
					return
				}
				if answer.coding == "chunked" {
					w.(http.Flusher).Flush()
				} else if answer.coding != "" {
					w.Header().Set("Content-Encoding", answer.coding)
				}
				io.WriteString(w, answer.body)
			}))
			t.Cleanup(to.Close)
			s := smallStudio(t, nil)
			through := proxy(t, s, to.URL).URL
			for i, want := range []struct {
				body   string
				unread redact.Unread
			}{{answer.body, redact.UnreadLarge}, {`{"RequestId":"4A2E5D11-8F1C-4B7A-9D3E-0C6B7A8F9E10"}`, redact.Read}} {
				x := ask(t, plain(), through, wire.V1)
				if x.Err != nil || x.Status != 200 || string(x.RespBody) != want.body {
					t.Errorf("answer %d came as %d, %d bytes, %v, want all %d", i, x.Status, len(x.RespBody), x.Err, len(want.body))
				}
				all := s.shelf.all()
				if len(all) != i+1 {
					t.Fatalf("%d exchanges are recorded, want %d; %v", len(all), i+1, s.Err())
				}
				rec := all[i]
				if rec.Status != 200 || rec.Failure != redact.NoFailure || rec.UnreadAnswer != want.unread || rec.Operation != "DescribeRegions" {
					t.Errorf("answer %d is recorded as %d of %s, %q, %q, want it %q", i, rec.Status, rec.Operation, rec.Failure, rec.UnreadAnswer, want.unread)
				}
				if hidden := redact.IsPlaceholder(string(rec.Answer)); hidden != (want.unread != redact.Read) {
					t.Errorf("of answer %d is kept %.100q", i, rec.Answer)
				}
			}
		})
	}
}

// A body that breaks off after more than is held breaks off for the client too.
func TestLargeAnswerThatBreaksOff(t *testing.T) {
	t.Parallel()
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(9*most))
		io.WriteString(w, strings.Repeat("x", 5*most))
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(to.Close)
	s := smallStudio(t, nil)
	x := ask(t, plain(), proxy(t, s, to.URL).URL, wire.V1)
	all := s.shelf.all()
	if x.Err == nil || len(all) != 1 || all[0].Failure != redact.Truncated || all[0].UnreadAnswer != redact.UnreadLarge || s.Err() != nil {
		t.Errorf("the client got %d bytes, %v; records %+v; %v", len(x.RespBody), x.Err, all, s.Err())
	}
}

// A request whose body is not held reaches the target as it is, but for one that
// would have to be signed again.
func TestLargeRequestsPass(t *testing.T) {
	t.Parallel()
	var got []byte
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"RequestId":"4A2E5D11-8F1C-4B7A-9D3E-0C6B7A8F9E10"}`)
	}))
	t.Cleanup(to.Close)
	w, path := newCassette(t)
	s := smallStudio(t, w)
	p := proxy(t, s, to.URL)
	body := "Action=TagResources&Version=2018-08-08&Tag.1.Value=" + strings.Repeat("x", 3*most)
	send := func(auth string) int {
		req, err := http.NewRequest(http.MethodPost, p.URL+"/?Format=JSON", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if auth != "" {
			req.Header.Set("Authorization", auth)
		}
		resp, err := plain().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	if status := send(""); status != 200 || string(got) != body {
		t.Errorf("answered %d, and the target got %d bytes, want %d", status, len(got), len(body))
	}
	got = nil
	if status := send("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=00"); status != http.StatusForbidden || got != nil {
		t.Errorf("what cannot be signed again is answered %d, and the target got %d bytes", status, len(got))
	}
	if x := ask(t, plain(), p.URL, wire.V1); x.Status != 200 || s.Err() != nil {
		t.Errorf("afterwards: %d, %v", x.Status, s.Err())
	}
	all := closed(t, w, path)
	if len(all) != 2 {
		t.Fatalf("%d exchanges are recorded, want 2", len(all))
	}
	rec := all[0]
	want := redact.Record{Body: []byte("REDACTED-text-0000"), UnreadBody: redact.UnreadLarge, Signature: redact.SignatureUnchecked, Status: 200}
	if diff := cmp.Diff(want, redact.Record{Body: rec.Body, UnreadBody: rec.UnreadBody, Signature: rec.Signature, Status: rec.Status, Params: rec.Params}); diff != "" {
		t.Errorf("what is recorded of the request mismatch (-want +got):\n%s", diff)
	}
}

// What a cassette does not take as it is, is written without its bodies, and
// recording goes on.
func TestWhatACassetteDoesNotTake(t *testing.T) {
	t.Parallel()
	to := target(t)
	w, path := newCassette(t)
	s := newStudio(t)
	s.Recorder = recorder.New(recorder.Options{
		Session: rulesOf(t).Session(redact.SessionOptions{Known: s.keys, Begin: time.Now()}), Sink: w, Clock: time.Now,
	})
	p := proxy(t, s, to.URL)
	form := "Action=DescribeRegions&Version=2018-08-08" + strings.Repeat("&a", redact.MaxLines)
	resp, err := http.Post(p.URL, "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode < 400 || !strings.Contains(string(body), "RequestId") {
		t.Errorf("answered %d %s, %v, want the target's refusal", resp.StatusCode, body, err)
	}
	if x := ask(t, plain(), p.URL, wire.V1); x.Status != 200 || s.Err() != nil {
		t.Errorf("afterwards: %d, %v", x.Status, s.Err())
	}
	all := closed(t, w, path)
	if len(all) != 2 {
		t.Fatalf("%d exchanges are recorded, want 2", len(all))
	}
	rec := all[0]
	want := redact.Record{Operation: "DescribeRegions", Body: []byte("REDACTED-text-0000"), UnreadBody: redact.UnreadLarge, Answer: []byte("REDACTED-text-0000"),
		UnreadAnswer: redact.UnreadLarge, Status: resp.StatusCode}
	got := redact.Record{Operation: rec.Operation, Body: rec.Body, UnreadBody: rec.UnreadBody, Answer: rec.Answer,
		UnreadAnswer: rec.UnreadAnswer, Status: rec.Status, Params: rec.Params}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is recorded mismatch (-want +got):\n%s", diff)
	}
}

// newCassette begins a cassette.
func newCassette(t *testing.T) (w *cassette.Writer, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "large.cassette")
	w, err := cassette.Create(path, cassette.Header{Recorded: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return w, path
}

// closed seals a cassette and reads what is in it.
func closed(t *testing.T, w *cassette.Writer, path string) []redact.Record {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := cassette.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all []redact.Record
	for i := range c.Len() {
		rec, err := c.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
	return all
}
