package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/driver"
	"github.com/eci-conform/conform/internal/wire"
)

// maxRequest is how much of a request's body is read, in bytes.
const maxRequest = 4 << 20

// BenchOptions say what a Bench needs.
type BenchOptions struct {
	Contract *contract.Contract
	Clock    func() time.Time
	// Emulator makes a server that knows one key, for cases about what a
	// request brings about.
	Emulator func(key driver.Credentials) (http.Handler, error)
	// Salt tells the keys of this run from those of others.
	Salt string
	// Seen gets every exchange before its answer is sent, and the id of its
	// case; nil for nobody.
	Seen func(who string, x *wire.Exchange)
}

// Bench is where the SDKs' requests arrive: an http.Handler that knows each
// request's case by its key, keeps it, and answers as the case's script says.
// It is safe for concurrent use.
type Bench struct {
	BenchOptions
	common map[string]bool

	mu     sync.Mutex
	desks  map[string]*Desk // by access key id
	nonces map[string]string
	opened int
	strays int
}

// NewBench returns a bench without desks.
func NewBench(o BenchOptions) *Bench {
	b := &Bench{BenchOptions: o, common: map[string]bool{signatureType: true}, desks: map[string]*Desk{}, nonces: map[string]string{}}
	for _, f := range o.Contract.Protocol.Common {
		b.common[f.Name] = true
	}
	return b
}

// signatureType is a word of signature v1 that says nothing where it is empty:
// some clients send it always.
const signatureType = "SignatureType"

// Answerer says how a desk answers its nth request, counted from 0.
type Answerer func(n int, t *Try) Reaction

// Reaction is what a desk does about one request.
type Reaction struct {
	Status int
	Type   string // of the body
	Header map[string]string
	Body   []byte
	// Delay is waited before the answer, or until the client gives up.
	Delay time.Duration
	// Work lets the emulator answer; with Drop it does its work and the
	// answer is lost, with a Status this answer is sent in its place.
	Work bool
	Drop bool // the connection ends without an answer
	Cut  bool // half of the body is sent, under the length of the whole
	// Hangup ends the connection behind the answer without saying so ahead.
	Hangup bool
}

// Desk is where the requests of one key are served.
type Desk struct {
	Key    driver.Credentials
	who    string
	bench  *Bench
	answer Answerer

	mu    sync.Mutex
	tries []*Try
	work  http.Handler
	over  bool // what comes now is of no interest
}

// Try is one request as it arrived, and what was answered.
type Try struct {
	In        *wire.Received // nil where it could not be read
	Unread    error
	Signature error // nil for a right one
	Operation string
	Params    wire.Params // the operation's own
	Reused    bool        // its nonce was used before
	At        time.Time
	Conn      string // tells connections apart
	Worked    []byte // what the emulator answered, sent or not
	Exchange  *wire.Exchange
}

// Open gives out a new key and answers its requests.
func (b *Bench) Open(who string, sts bool, answer Answerer) *Desk {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opened++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", b.Salt, who, b.opened))
	text := hex.EncodeToString(sum[:])
	d := &Desk{bench: b, who: who, answer: answer, Key: driver.Credentials{AccessKeyID: "conform" + text[:16], AccessKeySecret: "fake" + text[16:42]}}
	if sts {
		d.Key.AccessKeyID, d.Key.SecurityToken = "STS."+d.Key.AccessKeyID, "fake"+text[42:]+"/+="+text[:8]
	}
	b.desks[d.Key.AccessKeyID] = d
	return d
}

// Close ends the key's case: what a client sends later is not answered.
func (d *Desk) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over, d.tries, d.work = true, nil, nil
}

// take files a request and says which one it is, false where it comes too
// late.
func (d *Desk) take(t *Try) (n int, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return 0, false
	}
	d.tries = append(d.tries, t)
	return len(d.tries) - 1, true
}

// Tries returns the requests so far, in the order in which they came.
func (d *Desk) Tries() []*Try {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]*Try, len(d.tries))
	for i, t := range d.tries {
		seen, exchange := *t, *t.Exchange
		seen.Exchange = &exchange
		out[i] = &seen
	}
	return out
}

// Strays is how many requests came with a key that nobody had.
func (b *Bench) Strays() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.strays
}

// ServeHTTP serves one request at the desk of its key.
func (b *Bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := wire.Receive(r, maxRequest)
	d := b.desk(in, r)
	if d == nil {
		http.Error(w, "no case has this access key", http.StatusNotFound)
		return
	}
	t := b.try(d, in, r)
	t.Unread = err
	d.serve(w, r, t)
}

