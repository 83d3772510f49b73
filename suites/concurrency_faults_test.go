package suites

import (
	"cmp"
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/run"
	"github.com/eci-conform/conform/internal/wire"
)

// crowd remembers what an emulator that errs needs to know of its requests.
type crowd struct {
	mu      sync.Mutex
	n       map[string]int
	shown   map[string]*wire.Map         // by id, the first item that a listing showed
	last    map[string]wire.Params       // by id, the update before
	values  map[string]map[string]string // by id, as written
	hidden  map[string]bool              // deleted, as far as clients are told
	revived map[string]bool
	arrived chan struct{} // closed and replaced at each request
}

func newCrowd() *crowd {
	return &crowd{
		n: map[string]int{}, shown: map[string]*wire.Map{}, last: map[string]wire.Params{},
		values: map[string]map[string]string{}, hidden: map[string]bool{}, revived: map[string]bool{}, arrived: make(chan struct{}),
	}
}

// every says true at each n-th call with the key.
func (c *crowd) every(n int, key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[key]++
	return c.n[key]%n == 0
}

// company waits until another request comes, for a while: a server that is slow
// between reading and writing.
func (c *crowd) company() {
	c.mu.Lock()
	other := c.arrived
	c.mu.Unlock()
	alone := time.NewTimer(20 * time.Millisecond)
	defer alone.Stop()
	select {
	case <-other:
	case <-alone.C:
	}
}

func (c *crowd) arrive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.arrived)
	c.arrived = make(chan struct{})
}

func idOf(a *emulator.Ask) string {
	for _, name := range []string{"ImageCacheId", "DataCacheId", "ResourceId.1", "DataCacheId.1"} {
		if id, ok := a.Params.Get(name); ok {
			return id
		}
	}
	return ""
}

type work = func(context.Context, *emulator.Ask, func() *wire.Map) *wire.Map

// on makes the work of operations that begin with one of the words err.
func on(words string, f work) work {
	return func(ctx context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
		for word := range strings.FieldsSeq(words) {
			if strings.HasPrefix(a.Operation, word) {
				return f(ctx, a, do)
			}
		}
		return do()
	}
}

// itemsIn returns the lists in an answer.
func itemsIn(m *wire.Map) (name string, items []any) {
	for _, name := range []string{"ImageCaches", "DataCaches"} {
		if v, ok := m.Get(name); ok {
			items, _ = v.([]any)
			return name, items
		}
	}
	return "", nil
}

// buried is a deletion that only hides, so that what comes later still works.
func (c *crowd) buried(f func(a *emulator.Ask, do func() *wire.Map) *wire.Map) work {
	return func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
		id := idOf(a)
		c.mu.Lock()
		hidden := c.hidden[id] && !c.revived[id]
		c.mu.Unlock()
		switch {
		case strings.HasPrefix(a.Operation, "Delete") && !hidden:
			c.mu.Lock()
			defer c.mu.Unlock()
			c.hidden[id], c.revived[id] = true, false
			return &wire.Map{}
		case strings.HasPrefix(a.Operation, "Describe") && hidden:
			m := do()
			if m == nil {
				return nil
			}
			out := &wire.Map{}
			for _, key := range m.Keys() {
				v, _ := m.Get(key)
				if _, list := v.([]any); list {
					v = []any{}
				}
				out.Set(key, v)
			}
			return out
		case hidden:
			return f(a, do)
		}
		return do()
	}
}

func (c *crowd) revive(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revived[id] = true
}

// crowdFault is a way to err that shows when several clients come at once.
type crowdFault struct {
	name   string
	among  []string
	must   bool   // an ordinary run must catch it
	clause string // one that must be broken, by how its id ends
	work   func(c *crowd) work
	edit   func(*contract.Contract)
	pause  time.Duration // see trial
}

