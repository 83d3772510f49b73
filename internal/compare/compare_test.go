package compare

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/contract"
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

const (
	list     = "DescribeImageCaches"
	creation = "CreateImageCache"
)

func ok(body string) Answer {
	return Answer{Status: 200, ContentType: "application/json;charset=utf-8", Body: []byte(body)}
}

func failed(status int, body string) Answer {
	a := ok(body)
	a.Status = status
	return a
}

// item is a listing of one image cache with further members.
func item(id, more string) Answer {
	return ok(`{"RequestId":"0A1B2C3D-0000-0000-0000-000000000000","ImageCaches":[{"ImageCacheId":"` + id + `"` + more + `}],"TotalCount":1}`)
}

// seen is a finding without its values.
type seen struct {
	Grade   Grade
	Pointer string
}

// pairing is two answers to one request, and what is to be found between them.
type pairing struct {
	op    string
	a, b  Answer
	bound map[string]string
	sent  map[string]string
	paged bool
	want  []seen
}

// answers holds that each pair gives the findings it is to give.
func answers(t *testing.T, tests map[string]pairing) {
	t.Helper()
	c := load(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := NewNames()
			for a, b := range test.bound {
				names.Bind(a, b)
			}
			r := New(c).Answers(Pair{Operation: test.op, A: test.a, B: test.b, Names: names, Sent: test.sent, Paged: test.paged})
			var got []seen
			for _, f := range r.Findings {
				got = append(got, seen{f.Grade, f.Pointer})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnswersAsAWhole are about what every answer has.
func TestAnswersAsAWhole(t *testing.T) {
	t.Parallel()
	answers(t, map[string]pairing{
		"the same":       {op: creation, a: ok(`{"RequestId":"a","ImageCacheId":"imc-1"}`), b: ok(`{"RequestId":"b","ImageCacheId":"imc-2"}`)},
		"another status": {op: creation, a: ok(`{}`), b: failed(404, `{"Code":"X"}`), want: []seen{{Status, "/status"}}},
		"no answer":      {op: creation, a: ok(`{}`), b: Answer{Failure: "reset"}, want: []seen{{Status, "/status"}}},
		"another code":   {op: creation, a: failed(400, `{"Code":"A","Message":"m"}`), b: failed(400, `{"Code":"B","Message":"m"}`), want: []seen{{Code, "/Code"}}},
		"other words":    {op: creation, a: failed(400, `{"Code":"A","Message":"m"}`), b: failed(400, `{"Code":"A","Message":"n"}`), want: []seen{{Value, "/Message"}}},
		"words of no page": {op: creation, a: failed(400, `{"Code":"InvalidParameter","Message":"m"}`),
			b: failed(400, `{"Code":"InvalidParameter","Message":"n"}`)},
		"another host":   {op: creation, a: failed(400, `{"Code":"A","HostId":"m"}`), b: failed(400, `{"Code":"A","HostId":"n"}`)},
		"missing":        {op: creation, a: ok(`{"RequestId":"a","ImageCacheId":"imc-1"}`), b: ok(`{"RequestId":"b"}`), want: []seen{{Missing, "/ImageCacheId"}}},
		"added":          {op: creation, a: ok(`{"RequestId":"a"}`), b: ok(`{"RequestId":"b","Foo":1}`), want: []seen{{Added, "/Foo"}}},
		"unknown values": {op: creation, a: ok(`{"Foo":"x"}`), b: ok(`{"Foo":"y"}`)},
		"unknown types":  {op: creation, a: ok(`{"Foo":"x"}`), b: ok(`{"Foo":[]}`), want: []seen{{Type, "/Foo"}}},
		"type":           {op: creation, a: ok(`{"ImageCacheId":"imc-1"}`), b: ok(`{"ImageCacheId":1}`), want: []seen{{Type, "/ImageCacheId"}}},
		"null":           {op: creation, a: ok(`{"ImageCacheId":"imc-1"}`), b: ok(`{"ImageCacheId":null}`), want: []seen{{Type, "/ImageCacheId"}}},
		"no JSON":        {op: creation, a: ok(`{}`), b: ok(`<`), want: []seen{{Type, ""}}},
		"another format": {op: creation, a: ok(`{"RequestId":"a"}`), b: Answer{Status: 200, ContentType: "text/xml", Body: []byte(`<R><RequestId>b</RequestId></R>`)},
			want: []seen{{Type, "/header/Content-Type"}}},
		"another kind of id": {op: creation, a: ok(`{"ImageCacheId":"imc-1"}`), b: ok(`{"ImageCacheId":"edc-1"}`), want: []seen{{Class, "/ImageCacheId"}}},
		"a request id of another kind": {op: creation, a: ok(`{"RequestId":"0A1B2C3D-0000-0000-0000-000000000000"}`), b: ok(`{"RequestId":"17"}`),
			want: []seen{{Class, "/RequestId"}}},
		"another thing": {op: creation, a: ok(`{"ImageCacheId":"imc-1"}`), b: ok(`{"ImageCacheId":"imc-3"}`), bound: map[string]string{"imc-1": "imc-2"},
			want: []seen{{Value, "/ImageCacheId"}}},
		"one thing for two": {op: creation, a: ok(`{"ImageCacheId":"imc-1"}`), b: ok(`{"ImageCacheId":"imc-2"}`), bound: map[string]string{"imc-0": "imc-2"},
			want: []seen{{Value, "/ImageCacheId"}}},
	})
}

// TestItems are about the members of a listed thing.
func TestItems(t *testing.T) {
	t.Parallel()
	answers(t, map[string]pairing{
		"what was asked for": {op: list, a: item("imc-1", `,"RegionId":"cn-a"`), b: item("imc-2", `,"RegionId":"cn-b"`), bound: map[string]string{"imc-1": "imc-2"},
			sent: map[string]string{"cn-a": "cn-a"}, want: []seen{{Value, "/ImageCaches/0/RegionId"}}},
		"time": {op: list, a: item("imc-1", `,"CreationTime":"2026-01-02T03:04:05Z"`), b: item("imc-1", `,"CreationTime":"2027-11-12T13:14:15Z"`)},
		"time in another form": {op: list, a: item("imc-1", `,"CreationTime":"2026-01-02T03:04:05Z"`), b: item("imc-1", `,"CreationTime":"2026-01-02 03:04"`),
			want: []seen{{Class, "/ImageCaches/0/CreationTime"}}},
		"number":          {op: list, a: item("imc-1", `,"ImageCacheSize":20`), b: item("imc-1", `,"ImageCacheSize":30`), want: []seen{{Value, "/ImageCaches/0/ImageCacheSize"}}},
		"number's digits": {op: list, a: item("imc-1", `,"ImageCacheSize":20`), b: item("imc-1", `,"ImageCacheSize":2e1`)},
		"state":           {op: list, a: item("imc-1", `,"Status":"Ready"`), b: item("imc-1", `,"Status":"Failed"`), want: []seen{{Value, "/ImageCaches/0/Status"}}},
		"on the way":      {op: list, a: item("imc-1", `,"Status":"Creating","ImageCacheSize":1`), b: item("imc-1", `,"Status":"Ready","ImageCacheSize":2`)},
		"by itself":       {op: list, a: item("imc-1", `,"Progress":"1%"`), b: item("imc-1", `,"Events":[]`)},
		"bound name":      {op: list, a: item("imc-1", `,"ImageCacheName":"name-a"`), b: item("imc-1", `,"ImageCacheName":"name-b"`), bound: map[string]string{"name-a": "name-b"}},
		"name":            {op: list, a: item("imc-1", `,"ImageCacheName":"name-a"`), b: item("imc-1", `,"ImageCacheName":"name-b"`), want: []seen{{Value, "/ImageCaches/0/ImageCacheName"}}},
		"secret":          {op: list, a: item("imc-1", `,"ImageCacheName":"REDACTED-0001"`), b: item("imc-1", `,"ImageCacheName":"name-b"`)},
		"shuffled":        {op: list, a: item("imc-1", `,"Images":["a","b"]`), b: item("imc-1", `,"Images":["b","a"]`), want: []seen{{Order, "/ImageCaches/0/Images"}}},
		"shorter":         {op: list, a: item("imc-1", `,"Images":["a","b"]`), b: item("imc-1", `,"Images":["a"]`), want: []seen{{Missing, "/ImageCaches/0/Images/1"}}},
		"longer":          {op: list, a: item("imc-1", `,"Images":["a"]`), b: item("imc-1", `,"Images":["a","b"]`), want: []seen{{Added, "/ImageCaches/0/Images/1"}}},
		"tags by key":     {op: list, a: item("imc-1", `,"Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]`), b: item("imc-1", `,"Tags":[{"Key":"b","Value":"3"}]`), want: []seen{{Missing, "/ImageCaches/0/Tags/0"}, {Value, "/ImageCaches/0/Tags/1/Value"}}},
	})
}

// TestLists are about which things are listed, and in which order.
func TestLists(t *testing.T) {
	t.Parallel()
	answers(t, map[string]pairing{
		"things of others": {op: list, a: item("imc-1", ""), b: item("imc-2", "")},
		"a thing is gone": {op: list, a: item("imc-1", ""), b: ok(`{"RequestId":"0A1B2C3D-0000-0000-0000-000000000000","ImageCaches":[],"TotalCount":0}`),
			bound: map[string]string{"imc-1": "imc-2"}, want: []seen{{Missing, "/ImageCaches/0"}, {Value, "/TotalCount"}}},
		"a thing is on another page": {op: list, a: item("imc-1", ""), b: ok(`{"RequestId":"0A1B2C3D-0000-0000-0000-000000000000","ImageCaches":[],"TotalCount":1}`),
			bound: map[string]string{"imc-1": "imc-2"}, paged: true},
		"a thing came back": {op: list, a: ok(`{"RequestId":"0A1B2C3D-0000-0000-0000-000000000000","ImageCaches":[],"TotalCount":0}`), b: item("imc-2", ""),
			bound: map[string]string{"imc-1": "imc-2"}, want: []seen{{Added, "/ImageCaches/0"}, {Value, "/TotalCount"}}},
		"usage": {op: "ListUsage", a: ok(`{"Attributes":{"UsedCpu":1}}`), b: ok(`{"Attributes":{"UsedCpu":2}}`)},
		"regions": {op: "DescribeRegions", a: ok(`{"Regions":[{"RegionId":"a","RegionEndpoint":"e"},{"RegionId":"b","RegionEndpoint":"f"}]}`),
			b: ok(`{"Regions":[{"RegionId":"b","RegionEndpoint":"f"},{"RegionId":"a","RegionEndpoint":"e"}]}`), want: []seen{{Order, "/Regions"}}},
		"json in a text": {op: "DescribeDataCaches", a: ok(`{"DataCaches":[{"DataCacheId":"d","DataSource":{"Options":"{\"a\":\"1\",\"b\":\"2\"}"}}]}`),
			b: ok(`{"DataCaches":[{"DataCacheId":"d","DataSource":{"Options":"{\"b\":\"2\", \"a\":\"1\"}"}}]}`)},
		"names that must be escaped": {op: creation, a: ok(`{"a/b~":1}`), b: ok(`{}`), want: []seen{{Missing, "/a~1b~0"}}},
	})
}

func TestWhatIsLeftOutIsCounted(t *testing.T) {
	t.Parallel()
	a := item("imc-1", `,"Progress":"1%","ImageCacheName":"REDACTED-0001","Foo":"x"`)
	r := New(load(t)).Answers(Pair{Operation: list, A: a, B: a, Names: NewNames()})
	want := map[Why]int{Moving: 1, Secret: 1, Unknown: 1, Paged: 1}
	for why, n := range r.Left {
		if n == 0 {
			delete(r.Left, why)
		}
	}
	if diff := cmp.Diff(want, r.Left); diff != "" || r.Values != 3 {
		t.Errorf("%d values; left mismatch (-want +got):\n%s", r.Values, diff)
	}
}

func TestIdsOfWhatWasMadeAreBound(t *testing.T) {
	t.Parallel()
	names := NewNames()
	New(load(t)).Answers(Pair{Operation: creation, A: ok(`{"ImageCacheId":"imc-1","RequestId":"a"}`), B: ok(`{"ImageCacheId":"imc-2","RequestId":"b"}`), Names: names})
	New(load(t)).Answers(Pair{Operation: list, A: item("imc-1", `,"SnapshotId":"s-1"`), B: item("imc-2", `,"SnapshotId":"s-2"`), Names: names})
	if diff := cmp.Diff(map[string]string{"imc-1": "imc-2", "s-1": "s-2"}, names.forth); diff != "" {
		t.Errorf("names mismatch (-want +got):\n%s", diff)
	}
}

func TestUnsettled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		b    Answer
		want bool
	}{
		"at work": {item("imc-1", `,"Status":"Updating"`), true},
		"done":    {item("imc-1", `,"Status":"Failed"`), false},
		"absent":  {ok(`{"RequestId":"a","ImageCaches":[],"TotalCount":0}`), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := NewNames()
			names.Bind("imc-1", "imc-1")
			r := New(load(t)).Answers(Pair{Operation: list, A: item("imc-1", `,"Status":"Ready"`), B: test.b, Names: names})
			if r.Unsettled != test.want {
				t.Errorf("unsettled %v, want %v", r.Unsettled, test.want)
			}
		})
	}
}

