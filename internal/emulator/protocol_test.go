package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// ways are all the ways of sending one request.
func ways() map[string]func(*wire.Call) {
	out := map[string]func(*wire.Call){}
	for _, scheme := range []wire.Scheme{wire.V1, wire.ACS3} {
		for _, way := range []string{"GET", "POST", "POST form"} {
			for _, format := range []string{"JSON", "XML"} {
				out[fmt.Sprint(scheme, " ", way, " ", format)] = func(c *wire.Call) {
					c.Scheme, c.Format = scheme, format
					c.Method, _, c.Form = strings.Cut(way, " ")
				}
			}
		}
	}
	return out
}

// tree reads an answer of either format as the same tree.
func (b *bench) tree(operation string, r reply) *wire.Map {
	b.t.Helper()
	if r.body != nil {
		return r.body
	}
	root, err := wire.DecodeXML(r.raw)
	if err != nil {
		b.t.Fatalf("%s: %v", r.raw, err)
	}
	shape := b.contract.Operation(operation).Response.BodyShape()
	if r.status != http.StatusOK {
		shape = b.contract.Envelope.Error.BodyShape()
	}
	v, err := root.Value(shape)
	if err != nil {
		b.t.Fatalf("%s: %v", r.raw, err)
	}
	return v.(*wire.Map)
}

func TestEveryWayGivesTheSameTree(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.must("CreateImageCache", params("ImageCacheName", "名 <&> +~*", "Image.1", "nginx", "Tag.1.Key", "k", "Tag.1.Value", ""))
	b.clock.Add(2 * settle)
	want := b.must("DescribeImageCaches", nil).body
	wantError := b.call("DescribeImageCaches", params("Limit", "0")).body
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			for p, want := range map[string]*wire.Map{"": want, "0": wantError} {
				r := b.call("DescribeImageCaches", limit(p), way)
				got := b.tree("DescribeImageCaches", r)
				id, _ := got.Get("RequestId")
				if h := r.header.Get("x-acs-request-id"); h != id {
					t.Errorf("x-acs-request-id = %q, want RequestId %q", h, id)
				}
				if at, same := wire.Equal(timeless(want), timeless(got)); !same {
					t.Errorf("answer differs at %s: %s", at, r)
				}
			}
		})
	}
}

func limit(p string) wire.Params {
	if p == "" {
		return nil
	}
	return params("Limit", p)
}

// timeless returns the tree with what differs in each answer blotted out.
func timeless(m *wire.Map) *wire.Map {
	out := &wire.Map{}
	for _, key := range m.Keys() {
		v, _ := m.Get(key)
		if key == "RequestId" || key == "Recommend" {
			v = "differs"
		}
		out.Set(key, v)
	}
	return out
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, c := range []struct {
		format string
		none   bool
		scheme wire.Scheme
		want   string
	}{
		{"json", false, wire.V1, "application/json;charset=utf-8"},
		{"XML", false, wire.V1, "text/xml;charset=utf-8"},
		{"", true, wire.V1, "text/xml;charset=utf-8"},
		{"yaml", false, wire.V1, "text/xml;charset=utf-8"},
		{"JSON", false, wire.ACS3, "application/json;charset=utf-8"},
		{"XML", false, wire.ACS3, "text/xml;charset=utf-8"},
	} {
		r := b.call("DescribeRegions", nil, func(call *wire.Call) { call.Format, call.NoFormat, call.Scheme = c.format, c.none, c.scheme })
		if got := r.header.Get("Content-Type"); got != c.want {
			t.Errorf("Format %q under %s is answered as %q, want %q", c.format, c.scheme, got, c.want)
		}
	}
}

func TestSignatureMismatchShowsTheStringToSign(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.draft("DescribeRegions", params("Name", "a b"), as(wire.Credentials{AccessKeyID: "emulator-default", AccessKeySecret: "wrong"}),
		func(c *wire.Call) { c.Method = "GET" })
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	message := b.send(d).text("Message")
	_, text, ok := strings.Cut(message, "server string to sign is:")
	if !ok || !strings.HasPrefix(text, "GET&%2F&AccessKeyId%3Demulator-default%26Action%3DDescribeRegions%26Format%3DJSON%26Name%3Da%2520b%26") {
		t.Errorf("message = %q", message)
	}
}

