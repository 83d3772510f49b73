package emulator_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// clock is a time that moves when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const settle = time.Second

// bench is an emulator behind HTTP with what a test needs to call it.
type bench struct {
	t        testing.TB
	contract *contract.Contract
	profile  *profile.Profile
	keys     map[string]wire.Credentials
	clock    *clock
	server   *httptest.Server
	nonce    int
	mu       sync.Mutex
}

var loadContract = sync.OnceValues(func() (*contract.Contract, error) {
	return contract.Load(spec.Name, spec.OpenAPI)
})

func theContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func theProfile(t testing.TB) *profile.Profile {
	t.Helper()
	text, err := fixtures.Targets.ReadFile("targets/emulator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Load("emulator.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newBench starts an emulator; edit changes its options before.
func newBench(t testing.TB, edit ...func(*emulator.Options)) *bench {
	t.Helper()
	b := &bench{t: t, contract: theContract(t), profile: theProfile(t)}
	b.clock = &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	o := emulator.Options{Contract: b.contract, World: fixtures.World, Clock: b.clock.Now, Seed: 7, Settle: settle}
	for _, e := range edit {
		e(&o)
	}
	handler, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if b.keys, err = b.profile.Resolve(profile.Lookups{}); err != nil {
		t.Fatal(err)
	}
	b.server = httptest.NewServer(handler)
	t.Cleanup(b.server.Close)
	return b
}

// reply is an answer, decoded.
type reply struct {
	status int
	header http.Header
	raw    []byte
	body   *wire.Map
}

func (r reply) text(path ...string) string {
	var v any = r.body
	for _, p := range path {
		m, ok := v.(*wire.Map)
		if !ok {
			return ""
		}
		v, _ = m.Get(p)
	}
	s, _ := v.(string)
	if v != nil && s == "" {
		s = fmt.Sprint(v)
	}
	return s
}

func (r reply) list(name string) []*wire.Map {
	v, _ := r.body.Get(name)
	items, _ := v.([]any)
	var out []*wire.Map
	for _, i := range items {
		out = append(out, i.(*wire.Map))
	}
	return out
}

func (r reply) String() string {
	return fmt.Sprintf("%d %s", r.status, bytes.TrimSpace(r.raw))
}

func params(pairs ...string) wire.Params {
	var out wire.Params
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, wire.Param{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// call is a valid call of the default account; edit changes it.
func (b *bench) draft(operation string, p wire.Params, edit ...func(*wire.Call)) *wire.Draft {
	b.mu.Lock()
	b.nonce++
	nonce := fmt.Sprintf("nonce-%06d", b.nonce)
	b.mu.Unlock()
	if _, ok := p.Get("RegionId"); !ok {
		p = append(params("RegionId", "cn-hangzhou"), p...)
	}
	c := wire.Call{
		Operation: operation, Version: b.contract.Version, Params: p, Method: "POST", Scheme: wire.V1, Format: "JSON",
		Credentials: b.keys["default"], Nonce: nonce, Time: b.clock.Now(), Host: strings.TrimPrefix(b.server.URL, "http://"),
	}
	for _, e := range edit {
		e(&c)
	}
	return wire.NewDraft(c)
}

func as(credentials wire.Credentials) func(*wire.Call) {
	return func(c *wire.Call) { c.Credentials = credentials }
}

func (b *bench) call(operation string, p wire.Params, edit ...func(*wire.Call)) reply {
	b.t.Helper()
	d := b.draft(operation, p, edit...)
	if err := d.Sign(); err != nil {
		b.t.Fatal(err)
	}
	return b.send(d)
}

func (b *bench) send(d *wire.Draft) reply {
	b.t.Helper()
	req, err := d.Request(context.Background(), b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.server.Client().Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, raw: raw}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		v, err := wire.DecodeJSON(raw)
		if err != nil {
			b.t.Fatalf("%s: %v", raw, err)
		}
		r.body = v.(*wire.Map)
	}
	return r
}

// must asks for a success.
func (b *bench) must(operation string, p wire.Params, edit ...func(*wire.Call)) reply {
	b.t.Helper()
	r := b.call(operation, p, edit...)
	if r.status != http.StatusOK {
		b.t.Fatalf("%s(%v) = %v, want 200", operation, p, r)
	}
	return r
}

// refused asks for a code.
func (b *bench) refused(code, operation string, p wire.Params, edit ...func(*wire.Call)) reply {
	b.t.Helper()
	r := b.call(operation, p, edit...)
	if r.text("Code") != code {
		b.t.Errorf("%s(%v) = %v, want code %s", operation, p, r, code)
	}
	return r
}

func TestSmoke(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	t.Log(b.must("DescribeRegions", nil))
	r := b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx", "Tag.1.Key", "k"))
	t.Log(r)
	t.Log(b.must("DescribeImageCaches", nil))
	b.clock.Add(2 * settle)
	t.Log(b.must("DescribeImageCaches", nil))
	t.Log(string(b.call("DescribeImageCaches", nil, func(c *wire.Call) { c.Format = "XML" }).raw))
	t.Log(b.must("ListUsage", nil))
}
