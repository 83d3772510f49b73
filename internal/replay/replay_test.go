package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// life is what happens to an image cache from its making to its end.
func life(c *client, settle func(), name, token string) (states []string) {
	id := c.create(name, token)
	for range 3 {
		states = append(states, c.state(id))
		settle()
	}
	c.must("UpdateImageCache", "ImageCacheId", id, "SecurityGroupId", "sg-emu-main",
		"VSwitchId", "vsw-emu-main", "ImageCacheName", name, "Image.1", "redis:7", "ClientToken", token+"-2")
	states = append(states, c.state(id))
	settle()
	states = append(states, c.state(id))
	c.must("DeleteImageCache", "ImageCacheId", id, "ClientToken", token+"-3")
	return append(states, c.state(id))
}

func (m *recording) settle() { m.clock.Add(settle) }

func still() {}

// ways are the ways to put a request on the wire.
var ways = map[string]func(*client){
	"v1 query": func(c *client) { c.method, c.form = http.MethodGet, false },
	"v1 form":  func(c *client) {},
	"v1 post, query": func(c *client) {
		c.form = false
	},
	"acs3 query": func(c *client) { c.scheme, c.method, c.form = wire.ACS3, http.MethodGet, false },
	"acs3 form":  func(c *client) { c.scheme = wire.ACS3 },
}

func TestEveryWayIsTheSameRequest(t *testing.T) {
	t.Parallel()
	for recorded, before := range ways {
		rec := record(t)
		rc := rec.client().with(before)
		want := life(rc, rec.settle, "recorded-name", "recorded-token")
		for replayed, after := range ways {
			t.Run(recorded+" as "+replayed, func(t *testing.T) {
				t.Parallel()
				p := play(t, rec)
				c := rec.client().with(after).of(p)
				c.t = t
				if diff := cmp.Diff(want, life(c, still, "recorded-name", "recorded-token")); diff != "" {
					t.Errorf("states mismatch (-want +got):\n%s", diff)
				}
				clean(t, p)
			})
		}
	}
}

func TestFreshNamesAndTokens(t *testing.T) {
	t.Parallel()
	rec := record(t)
	want := life(rec.client(), rec.settle, "recorded-name", "recorded-token")
	p := play(t, rec)
	c := rec.client().of(p)
	if diff := cmp.Diff(want, life(c, still, "another-name", "another-token")); diff != "" {
		t.Errorf("states mismatch (-want +got):\n%s", diff)
	}
	clean(t, p)
	if got := p.Report().Bound; got != 4 {
		t.Errorf("%d values bound, want the name and three tokens", got)
	}
}

func TestAnswersSpeakTheClientsNames(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"JSON", "XML"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			rec := record(t)
			script := func(c *client, name string) string {
				c.t = t
				c.must("CreateImageCache", createPairs(name, "token-of-"+name)...)
				// The name of one thing within the text of another.
				c.must("CreateDataCache", "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main", "Bucket", "default",
					"Path", "/data/"+name, "Name", name, "DataSource.Type", "NAS", "DataSource.Options.server", "nas.example.com",
					"DataSource.Options.path", "/share", "ClientToken", "other-of-"+name, "Tag.1.Key", "of", "Tag.1.Value", name)
				by := c.with(func(c *client) { c.format = format })
				x := by.do("DescribeImageCaches", "ImageCacheName", name)
				y := by.do("DescribeDataCaches", "Path", "/data/"+name, "Bucket", "default")
				return string(x.RespBody) + "\n" + string(y.RespBody)
			}
			want := script(rec.client(), "recorded-name")
			p := play(t, rec)
			got := script(rec.client().of(p), "name<&>2")
			clean(t, p)
			name := map[string]string{"JSON": "name<&>2", "XML": "name&lt;&amp;&gt;2"}[format]
			if diff := cmp.Diff(strings.ReplaceAll(want, "recorded-name", name), got); diff != "" {
				t.Errorf("answers mismatch (-want +got):\n%s", diff)
			}
			if strings.Count(got, name) < 4 {
				t.Errorf("the name is %d times in the answers, want 4 or more", strings.Count(got, name))
			}
		})
	}
}