var crowdFaults = []crowdFault{
	{name: "lost update", among: []string{"UpdateDataCache/concurrency/update+update/apart"}, must: true, clause: "DataCache#consistency/written",
		work: func(c *crowd) work {
			return on("CreateDataCache UpdateDataCache", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				id := idOf(a)
				c.mu.Lock()
				was := c.values[id]
				c.mu.Unlock()
				if id != "" {
					c.arrive()
					c.company()
				}
				written := map[string]string{}
				for _, name := range []string{"Name", "Size"} {
					value, ok := a.Params.Get(name)
					if !ok {
						value = was[name]
						a.Params = a.Params.Set(name, value)
					}
					written[name] = value
				}
				m := do()
				if m != nil {
					if id == "" {
						v, _ := m.Get("DataCacheId")
						id, _ = v.(string)
					}
					c.mu.Lock()
					c.values[id] = written
					c.mu.Unlock()
				}
				return m
			})
		}},
	{name: "update in part", among: []string{"UpdateDataCache/concurrency/update+update/*"}, clause: "DataCache#consistency/linear",
		work: func(c *crowd) work {
			return on("UpdateDataCache", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				if _, ok := a.Params.Get("Name"); ok && c.every(2, idOf(a)) {
					a.Params = a.Params.Del("Size")
				}
				return do()
			})
		}},
	{name: "two updates leave a third value", among: []string{"Update*/concurrency/update+update/*"}, clause: "consistency/written",
		work: func(c *crowd) work {
			return on("UpdateDataCache UpdateImageCache", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				for _, name := range []string{"Name", "ImageCacheName"} {
					if _, ok := a.Params.Get(name); ok {
						a.Params = a.Params.Set(name, "neither")
					}
				}
				return do()
			})
		}},
	{name: "update applied again later", among: []string{"Update*/concurrency/update+update/again"}, must: true, clause: "consistency/written",
		work: func(c *crowd) work {
			return on("UpdateDataCache UpdateImageCache", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				id, own := idOf(a), a.Params.Clone()
				m := do()
				c.mu.Lock()
				first := c.last[id]
				if first == nil {
					c.last[id] = own
				}
				c.mu.Unlock()
				if first != nil && m != nil {
					a.Params = first.Clone()
					do()
				}
				return m
			})
		}},
	{name: "stale reads", among: []string{"Update*/concurrency/update+update/**"}, must: true, clause: "consistency/settled",
		work: func(c *crowd) work {
			return on("Describe", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				m := do()
				if m == nil {
					return nil
				}
				name, items := itemsIn(m)
				id := idOf(a)
				if len(items) != 1 || id == "" {
					return m
				}
				c.mu.Lock()
				first := c.shown[id]
				if first == nil {
					c.shown[id], _ = items[0].(*wire.Map)
				}
				c.mu.Unlock()
				if first == nil || !c.every(3, id) {
					return m
				}
				out := &wire.Map{}
				for _, key := range m.Keys() {
					v, _ := m.Get(key)
					out.Set(key, v)
				}
				out.Set(name, []any{first})
				return out
			})
		}},
	{name: "update accepted and forgotten", among: []string{"Update*/concurrency/update+update/**"}, must: true, clause: "consistency/written",
		work: func(c *crowd) work {
			return on("UpdateDataCache UpdateImageCache", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				return &wire.Map{}
			})
		}},
	{name: "used after deletion", among: []string{"*/concurrency/*+delete/race"}, must: true, clause: "consistency/deleted",
		work: func(c *crowd) work {
			return c.buried(func(_ *emulator.Ask, do func() *wire.Map) *wire.Map { return do() })
		}},
	{name: "update brings a deleted resource back", among: []string{"Update*/concurrency/update+delete/race"}, must: true, clause: "consistency/gone",
		work: func(c *crowd) work {
			return c.buried(func(a *emulator.Ask, do func() *wire.Map) *wire.Map {
				if strings.HasPrefix(a.Operation, "Update") {
					c.revive(idOf(a))
				}
				return do()
			})
		}},
	{name: "deletion that leaves", among: []string{"*/concurrency/*+delete/race"}, must: true, clause: "consistency/gone",
		work: func(c *crowd) work {
			return on("Delete", func(context.Context, *emulator.Ask, func() *wire.Map) *wire.Map { return &wire.Map{} })
		}},
	{name: "deleted twice", among: []string{"*/concurrency/delete+delete/race"}, clause: "consistency/linear",
		work: func(c *crowd) work {
			return on("Delete", func(_ context.Context, _ *emulator.Ask, do func() *wire.Map) *wire.Map { do(); return &wire.Map{} })
		}},
	{name: "one id for two creations", among: []string{"Create*/concurrency/create+create/name"}, must: true, clause: "consistency/created",
		work: func(c *crowd) work {
			var first sync.Map
			return on("Create", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				name, _ := a.Params.Get("Name")
				if name == "" {
					name, _ = a.Params.Get("ImageCacheName")
				}
				if m, ok := first.Load(name); ok {
					return m.(*wire.Map)
				}
				m := do()
				first.Store(name, m)
				return m
			})
		}},
	{name: "two made by one creation", among: []string{"CreateImageCache/concurrency/create+create/name"}, must: true, clause: "consistency/created",
		work: func(c *crowd) work {
			return on("Create", func(_ context.Context, _ *emulator.Ask, do func() *wire.Map) *wire.Map { do(); return do() })
		}},
	{name: "creation accepted and forgotten", among: []string{"Create*/concurrency/create+create/*"}, must: true, clause: "consistency/created",
		work: func(c *crowd) work {
			return on("Create", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				m := do()
				if m != nil && c.every(2, "") {
					out := &wire.Map{}
					for _, key := range m.Keys() {
						v, _ := m.Get(key)
						if id, ok := v.(string); ok && key != "ContainerGroupId" {
							v = id[:len(id)-1] + "#"
						}
						out.Set(key, v)
					}
					return out
				}
				return m
			})
		}},
	{name: "key taken twice", among: []string{"CreateDataCache/concurrency/create+create/key"}, clause: "DataCache#consistency/unique",
		edit: func(c *contract.Contract) { c.Resource("DataCache").Unique = nil }},
	{name: "tags lost", among: []string{"TagResources/concurrency/**"}, must: true, clause: "consistency/tagged",
		work: func(c *crowd) work {
			return on("TagResources", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				return &wire.Map{}
			})
		}},
	{name: "tags lost, long pauses", among: []string{"TagResources/concurrency/*/apart"}, must: true, clause: "consistency/tagged", pause: 200 * time.Millisecond,
		work: func(c *crowd) work {
			return on("TagResources", func(context.Context, *emulator.Ask, func() *wire.Map) *wire.Map { return &wire.Map{} })
		}},
	{name: "tags stay", among: []string{"TagResources/concurrency/**"}, must: true, clause: "consistency/tagged",
		work: func(c *crowd) work {
			return on("UntagResources", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				return &wire.Map{}
			})
		}},
	{name: "tags of others forgotten", among: []string{"TagResources/concurrency/*/apart"}, must: true, clause: "consistency/tagged",
		work: func(c *crowd) work {
			// The next tag takes the place of the one that another client put.
			return on("TagResources", func(_ context.Context, a *emulator.Ask, do func() *wire.Map) *wire.Map {
				id := idOf(a)
				c.mu.Lock()
				other := c.last[id]
				c.last[id] = a.Params.Clone()
				c.mu.Unlock()
				m := do()
				if key, _ := other.Get("Tag.1.Key"); m != nil && key != "" {
					a.Params = other.Clone().Set("Tag.1.Value", "lost")
					do()
				}
				return m
			})
		}},
}