func (b *Bench) desk(in *wire.Received, r *http.Request) *Desk {
	id := ""
	if in != nil {
		id = in.KeyID()
	} else { // it cannot be decoded, but whose it is should be known
		_, rest, _ := strings.Cut(r.URL.RawQuery, "AccessKeyId=")
		id, _, _ = strings.Cut(rest, "&")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	d := b.desks[id]
	if d == nil {
		b.strays++
	}
	return d
}

// try takes down a request.
func (b *Bench) try(d *Desk, in *wire.Received, r *http.Request) *Try {
	t := &Try{In: in, At: b.Clock(), Conn: r.RemoteAddr}
	x := &wire.Exchange{Method: r.Method, URL: "http://" + r.Host + r.RequestURI, Host: r.Host, Header: r.Header.Clone(), Start: t.At, KeyID: d.Key.AccessKeyID}
	t.Exchange = x
	if in == nil {
		return t
	}
	t.Operation, _ = in.Common("Action")
	t.Params = in.API(func(name string) bool { return b.common[name] })
	t.Signature = in.Verify(d.Key.AccessKeySecret)
	t.Reused = b.reused(in)
	x.Body, x.Operation, x.Params, x.Scheme = in.Body, t.Operation, t.Params, in.Scheme
	return t
}

// reused notes a request's nonce and says whether it had come before.
func (b *Bench) reused(in *wire.Received) bool {
	nonce, n := in.Common("SignatureNonce")
	if n == 0 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, used := b.nonces[nonce]
	b.nonces[nonce] = in.KeyID()
	return used
}

// serve answers a request as the script says.
func (d *Desk) serve(w http.ResponseWriter, r *http.Request, t *Try) {
	n, ok := d.take(t)
	if !ok {
		sever(w)
		return
	}
	re := d.answer(n, t)
	if !patient(r.Context(), re.Delay) {
		d.note(t, func(x *wire.Exchange) { x.Err = errors.New("the client gave up before the answer") })
		return
	}
	if re.Work {
		re = d.worked(r, t, re)
	}
	d.note(t, func(x *wire.Exchange) { re.tell(x, d.bench.Clock()) })
	if d.bench.Seen != nil {
		seen := *t.Exchange
		d.bench.Seen(d.who, &seen)
	}
	re.send(w)
}

// note changes what is kept of a try's answer.
func (d *Desk) note(t *Try, change func(*wire.Exchange)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(t.Exchange)
}

// patient waits for d and says whether the client did.
func patient(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tell keeps what is sent.
func (re Reaction) tell(x *wire.Exchange, now time.Time) {
	x.Duration = now.Sub(x.Start)
	x.Status, x.RespBody = re.Status, re.Body
	x.RespHeader = http.Header{}
	if re.Type != "" {
		x.RespHeader.Set("Content-Type", re.Type)
	}
	for name, value := range re.Header {
		x.RespHeader.Set(name, value)
	}
	switch {
	case re.Drop:
		x.Status, x.RespHeader, x.RespBody = 0, nil, nil
		x.Err = errors.New("the connection was closed without an answer")
	case re.Cut:
		x.RespBody = re.Body[:len(re.Body)/2]
		x.Err = errors.New("the connection was closed in the middle of the answer")
	}
}

// send writes the answer.
func (re Reaction) send(w http.ResponseWriter) {
	if re.Drop {
		sever(w)
		return
	}
	h := w.Header()
	h["Content-Type"] = nil // no guessing
	if re.Type != "" {
		h.Set("Content-Type", re.Type)
	}
	for name, value := range re.Header {
		h.Set(name, value)
	}
	h.Set("Content-Length", fmt.Sprint(len(re.Body)))
	w.WriteHeader(re.Status)
	body := re.Body
	if re.Cut {
		body = body[:len(body)/2]
	}
	_, err := w.Write(body)
	if re.Cut || re.Hangup || err != nil {
		_ = http.NewResponseController(w).Flush() // what cannot be sent is lost, as meant
		sever(w)
	}
}

// sever resets the connection.
func sever(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // what was written arrives
	}
	_ = conn.Close()
}

// worked lets the emulator do the work of a request.
func (d *Desk) worked(r *http.Request, t *Try, re Reaction) Reaction {
	h, err := d.emulator()
	if err != nil || t.In == nil {
		return Reaction{Status: http.StatusInternalServerError, Body: []byte("no emulator")}
	}
	again := r.Clone(r.Context())
	again.Body = body(t.In.Body)
	kept := &keeper{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(kept, again)
	out := Reaction{Status: kept.status, Type: kept.header.Get("Content-Type"), Body: kept.body, Drop: re.Drop, Cut: re.Cut}
	if re.Status != 0 {
		out = re
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t.Worked = kept.body
	return out
}

// emulator returns the desk's own, made when it is first needed.
func (d *Desk) emulator() (http.Handler, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.work != nil || d.bench.Emulator == nil {
		return d.work, nil
	}
	var err error
	d.work, err = d.bench.Emulator(d.Key)
	return d.work, err
}
