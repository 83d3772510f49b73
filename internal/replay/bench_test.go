package replay

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var loadContract = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

func theContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var (
	first  = wire.Credentials{AccessKeyID: "LTAI5tFirstKeyOfTheTests", AccessKeySecret: "secret-of-the-first-key-000001"}
	second = wire.Credentials{AccessKeyID: "LTAI5tSecondKeyOfTheTest", AccessKeySecret: "secret-of-the-second-key-00002"}
	third  = wire.Credentials{AccessKeyID: "LTAI5tThirdKeyOfTheTests", AccessKeySecret: "secret-of-the-third-key-000003"}
)

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// memory is a recording in memory.
type memory struct {
	mu      sync.Mutex
	entries []cassette.Entry
}

func (m *memory) add(r redact.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.ID = len(m.entries) + 1
	m.entries = append(m.entries, cassette.Entry{Record: r})
}

func (m *memory) Len() int                            { return len(m.entries) }
func (m *memory) Entry(i int) *cassette.Entry         { return &m.entries[i] }
func (m *memory) Record(i int) (redact.Record, error) { return m.entries[i].Record, nil }

// recording records what an emulator answers.
type recording struct {
	memory
	t       testing.TB
	clock   *clock
	handler *emulator.Emulator
	redact  *redact.Session
	place   redact.Place
}

const settle = time.Second