// quarrel runs the cases against an emulator that errs so.
func quarrel(t testing.TB, tr trial, hooks *emulator.Hooks) judged {
	t.Helper()
	c, p := loadPlan(t)
	selected, err := p.Select(tr.selects, nil, contract.Inferred)
	if err != nil {
		t.Fatal(err)
	}
	obeyed := c.Clone()
	if tr.edit != nil {
		tr.edit(obeyed)
		obeyed.Reindex()
	}
	e, err := emulator.New(emulator.Options{
		Contract: obeyed, World: fixtures.World, Clock: time.Now, Seed: tr.seed, Settle: -1, Hooks: hooks,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	o := tr.options(t, c, selected)
	wait := &o.Profile.Wait
	o.Profile.Endpoint, wait.Deadline = s.URL, 500*time.Millisecond
	wait.Initial, wait.Cap = cmp.Or(tr.pause, wait.Initial), cmp.Or(tr.pause, wait.Cap)
	var out judged
	o.Sink = func(r run.Result) { out.results = append(out.results, r) }
	runner := run.New(o)
	runner.Start(context.Background())
	out.summary = runner.Wait()
	return out
}

func TestCrowdFaultsAreCaught(t *testing.T) {
	t.Parallel()
	for _, f := range crowdFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			strict := contract.Inferred
			if f.must {
				strict = contract.Must
			}
			var got judged
			// What needs two requests to meet may need more than one run.
			for seed := uint64(1); seed <= 8 && len(got.failed("concurrency")) == 0; seed++ {
				var hooks *emulator.Hooks
				if f.work != nil {
					hooks = &emulator.Hooks{Work: f.work(newCrowd())}
				}
				got = quarrel(t, trial{edit: f.edit, selects: f.among, strict: strict, seed: seed, pause: f.pause}, hooks)
			}
			if len(got.failed("concurrency")) == 0 {
				t.Fatalf("no case failed of %+v", got.summary)
			}
			broken := func(r run.Result) bool {
				for _, found := range r.Findings {
					if strings.HasSuffix(found.Clause, f.clause) && found.Level >= strict {
						return true
					}
				}
				return false
			}
			if i := slices.IndexFunc(got.results, broken); i < 0 {
				for _, r := range got.results {
					t.Logf("%s %s: %s", r.Verdict, r.Case, r.Reason)
				}
				t.Errorf("no case found that %s is broken", f.clause)
			}
		})
	}
}

func TestContestsShowWhatTheyFound(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	fault := crowdFaults[slices.IndexFunc(crowdFaults, func(f crowdFault) bool { return f.name == "deleted twice" })]
	got := quarrel(t, trial{selects: fault.among, strict: contract.Inferred, seed: 1}, &emulator.Hooks{Work: fault.work(c)})
	for _, r := range got.results {
		if len(r.Attachments) != 1 || !strings.Contains(string(r.Attachments[0].Data), "<html") {
			t.Errorf("%s: %d attachments, want one picture", r.Case, len(r.Attachments))
		}
		// How few requests it is told by is a matter of time.
		if f := r.Findings[0]; !strings.Contains(f.Got, "no order explains these ") || strings.Count(f.Got, "Cache: 200") < 2 {
			t.Errorf("%s: got %s\nwant a sentence and the two deletions", r.Case, f.Got)
		}
	}
}

// Clean targets are green whatever the seed and the number of cases at once.
func TestContestsAreGreen(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		for _, jobs := range []int{1, 64} {
			trial{selects: []string{"*/concurrency/**"}, seed: seed, jobs: jobs}.judge(t).green(t)
		}
	}
}
