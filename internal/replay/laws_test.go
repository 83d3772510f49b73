package replay

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eci-conform/conform/internal/wire"
)

// deed is one step of a worker: an operation, and for what it names, which of
// the worker's own things. The same deeds make the same requests, but for the
// names, tokens and ids of the run.
type deed struct {
	Op   string
	Name int // of the names of the worker
	Of   int // of the things that the worker made
	Tag  int
	Way  string // how it is put on the wire, the first time and again
	Far  bool   // it is asked in another region
}

// worker does deeds one after another and remembers what it made.
type worker struct {
	run    string
	number int
	deeds  []deed
	ids    map[string][]string // by kind
	tokens int
	page   string
}

func (w *worker) name(n int) string { return fmt.Sprintf("%s-name-%d-%d", w.run, w.number, n%2) }

// path may be that of another worker's: there is one of each.
func (w *worker) path(n int) string { return fmt.Sprintf("/data/%s-%d", w.run, n%3) }

func (w *worker) id(kind string, of int) string {
	if list := w.ids[kind]; len(list) > 0 {
		return list[of%len(list)]
	}
	return kind + "-nothing"
}

func (w *worker) token() string {
	w.tokens++
	return fmt.Sprintf("%s-token-%d-%d", w.run, w.number, w.tokens)
}

// invents is a deed that may invent a value where nothing is bound.
const invents = "tag with a name"

// deeds by name, as operation and parameters.
var deeds = map[string]func(w *worker, d deed) []string{
	"create": func(w *worker, d deed) []string {
		return append([]string{"CreateImageCache"}, createPairs(w.name(d.Name), w.token())...)
	},
	"create without token": func(w *worker, d deed) []string {
		return []string{"CreateImageCache", "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main", "ImageCacheName", w.name(d.Name), "Image.1", "redis:7"}
	},
	"create badly": func(w *worker, d deed) []string {
		return []string{"CreateImageCache", "SecurityGroupId", "sg-emu-main", "ImageCacheName", w.name(d.Name), "Image.1", "redis:7"}
	},
	"see": func(w *worker, d deed) []string {
		return []string{"DescribeImageCaches", "ImageCacheId", w.id("imc", d.Of)}
	},
	"see by name": func(w *worker, d deed) []string {
		return []string{"DescribeImageCaches", "ImageCacheName", w.name(d.Name)}
	},
	"see by tag": func(w *worker, d deed) []string {
		return []string{"DescribeImageCaches", "Tag.1.Key", fmt.Sprint("k", d.Tag)}
	},
	"see all":    func(*worker, deed) []string { return []string{"DescribeImageCaches"} },
	"see a page": func(*worker, deed) []string { return []string{"DescribeImageCaches", "Limit", "1"} },
	"see the next": func(w *worker, _ deed) []string {
		return []string{"DescribeImageCaches", "Limit", "1", "NextToken", w.page}
	},
	"usage":   func(*worker, deed) []string { return []string{"ListUsage"} },
	"regions": func(*worker, deed) []string { return []string{"DescribeRegions"} },
	"tag": func(w *worker, d deed) []string {
		return []string{"TagResources", "ResourceType", "ImageCache", "ResourceId.1", w.id("imc", d.Of), "Tag.1.Key", fmt.Sprint("k", d.Tag), "Tag.1.Value", "v"}
	},
	invents: func(w *worker, d deed) []string {
		return []string{"TagResources", "ResourceType", "ImageCache", "ResourceId.1", w.id("imc", d.Of), "Tag.1.Key", "k", "Tag.1.Value", w.name(d.Name)}
	},
	"untag": func(w *worker, d deed) []string {
		return []string{"UntagResources", "ResourceType", "ImageCache", "ResourceId.1", w.id("imc", d.Of), "TagKey.1", fmt.Sprint("k", d.Tag)}
	},
	"tags": func(w *worker, d deed) []string {
		return []string{"ListTagResources", "ResourceType", "ImageCache", "ResourceId.1", w.id("imc", d.Of)}
	},
	"tags, all": func(w *worker, d deed) []string {
		return []string{"ListTagResources", "ResourceType", "ImageCache", "Tag.1.Key", fmt.Sprint("k", d.Tag)}
	},
	"delete": func(w *worker, d deed) []string {
		return []string{"DeleteImageCache", "ImageCacheId", w.id("imc", d.Of)}
	},
	"rename": func(w *worker, d deed) []string {
		return []string{"UpdateImageCache", "ImageCacheId", w.id("imc", d.Of), "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main", "ImageCacheName", w.name(d.Name), "Image.1", "busybox"}
	},
	"load": func(w *worker, d deed) []string {
		return []string{"CreateDataCache", "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main", "Bucket", "default", "Path", w.path(d.Of),
			"Name", w.name(d.Name), "DataSource.Type", "NAS", "DataSource.Options.server", "nas.example.com", "DataSource.Options.path", "/share", "ClientToken", w.token()}
	},
	"see data": func(w *worker, d deed) []string {
		return []string{"DescribeDataCaches", "DataCacheId.1", w.id("edc", d.Of)}
	},
	"see path": func(w *worker, d deed) []string {
		return []string{"DescribeDataCaches", "Bucket", "default", "Path", w.path(d.Of)}
	},
	"drop": func(w *worker, d deed) []string { return []string{"DeleteDataCache", "DataCacheId", w.id("edc", d.Of)} },
	"drop path": func(w *worker, d deed) []string {
		return []string{"DeleteDataCache", "Bucket", "default", "Path", w.path(d.Of)}
	},
	"copy": func(w *worker, d deed) []string {
		return []string{"CopyDataCache", "DataCacheId", w.id("edc", d.Of), "DestinationRegionId", "cn-shanghai"}
	},
	"nonsense": func(w *worker, d deed) []string {
		return []string{"RestartContainerGroup", "ContainerGroupId", w.id("imc", d.Of)}
	},
}

