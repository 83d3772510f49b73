package matrix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
)

// direct hands requests to a handler without a network: as a server would get
// them, and with what a client would make of the answer.
type direct struct {
	handler http.Handler
	closed  atomic.Bool // it answers nothing any more
}

var errClosed = errors.New("nobody listens any more")

// RoundTrip implements http.RoundTripper. A handler that answers nothing has
// dropped the connection.
func (d *direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, fmt.Errorf("hand over: %w", err)
	}
	if d.closed.Load() {
		return nil, errClosed
	}
	in, err := arrived(r)
	if err != nil {
		return nil, err
	}
	w := &writer{header: http.Header{}}
	d.handler.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, fmt.Errorf("hand over: %w", err)
	}
	if w.status == 0 {
		return nil, fmt.Errorf("hand over: %w", io.EOF)
	}
	return w.response(r), nil
}

// arrived is the request as a server reads it.
func arrived(r *http.Request) (*http.Request, error) {
	uri := r.URL.RequestURI()
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		return nil, fmt.Errorf("hand over: %w", err)
	}
	in := (&http.Request{
		Method: r.Method, URL: u, RequestURI: uri, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(r.Header)), Host: r.Host, RemoteAddr: "127.0.0.1:1", Body: http.NoBody, ContentLength: r.ContentLength,
	}).WithContext(r.Context())
	for name, values := range r.Header {
		key := http.CanonicalHeaderKey(name)
		in.Header[key] = append(in.Header[key], values...)
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if r.Body != nil {
		in.Body = r.Body
	}
	return in, nil
}

// writer keeps an answer.
type writer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

func (w *writer) response(r *http.Request) *http.Response {
	length := w.body.Len()
	if n, err := strconv.Atoi(w.header.Get("Content-Length")); err == nil {
		length = n
	}
	var body io.Reader = &w.body
	switch {
	case r.Method == http.MethodHead:
		body = http.NoBody
	case length > w.body.Len():
		body = io.MultiReader(body, broken{})
	case length < w.body.Len():
		body = io.LimitReader(body, int64(length))
	}
	return &http.Response{
		Status: fmt.Sprint(w.status, " ", http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Body: io.NopCloser(body),
		ContentLength: int64(length), Request: r,
	}
}

// broken is the end of a body that is shorter than it says.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