func TestPolls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		polls int
		want  []string
	}{
		"fewer": {1, []string{"Preparing"}},
		"same":  {3, []string{"Preparing", "Creating", "Ready"}},
		"more":  {5, []string{"Preparing", "Creating", "Ready", "Ready", "Ready"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := record(t)
			c := rec.client()
			id := c.create("recorded-name", "recorded-token")
			for range 3 {
				c.state(id)
				rec.settle()
			}
			c.must("DeleteImageCache", "ImageCacheId", id)
			c.state(id)

			p := play(t, rec)
			c = rec.client().of(p)
			c.create("recorded-name", "recorded-token")
			var got []string
			for range test.polls {
				got = append(got, c.state(id))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("states mismatch (-want +got):\n%s", diff)
			}
			c.must("DeleteImageCache", "ImageCacheId", id)
			for range 2 {
				if got := c.state(id); got != "" {
					t.Errorf("after the deletion its state is %q, want it gone", got)
				}
			}
			if r := p.Report(); r.ExitCode() != 0 || len(r.Unused) != max(3-test.polls, 0) || r.Repeated != 1+max(test.polls-3, 0) {
				t.Errorf("account of %d polls where 3 were recorded:\n%s", test.polls, r)
			}
		})
	}
}

func TestReadAfterWriteIsNeverFromBefore(t *testing.T) {
	t.Parallel()
	rec := record(t)
	c := rec.client()
	id := c.create("recorded-name", "recorded-token")
	rec.settle()
	rec.settle()
	c.state(id)                                                                  // 2
	c.must("DescribeImageCaches")                                                // 3
	c.must("DescribeImageCaches", "ImageCacheName", "recorded-name")             // 4
	c.must("ListTagResources", "ResourceType", "ImageCache", "ResourceId.1", id) // 5
	c.must("ListUsage")                                                          // 6
	c.must("DescribeRegions")                                                    // 7
	c.must("DeleteImageCache", "ImageCacheId", id)                               // 8

	reads := map[string][]string{
		"by id":   {"DescribeImageCaches", "ImageCacheId", id},
		"all":     {"DescribeImageCaches"},
		"by name": {"DescribeImageCaches", "ImageCacheName", "recorded-name"},
		"tags":    {"ListTagResources", "ResourceType", "ImageCache", "ResourceId.1", id},
		"usage":   {"ListUsage"},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := play(t, rec)
			c := rec.client().of(p)
			c.t = t
			has(t, c.missed(read[0], read[1:]...), "recorded only after exchange 1 (CreateImageCache), which was not made")
			c.create("recorded-name", "recorded-token")
			c.must(read[0], read[1:]...)
			c.must("DeleteImageCache", "ImageCacheId", id)
			has(t, c.missed(read[0], read[1:]...), "recorded only before exchange 8 (DeleteImageCache), which was made", "the same request")
			c.must("DescribeRegions")
		})
	}
}

func TestWritesOnOthersChangeNothing(t *testing.T) {
	t.Parallel()
	rec := record(t)
	c := rec.client()
	a, b := c.create("name-of-a", "token-of-a"), c.create("name-of-b", "token-of-b")
	c.state(a)
	c.must("DeleteImageCache", "ImageCacheId", b)
	c.must("DeleteImageCache", "ImageCacheId", a)

	p := play(t, rec)
	c = rec.client().of(p)
	c.create("name-of-b", "token-of-b")
	c.create("name-of-a", "token-of-a")
	c.must("DeleteImageCache", "ImageCacheId", b)
	c.state(a)
	c.must("DeleteImageCache", "ImageCacheId", a)
	clean(t, p)
}