func TestNoAnswerRepeatsASecret(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const password = "conform registry/password+1"
	p := params("ImageCacheName", "a", "Image.1", "nginx", "ImageRegistryCredential.1.Password", password)
	wrong := b.keys["temporary"]
	token := wrong.SecurityToken
	wrong.AccessKeySecret += "0"
	r := b.call("CreateImageCache", p, as(wrong))
	for _, secret := range []string{password, wire.PercentEncode(password), wire.PercentEncode(wire.PercentEncode(password)), token} {
		if strings.Contains(string(r.raw), secret) {
			t.Errorf("a refused signature shows %q: %s", secret, r)
		}
	}
	b.must("CreateDataCache", params("Path", "/a", "DataSource.Type", "URL", "DataSource.Options.#11#accessToken", password))
	if r := b.must("DescribeDataCaches", nil); strings.Contains(string(r.raw), password) {
		t.Errorf("a listing shows an access token: %s", r)
	}
}

func TestGatewayOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old := func(c *wire.Call) { c.Time = c.Time.Add(-time.Hour) }
	nobody := as(wire.Credentials{AccessKeyID: "nobody", AccessKeySecret: "x"})
	wrong := as(wire.Credentials{AccessKeyID: "emulator-default", AccessKeySecret: "x"})
	for _, c := range []struct {
		code  string
		edits []func(*wire.Call)
	}{
		{"InvalidAccessKeyId.NotFound", []func(*wire.Call){nobody, old}},
		{"InvalidTimeStamp.Expired", []func(*wire.Call){wrong, old}},
		{"SignatureDoesNotMatch", []func(*wire.Call){wrong, func(c *wire.Call) { c.Method = "PUT" }}},
		{"UnsupportedHTTPMethod", []func(*wire.Call){func(c *wire.Call) { c.Method = "PUT" }}},
		{"MissingImageCacheName", nil},
		{"MissingImageCacheName", []func(*wire.Call){as(b.keys["throttled"])}},
		{"MissingImageCacheName", []func(*wire.Call){as(b.keys["arrears"])}},
	} {
		b.refused(c.code, "CreateImageCache", nil, c.edits...)
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := params("ImageCacheName", "a", "Image.1", "nginx", "ClientToken", "T1")
	id := func(r reply) string { return r.text("ImageCacheId") }
	first := b.must("CreateImageCache", p)
	again := b.must("CreateImageCache", p, func(c *wire.Call) { c.Scheme = wire.ACS3 })
	if id(first) != id(again) {
		t.Errorf("the same token gave %s and then %s", id(first), id(again))
	}
	if first.text("RequestId") == again.text("RequestId") {
		t.Error("two answers have one RequestId")
	}
	b.refused("IdempotentParameterMismatch", "CreateImageCache", append(p.Clone(), params("RetentionDays", "1")...))
	others := map[string]reply{
		"another case":      b.must("CreateImageCache", p.Clone().Set("ClientToken", "t1")),
		"another region":    b.must("CreateImageCache", append(p.Clone(), params("RegionId", "cn-shanghai")...)),
		"another account":   b.must("CreateImageCache", p, as(b.keys["secondary"])),
		"another operation": b.must("CreateDataCache", params("Path", "/a", "ClientToken", "T1")),
	}
	for name, r := range others {
		if id(r) == id(first) {
			t.Errorf("the token is good for %s too", name)
		}
	}
	d := params("ImageCacheId", id(first), "ClientToken", "T2")
	b.must("DeleteImageCache", d)
	b.must("DeleteImageCache", d)
	b.refused("InvalidParameter.NotFound", "DeleteImageCache", params("ImageCacheId", id(first), "ClientToken", "T3"))
	// A failure is not remembered.
	network := params("ImageCacheName", "b", "Image.1", "nginx", "ClientToken", "T4")
	b.refused("InvalidVSwitchId.IpNotEnough", "CreateImageCache", append(network.Clone(), params("VSwitchId", "vsw-emu-exhausted")...))
	b.must("CreateImageCache", network)
	b.clock.Add(25 * time.Hour)
	if late := b.must("CreateImageCache", p); id(late) == id(first) {
		t.Error("a token outlives its day")
	}
}

