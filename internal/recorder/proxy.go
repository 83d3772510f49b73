package recorder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/wire"
)

// ProxyOptions say what a Proxy needs.
type ProxyOptions struct {
	Recorder  *Recorder
	Target    *url.URL // http or https, host, and no path
	Transport http.RoundTripper
	// Keys are those that the proxy may sign with: ACS3 signs the host, and
	// the target has another host than the proxy.
	Keys []wire.Credentials
	// Hosts are further names, HOST or HOST:PORT, that clients of the forward
	// proxy may know the target by.
	Hosts []string
	// Authority signs certificates for clients of the forward proxy that call
	// by https; nil refuses them.
	Authority *Authority
}

// Proxy records what passes between any client and one target. It is a reverse
// proxy to those who call it, and a forward proxy to those who are told to use
// one, with or without CONNECT. Nothing goes anywhere else than to the target.
type Proxy struct {
	options ProxyOptions
	out     *httputil.ReverseProxy
	tunnels tunnels
}

// NewProxy returns a Proxy that listens nowhere yet. Close ends its tunnels.
func NewProxy(o ProxyOptions) *Proxy {
	p := &Proxy{options: o, tunnels: tunnels{open: map[net.Conn]bool{}}}
	p.out = &httputil.ReverseProxy{
		Rewrite:       p.rewrite,
		Transport:     o.Recorder.Middleware(o.Transport),
		FlushInterval: -1, // as it comes
		ErrorHandler:  p.failed,
		ErrorLog:      quiet(),
	}
	return p
}

// Close ends the tunnels and waits until they are gone.
func (p *Proxy) Close() { p.tunnels.close() }

// ServeHTTP passes one request on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.options.Recorder.Err() != nil:
		refuse(w, http.StatusServiceUnavailable, "Recorder.Stopped", p.options.Recorder.Err().Error())
	case r.Method == http.MethodConnect:
		p.connect(w, r)
	case r.URL.IsAbs():
		p.forward(w, r, r.URL.Host)
	default:
		p.reverse(w, r)
	}
}

// forward passes on what a client meant for a host, as it is.
func (p *Proxy) forward(w http.ResponseWriter, r *http.Request, host string) {
	if !p.knows(host) {
		p.stranger(w, host)
		return
	}
	p.out.ServeHTTP(w, r)
}

func (p *Proxy) stranger(w http.ResponseWriter, host string) {
	refuse(w, http.StatusForbidden, "Recorder.OtherHost",
		fmt.Sprintf("this proxy records %s only, not %s; name it with --host if it is the same", p.options.Target.Host, host))
}

// knows says whether a host is the target, or what a client calls it.
func (p *Proxy) knows(host string) bool {
	names := append([]string{p.options.Target.Host}, p.options.Hosts...)
	return slices.ContainsFunc(names, func(name string) bool { return usual(name) == usual(host) })
}

// usual is a host without a port that goes without saying.
func usual(host string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":80"))
}

// reverse passes on what a client sent to the proxy itself. The host is signed
// by ACS3 alone.
func (p *Proxy) reverse(w http.ResponseWriter, r *http.Request) {
	in := inbound{host: r.Host, header: r.Header.Clone()}
	if r.Host != p.options.Target.Host {
		if err := p.resign(r); err != nil {
			refuse(w, http.StatusForbidden, "Recorder.CannotSign", err.Error())
			return
		}
		r.Host = p.options.Target.Host
	}
	p.out.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), inboundKey{}, in)))
}

// resign gives an ACS3 request the signature of its way on. One whose own
// signature is wrong stays as it is: the target shall say so.
func (p *Proxy) resign(r *http.Request) error {
	copied, c, err := bodyOf(r, p.options.Recorder.options.MaxBody)
	switch {
	case err != nil:
		return fmt.Errorf("read the request's body: %w", err)
	case c.large:
		r.Body = copied.Body
		return unsignable(r)
	}
	r.Body = io.NopCloser(bytes.NewReader(c.body))
	got, err := wire.Receive(copied, int64(len(c.body)))
	if err != nil || got.Scheme != wire.ACS3 {
		return nil // not for us to judge, and nothing that signs the host
	}
	at := slices.IndexFunc(p.options.Keys, func(k wire.Credentials) bool { return k.AccessKeyID == got.KeyID() })
	if at < 0 {
		return errors.New("ACS3 signs the host, so a request must be signed again on its way to " + p.options.Target.Host +
			", and this proxy does not hold its key: give --access-key-id and --access-key-secret, or use the proxy as a forward proxy, or signature v1")
	}
	key := p.options.Keys[at]
	if got.Verify(key.AccessKeySecret) != nil {
		return nil
	}
	auth, err := got.Resign(p.options.Target.Host, key)
	if err == nil {
		r.Header.Set("Authorization", auth)
	}
	return nil
}

// unsignable says why a request whose body is not held cannot pass.
func unsignable(r *http.Request) error {
	if !strings.HasPrefix(r.Header.Get("Authorization"), "ACS3-") {
		return nil // nothing that signs the host
	}
	return errors.New("ACS3 signs the host, so a request must be signed again on its way, and the body of this one is too large to be checked")
}

// rewrite sends the request to the target and changes nothing else in it.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host = p.options.Target.Scheme, p.options.Target.Host
	r.Out.URL.RawQuery = r.In.URL.RawQuery
	r.Out.Host = r.In.Host
}

// failed tells the client what became of a request without an answer. A
// connection that broke before the answer breaks here too.
func (p *Proxy) failed(w http.ResponseWriter, _ *http.Request, err error) {
	if stopped := p.options.Recorder.Err(); stopped != nil {
		refuse(w, http.StatusServiceUnavailable, "Recorder.Stopped", stopped.Error())
		return
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		refuse(w, http.StatusBadGateway, "Recorder.Unreachable", "the target cannot be reached: "+op.Err.Error())
		return
	}
	hangUp(w)
}

// hangUp ends the client's connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // a reset, as it was met
	}
	conn.Close()
}

// refuse answers in the place of the target, in its envelope.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Code      string
		Message   string
		RequestID string `json:"RequestId"`
		HostID    string `json:"HostId"`
	}{code, message, "00000000-0000-0000-0000-000000000000", "conform"})
}

// tunnels are the connections taken over by CONNECT.
type tunnels struct {
	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
	wait   sync.WaitGroup
}

// add takes a connection in, unless all have been ended.
func (t *tunnels) add(c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.open[c] = true
	t.wait.Add(1)
	return true
}

func (t *tunnels) remove(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, c)
	t.wait.Done()
}

func (t *tunnels) close() {
	t.mu.Lock()
	t.closed = true
	for c := range t.open {
		c.Close()
	}
	t.mu.Unlock()
	t.wait.Wait()
}