func TestLearnIsOfValuesOnly(t *testing.T) {
	t.Parallel()
	c := New(load(t))
	c.Learn(list, item("imc-1", `,"ImageCacheSize":1,"Images":["a"]`), item("imc-1", `,"ImageCacheSize":2`))
	if !c.Varies(list, "/ImageCaches/N/ImageCacheSize") || c.Learned() != 1 {
		t.Errorf("learned %v", c.volatile)
	}
	r := c.Answers(Pair{Operation: list, A: item("imc-1", `,"ImageCacheSize":1,"Images":["a"]`), B: item("imc-1", `,"ImageCacheSize":2`), Names: NewNames()})
	if len(r.Findings) != 1 || r.Findings[0].Grade != Missing || r.Left[Volatile] != 1 {
		t.Errorf("findings %+v, left %v", r.Findings, r.Left)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	n := NewNames()
	n.Parts("run-a-", "run-b-")
	n.Bind("name-one", "name-two")
	if !n.Bind("name-one", "name-two") || n.Bind("name-one", "other") || n.Bind("other", "name-two") || !n.Bind("ab", "cd") {
		t.Error("a name stands for two")
	}
	for in, want := range map[string]string{
		"name-one": "name-two", "/name-one/x": "/name-two/x", "name-one.": "name-two.", "name-ones": "name-ones", "": "",
		"ab": "cd", "ab ab": "ab ab", "run-a-7 name-one": "run-b-7 name-two", "ü name-one ü": "ü name-two ü",
	} {
		if got := n.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	n.Rebind("other", "name-two")
	if _, ok := n.Forth("name-one"); ok {
		t.Error("what was bound anew is still the old one")
	}
	if got := Words("a/name-one, name-two."); !slices.Equal(got, []string{"name-one", "name-two"}) {
		t.Errorf("Words() = %q", got)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"ImageCaches":[{"ImageCacheId":"a"},{"ImageCacheId":"a"},1]}`), []byte(`{"ImageCaches":[null,{"ImageCacheId":1}]}`), true)
	f.Add([]byte(`<R><ImageCaches><ImageCacheId>a</ImageCacheId></ImageCaches></R>`), []byte(`<R/>`), false)
	c := load(f)
	f.Fuzz(func(t *testing.T, a, b []byte, json bool) {
		kind := "application/json"
		if !json {
			kind = "text/xml"
		}
		x, y := Answer{Status: 200, ContentType: kind, Body: a}, Answer{Status: 200, ContentType: kind, Body: b}
		New(c).Answers(Pair{Operation: list, A: x, B: y, Names: NewNames()})
		if r := New(c).Answers(Pair{Operation: list, A: x, B: x, Names: NewNames()}); slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Grade != Order }) {
			t.Errorf("%q differs from itself: %+v", a, r.Findings)
		}
	})
}
