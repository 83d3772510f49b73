package model_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/model"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

func load(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func machine(t testing.TB, c *contract.Contract, resource string) *model.Machine {
	t.Helper()
	m, err := model.New(c, resource)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func params(pairs ...string) wire.Params {
	var out wire.Params
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, wire.Param{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

func TestNewUnknown(t *testing.T) {
	t.Parallel()
	if _, err := model.New(load(t), "Nope"); err == nil {
		t.Error("New(Nope) = nil error, want one")
	}
}

func TestRoute(t *testing.T) {
	t.Parallel()
	m := machine(t, load(t), "ImageCache")
	for state, want := range map[string]string{
		"Preparing":    "Preparing",
		"Creating":     "Preparing Creating",
		"Ready":        "Preparing Creating Ready",
		"Failed":       "Preparing Failed",
		"Updating":     "Preparing Creating Ready Updating",
		"UpdateFailed": "Preparing Creating Ready Updating UpdateFailed",
		"Nope":         "",
	} {
		var got []string
		for _, edge := range m.Route(state) {
			got = append(got, edge.To)
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("Route(%s) mismatch (-want +got):\n%s", state, diff)
		}
	}
}

func TestLeads(t *testing.T) {
	t.Parallel()
	m := machine(t, load(t), "DataCache")
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"Loading", "Available", true}, {"Loading", "Failed", true}, {"Loading", "Loading", true},
		{"Available", "Loading", false}, {"Available", "Updating", false}, {"Updating", "UpdateFailed", true},
		{"Failed", "Available", false}, {"Creating", "Loading", false}, {"", "Loading", false},
	} {
		if got := m.Leads(tt.from, tt.to); got != tt.want {
			t.Errorf("Leads(%s, %s) = %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}

// TestMatrix is what the contract says of each operation in each state: + for
// accepted, the first row that refuses, or both.
func TestMatrix(t *testing.T) {
	t.Parallel()
	c := load(t)
	m := machine(t, c, "ImageCache")
	states := []string{"Preparing", "Ready", "Failed", "Updating", "UpdateFailed", ""}
	for name, want := range map[string]string{
		"UpdateImageCache":    "ImageCache.IncorrectStatus + ImageCache.IncorrectStatus ImageCache.IncorrectStatus + InvalidParameter.NotFound",
		"DeleteImageCache":    "+ + + + + InvalidParameter.NotFound",
		"DescribeImageCaches": "+ + + + + +",
		"TagResources":        "+IncorrectStatus + +IncorrectStatus +IncorrectStatus +IncorrectStatus InvalidParameter.NotFound",
	} {
		call := model.Call{Operation: c.Operation(name), Params: params("Image.1", "a")}
		var got []string
		for _, s := range states {
			got = append(got, say(m.Step(model.State{Name: s}, call)))
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("Step(%s) mismatch (-want +got):\n%s", name, diff)
		}
	}
}

func say(a model.Allowed) string {
	text := ""
	if a.Accepts() {
		text = "+"
	}
	if rows := a.Refusals(); len(rows) > 0 {
		text += rows[0].Code
	}
	return text
}

func TestUpdateWithoutChange(t *testing.T) {
	t.Parallel()
	c := load(t)
	m := machine(t, c, "ImageCache")
	create := model.Call{Operation: c.Operation("CreateImageCache"), Params: params("ImageCacheName", "n", "Image.1", "a", "RegionId", "r", "SecurityGroupId", "s")}
	made := m.Step(model.State{}, create).After(true)[0]
	made.Name = "Ready"
	for _, tt := range []struct {
		name   string
		params wire.Params
		want   string
	}{
		{"the same name", params("ImageCacheName", "n"), "NoNeedUpdate"},
		{"nothing", params("ClientToken", "t"), "NoNeedUpdate"},
		{"another name", params("ImageCacheName", "m"), "+"},
		{"the same images", params("ImageCacheName", "n", "Image.1", "a"), "+"},
		{"what nobody knows", params("ImageCacheName", "n", "VSwitchId", "v"), "+NoNeedUpdate"},
		{"what nobody sees", params("ImageCacheName", "n", "SecurityGroupId", "s"), "+NoNeedUpdate"},
	} {
		call := model.Call{Operation: c.Operation("UpdateImageCache"), Params: append(params("ImageCacheId", "i"), tt.params...)}
		if got := say(m.Step(made, call)); got != tt.want {
			t.Errorf("Step(%s) = %s, want %s", tt.name, got, tt.want)
		}
	}
	data := machine(t, c, "DataCache")
	call := model.Call{Operation: c.Operation("UpdateDataCache"), Params: params("Name", "n")}
	if got := say(data.Step(model.State{Name: "Available"}, call)); got != "+" {
		t.Errorf("Step(UpdateDataCache) = %s, want +: it has no row for nothing to do", got)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	c := load(t)
	m := machine(t, c, "ImageCache")
	create := c.Operation("CreateImageCache")
	s := model.State{Name: "Ready", Item: model.Sent(create, params("Tag.1.Key", "a", "Tag.1.Value", "1", "Tag.2.Key", "b", "Tag.2.Value", "2"))}
	s = m.Step(s, model.Call{Operation: c.Operation("TagResources"), Params: params("Tag.1.Key", "b", "Tag.1.Value", "3", "Tag.2.Key", "c")}).After(true)[0]
	if diff := cmp.Diff([]string{`Key="a",Value="1"`, `Key="b",Value="3"`, `Key="c"`}, s.Item.Map()["Tags"]); diff != "" {
		t.Errorf("tags mismatch (-want +got):\n%s", diff)
	}
	s = m.Step(s, model.Call{Operation: c.Operation("UntagResources"), Params: params("TagKey.1", "a")}).After(true)[0]
	if diff := cmp.Diff([]string{`Key="b",Value="3"`, `Key="c"`}, s.Item.Map()["Tags"]); diff != "" {
		t.Errorf("tags mismatch (-want +got):\n%s", diff)
	}
	s = m.Step(s, model.Call{Operation: c.Operation("UntagResources"), Params: params("All", "true")}).After(true)[0]
	if _, known := s.Item.Map()["Tags"]; known {
		t.Error("tags are known after a request that may mean all or none")
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~]{0,6}`)
		m := rapid.MapOf(rapid.StringMatching(`[A-Z][a-z]{0,4}`), rapid.SliceOfN(text, 0, 3)).Draw(t, "values")
		for name, texts := range m {
			if len(texts) == 0 {
				m[name] = nil
			}
		}
		v := model.Pack(m)
		if diff := cmp.Diff(m, v.Map(), cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Fatalf("Map() mismatch (-want +got):\n%s", diff)
		}
		if v.With(v) != v || v.With("") != v {
			t.Fatal("With() of the same changes something")
		}
	})
}

// simulated is a target that does at random what the model allows. Whatever it
// does, the model must not lose it out of sight.
type simulated struct {
	m     *model.Machine
	truth model.State
}

func (s *simulated) pass(t *rapid.T) {
	s.truth = rapid.SampledFrom(s.m.Pass(s.truth)).Draw(t, "time")
}

func (s *simulated) answer(t *rapid.T, c model.Call) bool {
	o := rapid.SampledFrom(s.m.Step(s.truth, c).Outcomes).Draw(t, "answer")
	s.truth = rapid.SampledFrom(o.Next).Draw(t, "next")
	return o.Row == nil
}

// item is what the target lists: of a member that work is changing, the old or
// the new value.
func (s *simulated) item(t *rapid.T) *wire.Map {
	if s.truth.Gone() {
		return nil
	}
	item := &wire.Map{}
	item.Set(s.m.Kind().StateMember, s.truth.Name)
	next := s.truth.Next.Map()
	for name, texts := range s.truth.Item.Map() {
		if now, ok := next[name]; ok && rapid.Bool().Draw(t, "new") {
			texts = now
		}
		show(item, name, texts)
	}
	return item
}

func show(item *wire.Map, name string, texts []string) {
	switch {
	case name == "Images" || name == "Tags":
		list := []any{}
		for _, text := range slices.Backward(texts) {
			list = append(list, element(text))
		}
		item.Set(name, list)
	case len(texts) > 0:
		item.Set(name, texts[0])
	}
}

func element(text string) any {
	if !strings.Contains(text, "=") {
		return text
	}
	m := &wire.Map{}
	for member := range strings.SplitSeq(text, ",") {
		name, quoted, _ := strings.Cut(member, "=")
		value, _ := strconv.Unquote(quoted)
		m.Set(name, value)
	}
	return m
}

func calls(c *contract.Contract) []model.Call {
	update := c.Operation("UpdateImageCache")
	return []model.Call{
		{Operation: update, Params: params("ImageCacheName", "one")},
		{Operation: update, Params: params("ImageCacheName", "two", "ImageCacheSize", "30")},
		{Operation: update, Params: params("Image.1", "b", "Image.2", "a")},
		{Operation: update, Params: params("Tag.1.Key", "x", "Tag.1.Value", "y", "VSwitchId", "v")},
		{Operation: c.Operation("TagResources"), Params: params("Tag.1.Key", "x", "Tag.1.Value", "z")},
		{Operation: c.Operation("UntagResources"), Params: params("TagKey.1", "x")},
		{Operation: c.Operation("DeleteImageCache")},
		{Operation: c.Operation("DescribeImageCaches")},
	}
}

// TestBeliefHoldsTheTruth holds that a target which does only what the model
// allows is always among what the model believes.
func TestBeliefHoldsTheTruth(t *testing.T) {
	t.Parallel()
	c := load(t)
	m, all := machine(t, c, "ImageCache"), calls(c)
	create := model.Call{Operation: c.Operation("CreateImageCache"), Params: params("ImageCacheName", "one", "Image.1", "a", "Tag.1.Key", "k", "Tag.1.Value", "v")}
	rapid.Check(t, func(t *rapid.T) {
		target := simulated{m: m}
		target.answer(t, create)
		belief := model.Belief(m.Step(model.State{}, create).After(true))
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			target.pass(t)
			call := rapid.SampledFrom(all).Draw(t, "call")
			belief = m.Answered(belief, call, target.answer(t, call))
			if !slices.Contains(belief, target.truth) {
				t.Fatalf("after %s the truth %q is not among %d beliefs", call.Operation.Name, target.truth, len(belief))
			}
			target.pass(t)
			belief = m.Seen(belief, target.item(t))
			if !slices.Contains(belief, target.truth) {
				t.Fatalf("after a look the truth %q is not among %d beliefs", target.truth, len(belief))
			}
		}
	})
}

// TestSeenTellsLies holds that an item with a state or value that nothing
// explains leaves no belief.
func TestSeenTellsLies(t *testing.T) {
	t.Parallel()
	c := load(t)
	m := machine(t, c, "ImageCache")
	ready := model.Belief{{Name: "Ready", Item: model.Sent(c.Operation("CreateImageCache"), params("ImageCacheName", "one"))}}
	for _, tt := range []struct{ state, name string }{{"Preparing", "one"}, {"Updating", "one"}, {"Ready", "two"}, {"Nope", "one"}} {
		item := &wire.Map{}
		item.Set("Status", tt.state)
		item.Set("ImageCacheName", tt.name)
		if got := m.Seen(ready, item); len(got) != 0 {
			t.Errorf("Seen(%v) = %d beliefs, want none", tt, len(got))
		}
	}
	if got := m.Seen(ready, nil); len(got) != 0 {
		t.Errorf("Seen(nothing) = %d beliefs, want none", len(got))
	}
}

// TestStepAlwaysAnswers holds that every operation has an answer in every state
// of every resource, by a clause, and that a refusal changes nothing.
func TestStepAlwaysAnswers(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, kind := range c.Resources {
		m := machine(t, c, kind.Name)
		for _, op := range c.Operations {
			for _, s := range append(slices.Clone(kind.States), contract.State{}) {
				a := m.Step(model.State{Name: s.Name}, model.Call{Operation: op})
				if a.Clause == nil || len(a.Outcomes) == 0 {
					t.Errorf("Step(%s, %s %s) has no answer", op.Name, kind.Name, s.Name)
				}
				if after := a.After(false); len(after) > 1 || len(after) == 1 && after[0].Name != s.Name {
					t.Errorf("Step(%s, %s %s): a refusal leads to %v", op.Name, kind.Name, s.Name, after)
				}
			}
		}
	}
}
