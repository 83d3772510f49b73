package main

import (
	"context"
	"io"
	"net/http"
	"time"
)

// patient bounds how long each request may take, its answer included; 0 is no
// bound.
func patient(next http.RoundTripper, timeout time.Duration) http.RoundTripper {
	if timeout <= 0 {
		return next
	}
	return patience{next, timeout}
}

// patience is a transport whose requests end in time.
type patience struct {
	next    http.RoundTripper
	timeout time.Duration
}

// RoundTrip gives up on a request that takes too long, or on the body of its
// answer.
func (p patience) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), p.timeout)
	resp, err := p.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &bounded{resp.Body, cancel}
	return resp, nil
}

// bounded is the body of an answer, whose time ends with it.
type bounded struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close ends the request.
func (b *bounded) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