func TestIsolation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx")).text("ImageCacheId")
	there := params("RegionId", "cn-shanghai")
	for name, r := range map[string]reply{
		"another region":  b.must("DescribeImageCaches", there),
		"another account": b.must("DescribeImageCaches", nil, as(b.keys["secondary"])),
	} {
		if n := len(r.list("ImageCaches")); n != 0 {
			t.Errorf("%s sees %d image caches", name, n)
		}
	}
	b.refused("InvalidParameter.NotFound", "DeleteImageCache", append(there, params("ImageCacheId", id)...))
	b.refused("InvalidParameter.NotFound", "DeleteImageCache", params("ImageCacheId", id), as(b.keys["secondary"]))
	b.refused("InvalidParameter", "DescribeImageCaches", params("RegionId", "cn-nowhere"))
	if got := b.must("ListUsage", nil).text("Attributes", "UsedImageCacheCount"); got != "1" {
		t.Errorf("usage = %s, want 1", got)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []string
	for i := range 7 {
		ids = append(ids, b.must("CreateDataCache", params("Path", fmt.Sprint("/", i), "Name", "n")).text("DataCacheId"))
	}
	next, page := b.dataPage("")
	got := page
	b.must("DeleteDataCache", params("DataCacheId", ids[2])) // on the first page, and its end
	b.must("DeleteDataCache", params("DataCacheId", ids[4])) // ahead
	late := b.must("CreateDataCache", params("Path", "/late")).text("DataCacheId")
	for token := next; token != ""; {
		token, page = b.dataPage(token)
		got = append(got, page...)
	}
	want := []string{ids[0], ids[1], ids[2], ids[3], ids[5], ids[6], late}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("union of the pages mismatch (-want +got):\n%s", diff)
	}
	for name, p := range map[string]wire.Params{
		"altered":        params("Limit", "3", "NextToken", next[:len(next)-2]+"AA"),
		"of none":        params("NextToken", "x"),
		"another filter": params("Limit", "3", "NextToken", next, "Bucket", "default"),
		"another region": params("Limit", "3", "NextToken", next, "RegionId", "cn-shanghai"),
	} {
		if r := b.call("DescribeDataCaches", p); r.text("Code") != "InvalidParameter" {
			t.Errorf("token %s = %v, want InvalidParameter", name, r)
		}
	}
	b.refused("InvalidParameter", "DescribeDataCaches", params("Limit", "3", "NextToken", next), as(b.keys["secondary"]))
	b.refused("InvalidParameter", "DescribeImageCaches", params("Limit", "3", "NextToken", next))
	b.must("DescribeDataCaches", params("Limit", "1", "NextToken", next)) // again, by smaller pages
	b.must("DescribeDataCaches", params("Limit", "", "NextToken", ""))
}

