package recorder_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/recorder"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// key is what the tests sign with.
var key = wire.Credentials{AccessKeyID: "LTAI5tRecorderTestKey000", AccessKeySecret: "recorder-test-secret-of-30-cha"}

var loadContract = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

// shelf keeps what is appended, until it fails.
type shelf struct {
	mu      sync.Mutex
	records []redact.Record
	fail    error
	before  func()
}

func (s *shelf) Append(c redact.Clean) error {
	if s.before != nil {
		s.before()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.records = append(s.records, c.Record())
	return nil
}

func (s *shelf) all() []redact.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records
}

// studio is a recorder and what it wrote.
type studio struct {
	*recorder.Recorder
	shelf *shelf
	keys  []wire.Credentials
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	s := &studio{shelf: &shelf{}, keys: []wire.Credentials{key}}
	s.Recorder = recorder.New(recorder.Options{
		Session: redact.NewRules(c).Session(redact.SessionOptions{Known: s.keys, Begin: time.Now()}),
		Sink:    s.shelf, Clock: time.Now,
	})
	return s
}

// target is an emulator that knows the key.
func target(t *testing.T) *httptest.Server {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	e, err := emulator.New(emulator.Options{
		Contract: c, World: fixtures.World, Clock: time.Now, Settle: -1,
		Keys: []emulator.Key{{AccessKeyID: key.AccessKeyID, AccessKeySecret: key.AccessKeySecret, Account: "default"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// proxy serves a recording proxy in front of a target.
func proxy(t *testing.T, s *studio, to string, change ...func(*recorder.ProxyOptions)) *httptest.Server {
	t.Helper()
	o := recorder.ProxyOptions{
		Recorder: s.Recorder, Target: parse(t, to), Keys: s.keys,
		Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	}
	for _, f := range change {
		f(&o)
	}
	p := recorder.NewProxy(o)
	server := httptest.NewServer(p)
	t.Cleanup(func() { server.Close(); p.Close() })
	return server
}

var nonces = func() func() string {
	var mu sync.Mutex
	n := 0
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		n++
		return fmt.Sprintf("nonce-%d", n)
	}
}()

// ask sends one signed request.
func ask(t *testing.T, rt http.RoundTripper, endpoint string, scheme wire.Scheme, change ...func(*wire.Draft)) *wire.Exchange {
	t.Helper()
	d := wire.NewDraft(wire.Call{
		Operation: "DescribeRegions", Version: "2018-08-08", Scheme: scheme, Format: "JSON", Credentials: key,
		Nonce: nonces(), Time: time.Now(), Host: strings.TrimPrefix(endpoint, "http://"),
	})
	for _, f := range change {
		f(d)
	}
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	return wire.Do(t.Context(), d, wire.Route{Transport: rt, Endpoint: endpoint, Clock: time.Now})
}

func plain() *http.Transport {
	return &http.Transport{DisableCompression: true, DisableKeepAlives: true}
}

func TestThreeDoors(t *testing.T) {
	t.Parallel()
	to := target(t)
	for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
		doors := map[string]func(t *testing.T, s *studio) *wire.Exchange{
			"round tripper": func(t *testing.T, s *studio) *wire.Exchange {
				return ask(t, s.Middleware(plain()), to.URL, scheme)
			},
			"reverse": func(t *testing.T, s *studio) *wire.Exchange {
				return ask(t, plain(), proxy(t, s, to.URL).URL, scheme)
			},
			"forward": func(t *testing.T, s *studio) *wire.Exchange {
				through := plain()
				through.Proxy = http.ProxyURL(parse(t, proxy(t, s, to.URL).URL))
				through.DialContext = onlyTo(through.Proxy)
				return ask(t, through, to.URL, scheme)
			},
			"connect": func(t *testing.T, s *studio) *wire.Exchange { return overTLS(t, s, to.URL, scheme) },
		}
		for name, through := range doors {
			t.Run(name+" "+string(scheme), func(t *testing.T) {
				t.Parallel()
				s := newStudio(t)
				x := through(t, s)
				if x.Status != http.StatusOK || !strings.Contains(string(x.RespBody), "cn-hangzhou") {
					t.Fatalf("answer %d %s, %v", x.Status, x.RespBody, x.Err)
				}
				all := s.shelf.all()
				if len(all) != 1 || s.Count() != 1 {
					t.Fatalf("%d records, counted %d, want 1", len(all), s.Count())
				}
				r := all[0]
				if r.Operation != "DescribeRegions" || r.Via.Scheme != scheme || r.Signature != redact.SignatureOK || r.Status != 200 {
					t.Errorf("recorded %s by %s, signature %s, status %d", r.Operation, r.Via.Scheme, r.Signature, r.Status)
				}
				if string(r.Answer) != string(x.RespBody) {
					t.Errorf("recorded %s, want %s", r.Answer, x.RespBody)
				}
			})
		}
	}
}

// onlyTo dials the proxy and nothing else.
func onlyTo(proxy func(*http.Request) (*url.URL, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		u, err := proxy(nil)
		if err != nil || u.Host != addr {
			return nil, fmt.Errorf("dials %s, not the proxy", addr)
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
}

// overTLS calls a public name by https through CONNECT.
func overTLS(t *testing.T, s *studio, to string, scheme wire.Scheme) *wire.Exchange {
	t.Helper()
	const name = "eci.cn-hangzhou.aliyuncs.com"
	a, err := recorder.NewAuthority(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	p := proxy(t, s, to, func(o *recorder.ProxyOptions) { o.Authority, o.Hosts = a, []string{name} })
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.PEM()) {
		t.Fatal("the authority's certificate cannot be read")
	}
	through := plain()
	through.Proxy = http.ProxyURL(parse(t, p.URL))
	through.DialContext = onlyTo(through.Proxy)
	through.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(through.CloseIdleConnections)
	return ask(t, through, "https://"+name, scheme, func(d *wire.Draft) { d.Host = name })
}

func TestACS3WithoutTheKeyIsRefused(t *testing.T) {
	t.Parallel()
	s := newStudio(t)
	s.keys = nil
	x := ask(t, plain(), proxy(t, s, target(t).URL).URL, wire.ACS3)
	if x.Status != http.StatusForbidden || !strings.Contains(string(x.RespBody), "does not hold its key") {
		t.Errorf("answer %d %s, want a refusal that says why", x.Status, x.RespBody)
	}
	if s.Count() != 0 {
		t.Errorf("%d exchanges recorded that never were", s.Count())
	}
}

// A proxy that mended a wrong signature would hide the client's fault.
func TestAWrongSignatureStaysWrong(t *testing.T) {
	t.Parallel()
	s := newStudio(t)
	x := ask(t, plain(), proxy(t, s, target(t).URL).URL, wire.ACS3, func(d *wire.Draft) { d.Credentials.AccessKeySecret = "another" })
	if x.Status < 400 {
		t.Errorf("answer %d %s, want a refusal", x.Status, x.RespBody)
	}
	if all := s.shelf.all(); len(all) != 1 || all[0].Signature != redact.SignatureBad {
		t.Errorf("records %+v, want one with a bad signature", all)
	}
}

func TestNothingGoesElsewhere(t *testing.T) {
	t.Parallel()
	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(other.Close)
	s := newStudio(t)
	p := proxy(t, s, target(t).URL)
	for _, line := range []string{
		"GET " + other.URL + "/ HTTP/1.1\r\nHost: " + other.Listener.Addr().String() + "\r\n\r\n",
		"CONNECT " + other.Listener.Addr().String() + " HTTP/1.1\r\nHost: " + other.Listener.Addr().String() + "\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", p.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, line); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusForbidden {
			t.Errorf("%.20s: %v, %v, want 403", line, resp, err)
		}
	}
	if called || s.Count() != 0 {
		t.Errorf("called %v, recorded %d", called, s.Count())
	}
}

// rude is a target that answers by hand.
func rude(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	t.Cleanup(func() { l.Close(); served.Wait() })
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				answer(conn)
			}
			conn.Close()
		}
	})
	return "http://" + l.Addr().String()
}

func TestFailuresAreRecordedAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	dead := httptest.NewServer(nil)
	dead.Close()
	for _, tc := range []struct {
		name   string
		to     string
		want   redact.Failure
		status int // that the record tells
		client int // that the client of the proxy gets; 0 for a broken connection
	}{
		{"refused", dead.URL, redact.Refused, 0, http.StatusBadGateway},
		{"reset before the answer", rude(t, func(net.Conn) {}), redact.Reset, 0, 0},
		{"truncated", rude(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"RequestId\":")
		}), redact.Truncated, 200, 0},
		{"not HTTP", rude(t, func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH\r\n\r\n") }), redact.Broken, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newStudio(t)
			x := ask(t, plain(), proxy(t, s, tc.to).URL, wire.V1)
			if tc.client != 0 && x.Status != tc.client || tc.client == 0 && x.Err == nil {
				t.Errorf("the client got %d %s, %v", x.Status, x.RespBody, x.Err)
			}
			all := s.shelf.all()
			if len(all) != 1 || all[0].Failure != tc.want || all[0].Status != tc.status {
				t.Errorf("records %+v, want one: %s with status %d", all, tc.want, tc.status)
			}
			if s.Err() != nil {
				t.Errorf("the recorder stopped: %v", s.Err())
			}
		})
	}
}

