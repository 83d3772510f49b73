package emulator_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// item returns the one resource with the id; nil when there is none.
func (b *bench) item(kind, id string) *wire.Map {
	b.t.Helper()
	var items []*wire.Map
	if kind == "ImageCache" {
		items = b.must("DescribeImageCaches", params("ImageCacheId", id)).list("ImageCaches")
	} else {
		items = b.must("DescribeDataCaches", params("DataCacheId.1", id)).list("DataCaches")
	}
	if len(items) != 1 {
		return nil
	}
	return items[0]
}

func (b *bench) state(kind, id string) string {
	b.t.Helper()
	m := b.item(kind, id)
	if m == nil {
		return "gone"
	}
	v, _ := m.Get("Status")
	return v.(string)
}

// path follows a resource until it has stayed in one state for a while.
func (b *bench) path(kind, id string) []string {
	b.t.Helper()
	var out []string
	for quiet := 0; quiet < 3; quiet++ {
		s := b.state(kind, id)
		if len(out) == 0 || out[len(out)-1] != s {
			out, quiet = append(out, s), 0
		}
		b.clock.Add(settle)
	}
	return out
}

func TestLifeOfImageCache(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	network := params("SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main")
	id := b.must("CreateImageCache", append(network.Clone(), params("ImageCacheName", "a", "Image.1", "nginx", "RetentionDays", "7")...)).text("ImageCacheId")
	if diff := cmp.Diff([]string{"Preparing", "Creating", "Ready"}, b.path("ImageCache", id)); diff != "" {
		t.Errorf("states after creation mismatch (-want +got):\n%s", diff)
	}
	same := append(network.Clone(), params("ImageCacheId", id, "ImageCacheName", "a")...)
	b.refused("NoNeedUpdate", "UpdateImageCache", same)
	b.must("UpdateImageCache", append(same.Clone(), params("Image.1", "nginx")...)) // the same images are work
	b.refused("OperationConflict", "UpdateImageCache", same)
	if diff := cmp.Diff([]string{"Updating", "Ready"}, b.path("ImageCache", id)); diff != "" {
		t.Errorf("states after update mismatch (-want +got):\n%s", diff)
	}
	b.must("UpdateImageCache", append(network.Clone(), params("ImageCacheId", id, "ImageCacheName", "b", "Image.1", "busybox", "Image.2", "redis")...))
	b.clock.Add(settle)
	got := b.item("ImageCache", id)
	name, _ := got.Get("ImageCacheName")
	images, _ := got.Get("Images")
	if diff := cmp.Diff([]any{"b", []any{"busybox", "redis"}}, []any{name, images}); diff != "" {
		t.Errorf("updated image cache mismatch (-want +got):\n%s", diff)
	}
	b.must("DeleteImageCache", params("ImageCacheId", id))
	b.refused("InvalidParameter.NotFound", "DeleteImageCache", params("ImageCacheId", id))
	b.refused("InvalidParameter.NotFound", "UpdateImageCache", same)
	if s := b.state("ImageCache", id); s != "gone" {
		t.Errorf("deleted image cache is %s, want it gone", s)
	}
}

func TestFailuresOfImageCache(t *testing.T) {
	t.Parallel()
	for _, condition := range []string{"image.unpullable", "image.tooLarge"} {
		t.Run(condition, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			bad := b.profile.Conditions[condition].Set["Image.1"]
			network := params("SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main")
			id := b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", bad)).text("ImageCacheId")
			if diff := cmp.Diff([]string{"Preparing", "Failed"}, b.path("ImageCache", id)); diff != "" {
				t.Errorf("states of a bad creation mismatch (-want +got):\n%s", diff)
			}
			b.refused("ImageCache.IncorrectStatus", "UpdateImageCache", append(network.Clone(), params("ImageCacheId", id, "ImageCacheName", "b")...))
			b.clock.Add(24 * time.Hour)
			if s := b.state("ImageCache", id); s != "gone" {
				t.Errorf("a day later the failed image cache is %s, want it gone", s)
			}
			id = b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx")).text("ImageCacheId")
			b.clock.Add(2 * settle)
			b.must("UpdateImageCache", append(network.Clone(), params("ImageCacheId", id, "ImageCacheName", "b", "Image.1", bad)...))
			if diff := cmp.Diff([]string{"Updating", "UpdateFailed"}, b.path("ImageCache", id)); diff != "" {
				t.Errorf("states of a bad update mismatch (-want +got):\n%s", diff)
			}
			if name, _ := b.item("ImageCache", id).Get("ImageCacheName"); name != "a" {
				t.Errorf("a failed update renamed the cache to %v", name)
			}
			b.clock.Add(48 * time.Hour)
			b.must("UpdateImageCache", append(network.Clone(), params("ImageCacheId", id, "ImageCacheName", "c", "Image.1", "nginx")...))
		})
	}
}