func record(t testing.TB) *recording {
	t.Helper()
	c := newClock()
	h, err := emulator.New(emulator.Options{
		Contract: theContract(t), World: fixtures.World, Clock: c.Now, Seed: 1, Settle: settle,
		Keys: []emulator.Key{
			{AccessKeyID: first.AccessKeyID, AccessKeySecret: first.AccessKeySecret, Account: "default"},
			{AccessKeyID: second.AccessKeyID, AccessKeySecret: second.AccessKeySecret, Account: "default"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := redact.NewRules(theContract(t)).Session(redact.SessionOptions{Known: []wire.Credentials{first, second}, Begin: c.Now()})
	return &recording{t: t, clock: c, handler: h, redact: s}
}

// RoundTrip answers from the emulator and records that.
func (m *recording) RoundTrip(r *http.Request) (*http.Response, error) {
	in := received(r)
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	in.Body = http.NoBody
	if len(body) > 0 {
		in = in.Clone(r.Context())
		in.Body = newBody(body)
		in.ContentLength = int64(len(body))
	}
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, in)
	x := &redact.Raw{
		Method: in.Method, Target: in.URL.RequestURI(), Host: in.Host, Header: in.Header, Body: body,
		Status: w.Code, RespHeader: w.Header(), RespBody: w.Body.Bytes(), Start: m.clock.Now(), Place: m.place,
		FirstByte: 10 * time.Millisecond, Duration: 30 * time.Millisecond,
	}
	m.add(m.redact.Exchange(x).Record())
	return w.Result(), nil
}

// client sends requests in one way.
type client struct {
	t      testing.TB
	by     http.RoundTripper
	clock  *clock
	key    wire.Credentials
	scheme wire.Scheme
	method string
	form   bool
	format string
	nonces *counter
	prefix string // of nonces
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

func (m *recording) client() *client {
	return &client{t: m.t, by: m, clock: m.clock, key: first, method: http.MethodPost, form: true, format: "JSON", nonces: &counter{}, prefix: "rec"}
}

func (c client) with(edit func(*client)) *client {
	edit(&c)
	return &c
}

// of is the same client with another server.
func (c client) of(by http.RoundTripper) *client {
	c.by, c.prefix = by, c.prefix+"-again"
	return &c
}

func params(pairs ...string) wire.Params {
	out := make(wire.Params, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, wire.Param{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

func (c *client) draft(op string, pairs ...string) *wire.Draft {
	c.t.Helper()
	own := params(pairs...)
	if _, ok := own.Get("RegionId"); !ok {
		own = append(own, wire.Param{Name: "RegionId", Value: "cn-hangzhou"})
	}
	d := wire.NewDraft(wire.Call{
		Host: "eci.example.com", Operation: op, Version: "2018-08-08", Params: own, Method: c.method, Form: c.form, Scheme: c.scheme,
		Format: c.format, Credentials: c.key, Nonce: c.prefix + strconv.Itoa(c.nonces.next()), Time: c.clock.Now(),
	})
	if err := d.Sign(); err != nil {
		c.t.Fatal(err)
	}
	return d
}

// do sends a request and returns what came.
func (c *client) do(op string, pairs ...string) *wire.Exchange {
	c.t.Helper()
	return c.send(c.draft(op, pairs...))
}

func (c *client) send(d *wire.Draft) *wire.Exchange {
	c.t.Helper()
	return wire.Do(c.t.Context(), d, wire.Route{Transport: c.by, Endpoint: "http://eci.example.com", Clock: c.clock.Now})
}

// must sends a request that has to succeed and returns its body.
func (c *client) must(op string, pairs ...string) *wire.Map {
	c.t.Helper()
	x := c.do(op, pairs...)
	if x.Err != nil || x.Status != http.StatusOK {
		c.t.Fatalf("%s %v: status %d, %v\n%s", op, pairs, x.Status, x.Err, x.RespBody)
	}
	return decode(c.t, x.RespBody)
}

func decode(t testing.TB, body []byte) *wire.Map {
	t.Helper()
	v, err := wire.DecodeJSON(body)
	m, ok := v.(*wire.Map)
	if err != nil || !ok {
		t.Fatalf("answer is no JSON object: %v\n%s", err, body)
	}
	return m
}

func text(m *wire.Map, name string) string {
	v, _ := m.Get(name)
	s, _ := v.(string)
	return s
}

// missed sends a request that has to miss and returns the message.
func (c *client) missed(op string, pairs ...string) string {
	c.t.Helper()
	x := c.do(op, pairs...)
	if x.Err != nil {
		c.t.Fatalf("%s %v: %v", op, pairs, x.Err)
	}
	m := decode(c.t, x.RespBody)
	if x.Status != http.StatusConflict || text(m, "Code") != MissCode {
		c.t.Fatalf("%s %v: status %d, want a miss\n%s", op, pairs, x.Status, x.RespBody)
	}
	return text(m, "Message")
}

// create makes an image cache and returns its id.
func (c *client) create(name, token string) string {
	c.t.Helper()
	return text(c.must("CreateImageCache", createPairs(name, token)...), "ImageCacheId")
}

func createPairs(name, token string) []string {
	return []string{
		"SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main", "ImageCacheName", name,
		"Image.1", "nginx:1.25", "ClientToken", token, "Tag.1.Key", "owner", "Tag.1.Value", "tests",
		"ImageRegistryCredential.1.Server", "registry.example.com", "ImageRegistryCredential.1.UserName", "robot",
		"ImageRegistryCredential.1.Password", "correct-horse-battery",
	}
}

// state asks for the state of an image cache; empty when there is none.
func (c *client) state(id string) string {
	c.t.Helper()
	return stateOf(c.must("DescribeImageCaches", "ImageCacheId", id))
}

func stateOf(m *wire.Map) string {
	v, _ := m.Get("ImageCaches")
	items, _ := v.([]any)
	if len(items) == 0 {
		return ""
	}
	return text(items[0].(*wire.Map), "Status")
}

func play(t testing.TB, s Source, edit ...func(*Options)) *Player {
	t.Helper()
	o := Options{Contract: theContract(t), Keys: []wire.Credentials{first, second, third}}
	for _, e := range edit {
		e(&o)
	}
	p, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// clean checks that a replay was as recorded.
func clean(t testing.TB, p *Player, edit ...func(*Report)) {
	t.Helper()
	r := p.Report()
	for _, e := range edit {
		e(&r)
	}
	if r.ExitCode() != 0 || len(r.Unused) > 0 || r.Matched != r.Requests {
		t.Errorf("replay departs from the recording:\n%s", r)
	}
}

func has(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not hold %q", text, part)
		}
	}
}

// asURL keeps a path as it is written.
func asURL(raw string) *url.URL {
	path, query, _ := strings.Cut(raw, "?")
	return &url.URL{Path: path, RawQuery: query}
}

func sortedIDs(list []Exchange) []int {
	var out []int
	for _, e := range list {
		out = append(out, e.ID)
	}
	slices.Sort(out)
	return out
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

func newBody(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }
