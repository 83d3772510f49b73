package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/emulator"
)

// server is a handler on a socket.
type server struct {
	url  string
	http *http.Server
	done chan struct{}
}

// listen serves a handler on addr, HOST:PORT; port 0 picks one.
func listen(addr string, h http.Handler) (*server, error) {
	l, err := bind(addr)
	if err != nil {
		return nil, err
	}
	return serveOn(l, h), nil
}

// bind takes a port before there is anything to be served.
func bind(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	var op *net.OpError
	var form *net.AddrError
	switch {
	case errors.As(err, &form):
		return nil, fmt.Errorf("listen on %s: %s: want HOST:PORT", addr, form.Err)
	case errors.As(err, &op):
		return nil, fmt.Errorf("listen on %s: %w", addr, op.Err)
	case err != nil:
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

func serveOn(l net.Listener, h http.Handler) *server {
	s := &server{
		url:  "http://" + l.Addr().String(),
		http: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute},
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			l.Close()
		}
	}()
	return s
}

// stop gives the requests under way the grace to end, then ends them, and
// waits until the server is gone.
func (s *server) stop(grace time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
	<-s.done
}

// emulator returns the options of the embedded target.
func (j *job) emulator() emulator.Options {
	return emulator.Options{Contract: j.contract, World: fixtures.World, Clock: j.app.Now, Seed: j.flags.seed}
}

// newTransport returns the base of all traffic: connections are kept and many,
// redirects and proxies are not followed.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 4 * time.Second}).DialContext,
		MaxIdleConns:        256,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     30 * time.Second,
		DisableCompression:  true,

		MaxResponseHeaderBytes: 1 << 20, // of each of many answers at once
	}
}
