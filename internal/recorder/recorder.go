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

// maxBody is the largest body that can be recorded, in bytes. A larger one is
// an error, not a recording without it.
const maxBody = 64 << 20

// ErrStopped says that a recorder serves no more, because it could not write.
var ErrStopped = errors.New("the recorder has stopped: it cannot write")

// ErrTooLarge says that a body is too large to be recorded.
var ErrTooLarge = errors.New("body over 64 MiB cannot be recorded")

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
func New(o Options) *Recorder { return &Recorder{options: o, stopped: make(chan struct{})} }

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
	out, body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	x := d.recorder.raw(req, body)
	resp, err := d.next.RoundTrip(out)
	x.FirstByte = d.recorder.options.Clock().Sub(x.Start)
	if err != nil {
		x.Duration, x.FirstByte, x.Failure = x.FirstByte, 0, failure(err)
		return nil, errors.Join(err, d.recorder.write(x))
	}
	x.Status, x.RespHeader = resp.StatusCode, resp.Header.Clone()
	resp.Body = &tape{source: resp.Body, length: resp.ContentLength, done: func(copied []byte, err error) error {
		x.Duration = d.recorder.options.Clock().Sub(x.Start)
		x.RespBody, x.Failure = copied, ending(err)
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
func (r *Recorder) raw(req *http.Request, body []byte) *redact.Raw {
	x := &redact.Raw{
		Method: req.Method, Target: req.URL.RequestURI(), Host: req.Host, Header: req.Header.Clone(), Body: body,
		Start: r.options.Clock(),
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

// bodyOf reads the body of a request and returns a request that still has it.
func bodyOf(req *http.Request) (*http.Request, []byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
	err = errors.Join(err, req.Body.Close())
	if err == nil && len(body) > maxBody {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, nil, fmt.Errorf("record request: read body: %w", err)
	}
	out := *req
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return &out, body, nil
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
