package wire

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// captures are the requests of real clients as they were on the wire, by file
// name; their keys are made up.
func captures(t testing.TB) map[string]*capture {
	t.Helper()
	files, err := filepath.Glob("testdata/captures/*.txt")
	if err != nil || len(files) != 32 {
		t.Fatalf("captures: got %d files (%v), want 32", len(files), err)
	}
	out := make(map[string]*capture, len(files))
	for _, f := range files {
		out[strings.TrimSuffix(filepath.Base(f), ".txt")] = readCapture(t, f)
	}
	return out
}

type capture struct {
	method, query, host, body string
	header                    http.Header
}

func readCapture(t testing.TB, file string) *capture {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), " ----\n")
	head, body, _ := strings.Cut(rest, "\n\n")
	lines := strings.Split(head, "\n")
	first := strings.Split(lines[0], " ")
	c := &capture{method: first[0], header: http.Header{}, body: strings.TrimSuffix(body, "\n")}
	_, c.query, _ = strings.Cut(first[1], "?")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		c.header.Add(name, value)
	}
	c.host = c.header.Get("Host")
	c.header.Del("Host")
	return c
}

// secret is that of the keys in the captures.
func (c *capture) secret() string { return "testAccessKeySecret" }

// request is the capture as a server would get it.
func (c *capture) request() *http.Request {
	r := httptest.NewRequest(c.method, "/?"+c.query, strings.NewReader(c.body))
	r.Host = c.host
	r.Header = c.header.Clone()
	return r
}

func (c *capture) receive(t testing.TB) *Received {
	t.Helper()
	in, err := Receive(c.request(), 1<<20)
	if err != nil {
		t.Fatalf("Receive() = %v", err)
	}
	return in
}
