// Package recorder captures traffic into a cassette: as a RoundTripper, as a
// reverse proxy and as a forward proxy, all by one pipeline. Bytes flow through
// as they are; what is recorded is a copy. An exchange is written before its
// last byte reaches the client, and a recorder that cannot write serves no
// more.
package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// ErrStopped says that a recorder serves no more, because it could not write.
var ErrStopped = errors.New("the recorder has stopped: it cannot write")

// Sink is where exchanges are written: a cassette.Writer.
type Sink interface {
	Append(redact.Clean) error
}

// Options say what a Recorder needs.
type Options struct {
	Session *redact.Session
	Sink    Sink
	Clock   func() time.Time
	// Place says where in the recording a request belongs; nil for nowhere.
	Place func(context.Context) redact.Place
	// MaxBody is how much of a body is held, in bytes; 0 means as much as is
	// looked at. A larger one passes as any other does, and is recorded as one of
	// which nothing is kept.
	MaxBody int
}

// Recorder writes each exchange that passes it. Safe for concurrent use.
type Recorder struct {
	options Options
	count   atomic.Int64
	stopped chan struct{} // closed with err

	mu  sync.Mutex
	err error // why nothing can be written any more
}

// New returns a Recorder that has recorded nothing.
func New(o Options) *Recorder {
	if o.MaxBody == 0 {
		o.MaxBody = redact.MaxBody
	}
	return &Recorder{options: o, stopped: make(chan struct{})}
}

// Stopped is closed when the recorder can write no more: Err says why.
func (r *Recorder) Stopped() <-chan struct{} { return r.stopped }

// Count returns how many exchanges were written.
func (r *Recorder) Count() int { return int(r.count.Load()) }

// Err returns why the recorder has stopped, or nil.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Middleware is a wire.Middleware that records what passes.
func (r *Recorder) Middleware(next http.RoundTripper) http.RoundTripper {
	return &door{recorder: r, next: next}
}

// write appends an exchange. The first failure is the last attempt.
func (r *Recorder) write(x *redact.Raw) error {
	if err := r.Err(); err != nil {
		return err
	}
	err := r.options.Sink.Append(r.options.Session.Exchange(x))
	if err == nil {
		r.count.Add(1)
		return nil
	}
	return r.stop(err)
}

// stop keeps the first reason to stop, and returns it.
func (r *Recorder) stop(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = fmt.Errorf("%w: %w", ErrStopped, err)
		close(r.stopped)
	}
	return r.err
}

// door is where traffic passes the recorder.
type door struct {
	recorder *Recorder
	next     http.RoundTripper
}

// RoundTrip sends the request on. The answer's body must be read to its end or
// closed, as ever: then the exchange is written.
func (d *door) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := d.recorder.Err(); err != nil {
		return nil, err
	}
	out, body, err := bodyOf(req, d.recorder.options.MaxBody)
	if err != nil {
		return nil, fmt.Errorf("record request: read body: %w", err)
	}
	x := d.recorder.raw(req, body)
	resp, err := d.next.RoundTrip(out)
	x.FirstByte = d.recorder.options.Clock().Sub(x.Start)
	if err != nil {
		x.Duration, x.FirstByte, x.Failure = x.FirstByte, 0, failure(err)
		return nil, errors.Join(err, d.recorder.write(x))
	}
	x.Status, x.RespHeader = resp.StatusCode, resp.Header.Clone()
	resp.Body = &tape{source: resp.Body, length: resp.ContentLength, most: d.recorder.options.MaxBody, done: func(c captured, err error) error {
		x.Duration = d.recorder.options.Clock().Sub(x.Start)
		x.RespBody, x.RespLarge, x.Failure = c.body, c.large, ending(err)
		return d.recorder.write(x)
	}}
	return resp, nil
}

// inbound is a request as the client of a proxy sent it, where the proxy sends
// it on otherwise.
type inbound struct {
	host   string
	header http.Header
}

type inboundKey struct{}

// raw begins an exchange.
func (r *Recorder) raw(req *http.Request, c captured) *redact.Raw {
	x := &redact.Raw{
		Method: req.Method, Target: req.URL.RequestURI(), Host: req.Host, Header: req.Header.Clone(),
		Body: c.body, BodyLarge: c.large, Start: r.options.Clock(),
	}
	if x.Host == "" {
		x.Host = req.URL.Host
	}
	if in, ok := req.Context().Value(inboundKey{}).(inbound); ok {
		x.Host, x.Header = in.host, in.header
	}
	if password, ok := req.URL.User.Password(); ok {
		x.Beside = wire.Params{{Name: "Password", Value: password}}
	}
	if r.options.Place != nil {
		x.Place = r.options.Place(req.Context())
	}
	return x
}

// captured is what is held of a body: all of it, or nothing of a large one.
type captured struct {
	body  []byte
	large bool
}

// bodyOf reads the body of a request, up to a size, and returns a request that
// still has it.
func bodyOf(req *http.Request, most int) (*http.Request, captured, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, captured{}, nil
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, int64(most)+1))
	if err != nil {
		return nil, captured{}, errors.Join(err, req.Body.Close())
	}
	out := *req
	if len(body) > most {
		out.Body, out.GetBody = rest(body, req.Body), nil
		return &out, captured{large: true}, nil
	}
	if err := req.Body.Close(); err != nil {
		return nil, captured{}, err
	}
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return &out, captured{body: body}, nil
}

// rest is a body of which the begin was read.
func rest(begin []byte, body io.ReadCloser) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin), body), body}
}

// failure says what an error before the answer was.
func failure(err error) redact.Failure {
	var op *net.OpError
	var late net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return redact.Canceled
	case errors.As(err, &late) && late.Timeout():
		return redact.Timeout
	case errors.As(err, &op) && op.Op == "dial":
		return redact.Refused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return redact.Reset
	}
	return redact.Broken
}

// ending says what an error within the answer's body was.
func ending(err error) redact.Failure {
	if err == io.EOF {
		return redact.NoFailure
	}
	if f := failure(err); f != redact.Reset {
		return f
	}
	return redact.Truncated
}
