package diff

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// send sends a request as it was put on the wire in the recording, signed anew,
// and keeps the answer, without secrets.
func (r *resender) send(ctx context.Context, q *question) {
	x := r.do(ctx, wire.Call{
		Operation: q.Operation, Version: q.Version, Params: q.params, Method: q.Via.Method, Form: q.Via.Form,
		Scheme: q.Via.Scheme, Format: q.Via.Format, NoFormat: q.Via.Format == "", Credentials: q.key,
	})
	q.b = r.clean(x)
	if r.silent++; q.b.Status != 0 {
		r.silent = 0
	}
	r.keep(ctx, q)
}

// do signs and sends a call.
func (r *resender) do(ctx context.Context, c wire.Call) *wire.Exchange {
	r.pace(ctx)
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	c.Nonce, c.Time, c.Host = fmt.Sprintf("%016x%016x", r.Rand.Uint64(), r.Rand.Uint64()), r.Clock(), host(r.Endpoint)
	d := wire.NewDraft(c)
	if err := d.Sign(); err != nil {
		return &wire.Exchange{Err: err, Start: c.Time, Header: http.Header{}, Method: d.Method}
	}
	return wire.Do(ctx, d, wire.Route{Transport: r.Transport, Endpoint: r.Endpoint, Clock: r.Clock})
}

// pace waits until the target may be asked again.
func (r *resender) pace(ctx context.Context) {
	if r.Rate > 0 {
		pause(ctx, r.last.Add(time.Duration(float64(time.Second)/r.Rate)).Sub(r.Clock()))
	}
	r.last = r.Clock()
}

// pause waits, and says whether ctx let it.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func host(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Host
}

// clean is an exchange without secrets.
func (r *resender) clean(x *wire.Exchange) *redact.Record {
	raw := &redact.Raw{
		Method: x.Method, Target: "/", Host: x.Host, Header: x.Header, Body: x.Body,
		Status: x.Status, RespHeader: x.RespHeader, RespBody: x.RespBody, Start: x.Start, FirstByte: x.Duration, Duration: x.Duration,
	}
	if u, err := url.Parse(x.URL); err == nil && u.Path != "" {
		raw.Target = u.RequestURI()
	}
	if x.Err != nil {
		raw.Failure = redact.Broken
	}
	out := r.session.Exchange(raw).Record()
	return &out
}

// usual says whether a request was sent as clients do: what it may have done
// otherwise, such as a nonce sent twice, is not done again.
func (r *resender) usual(s *step) bool {
	if s.Via.Method != http.MethodGet && s.Via.Method != http.MethodPost || len(s.Body) > 0 || s.Version != r.Contract.Version {
		return false
	}
	words := map[string]int{}
	for _, p := range s.Common {
		words[strings.ToLower(p.Name)]++
	}
	for _, n := range words {
		if n > 1 {
			return false
		}
	}
	at := common(s, "Timestamp", "x-acs-date")
	sent, err := time.Parse(timeLayout, at)
	if s.worn || err != nil || len(at) != len(timeLayout) || sent.Sub(r.Recorded.Add(s.Start)).Abs() > r.Skew {
		return false
	}
	return s.Via.Scheme != wire.V1 || common(s, "SignatureMethod") == signatureMethod && common(s, "SignatureVersion") == signatureVersion
}

// What signature v1 says of itself, and how both write times.
const (
	signatureMethod  = "HMAC-SHA1"
	signatureVersion = "1.0"
	timeLayout       = "2006-01-02T15:04:05Z"
)

// common is a parameter of the protocol by either of its names.
func common(s *step, names ...string) string {
	for _, p := range s.Common {
		for _, name := range names {
			if strings.EqualFold(p.Name, name) {
				return p.Value
			}
		}
	}
	return ""
}

// KeysOf lists the ids that the exchanges of a recording were signed by, those
// of most exchanges first.
func KeysOf(source Source) []string {
	n := map[string]int{}
	for i := range source.Len() {
		if r := &source.Entry(i).Record; r.Signature != redact.SignatureBad && r.Signature != redact.SignatureAbsent {
			n[r.KeyID()]++
		}
	}
	delete(n, "")
	var out []string
	for _, c := range counts(n) {
		out = append(out, c.Why)
	}
	return out
}

// patience is the waiting for one thing.
type patience struct {
	policy profile.Wait
	pause  time.Duration
	begin  time.Time
	clock  func() time.Time
}

func (r *resender) patience() *patience {
	return &patience{policy: r.Wait, pause: r.Wait.Initial, begin: r.Clock(), clock: r.Clock}
}

// wait pauses, longer each time; false means that there is no time left.
func (p *patience) wait(ctx context.Context) bool {
	if p.clock().Sub(p.begin)+p.pause > p.policy.Deadline {
		return false
	}
	d := p.pause
	p.pause = min(time.Duration(float64(d)*p.policy.Factor), p.policy.Cap)
	return pause(ctx, d)
}

// freshEnd is how many characters of a name are made anew.
const freshEnd = 6

// refresh gives what a request invents a name of its own.
func (r *resender) refresh(s *step) {
	for _, f := range variables(s.op) {
		v, _ := s.Params.Get(f.Name)
		if _, known := r.names.Forth(v); !known && r.tape.made[v] {
			r.names.Bind(v, r.fresh(f, v))
		}
	}
}

// fresh is a name like v: of its length where that is enough, and of its
// characters. Names that differ in case alone still do.
func (r *resender) fresh(f *contract.Field, v string) string {
	for range 10 {
		if out := r.renamed(v); f.Check(out) == "" {
			if _, taken := r.names.Back(out); !taken {
				return out
			}
		}
	}
	return v
}

func (r *resender) renamed(v string) string {
	b := []byte(v)
	if len(b) < freshEnd+2 {
		b = append(b, "-aaaaaa"...)
	}
	folded := strings.ToLower(v)
	end, ok := r.folded[folded]
	if !ok {
		var letters [freshEnd]byte
		for i := range letters {
			letters[i] = byte(r.Rand.IntN(260))
		}
		end = string(letters[:])
		r.folded[folded] = end
	}
	for i, n := len(b)-1, 0; i >= 0 && n < freshEnd; i-- {
		switch c := b[i]; {
		case c >= 'a' && c <= 'z':
			b[i] = 'a' + end[n]%26
		case c >= 'A' && c <= 'Z':
			b[i] = 'A' + end[n]%26
		case c >= '0' && c <= '9':
			b[i] = '0' + end[n]%10
		default:
			continue
		}
		n++
	}
	return string(b)
}
