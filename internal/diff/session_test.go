package diff

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/mutant"
	"github.com/eci-conform/conform/internal/profile"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

// The keys that recordings are made with and that requests are sent again with.
var (
	recordKey = emulator.Key{AccessKeyID: "key-of-recording", AccessKeySecret: "secret-of-recording", Account: "default"}
	resendKey = emulator.Key{AccessKeyID: "key-of-today", AccessKeySecret: "secret-of-today", Account: "default"}
)

func credentials(k emulator.Key) wire.Credentials {
	return wire.Credentials{AccessKeyID: k.AccessKeyID, AccessKeySecret: k.AccessKeySecret}
}

func load(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(c *contract.Contract, seed uint64) emulator.Options {
	return emulator.Options{Contract: c, World: fixtures.World, Clock: time.Now, Seed: seed, Keys: []emulator.Key{recordKey, resendKey}}
}

// sound starts an emulator without fault.
func sound(t testing.TB, o emulator.Options) http.Handler {
	t.Helper()
	h, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// broken starts a mutant.
func broken(t testing.TB, c *contract.Contract, id string) http.Handler {
	t.Helper()
	all, err := mutant.All(c)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mutant.Find(all, id)
	if err != nil {
		t.Fatal(err)
	}
	h, err := m.New(options(c, 2))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// memory is a recording that is in no file.
type memory []redact.Record

func (m memory) Len() int                            { return len(m) }
func (m memory) Entry(i int) *cassette.Entry         { return &cassette.Entry{Record: m[i]} }
func (m memory) Record(i int) (redact.Record, error) { return m[i], nil }

// client records a session with a server.
type client struct {
	t       testing.TB
	url     string
	session *redact.Session
	tape    memory
	scheme  wire.Scheme
	format  string
	name    string // in all names
	nonce   int
}

func newClient(t testing.TB, c *contract.Contract, h http.Handler, name string) *client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &client{t: t, url: s.URL, name: name, scheme: wire.V1, format: "JSON", session: redact.NewRules(c).Session(redact.SessionOptions{
		Known: []wire.Credentials{credentials(recordKey)}, Begin: begin,
	})}
}

// begin is when all recordings begin.
var begin = time.Now()

// call sends a request and keeps it; params are NAME=VALUE, and $ in a value is
// the client's name.
func (k *client) call(operation string, params ...string) *wire.Map {
	k.t.Helper()
	k.nonce++
	c := wire.Call{
		Operation: operation, Version: "2018-08-08", Format: k.format, Scheme: k.scheme, Form: k.scheme == wire.ACS3, Credentials: credentials(recordKey),
		Nonce: fmt.Sprintf("%s-%d", k.name, k.nonce), Time: time.Now(), Host: strings.TrimPrefix(k.url, "http://"), Params: wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}},
	}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		c.Params = c.Params.Set(name, strings.ReplaceAll(value, "$", k.name))
	}
	d := wire.NewDraft(c)
	if err := d.Sign(); err != nil {
		k.t.Fatal(err)
	}
	x := wire.Do(context.Background(), d, wire.Route{Transport: http.DefaultTransport, Endpoint: k.url, Clock: time.Now})
	if x.Err != nil {
		k.t.Fatal(x.Err)
	}
	u, _ := url.Parse(x.URL)
	r := k.session.Exchange(&redact.Raw{
		Method: x.Method, Target: u.RequestURI(), Host: x.Host, Header: x.Header, Body: x.Body, Status: x.Status,
		RespHeader: x.RespHeader, RespBody: x.RespBody, Start: x.Start, FirstByte: x.Duration, Duration: x.Duration,
	}).Record()
	r.ID = len(k.tape) + 1
	k.tape = append(k.tape, r)
	return body(load0(k.t).Operation(operation), &redact.Record{Answer: x.RespBody})
}

var (
	once   sync.Once
	shared *contract.Contract
)

// load0 is the contract, for reading.
func load0(t testing.TB) *contract.Contract {
	once.Do(func() { shared = load(t) })
	return shared
}