// do does the deed at a place and returns the answer; nil when it is a miss.
func (w *worker) do(c *client, at int) *wire.Map {
	d := w.deeds[at]
	words := deeds[d.Op](w, d)
	if d.Far {
		words = append(words, "RegionId", "cn-shanghai")
	}
	x := c.with(ways[d.Way]).do(words[0], words[1:]...)
	if x.Err != nil {
		c.t.Fatalf("%v: %v", words, x.Err)
	}
	m := decode(c.t, x.RespBody)
	if text(m, "Code") == MissCode {
		return nil
	}
	m.Set("status", json.Number(fmt.Sprint(x.Status)))
	if id := text(m, "ImageCacheId"); id != "" {
		w.ids["imc"] = append(w.ids["imc"], id)
	}
	if id := text(m, "DataCacheId"); id != "" {
		w.ids["edc"] = append(w.ids["edc"], id)
	}
	if page := text(m, "NextToken"); page != "" {
		w.page = page
	}
	return m
}

func workers(run string, all [][]deed) []*worker {
	out := make([]*worker, len(all))
	for i, list := range all {
		out[i] = &worker{run: run, number: i, deeds: list, ids: map[string][]string{}, page: "none"}
	}
	return out
}

// minted are values that the service makes up.
var minted = regexp.MustCompile(`^((imc|edc|eci|s)-[0-9a-z]{8,}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12})$`)

// alike says in what two answers differ, with what the service made up bound
// one to one; empty for nothing.
type alike struct{ forth, back map[string]string }

func (a *alike) differ(at string, want, got any) string {
	switch want := want.(type) {
	case *wire.Map:
		got, ok := got.(*wire.Map)
		if !ok || strings.Join(want.Keys(), ",") != strings.Join(got.Keys(), ",") {
			return fmt.Sprintf("%s: %s, want %s", at, wire.EncodeJSON(got), wire.EncodeJSON(want))
		}
		for _, k := range want.Keys() {
			x, _ := want.Get(k)
			y, _ := got.Get(k)
			if d := a.differ(at+"/"+k, x, y); d != "" {
				return d
			}
		}
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return fmt.Sprintf("%s: %s, want %s", at, wire.EncodeJSON(got), wire.EncodeJSON(want))
		}
		for i := range want {
			if d := a.differ(fmt.Sprint(at, "/", i), want[i], got[i]); d != "" {
				return d
			}
		}
	case string:
		return a.texts(at, want, fmt.Sprint(got))
	default:
		if fmt.Sprint(want) != fmt.Sprint(got) {
			return fmt.Sprintf("%s: %v, want %v", at, got, want)
		}
	}
	return ""
}

func (a *alike) texts(at, want, got string) string {
	switch {
	case strings.HasSuffix(at, "/Recommend"), strings.HasSuffix(at, "/Message"), strings.HasSuffix(at, "/NextToken"), at == "/RequestId":
		return ""
	case !minted.MatchString(want) || !minted.MatchString(got):
		if want != got {
			return fmt.Sprintf("%s: %q, want %q", at, got, want)
		}
		return ""
	}
	x, known := a.forth[want]
	y, taken := a.back[got]
	if known && x != got || taken && y != want {
		return fmt.Sprintf("%s: id %q, which is not that of %q", at, got, want)
	}
	a.forth[want], a.back[got] = got, want
	return ""
}

