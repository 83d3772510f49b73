package replay

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

func TestSignatureIsChecked(t *testing.T) {
	t.Parallel()
	rec := record(t)
	rec.client().must("DescribeRegions")
	for way, edit := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			p := play(t, rec)
			c := rec.client().with(edit).of(p)
			c.t = t
			for _, test := range []struct {
				wrong func(*wire.Draft)
				code  string
			}{
				{func(d *wire.Draft) { d.Set("RegionId", "cn-beijing") }, "SignatureDoesNotMatch"},
				{unsigned, "IncompleteSignature"},
			} {
				d := c.draft("DescribeRegions")
				test.wrong(d)
				x := c.send(d)
				if got := text(decode(t, x.RespBody), "Code"); got != test.code || x.Status != http.StatusBadRequest {
					t.Errorf("status %d, code %s, want 400 %s", x.Status, got, test.code)
				}
			}
			c.must("DescribeRegions")
			r := p.Report()
			if len(r.Unmatched) != 2 || r.Unmatched[0].Why != string(whySignature) || r.ExitCode() != 1 {
				t.Errorf("want two bad signatures and exit 1:\n%s", r)
			}
		})
	}
}

// unsigned takes the signature out, and leaves whose it was.
func unsigned(d *wire.Draft) {
	d.Del("Signature")
	if d.Scheme == wire.ACS3 {
		whole, _, _ := strings.Cut(d.Header.Get("Authorization"), ",Signature=")
		d.Header.Set("Authorization", whole)
	}
}

func TestUnknownKeyIsNotChecked(t *testing.T) {
	t.Parallel()
	rec := record(t)
	rec.client().must("DescribeRegions")
	p := play(t, rec, func(o *Options) { o.Keys = nil })
	c := rec.client().with(func(c *client) { c.key = wire.Credentials{AccessKeyID: "nobody", AccessKeySecret: "nothing"} }).of(p)
	c.must("DescribeRegions")
	clean(t, p)
}

func TestRecordedBadSignature(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*wire.Draft){
		"wrong":  func(d *wire.Draft) { d.Set("Signature", "bm90IGEgc2lnbmF0dXJlLCBieSBmYXIu") },
		"absent": unsigned,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recordedBadSignature(t, spoil)
		})
	}
}

func recordedBadSignature(t *testing.T, spoil func(*wire.Draft)) {
	rec := record(t)
	c := rec.client()
	send := func(c *client) *wire.Exchange {
		d := c.draft("DescribeRegions")
		spoil(d)
		return c.send(d)
	}
	want := send(c)
	c.must("DescribeRegions")

	p := play(t, rec)
	c = c.of(p)
	c.must("DescribeRegions")
	if got := send(c); got.Status != want.Status || got.RespHeader.Get("X-Acs-Request-Id") != want.RespHeader.Get("X-Acs-Request-Id") {
		t.Errorf("answer to a bad signature is %d %s, want that of the recording\n%s", got.Status, got.RespHeader, got.RespBody)
	}
	clean(t, p)
}

func TestNonceReuseIsReported(t *testing.T) {
	t.Parallel()
	rec := record(t)
	rec.client().must("DescribeRegions")
	p := play(t, rec)
	c := rec.client().of(p)
	d := c.draft("DescribeRegions")
	c.send(d)
	c.send(d)
	r := p.Report()
	if diff := cmp.Diff([]Exchange{{1, "DescribeRegions"}}, r.NonceReused); diff != "" || r.ExitCode() != 1 {
		t.Errorf("exit %d, NonceReused mismatch (-want +got):\n%s", r.ExitCode(), diff)
	}
}

func TestNothingIsSentUpstream(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) }))
	defer upstream.Close()
	rec := record(t)
	rec.client().must("DescribeRegions")
	p := play(t, rec)
	served := httptest.NewServer(p)
	defer served.Close()
	for _, by := range []http.RoundTripper{p, proxied(t, served.URL)} {
		for _, op := range []string{"DescribeRegions", "ListUsage", "Nonsense"} {
			d := rec.client().of(p).draft(op)
			d.Host = strings.TrimPrefix(upstream.URL, "http://")
			x := wire.Do(t.Context(), d, wire.Route{Transport: by, Endpoint: upstream.URL, Clock: rec.clock.Now})
			if x.Err != nil {
				t.Errorf("%s: %v", op, x.Err)
			}
		}
	}
	if n := seen.Load(); n != 0 {
		t.Errorf("%d requests reached the endpoint, want none", n)
	}
}

// proxied sends everything to one server, whatever its address.
func proxied(t *testing.T, to string) http.RoundTripper {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Transport{Proxy: http.ProxyURL(u), DisableKeepAlives: true}
}

// failing is a recording of one failure.
func failing(t *testing.T, f redact.Failure, status int, body string) (*recording, *memory) {
	rec := record(t)
	rec.client().must("DescribeRegions")
	r := rec.entries[0].Record
	r.Failure, r.Status, r.Answer = f, status, []byte(body)
	m := &memory{}
	m.add(r)
	return rec, m
}

func TestRecordedFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		failure redact.Failure
		status  int
		body    string
		is      error // of the RoundTripper
	}{
		{redact.Refused, 0, "", syscall.ECONNREFUSED},
		{redact.Reset, 0, "", syscall.ECONNRESET},
		{redact.Reset, 200, `{"Regions":`, syscall.ECONNRESET},
		{redact.Truncated, 200, `{"Regions":`, io.ErrUnexpectedEOF},
		{redact.Timeout, 0, "", context.DeadlineExceeded},
		{redact.Canceled, 0, "", errNoAnswer},
		{redact.Broken, 0, "", nil},
	} {
		t.Run(string(test.failure), func(t *testing.T) {
			t.Parallel()
			rec, m := failing(t, test.failure, test.status, test.body)
			x := rec.client().of(play(t, m)).do("DescribeRegions")
			if x.Err == nil || test.is != nil && !errors.Is(x.Err, test.is) {
				t.Errorf("as a transport: %v, want %v", x.Err, test.is)
			}
			if string(x.RespBody) != test.body || x.Status != test.status {
				t.Errorf("as a transport: status %d, body %q", x.Status, x.RespBody)
			}
			s := httptest.NewServer(play(t, m))
			defer s.Close()
			x = rec.client().of(proxied(t, s.URL)).do("DescribeRegions")
			if x.Err == nil || test.status > 0 && (x.Status != test.status || string(x.RespBody) != test.body) {
				t.Errorf("as a server: %v, status %d, body %q", x.Err, x.Status, x.RespBody)
			}
		})
	}
}

func TestTimeoutSaysSo(t *testing.T) {
	t.Parallel()
	rec, m := failing(t, redact.Timeout, 0, "")
	x := rec.client().of(play(t, m)).do("DescribeRegions")
	var timeout net.Error
	if !errors.As(x.Err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v is no timeout", x.Err)
	}
}

// sleeps collects the delays that were asked for.
type sleeps struct {
	mu  sync.Mutex
	all []time.Duration
}

func (s *sleeps) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, d)
	return ctx.Err()
}

func TestSpeed(t *testing.T) {
	t.Parallel()
	rec := record(t)
	rec.client().must("DescribeRegions") // 10 ms to the head, 30 ms in all
	for speed, want := range map[float64][]time.Duration{
		0: nil, 1: {10 * time.Millisecond, 20 * time.Millisecond}, 10: {time.Millisecond, 2 * time.Millisecond},
		0.5: {20 * time.Millisecond, 40 * time.Millisecond},
	} {
		var slept sleeps
		p := play(t, rec, func(o *Options) { o.Speed, o.Sleep = speed, slept.sleep })
		rec.client().of(p).must("DescribeRegions")
		served := httptest.NewServer(p)
		rec.client().with(func(c *client) { c.prefix = "b" }).of(proxied(t, served.URL)).must("DescribeRegions")
		served.Close()
		if diff := cmp.Diff(append(want, want...), slept.all); diff != "" {
			t.Errorf("speed %v: delays mismatch (-want +got):\n%s", speed, diff)
		}
	}
}

func TestDelayEndsWithTheClient(t *testing.T) {
	t.Parallel()
	rec := record(t)
	rec.client().must("DescribeRegions")
	p := play(t, rec, func(o *Options) { o.Speed = 1e-5 }) // 1000 s
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	x := wire.Do(ctx, rec.client().of(p).draft("DescribeRegions"), wire.Route{Transport: p, Endpoint: "http://eci.example.com", Clock: rec.clock.Now})
	if !errors.Is(x.Err, context.Canceled) {
		t.Errorf("error %v, want that of the context", x.Err)
	}
}

func TestOtherFormatIsConverted(t *testing.T) {
	t.Parallel()
	for _, recorded := range []string{"JSON", "XML"} {
		t.Run(recorded, func(t *testing.T) {
			t.Parallel()
			rec := record(t)
			asks := func(c *client, format string) (ok, refused *wire.Exchange) {
				c = c.with(func(c *client) { c.format = format })
				return c.do("DescribeRegions"), c.do("DeleteImageCache", "ImageCacheId", "imc-none")
			}
			asks(rec.client(), recorded)
			other := map[string]string{"JSON": "XML", "XML": "JSON"}[recorded]
			live := record(t)
			wantOK, wantNo := asks(live.client(), other)
			gotOK, gotNo := asks(rec.client().of(play(t, rec)), other)
			for _, pair := range [][2]*wire.Exchange{{wantOK, gotOK}, {wantNo, gotNo}} {
				want, got := pair[0], pair[1]
				if diff := cmp.Diff(string(want.RespBody), string(got.RespBody)); diff != "" || got.Status != want.Status ||
					got.RespHeader.Get("Content-Type") != want.RespHeader.Get("Content-Type") {
					t.Errorf("status %d %s, answer mismatch (-want +got):\n%s", got.Status, got.RespHeader, diff)
				}
			}
		})
	}
}

func TestUnreadableRequest(t *testing.T) {
	t.Parallel()
	rec := record(t)
	rec.client().must("DescribeRegions")
	p := play(t, rec)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.URL = asURL("/?Action=DescribeRegions&RegionId=%zz")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), string(whyForm)) {
		t.Errorf("status %d\n%s", w.Code, w.Body)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		"Contract is missing": {},
		"speed -1":            {Contract: theContract(t), Speed: -1},
		"status 200":          {Contract: theContract(t), MissStatus: 200},
	} {
		if _, err := New(&memory{}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New(%+v) error %v, want %q", o, err, want)
		}
	}
}