func (b *bench) dataPage(token string) (next string, ids []string) {
	b.t.Helper()
	r := b.must("DescribeDataCaches", params("Limit", "3", "NextToken", token))
	for _, m := range r.list("DataCaches") {
		id, _ := m.Get("DataCacheId")
		ids = append(ids, id.(string))
	}
	return r.text("NextToken"), ids
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		b := newBench(t, func(o *emulator.Options) { o.Seed = seed })
		host := b.server.Listener.Addr().String()
		var out strings.Builder
		keep := func(r reply) reply {
			out.WriteString(strings.ReplaceAll(string(r.raw), host, "HOST") + "\n")
			return r
		}
		id := keep(b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx"))).text("ImageCacheId")
		keep(b.must("CreateDataCache", params("Path", "/a"), as(b.keys["secondary"])))
		for range 3 {
			b.clock.Add(settle)
			keep(b.must("DescribeImageCaches", params("ImageCacheId", id)))
			keep(b.must("DescribeDataCaches", nil, as(b.keys["secondary"])))
		}
		keep(b.call("DeleteDataCache", nil))
		return out.String()
	}
	if diff := cmp.Diff(run(1), run(1)); diff != "" {
		t.Errorf("two runs with one seed mismatch (-first +second):\n%s", diff)
	}
	if run(1) == run(2) {
		t.Error("two seeds give the same bytes")
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *emulator.Options) { o.Settle = -1 })
	const clients, rounds = 32, 10
	ids := make([]string, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			shared := b.call("CreateImageCache", params("ImageCacheName", "shared", "Image.1", "nginx", "ClientToken", "one"))
			ids[i] = shared.text("ImageCacheId")
			for n := range rounds {
				name := fmt.Sprintf("c%d-%d", i, n)
				id := b.call("CreateImageCache", params("ImageCacheName", name, "Image.1", "nginx")).text("ImageCacheId")
				b.call("DescribeImageCaches", params("Limit", "5"), func(c *wire.Call) { c.Format = "XML" })
				b.call("TagResources", params("ResourceType", "ImageCache", "ResourceId.1", id, "Tag.1.Key", "k"))
				if r := b.call("DeleteImageCache", params("ImageCacheId", id)); r.status != http.StatusOK {
					t.Errorf("delete %s = %v", id, r)
				}
			}
		})
	}
	wg.Wait()
	r := b.must("DescribeImageCaches", nil)
	if n := r.text("TotalCount"); n != "1" {
		t.Errorf("%s caches are left, want the shared one", n)
	}
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Errorf("one token gave %s and %s", ids[0], id)
		}
	}
}

func TestHookAroundARequest(t *testing.T) {
	t.Parallel()
	accounts := make(chan string, 10)
	b := newBench(t, func(o *emulator.Options) {
		o.Hooks = &emulator.Hooks{Around: func(_ context.Context, account string, work func() *emulator.Answer) (*emulator.Answer, error) {
			accounts <- account
			a := work()
			if account == "secondary" {
				return nil, errors.New("drop the answer, the work is done")
			}
			return a, nil
		}}
	})
	b.must("DescribeRegions", nil)
	d := b.draft("DescribeRegions", nil, as(b.keys["secondary"]))
	if err := d.Sign(); err != nil {
		t.Fatal(err)
	}
	req, err := d.Request(context.Background(), b.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := b.server.Client().Do(req); err == nil {
		resp.Body.Close()
		t.Errorf("a dropped answer came as %d", resp.StatusCode)
	}
	if first, second := <-accounts, <-accounts; first != "default" || second != "secondary" {
		t.Errorf("accounts = %q, %q", first, second)
	}
}

func TestUnreadableRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, send := range map[string]func() (*http.Response, error){
		"broken escape": func() (*http.Response, error) { return http.Get(b.server.URL + "/?Action=%zz") },
		"large body": func() (*http.Response, error) {
			return http.Post(b.server.URL, "application/x-www-form-urlencoded", strings.NewReader("A="+strings.Repeat("x", 2<<20)))
		},
		"nothing": func() (*http.Response, error) { return http.Get(b.server.URL) },
	} {
		resp, err := send()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s = %d, want 400", name, resp.StatusCode)
		}
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]emulator.Options{
		`start emulator: key k: unknown account "nobody"`:         {Keys: []emulator.Key{{AccessKeyID: "k", Account: "nobody"}}},
		"start emulator: parse world: yaml: unmarshal errors":     {World: []byte("planets: []\n")},
		`start emulator: parse world: key k: unknown account "x"`: {World: []byte("keys: [{accessKeyId: k, account: x}]\n")},
	} {
		o.Contract, o.Clock = theContract(t), time.Now
		if o.World == nil {
			o.World = []byte("regions: [{id: r}]\n")
		}
		_, err := emulator.New(o)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("New() error = %v, want %s", err, want)
		}
	}
}