func drawDeeds(r *rapid.T, without string) [][]deed {
	var names []string
	for name := range deeds {
		if name != without {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	one := rapid.Custom(func(r *rapid.T) deed {
		return deed{
			Op:   rapid.SampledFrom(names).Draw(r, "op"),
			Name: rapid.IntRange(0, 1).Draw(r, "name"), Of: rapid.IntRange(0, 2).Draw(r, "of"), Tag: rapid.IntRange(0, 1).Draw(r, "tag"),
			Way: rapid.SampledFrom(slices.Sorted(maps.Keys(ways))).Draw(r, "way"), Far: rapid.IntRange(0, 5).Draw(r, "far") == 0,
		}
	})
	return rapid.SliceOfN(rapid.SliceOfN(one, 1, 8), 1, 3).Draw(r, "workers")
}

// Whatever order its clients come in, and whatever they leave out or do once
// more, a replay answers as the service would have, or misses.
func TestEveryAnswerIsTheServicesOrAMiss(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		all := drawDeeds(r, "")
		rec, live := record(t), record(t)
		rc := rec.client()
		before := workers("recorded", all)
		for _, turn := range drawTurns(r, all, "recorded") {
			before[turn.worker].do(rc, turn.deed)
		}

		p := play(t, rec)
		pc, lc := rec.client().of(p), live.client()
		replayed, served := workers("replayed", all), workers("replayed", all)
		same := &alike{map[string]string{}, map[string]string{}}
		gone := map[int]bool{}
		for _, turn := range drawTurns(r, all, "replayed") {
			w, l := replayed[turn.worker], served[turn.worker]
			if gone[turn.worker] || rapid.IntRange(0, 9).Draw(r, "leave out") == 0 {
				continue
			}
			for range 1 + rapid.IntRange(0, 9).Draw(r, "once more")/9 {
				tokens := w.tokens
				got := w.do(pc, turn.deed)
				if got == nil { // nothing was done, and the client gives up
					gone[turn.worker], w.tokens = true, tokens
					break
				}
				want := l.do(lc, turn.deed)
				if d := same.differ("", want, got); d != "" {
					r.Fatalf("%v: %s\nreplayed %s\nlive     %s\nrecorded:\n%s", w.deeds[turn.deed], d, wire.EncodeJSON(got), wire.EncodeJSON(want), listing(rec))
				}
			}
		}
	})
}

// What comes again as it was, under other names, is answered as it was.
func TestTheSameSessionNeverMisses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		all := drawDeeds(r, invents)
		rec := record(t)
		rc := rec.client()
		before, after := workers("recorded", all), workers("replayed", all)
		turns := drawTurns(r, all, "turns")
		var want []*wire.Map
		for _, turn := range turns {
			want = append(want, before[turn.worker].do(rc, turn.deed))
		}
		p := play(t, rec)
		pc := rec.client().of(p)
		again := rapid.SampledFrom(slices.Sorted(maps.Keys(ways))).Draw(r, "again")
		for _, w := range after { // another client
			w.deeds = slices.Clone(w.deeds)
			for i := range w.deeds {
				w.deeds[i].Way = again
			}
		}
		same := &alike{map[string]string{}, map[string]string{}}
		for i, turn := range turns {
			got := after[turn.worker].do(pc, turn.deed)
			if got == nil {
				r.Fatalf("%v: %s\nrecorded:\n%s", all[turn.worker][turn.deed], p.Report(), listing(rec))
			}
			renamed, _ := wire.DecodeJSON([]byte(strings.ReplaceAll(string(wire.EncodeJSON(want[i])), "recorded", "replayed")))
			if d := same.differ("", renamed, got); d != "" {
				r.Fatalf("%v: %s\nrecorded:\n%s", all[turn.worker][turn.deed], d, listing(rec))
			}
		}
		clean(t, p, func(r *Report) { r.Unused = nil })
	})
}

// at is a deed of a worker.
type at struct{ worker, deed int }

// drawTurns puts the deeds of all workers in one order, each worker's own in
// theirs.
func drawTurns(r *rapid.T, all [][]deed, label string) []at {
	var bag []int
	for w, list := range all {
		for range list {
			bag = append(bag, w)
		}
	}
	next := make([]int, len(all))
	var out []at
	for _, w := range rapid.Permutation(bag).Draw(r, label) {
		out = append(out, at{w, next[w]})
		next[w]++
	}
	return out
}

// listing tells a recording.
func listing(m *recording) string {
	var b strings.Builder
	for i := range m.entries {
		e := &m.entries[i]
		fmt.Fprintf(&b, "%d %s %v: %d %s\n", e.ID, e.Operation, e.Params, e.Status, e.Answer)
	}
	return b.String()
}
