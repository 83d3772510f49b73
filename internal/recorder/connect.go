package recorder

import (
	"bufio"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// connect answers CONNECT: the connection is the proxy's own from then on, in
// the name of the host that was asked for.
func (p *Proxy) connect(w http.ResponseWriter, r *http.Request) {
	switch {
	case !p.knows(r.Host):
		p.stranger(w, r.Host)
		return
	case p.options.Authority == nil:
		refuse(w, http.StatusForbidden, "Recorder.NoAuthority", "this proxy has no certificate authority to answer https with")
		return
	}
	p.tunnels.enter(w, r, host{p.options.Authority, p.out})
}

// host is who answers in the name of a host, and by whose certificates.
type host struct {
	authority *Authority
	handler   http.Handler
}

// enter takes a connection over and answers what comes through it.
func (t *tunnels) enter(w http.ResponseWriter, r *http.Request, h host) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "Recorder.NoTunnel", "the connection cannot be taken over")
		return
	}
	defer conn.Close()
	if !t.add(conn) {
		return
	}
	defer t.remove(conn)
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		return
	}
	h.serve(&early{Conn: conn, first: buffered.Reader}, r.URL.Hostname())
}

// serve answers what comes through a tunnel to a host until it ends.
func (h host) serve(conn net.Conn, name string) {
	certificate := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return h.authority.certificate(name) }
	secure := tls.Server(conn, &tls.Config{GetCertificate: certificate, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12})
	l := &once{conn: secure, gone: make(chan struct{})}
	s := &http.Server{
		Handler: h.handler, ErrorLog: quiet(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed || state == http.StateHijacked {
				l.Close()
			}
		},
	}
	s.Serve(l) // ends with the connection, and says nothing else
}

// Front answers clients by one handler, whether they call it by its address, or
// another host through it as a forward proxy, with or without CONNECT. It sends
// nothing anywhere.
type Front struct {
	host    host
	tunnels tunnels
}

// NewFront returns a Front. Close ends its tunnels.
func NewFront(h http.Handler, a *Authority) *Front {
	return &Front{host: host{a, h}, tunnels: tunnels{open: map[net.Conn]bool{}}}
}

// ServeHTTP answers one request.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		f.tunnels.enter(w, r, f.host)
		return
	}
	f.host.handler.ServeHTTP(w, r)
}

// Close ends the tunnels and waits until they are gone.
func (f *Front) Close() { f.tunnels.close() }

// quiet is where what net/http logs goes: it may hold what a client sent.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// early is a connection of which some bytes were read already.
type early struct {
	net.Conn
	first *bufio.Reader
}

// Read gives the bytes that were read already first.
func (e *early) Read(p []byte) (int, error) {
	if e.first.Buffered() > 0 {
		return e.first.Read(p)
	}
	return e.Conn.Read(p)
}

// once is a listener of one connection.
type once struct {
	mu   sync.Mutex
	conn net.Conn
	gone chan struct{} // closed when the connection is
}

// Accept gives the connection, and then waits until it has ended.
func (l *once) Accept() (net.Conn, error) {
	l.mu.Lock()
	conn := l.conn
	l.conn = nil
	l.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	<-l.gone
	return nil, net.ErrClosed
}

// Close says that the connection has ended.
func (l *once) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.gone:
	default:
		close(l.gone)
	}
	return nil
}

// Addr is of no use: nobody dials a connection that is there.
func (l *once) Addr() net.Addr { return &net.TCPAddr{} }
