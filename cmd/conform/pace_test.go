package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/profile"
)

// TestPaceReachesTheTarget: what a user says of rate and patience is what sweep
// and diff go by, and else what the profile says.
func TestPaceReachesTheTarget(t *testing.T) {
	t.Parallel()
	a := &app{System: System{Now: time.Now}}
	c, err := source{}.load()
	if err != nil {
		t.Fatal(err)
	}
	tape, err := cassette.Open(filepath.Join("..", "..", "testdata", "regions.cassette"))
	if err != nil {
		t.Fatal(err)
	}
	defer tape.Close()
	at := &target{profile: &profile.Profile{Endpoint: "http://127.0.0.1:1", Limits: profile.Limits{Rate: 5}}}
	swept := a.sweeping(&sweepFlags{rate: 0.5, timeout: time.Minute}, at, c)
	told, err := a.resending(&diffFlags{rate: 0.5, timeout: time.Minute}, at, c, tape)
	if err != nil {
		t.Fatal(err)
	}
	usual, err := a.resending(&diffFlags{timeout: time.Minute}, at, c, tape)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{swept.Rate, swept.Timeout, told.Rate, told.Timeout, usual.Rate}
	if diff := cmp.Diff([]any{0.5, time.Minute, 0.5, time.Minute, 5.0}, got); diff != "" {
		t.Errorf("rates and timeouts mismatch (-want +got):\n%s", diff)
	}
}

// oneAnswer is a transport of one answer, which keeps what it was asked.
type oneAnswer struct {
	request *http.Request
	err     error
}

// RoundTrip answers, or fails.
func (a *oneAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	a.request = r
	return &http.Response{Body: io.NopCloser(strings.NewReader("body"))}, a.err
}

func TestPatience(t *testing.T) {
	t.Parallel()
	next := &oneAnswer{}
	if got := patient(next, 0); got != http.RoundTripper(next) {
		t.Errorf("patient(0) = %T, want the transport as it is", got)
	}
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:1/", nil)
	resp, err := patient(next, time.Hour).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	ctx := next.request.Context()
	if _, bounded := ctx.Deadline(); !bounded || ctx.Err() != nil {
		t.Errorf("the request has a deadline: %v, and ended: %v; want a deadline and no end while the body is read", bounded, ctx.Err())
	}
	if err := resp.Body.Close(); err != nil || ctx.Err() == nil {
		t.Errorf("Close() = %v, the request ended: %v; want its end", err, ctx.Err())
	}
	next.err = errors.New("nobody there")
	if _, err := patient(next, time.Hour).RoundTrip(r); !errors.Is(err, next.err) || next.request.Context().Err() == nil {
		t.Errorf("RoundTrip() error = %v, the request ended: %v; want %v and its end", err, next.request.Context().Err(), next.err)
	}
}

// TestRecordGivesUpOnASilentTarget: the client is left alone, and the cassette
// has the request as one that was not answered in time.
func TestRecordGivesUpOnASilentTarget(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	dir := t.TempDir()
	rec := startChild(t, "record", "--target", silent.URL, "--record", dir, "--timeout", "50ms")
	resp, err := http.Get(rec.url + "/?Action=DescribeRegions&Version=2018-08-08&Format=JSON")
	if err == nil {
		resp.Body.Close()
		t.Errorf("the client is answered %s, want its connection broken", resp.Status)
	}
	said := rec.stop(os.Interrupt)
	if !strings.Contains(said, "recorded 1 exchange ") {
		t.Errorf("conform record says %s, want one exchange", said)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"+cassetteSuffix)) // the pattern is well-formed
	if len(files) != 1 {
		t.Fatalf("the folder holds %v", files)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(text), "timeout") {
		t.Errorf("the cassette has no timeout (%v):\n%s", err, text)
	}
}