// An answer flows as it comes, but its last byte waits for the record.
func TestAnswersFlowAndTheLastByteWaits(t *testing.T) {
	t.Parallel()
	more := make(chan struct{})
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "abc")
		w.(http.Flusher).Flush()
		<-more
		io.WriteString(w, "def")
	}))
	t.Cleanup(to.Close)
	s := newStudio(t)
	written := make(chan struct{})
	release := make(chan struct{})
	s.shelf.before = func() { close(written); <-release }
	resp, err := http.Get(proxy(t, s, to.URL).URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	first := make([]byte, 2)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "ab" {
		t.Fatalf("read %q, %v before the rest was sent", first, err)
	}
	close(more)
	<-written
	next := make([]byte, 3)
	if _, err := io.ReadFull(resp.Body, next); err != nil || string(next) != "cde" {
		t.Fatalf("read %q, %v before the record was written", next, err)
	}
	close(release)
	rest, err := io.ReadAll(resp.Body)
	if err != nil || string(rest) != "f" {
		t.Errorf("read %q, %v after the record was written", rest, err)
	}
}

func TestARecorderThatCannotWriteServesNoMore(t *testing.T) {
	t.Parallel()
	var calls int
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		io.WriteString(w, "{}")
	}))
	t.Cleanup(to.Close)
	s := newStudio(t)
	s.shelf.fail = errors.New("no space left on device")
	p := proxy(t, s, to.URL)
	if x := ask(t, plain(), p.URL, wire.V1); x.Err == nil {
		t.Errorf("the client got a whole answer that was not recorded: %d %s", x.Status, x.RespBody)
	}
	<-s.Stopped()
	x := ask(t, plain(), p.URL, wire.V1)
	if x.Status != http.StatusServiceUnavailable || !strings.Contains(string(x.RespBody), "no space left") {
		t.Errorf("then answer %d %s, want 503 that says why", x.Status, x.RespBody)
	}
	if calls != 1 {
		t.Errorf("the target was called %d times, want once", calls)
	}
}

func TestPackedAnswersAreRecordedReadable(t *testing.T) {
	t.Parallel()
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		z := gzip.NewWriter(w)
		io.WriteString(z, `{"RequestId":"4A2E5D11-8F1C-4B7A-9D3E-0C6B7A8F9E10"}`)
		z.Close()
	}))
	t.Cleanup(to.Close)
	s := newStudio(t)
	x := ask(t, plain(), proxy(t, s, to.URL).URL, wire.V1)
	if x.RespHeader.Get("Content-Encoding") != "gzip" {
		t.Errorf("the client got headers %v, want them as they were", x.RespHeader)
	}
	if all := s.shelf.all(); len(all) != 1 || !strings.Contains(string(all[0].Answer), "RequestId") {
		t.Errorf("records %+v, want one that can be read", all)
	}
}
