package rerun_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/mutant"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/recorder"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/rerun"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

var key = wire.Credentials{AccessKeyID: "LTAI5tTheKeyOfTheseTests", AccessKeySecret: "secret-of-the-key-of-tests-0001"}

var stranger = wire.Credentials{AccessKeyID: "LTAI5tTheKeyOfAStranger0", AccessKeySecret: "secret-of-the-key-of-tests-0002"}

var loadContract = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

func theContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// session is a client of a server whose answers are recorded, in a time of
// their own.
type session struct {
	t    testing.TB
	of   *contract.Contract
	now  time.Time
	by   http.RoundTripper
	w    *cassette.Writer
	path string
	sent int
	key  wire.Credentials
	// while lets time pass, more than any listing may be behind.
	while func()
}

type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	in := httptest.NewRequest(r.Method, r.URL.RequestURI(), r.Body)
	in.Header, in.Host = r.Header, r.Host
	w := httptest.NewRecorder()
	d.ServeHTTP(w, in)
	return w.Result(), nil
}

// begin starts recording what the server that broken makes answers.
func begin(t testing.TB, broken func(emulator.Options) (http.Handler, error)) *session {
	t.Helper()
	s := &session{t: t, of: theContract(t), now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), path: filepath.Join(t.TempDir(), "session.cassette")}
	s.key = key
	s.while = func() { s.now = s.now.Add(30 * time.Second) }
	h, err := broken(emulator.Options{
		Contract: s.of, World: fixtures.World, Clock: s.clock, Seed: 1, Settle: time.Second,
		Keys: []emulator.Key{
			{AccessKeyID: key.AccessKeyID, AccessKeySecret: key.AccessKeySecret, Account: "default"},
			{AccessKeyID: stranger.AccessKeyID, AccessKeySecret: stranger.AccessKeySecret, Account: "secondary"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.w, err = cassette.Create(s.path, cassette.Header{Recorded: s.now, Target: "http://eci.example.com"}); err != nil {
		t.Fatal(err)
	}
	rules := redact.NewRules(s.of).Session(redact.SessionOptions{Known: []wire.Credentials{key, stranger}, Begin: s.now})
	s.by = recorder.New(recorder.Options{Session: rules, Sink: s.w, Clock: s.clock}).Middleware(direct{h})
	return s
}

func sound(o emulator.Options) (http.Handler, error) { return emulator.New(o) }

// clock tells a time that every look at it moves on a little, so that no two
// requests are at the same time.
func (s *session) clock() time.Time {
	s.now = s.now.Add(time.Millisecond)
	return s.now
}

// ask sends a request and returns the text at the pointer in its answer.
func (s *session) ask(pointer, op string, pairs ...string) string {
	s.t.Helper()
	s.sent++
	own := wire.Params{{Name: "RegionId", Value: "cn-hangzhou"}}
	for i := 0; i < len(pairs); i += 2 {
		own = append(own, wire.Param{Name: pairs[i], Value: pairs[i+1]})
	}
	d := wire.NewDraft(wire.Call{
		Host: "eci.example.com", Operation: op, Version: s.of.Version, Params: own, Method: http.MethodPost, Form: true,
		Scheme: wire.V1, Format: "JSON", Credentials: s.key, Nonce: "nonce-" + strconv.Itoa(s.sent), Time: s.now,
	})
	if err := d.Sign(); err != nil {
		s.t.Fatal(err)
	}
	x := wire.Do(s.t.Context(), d, wire.Route{Transport: s.by, Endpoint: "http://eci.example.com", Clock: s.clock})
	if x.Err != nil {
		s.t.Fatalf("%s: %v", op, x.Err)
	}
	v, err := wire.DecodeJSON(x.RespBody)
	if err != nil {
		s.t.Fatalf("%s: %v", op, err)
	}
	at, _ := check.Lookup(v, pointer)
	text, _ := at.(string)
	if pointer != "" && text == "" {
		s.t.Fatalf("%s: no %s in %s", op, pointer, x.RespBody)
	}
	return text
}

// verdicts closes the recording and judges what is told of its resources: what
// each departs from, by the operation that made it.
func (s *session) verdicts() map[string][]string {
	s.t.Helper()
	if err := s.w.Close(); err != nil {
		s.t.Fatal(err)
	}
	c, err := cassette.Open(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	out := map[string][]string{}
	for id, found := range judged(s.t, c) {
		operation, _, _ := strings.Cut(id, "/")
		out[operation] = append(out[operation], found...)
	}
	return out
}

func environment(of *contract.Contract, c *cassette.Cassette) *plan.Environment {
	return plan.NewEnvironment(plan.Target{
		Contract: of, Judge: check.New(of), Clock: func() time.Time { return time.Time{} }, Memory: rerun.StillOf(c), Transport: rerun.StillOf(c),
	})
}

// judged returns what the recording's resources depart from, by case.
func judged(t testing.TB, c *cassette.Cassette) map[string][]string {
	t.Helper()
	of := theContract(t)
	env := environment(of, c)
	out := map[string][]string{}
	for _, k := range rerun.Exchanges(c, of).Cases {
		if k.Subject != "resource" {
			continue
		}
		s := env.Session(k)
		if err := k.Run(t.Context(), s); err != nil {
			t.Errorf("%s: %v", k.ID, err)
		}
		out[k.ID] = nil
		for _, f := range s.Findings() {
			out[k.ID] = append(out[k.ID], f.Level.String()+" "+f.Clause+" "+f.Got)
		}
	}
	return out
}

// imageCache is the story of one from its making to after its end.
func (s *session) imageCache() {
	create := []string{"ImageCacheName", "first-name", "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main",
		"Image.1", "nginx:1.27", "ClientToken", "token-1", "Tag.1.Key", "a", "Tag.1.Value", "1", "RetentionDays", "30"}
	id := s.ask("/ImageCacheId", "CreateImageCache", create...)
	s.ask("/ImageCacheId", "CreateImageCache", create...)
	look := func() {
		s.ask("", "DescribeImageCaches", "ImageCacheId", id)
		s.while()
		s.ask("", "DescribeImageCaches")
		s.ask("", "DescribeImageCaches", "ImageCacheId", id)
	}
	update := func(pairs ...string) {
		s.ask("", "UpdateImageCache", append([]string{"ImageCacheId", id, "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main"}, pairs...)...)
		look()
	}
	look()
	s.key = stranger // who sees nothing of it
	look()
	s.key = key
	update("ImageCacheName", "second-name", "ClientToken", "token-2")
	update("ImageCacheName", "second-name", "Image.1", "redis:8", "RetentionDays", "60")
	update("ImageCacheName", "second-name", "ClientToken", "token-2")
	s.ask("", "TagResources", "ResourceType", "ImageCache", "ResourceId.1", id, "Tag.1.Key", "b", "Tag.1.Value", "2")
	look()
	s.ask("", "UntagResources", "ResourceType", "ImageCache", "ResourceId.1", id, "TagKey.1", "a")
	look()
	s.ask("", "DeleteImageCache", "ImageCacheId", id)
	look()
	update("ImageCacheName", "third-name")
	s.ask("", "DeleteImageCache", "ImageCacheId", id)
}

func (s *session) dataCache() {
	id := s.ask("/DataCacheId", "CreateDataCache", "Name", "first-name", "Path", "/data/one", "Bucket", "other", "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main",
		"DataSource.Type", "URL", "DataSource.Options.#6#repoId", "a/b", "DataSource.Options.#10#repoSource", "HuggingFace/Model", "Size", "30")
	look := func() {
		s.ask("", "DescribeDataCaches", "DataCacheId.1", id) // in another bucket: it shows nothing
		s.ask("", "DescribeDataCaches", "DataCacheId.1", id, "Bucket", "other")
		s.while()
		s.ask("", "DescribeDataCaches", "DataCacheId.1", id, "Bucket", "other")
	}
	look()
	s.ask("", "UpdateDataCache", "DataCacheId", id, "Name", "second-name", "Size", "40")
	look()
	s.ask("", "DeleteDataCache", "DataCacheId", id)
	look()
}

func TestSoundLives(t *testing.T) {
	t.Parallel()
	s := begin(t, sound)
	s.imageCache()
	s.dataCache()
	if diff := cmp.Diff(map[string][]string{"CreateImageCache": nil, "CreateDataCache": nil}, s.verdicts()); diff != "" {
		t.Errorf("departures mismatch (-want +got):\n%s", diff)
	}
}

func TestBrokenLives(t *testing.T) {
	t.Parallel()
	all, err := mutant.All(theContract(t))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"state/CreateImageCache/effect/otherId":        "must DescribeImageCaches#effect/read",
		"state/UpdateImageCache/effect/none":           "must CreateImageCache#effect/echo/ImageCacheName",
		"state/UpdateImageCache/rest/Tag":              "should UpdateImageCache#effect/rest",
		"state/DeleteImageCache/effect/none":           "must DescribeImageCaches#effect/read",
		"state/DeleteImageCache/effect/again":          "inferred common#violation/notFound success",
		"state/DeleteImageCache/effect/stillListed":    "must DescribeImageCaches#effect/read",
		"state/TagResources/effect/none":               "must CreateImageCache#effect/echo/Tag.N.Key",
		"state/UntagResources/effect/none":             "must CreateImageCache#effect/echo/Tag.N.Key",
		"state/ImageCache/state/backwards":             "must ImageCache#state/Ready",
		"state/ImageCache/state/unknown":               "must ImageCache#state/Preparing",
		"idempotency/CreateImageCache/token/forgotten": "must CreateImageCache#idempotency/ClientToken",
		"state/DeleteDataCache/effect/none":            "must DescribeDataCaches#effect/read",
		"state/UpdateDataCache/effect/none":            "must CreateDataCache#effect/echo/Size",
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			m, err := mutant.Find(all, id)
			if err != nil {
				t.Fatal(err)
			}
			s := begin(t, m.New)
			s.imageCache()
			s.dataCache()
			found := strings.Join(slices.Concat(slices.Collect(maps.Values(s.verdicts()))...), "\n")
			if !strings.Contains(found, want) {
				t.Errorf("departures: %q, want %q", found, want)
			}
		})
	}
}

// A listing that still shows the time before a change may only be behind.
func TestWhatIsYoungDecidesNothing(t *testing.T) {
	t.Parallel()
	all, err := mutant.All(theContract(t))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mutant.Find(all, "state/DeleteImageCache/effect/stillListed")
	if err != nil {
		t.Fatal(err)
	}
	s := begin(t, m.New)
	s.while = func() { s.now = s.now.Add(2 * time.Second) }
	s.imageCache()
	for _, f := range s.verdicts()["CreateImageCache"] {
		if !strings.HasPrefix(f, "inferred ") {
			t.Errorf("departure %q decides", f)
		}
	}
}

// A change that the last known state forbids is told when that state is old
// enough to be known.
func TestForbiddenChange(t *testing.T) {
	t.Parallel()
	all, err := mutant.All(theContract(t))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mutant.Find(all, "state/UpdateImageCache/from/with-Failed")
	if err != nil {
		t.Fatal(err)
	}
	for wait, want := range map[time.Duration]int{3 * time.Second: 0, 30 * time.Second: 1} {
		s := begin(t, m.New)
		s.while = func() { s.now = s.now.Add(wait) }
		id := s.ask("/ImageCacheId", "CreateImageCache", "ImageCacheName", "a-name", "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main",
			"Image.1", "registry.example.com/emu/unpullable:1")
		s.while()
		s.ask("", "DescribeImageCaches", "ImageCacheId", id)
		s.ask("", "UpdateImageCache", "ImageCacheId", id, "ImageCacheName", "another-name", "SecurityGroupId", "sg-emu-main", "VSwitchId", "vsw-emu-main", "Image.1", "redis:8")
		if got := s.verdicts()["CreateImageCache"]; len(got) != want {
			t.Errorf("after %v: departures %q, want %d", wait, got, want)
		}
	}
}

// What a whole run did is a thousand stories of a sound server, many at once.
func TestRecordedRunTellsNoLies(t *testing.T) {
	t.Parallel()
	c, err := cassette.Open(filepath.FromSlash("../../fixtures/cassettes/emulator.cassette.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := 0
	for id, found := range judged(t, c) {
		n++
		if len(found) > 0 {
			t.Errorf("%s: %q", id, found)
		}
	}
	if n < 1000 {
		t.Errorf("%d resources, want those of a whole run", n)
	}
}

// A client that went away in the middle of an answer says nothing of the server.
func TestWhatWasCutOffIsNotJudged(t *testing.T) {
	t.Parallel()
	of := theContract(t)
	path := filepath.Join(t.TempDir(), "cut.cassette")
	w, err := cassette.Create(path, cassette.Header{Recorded: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	rules := redact.NewRules(of).Session(redact.SessionOptions{})
	raw := &redact.Raw{
		Method: http.MethodGet, Target: "/?Action=DescribeRegions&Format=JSON", Status: 200, Failure: redact.Canceled,
		RespHeader: http.Header{"Content-Type": {"application/json"}},
	}
	if err := w.Append(rules.Exchange(raw)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := cassette.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	k := rerun.Exchanges(c, of).Cases[0]
	s := environment(of, c).Session(k)
	if reason, ok := plan.IsInconclusive(k.Run(t.Context(), s)); !ok || !strings.Contains(reason, "canceled") || len(s.Findings()) > 0 {
		t.Errorf("inconclusive: %t, %q, findings %v", ok, reason, s.Findings())
	}
}
