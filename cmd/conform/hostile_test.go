package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/wire"
)

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// again repeats a text for ever.
type again struct {
	text string
	at   int
}

func (r *again) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// hostile answers every connection with what answer makes, whatever is asked,
// until the test ends.
func hostile(t *testing.T, answer func() io.Reader) (endpoint string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			// The client goes away when it has had enough.
			_, _ = c.Read(make([]byte, 1<<16))
			_, _ = io.Copy(c, answer())
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func bomb(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.CopyN(z, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHostileAnswers holds that the transport and wire.Do take no more of an
// answer than is good for them, by themselves: without a timeout.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const (
		ok   = "HTTP/1.1 200 OK\r\n"
		most = 1<<20 + 1<<10
	)
	zip := bomb(t)
	for name, tt := range map[string]struct {
		answer func() io.Reader
		status int // 0 where there is no answer
		fails  bool
	}{
		"endless body":    {func() io.Reader { return io.MultiReader(strings.NewReader(ok+"\r\n"), zeros{}) }, 200, true},
		"endless headers": {func() io.Reader { return io.MultiReader(strings.NewReader(ok), &again{text: "X-A: b\r\n"}) }, 0, true},
		"endless line":    {func() io.Reader { return io.MultiReader(strings.NewReader(ok+"X-A: "), zeros{}) }, 0, true},
		"endless hints":   {func() io.Reader { return &again{text: "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"} }, 0, true},
		"endless trailer": {func() io.Reader {
			return io.MultiReader(strings.NewReader(ok+"Transfer-Encoding: chunked\r\n\r\n0\r\n"), &again{text: "X-A: b\r\n"})
		}, 200, true},
		"endless chunk size": {func() io.Reader {
			return io.MultiReader(strings.NewReader(ok+"Transfer-Encoding: chunked\r\n\r\n1;"), &again{text: "eeee"})
		}, 200, true},
		"gzip bomb": {func() io.Reader {
			return strings.NewReader(ok + "Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + zip)
		}, 200, false},
		"redirect": {func() io.Reader {
			return strings.NewReader("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
		}, 302, false},
		"two lengths": {func() io.Reader {
			return strings.NewReader(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}")
		}, 0, true},
		"nothing":  {func() io.Reader { return strings.NewReader("") }, 0, true},
		"garbage":  {func() io.Reader { return io.LimitReader(zeros{}, 5000) }, 0, true},
		"HTTP/1.0": {func() io.Reader { return strings.NewReader("HTTP/1.0 200 OK\r\n\r\n{}") }, 200, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := newTransport()
			defer transport.CloseIdleConnections()
			d := wire.NewDraft(wire.Call{Operation: "DescribeRegions", Method: "POST", Scheme: wire.V1, Format: "JSON"})
			x := wire.Do(context.Background(), d, wire.Route{Transport: transport, Endpoint: hostile(t, tt.answer), Clock: time.Now})
			if x.Status != tt.status || (x.Err != nil) != tt.fails || len(x.RespBody) > most {
				t.Errorf("Do() = status %d, %d bytes, error %v, want status %d, failing %v", x.Status, len(x.RespBody), x.Err, tt.status, tt.fails)
			}
		})
	}
}

// TestTargetThatIsTooMuch holds that a run whose every answer is over a limit,
// of bytes or of values, is given up, and says why.
func TestTargetThatIsTooMuch(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ kind, body string }{
		"long":        {"application/json", `{"RequestId":"` + strings.Repeat("a", 1<<20) + `"}`},
		"many values": {"application/json", `{"a":[` + strings.Repeat("1,", 60_000) + `1]}`},
		"wide":        {"text/xml", "<a>" + strings.Repeat("<b/>", 60_000) + "</a>"},
		"deep":        {"application/json", strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer s.Close()
			code, text := command("run", "--target", s.URL, "--access-key-id", "an-id", "--access-key-secret", "a-secret", "--reports", t.TempDir())
			if code != exitUnjudged || !strings.Contains(text, "answers in a row were too much to read") {
				t.Errorf("conform run exits %d and ends with %q, want %d and why", code, text[max(0, len(text)-500):], exitUnjudged)
			}
		})
	}
}