func TestLifeOfDataCache(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.must("CreateDataCache", params("Path", "/a", "Name", "a", "DataSource.Type", "NAS",
		"DataSource.Options.#6#server", "nas.example.com", "DataSource.Options.path", "/share", "RetentionDays", "10")).text("DataCacheId")
	b.refused("IncorrectStatus", "UpdateDataCache", params("DataCacheId", id, "Name", "b"))
	if diff := cmp.Diff([]string{"Loading", "Creating", "Available"}, b.path("DataCache", id)); diff != "" {
		t.Errorf("states after creation mismatch (-want +got):\n%s", diff)
	}
	want := map[string]any{
		"CreationTime": "2026-01-02T03:04Z", "ExpireDateTime": "2026-01-12T03:04Z", "Bucket": "default", "Path": "/a",
		"Options": `{"path":"/share","server":"nas.example.com"}`,
	}
	if diff := cmp.Diff(want, b.shown(id, want)); diff != "" {
		t.Errorf("data cache mismatch (-want +got):\n%s", diff)
	}
	b.must("UpdateDataCache", params("DataCacheId", id, "Size", "40"))
	b.clock.Add(settle)
	if diff := cmp.Diff(want, b.shown(id, want)); diff != "" {
		t.Errorf("data cache after an update of another field mismatch (-want +got):\n%s", diff)
	}
	b.must("UpdateDataCache", params("DataCacheId", id, "DataSource.Options.url", "https://data.example.com/emu/unreachable"))
	if diff := cmp.Diff([]string{"Updating", "UpdateFailed"}, b.path("DataCache", id)); diff != "" {
		t.Errorf("states of a bad update mismatch (-want +got):\n%s", diff)
	}
	b.must("DeleteDataCache", params("Path", "/a"))
	b.refused("InvalidParameter.NotFound", "DeleteDataCache", params("DataCacheId", id))
	bad := b.must("CreateDataCache", params("Path", "/bad", "DataSource.Type", "URL",
		"DataSource.Options.url", "https://data.example.com/emu/unreachable")).text("DataCacheId")
	if diff := cmp.Diff([]string{"Loading", "Failed"}, b.path("DataCache", bad)); diff != "" {
		t.Errorf("states of a bad creation mismatch (-want +got):\n%s", diff)
	}
}

// shown returns the data cache's members that want names.
func (b *bench) shown(id string, want map[string]any) map[string]any {
	b.t.Helper()
	m := b.item("DataCache", id)
	out := map[string]any{}
	for name := range want {
		v, ok := m.Get(name)
		if name == "Options" {
			source, _ := m.Get("DataSource")
			v, ok = source.(*wire.Map).Get(name)
		}
		if ok {
			out[name] = v
		}
	}
	return out
}

func TestCopy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.must("CreateDataCache", params("Path", "/a", "Name", "a", "Size", "30")).text("DataCacheId")
	there := params("DataCacheId", id, "DestinationRegionId", "cn-shanghai")
	b.refused("IncorrectStatus", "CopyDataCache", there)
	b.clock.Add(2 * settle)
	copied := b.must("CopyDataCache", there).text("DataCacheId")
	if copied == id {
		t.Error("the copy has the original's id")
	}
	items := b.must("DescribeDataCaches", params("RegionId", "cn-shanghai")).list("DataCaches")
	if len(items) != 1 {
		t.Fatalf("%d data caches there, want 1", len(items))
	}
	for member, want := range map[string]string{"DataCacheId": copied, "RegionId": "cn-shanghai", "Status": "Creating", "Path": "/a", "Name": "a"} {
		if got, _ := items[0].Get(member); got != want {
			t.Errorf("copy's %s = %v, want %s", member, got, want)
		}
	}
	b.refused("InvalidParameter", "CopyDataCache", there) // the path is taken there
	b.refused("InvalidParameter.NotFound", "DeleteDataCache", params("DataCacheId", copied))
}

func TestRetention(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx", "RetentionDays", "1")).text("ImageCacheId")
	b.clock.Add(24*time.Hour - time.Second)
	if s := b.state("ImageCache", id); s != "Ready" {
		t.Errorf("a second before its time the cache is %s, want Ready", s)
	}
	b.clock.Add(time.Second)
	if s := b.state("ImageCache", id); s != "gone" {
		t.Errorf("at its time the cache is %s, want it gone", s)
	}
}

