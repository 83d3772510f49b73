package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// ServeHTTP answers a request from the recording. What was recorded as a
// failure of the transport is one again.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := p.answer(r)
	if p.wait(r.Context(), a.first) != nil {
		return
	}
	if a.status == 0 {
		hangUp(w, a.failure)
		return
	}
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h["Content-Length"] = []string{strconv.Itoa(a.length())}
	w.WriteHeader(a.status)
	if p.scaled(a.rest) > 0 {
		_ = http.NewResponseController(w).Flush()
		if p.wait(r.Context(), a.rest) != nil {
			return
		}
	}
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(a.body)
	if a.failure != redact.NoFailure {
		_ = http.NewResponseController(w).Flush()
		hangUp(w, a.failure)
	}
}

// hangUp ends the connection as it was ended in the recording.
func hangUp(w http.ResponseWriter, f redact.Failure) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	switch f {
	case redact.Broken:
		_, _ = io.WriteString(conn, "this is no answer\r\n\r\n")
	case redact.Refused, redact.Reset:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // closing resets
		}
	}
}

// length is what the answer says its body's length is.
func (a *answer) length() int {
	if a.failure == redact.NoFailure {
		return len(a.body)
	}
	return max(a.announced, len(a.body)+1)
}

// RoundTrip answers a request from the recording: nothing is sent anywhere.
// What was recorded as a failure of the transport is an error of the kind that
// net/http gives.
func (p *Player) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	a := p.answer(received(r))
	if err := p.wait(r.Context(), a.first); err != nil {
		return nil, err
	}
	if a.status == 0 {
		return nil, a.failed()
	}
	resp := &http.Response{
		StatusCode: a.status, Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), ContentLength: int64(a.length()), Request: r,
	}
	resp.Header.Set("Content-Length", strconv.Itoa(a.length()))
	resp.Body = &body{Reader: bytes.NewReader(a.body), end: a.failed(), wait: func() error { return p.wait(r.Context(), a.rest) }}
	return resp, nil
}

// received is a client's request as a server would get it.
func received(r *http.Request) *http.Request {
	out := *r
	out.Header = r.Header
	if out.Header == nil {
		out.Header = http.Header{}
	}
	if out.Host == "" {
		out.Host = r.URL.Host
	}
	if out.Method == "" {
		out.Method = http.MethodGet
	}
	if out.Body != nil && out.ContentLength == 0 {
		out.ContentLength = -1 // net/http: 0 with a body means unknown
	}
	out.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	return &out
}

// body is the body of a response: it comes after a delay, and may end in an
// error.
type body struct {
	*bytes.Reader
	wait func() error
	end  error
}

func (b *body) Read(to []byte) (int, error) {
	if b.wait != nil {
		err := b.wait()
		if b.wait = nil; err != nil {
			b.end = err
			return 0, err
		}
	}
	n, err := b.Reader.Read(to)
	if err == io.EOF && b.end != nil {
		err = b.end
	}
	return n, err
}

func (b *body) Close() error { return nil }

// errNoAnswer is for exchanges whose answer nobody saw.
var errNoAnswer = errors.New("the recording has no answer")

// failed is a recorded failure as an error, nil for none.
func (a *answer) failed() error {
	switch a.failure {
	case redact.NoFailure:
		if a.status == 0 {
			return errNoAnswer
		}
		return nil
	case redact.Refused:
		return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case redact.Reset:
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case redact.Truncated:
		return io.ErrUnexpectedEOF
	case redact.Timeout:
		return &net.OpError{Op: "read", Net: "tcp", Err: context.DeadlineExceeded}
	case redact.Canceled:
		return fmt.Errorf("%w: the client went away", errNoAnswer)
	}
	return errors.New("malformed HTTP response")
}

// scaled is a recorded time at the speed of the replay.
func (p *Player) scaled(d time.Duration) time.Duration {
	if p.options.Speed == 0 {
		return 0
	}
	return time.Duration(min(float64(d)/p.options.Speed, float64(maxDelay)))
}

// maxDelay bounds a scaled delay.
const maxDelay = 24 * time.Hour

func (p *Player) wait(ctx context.Context, d time.Duration) error {
	if d = p.scaled(d); d <= 0 {
		return nil
	}
	return p.options.Sleep(ctx, d)
}

// answer answers a request, and counts it.
func (p *Player) answer(r *http.Request) *answer {
	p.tally.requests.Add(1)
	in, err := wire.Receive(r, maxBody)
	if err != nil {
		return p.refuse(r, &asked{in: bare(r), op: p.reader.operation("")}, turn{before: -1}, whyForm)
	}
	q := p.ask(r, in)
	m, no := p.match(q)
	if no != "" {
		return p.refuse(r, q, m.turn, no)
	}
	if u := p.source.Entry(m.turn.entry).UnreadAnswer; u != redact.Read {
		return p.unread(q, m.turn.entry, u)
	}
	a, err := p.answers.get(m.turn.entry)
	if err != nil {
		return p.unreadable(q, m.turn.entry, err)
	}
	p.account(q, m, a)
	return p.inFormat(q, m.turn.entry, a).forClient(q.op, &m.thread.names)
}

// bare is a request that cannot be taken apart.
func bare(r *http.Request) *wire.Received {
	return &wire.Received{Method: r.Method, Path: r.URL.Path, Host: r.Host, Header: r.Header, Scheme: wire.V1}
}