// until reads a thing until it is in a state.
func (k *client) until(operation, param, id, state string) {
	k.t.Helper()
	op := load0(k.t).Operation(operation)
	for range 500 {
		m := k.call(operation, param+"="+id)
		list, _ := m.Get(op.Effect.Items)
		if items, _ := list.([]any); len(items) == 1 && member(items[0].(*wire.Map), "Status") == state {
			return
		}
	}
	k.t.Fatalf("%s never became %s", id, state)
}

// life is a session with something of everything.
func (k *client) life() memory {
	k.t.Helper()
	k.call("DescribeRegions")
	image := []string{"Image.1=nginx", "SecurityGroupId=sg-emu-main", "VSwitchId=vsw-emu-main", "ImageCacheName=cache-of-$", "ClientToken=token-of-$"}
	id := member(k.call("CreateImageCache", image...), "ImageCacheId")
	k.until("DescribeImageCaches", "ImageCacheId", id, "Ready")
	k.call("TagResources", "ResourceType=ImageCache", "ResourceId.1="+id, "Tag.1.Key=owner", "Tag.1.Value=nobody", "Tag.2.Key=stage", "Tag.2.Value=test")
	k.call("ListTagResources", "ResourceType=ImageCache", "ResourceId.1="+id)
	k.call("CreateImageCache", append(image, "ImageCacheName=other-of-$")...) // the token is taken
	change := []string{"ImageCacheId=" + id, "SecurityGroupId=sg-emu-main", "VSwitchId=vsw-emu-main", "ImageCacheName=cache-of-$"}
	k.call("UpdateImageCache", append(change, "VSwitchId=vsw-emu-closed", "ImageCacheName=never-of-$")...)
	k.call("UpdateImageCache", change...) // nothing to do
	k.call("UpdateImageCache", append(change, "ImageCacheName=next-of-$")...)
	k.until("DescribeImageCaches", "ImageCacheId", id, "Ready")
	k.call("DescribeImageCaches", "ImageCacheName=next-of-$")
	source := []string{"Name=data-of-$", "Path=/data/of-$", "DataSource.Type=URL", "DataSource.Options.repoSource=HuggingFace/Model", "DataSource.Options.repoId=some/model"}
	k.call("CreateDataCache", append(source, "VSwitchId=vsw-emu-closed")...)
	data := member(k.call("CreateDataCache", source...), "DataCacheId")
	k.until("DescribeDataCaches", "DataCacheId.1", data, "Available")
	k.call("DescribeDataCaches")
	k.call("ListUsage")
	k.call("DeleteDataCache", "DataCacheId="+data)
	k.call("DeleteImageCache", "ImageCacheId="+id)
	k.call("DescribeImageCaches", "ImageCacheId="+id)
	k.call("DeleteImageCache", "ImageCacheId="+id)
	return k.tape
}

// record makes the recording of a life on a sound emulator.
func record(t testing.TB, name string) memory {
	t.Helper()
	c := load0(t)
	return newClient(t, c, sound(t, options(c, 1)), name).life()
}

// resend sends a recording to a server.
func resend(t testing.TB, tape memory, h http.Handler, change func(*Options)) *Report {
	t.Helper()
	r, err := resendIn(context.Background(), t, tape, h, change)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// resendIn is resend until ctx ends.
func resendIn(ctx context.Context, t testing.TB, tape memory, h http.Handler, change func(*Options)) (*Report, error) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := load0(t)
	o := Options{
		Contract: c, Rules: redact.NewRules(c), Endpoint: s.URL, Transport: http.DefaultTransport, Clock: time.Now,
		Rand: rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano()))), Key: func(string) (wire.Credentials, bool) { return credentials(resendKey), true },
		Known: []wire.Credentials{credentials(resendKey)}, Timeout: 10 * time.Second, Recorded: begin, Skew: 15 * time.Minute, Writes: true, Twin: true,
		Wait: profile.Wait{Initial: time.Millisecond, Factor: 1.5, Cap: 20 * time.Millisecond, Deadline: 300 * time.Millisecond},
	}
	if change != nil {
		change(&o)
	}
	return Resend(ctx, tape, o)
}