func TestEliminationAtQuota(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	small := as(b.keys["smallQuota"])
	make := func(name, strategy string) reply {
		return b.call("CreateImageCache", params("ImageCacheName", name, "Image.1", "nginx", "EliminationStrategy", strategy), small)
	}
	first := make("kept", "").text("ImageCacheId")
	second := make("old", "LRU").text("ImageCacheId")
	if r := make("early", ""); r.text("Code") != "QuotaExceeded" {
		t.Errorf("a third cache while none is Ready = %v, want QuotaExceeded", r)
	}
	b.clock.Add(2 * settle)
	third := make("new", "").text("ImageCacheId")
	var got []string
	for _, m := range b.must("DescribeImageCaches", nil, small).list("ImageCaches") {
		id, _ := m.Get("ImageCacheId")
		got = append(got, id.(string))
	}
	if diff := cmp.Diff([]string{first, third}, got); diff != "" {
		t.Errorf("caches after elimination of %s mismatch (-want +got):\n%s", second, diff)
	}
	if r := make("more", ""); r.text("Code") != "QuotaExceeded" {
		t.Errorf("a third cache with nothing to eliminate = %v, want QuotaExceeded", r)
	}
}

func TestLenientReading(t *testing.T) {
	t.Parallel()
	strict := newBench(t)
	lenient := newBench(t, func(o *emulator.Options) { o.Lenient = true })
	for _, b := range []*bench{strict, lenient} {
		id := b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx")).text("ImageCacheId")
		b.clock.Add(2 * settle)
		code := "MissingSecurityGroupId"
		if b == lenient {
			code = ""
		}
		b.refused(code, "UpdateImageCache", params("ImageCacheId", id, "Image.1", "redis"))
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.must("CreateImageCache", params("ImageCacheName", "a", "Image.1", "nginx", "Tag.1.Key", "z", "Tag.1.Value", "1")).text("ImageCacheId")
	target := params("ResourceType", "ImageCache", "ResourceId.1", id)
	with := func(more ...string) wire.Params { return append(target.Clone(), params(more...)...) }
	tags := func(p wire.Params) string {
		out := ""
		for _, m := range b.must("ListTagResources", p).list("TagResources") {
			k, _ := m.Get("TagKey")
			v, _ := m.Get("TagValue")
			out += k.(string) + "=" + v.(string) + " "
		}
		return out
	}
	b.must("TagResources", with("Tag.1.Key", "a", "Tag.1.Value", "2", "Tag.2.Key", "z", "Tag.2.Value", "3"))
	if got := tags(target); got != "a=2 z=3 " {
		t.Errorf("tags = %q", got)
	}
	if got := tags(params("ResourceType", "ImageCache", "Tag.1.Key", "a")); got != "a=2 " {
		t.Errorf("tags with key a = %q", got)
	}
	found := b.must("DescribeImageCaches", params("Tag.1.Key", "z", "Tag.1.Value", "3")).list("ImageCaches")
	none := b.must("DescribeImageCaches", params("Tag.1.Key", "z", "Tag.1.Value", "2")).list("ImageCaches")
	if len(found) != 1 || len(none) != 0 {
		t.Errorf("filter by tag finds %d and %d, want 1 and 0", len(found), len(none))
	}
	b.must("UntagResources", with("TagKey.1", "z", "All", "true"))
	if got := tags(target); got != "a=2 " {
		t.Errorf("tags after untag by key = %q", got)
	}
	b.must("UntagResources", with("All", "true"))
	if got := tags(target); got != "" {
		t.Errorf("tags after untag of all = %q", got)
	}
	for i := range 20 {
		b.must("TagResources", with("Tag.1.Key", "k"+strconv.Itoa(i)))
	}
	b.must("TagResources", with("Tag.1.Key", "k0", "Tag.1.Value", "again"))
	b.refused("NumberExceed.Tags", "TagResources", with("Tag.1.Key", "one-more"))
	b.refused("InvalidParameter.NotFound", "TagResources", params("ResourceType", "DataCache", "ResourceId.1", id, "Tag.1.Key", "k"))
	b.refused("InvalidParameter.NotFound", "TagResources", params("ResourceType", "VirtualNode", "ResourceId.1", id, "Tag.1.Key", "k"))
}

func TestBestMatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, images := range map[string][]string{"both": {"nginx", "redis"}, "one": {"redis"}, "none": {"busybox"}} {
		p := params("ImageCacheName", name)
		for i, image := range images {
			p = append(p, params("Image."+strconv.Itoa(i+1), image)...)
		}
		b.must("CreateImageCache", p)
	}
	for _, c := range []struct {
		more []string
		want []string
	}{
		{nil, []string{"both", "one"}},
		{[]string{"ImageFullMatch", "true"}, []string{"both"}},
		{[]string{"ImageMatchCountRequest", "1"}, []string{"both", "one"}},
	} {
		var got []string
		query := append(params("MatchImage.1", "nginx", "MatchImage.2", "redis"), params(c.more...)...)
		for _, m := range b.must("DescribeImageCaches", query).list("ImageCaches") {
			name, _ := m.Get("ImageCacheName")
			got = append(got, name.(string))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("best matches with %v mismatch (-want +got):\n%s", c.more, diff)
		}
	}
}