func TestOutOfOrderAndOverused(t *testing.T) {
	t.Parallel()
	rec := record(t)
	c := rec.client()
	id := c.create("recorded-name", "recorded-token")
	tag := []string{"ResourceType", "ImageCache", "ResourceId.1", id, "Tag.1.Key", "k", "Tag.1.Value", "v"}
	c.must("TagResources", tag...)
	c.must("DeleteImageCache", "ImageCacheId", id)

	p := play(t, rec)
	c = rec.client().of(p)
	c.create("recorded-name", "recorded-token")
	has(t, c.missed("DeleteImageCache", "ImageCacheId", id), "recorded only after exchange 2 (TagResources), which was not made")
	c.must("TagResources", tag...)
	c.must("DeleteImageCache", "ImageCacheId", id)
	has(t, c.missed("TagResources", tag...), "asked more often than recorded")
	want := []Disorder{{Exchange{3, "DeleteImageCache"}, Exchange{2, "TagResources"}}}
	r := p.Report()
	if diff := cmp.Diff(want, r.OutOfOrder); diff != "" {
		t.Errorf("OutOfOrder mismatch (-want +got):\n%s", diff)
	}
	if len(r.Overused) != 1 || len(r.Unmatched) != 0 || r.ExitCode() != 1 {
		t.Errorf("want one over-used and exit 1:\n%s", r)
	}
}

func TestUnused(t *testing.T) {
	t.Parallel()
	rec := record(t)
	c := rec.client()
	c.must("DescribeRegions")
	c.must("ListUsage")
	for _, all := range []bool{false, true} {
		p := play(t, rec, func(o *Options) { o.RequireAll = all })
		rec.client().of(p).must("DescribeRegions")
		r := p.Report()
		if diff := cmp.Diff([]int{2}, sortedIDs(r.Unused)); diff != "" {
			t.Errorf("Unused mismatch (-want +got):\n%s", diff)
		}
		if want := map[bool]int{true: 1}[all]; r.ExitCode() != want {
			t.Errorf("RequireAll %v: exit %d, want %d", all, r.ExitCode(), want)
		}
	}
}

// A list of the account without anything in it is an empty one to whoever reads
// it.
func TestAccountHasNoNulls(t *testing.T) {
	t.Parallel()
	rec := record(t)
	rec.client().must("DescribeRegions")
	p := play(t, rec)
	rec.client().of(p).must("DescribeRegions")
	text, err := json.Marshal(p.Report())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "null") || !strings.Contains(string(text), `"unused":[]`) {
		t.Errorf("the account is %s", text)
	}
}

func TestMissNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	rec := record(t)
	c := rec.client()
	for _, size := range []string{"20", "25", "30", "40"} {
		c.must("CreateImageCache", append(createPairs("name-of-"+size, "token-of-"+size), "ImageCacheSize", size)...)
	}
	c.must("DescribeRegions")

	p := play(t, rec)
	c = rec.client().of(p)
	// A fresh name and token are no difference, nor is another password.
	pairs := append(createPairs("another-name", "another-token"), "ImageCacheSize", "21")
	message := c.missed("CreateImageCache", pairs...)
	has(t, message, "not recorded", `exchange 1 differs in ImageCacheSize: "21", recorded "20"`, "exchange 2", "exchange 3")
	if strings.Contains(message, "exchange 4") || strings.Contains(message, "Name") || strings.Contains(message, "horse") {
		t.Errorf("message tells too much: %s", message)
	}
	has(t, c.missed("DescribeRegions", "RegionId", "cn-beijing"), `RegionId: "cn-beijing", recorded "cn-hangzhou"`)
	has(t, c.missed("DescribeImageCaches", "ImageCacheId", "imc-0"), "not recorded")
	r := p.Report()
	if len(r.Unmatched) != 3 || r.ExitCode() != 1 {
		t.Errorf("want three unmatched and exit 1:\n%s", r)
	}
	if out := fmt.Sprintf("%+v", r); strings.Contains(out, "battery") {
		t.Errorf("the report holds a password:\n%s", out)
	}
}

func TestMissInXML(t *testing.T) {
	t.Parallel()
	rec := record(t)
	p := play(t, rec, func(o *Options) { o.MissStatus = http.StatusTeapot })
	x := rec.client().with(func(c *client) { c.format = "XML" }).of(p).do("DescribeRegions")
	e, err := wire.DecodeXML(x.RespBody)
	if err != nil || e.Name != "Error" || member(x.RespBody, "Code") != MissCode || x.Status != http.StatusTeapot {
		t.Errorf("answer to a miss: status %d, %v\n%s", x.Status, err, x.RespBody)
	}
	if got := x.RespHeader.Get("Content-Type"); got != typeXML {
		t.Errorf("Content-Type %q", got)
	}
}

func TestTwoKeysHaveTheirOwnCursors(t *testing.T) {
	t.Parallel()
	rec := record(t)
	want := life(rec.client(), rec.settle, "recorded-name", "recorded-token")
	p := play(t, rec)
	for i, key := range []wire.Credentials{second, third} {
		c := rec.client().with(func(c *client) { c.key = key }).of(p)
		if diff := cmp.Diff(want, life(c, still, fmt.Sprintf("name-of-%d", i), fmt.Sprintf("token-of-%d", i))); diff != "" {
			t.Errorf("key %d: states mismatch (-want +got):\n%s", i, diff)
		}
	}
	clean(t, p)
	if got := p.Report().Sessions; got != 2 {
		t.Errorf("%d sessions, want 2", got)
	}
}

// Which account a key is, what it asks for says; until then only what both were
// answered alike is answered.
func TestTwoRecordedKeys(t *testing.T) {
	t.Parallel()
	rec := record(t)
	one := rec.client()
	two := rec.client().with(func(c *client) { c.key, c.prefix = second, "two" })
	one.must("DescribeRegions")
	two.must("DescribeRegions")
	a := two.create("recorded-name", "recorded-token")
	one.must("ListUsage")

	for _, keys := range [][]wire.Credentials{{third, second}, {second, third}} {
		p := play(t, rec)
		x := rec.client().with(func(c *client) { c.key = keys[0] }).of(p)
		y := rec.client().with(func(c *client) { c.key = keys[1] }).of(p)
		y.must("DescribeRegions")
		x.must("DescribeRegions")
		if b := y.create("another-name", "another-token"); a != b {
			t.Errorf("id %s, recorded %s", b, a)
		}
		x.must("ListUsage")
		has(t, x.missed("CreateImageCache", createPairs("another-name", "another-token")...), "not recorded")
		if r := p.Report(); len(r.Unused) > 0 {
			t.Errorf("two keys leave exchanges unused:\n%s", r)
		}
	}
}

func TestEightClients(t *testing.T) {
	t.Parallel()
	rec := record(t)
	var group sync.WaitGroup
	want := make([][]string, 8)
	for i := range want { // each has a life of its own
		c := rec.client().with(func(c *client) { c.prefix = fmt.Sprintf("rec%d-", i) })
		want[i] = life(c, rec.settle, fmt.Sprintf("recorded-%d", i), fmt.Sprintf("token-%d", i))
	}
	p := play(t, rec)
	base := rec.client().of(p)
	got := make([][]string, len(want))
	for i := range want {
		group.Go(func() { got[i] = life(base, still, fmt.Sprintf("fresh-%d", i), fmt.Sprintf("fresh-token-%d", i)) })
	}
	group.Wait()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states mismatch (-want +got):\n%s", diff)
	}
	clean(t, p)
}

func TestPlacesAreApart(t *testing.T) {
	t.Parallel()
	rec := record(t)
	c := rec.client()
	for _, track := range []string{"one", "two"} {
		rec.place = redact.Place{Track: track}
		c.must("DescribeImageCaches")
		if track == "one" {
			c.create("recorded-name", "recorded-token")
		}
	}
	p := play(t, rec, func(o *Options) {
		o.Place = func(r *http.Request) redact.Place { return redact.Place{Track: r.Header.Get("X-Track")} }
	})
	for track, want := range map[string]string{"one": "", "two": "Preparing"} {
		d := c.draft("DescribeImageCaches")
		d.Header.Set("X-Track", track)
		x := rec.client().of(p).send(d)
		if got := stateOf(decode(t, x.RespBody)); got != want {
			t.Errorf("%s: state %q, want %q", track, got, want)
		}
	}
}
