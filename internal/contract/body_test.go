package contract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/wire"
)

func body(t testing.TB, text string) any {
	t.Helper()
	v, err := wire.DecodeJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const requestID = `"RequestId":"0E234675-3465-4CC3-9D0F-9A864BC391DD"`

func TestViolationsAreBounded(t *testing.T) {
	t.Parallel()
	o := load(t, "testdata/small.yaml").Operation("DescribeCaches")
	text := `{` + requestID + `,"Caches":[` + strings.Repeat(`1,`, 2*maxViolated) + `1]}`
	if got := o.ValidateBody(body(t, text)); len(got) != maxViolated {
		t.Errorf("ValidateBody() tells %d departures, want %d", len(got), maxViolated)
	}
}

func TestViolationsAreFoundBehindALongList(t *testing.T) {
	t.Parallel()
	o := load(t, "testdata/small.yaml").Operation("DescribeCaches")
	good := `{"CacheId":"c-1","Status":"Ready","Created":"2025-01-01T00:00Z"},`
	got := o.ValidateBody(body(t, `{`+requestID+`,"Caches":[`+strings.Repeat(good, maxItems)+`1]}`))
	if len(got) != 1 || got[0].Pointer != "/Caches/1000" {
		t.Errorf("ValidateBody() = %v, want the departure of the last item", got)
	}
}

func TestValidateBody(t *testing.T) {
	t.Parallel()
	o := load(t, "testdata/small.yaml").Operation("DescribeCaches")
	tests := []struct {
		name, body string
		want       []string // pointer, keyword, clause
	}{
		{"good", `{` + requestID + `,"TotalCount":1,"Caches":[{"CacheId":"c-1","Status":"Ready","Created":"2025-01-01T00:00Z"}]}`, nil},
		{"unknown members", `{` + requestID + `,"More":{"x":[1]}}`, nil},
		{"no object", `[]`, []string{" type DescribeCaches#response/type"}},
		{"nothing", `null`, []string{" type DescribeCaches#response/type"}},
		{"missing", `{}`, []string{"/RequestId required DescribeCaches#response/RequestId/required"}},
		{"missing in a list", `{` + requestID + `,"Caches":[{"CacheId":"c","Status":"Ready"},{"CacheId":"c"}]}`,
			[]string{"/Caches/1/Status required DescribeCaches#response/Caches.N.Status/required"}},
		{"pattern", `{"RequestId":"0e234675-3465-4cc3-9d0f-9a864bc391dd"}`,
			[]string{"/RequestId format DescribeCaches#response/RequestId/format"}},
		{"enum", `{` + requestID + `,"Caches":[{"CacheId":"c","Status":"ready"}]}`,
			[]string{"/Caches/0/Status enum DescribeCaches#response/Caches.N.Status/enum"}},
		{"number as text", `{` + requestID + `,"TotalCount":"1"}`,
			[]string{"/TotalCount type DescribeCaches#response/TotalCount/type"}},
		{"fraction", `{` + requestID + `,"TotalCount":1.5}`,
			[]string{"/TotalCount type DescribeCaches#response/TotalCount/type"}},
		{"over 32 bits", `{` + requestID + `,"TotalCount":2147483648}`,
			[]string{"/TotalCount format DescribeCaches#response/TotalCount/format"}},
		{"null member", `{` + requestID + `,"TotalCount":null}`, nil},
		{"null member that is required", `{"RequestId":null}`,
			[]string{"/RequestId type DescribeCaches#response/RequestId/type"}},
		{"object for a list", `{` + requestID + `,"Caches":{}}`, []string{"/Caches type DescribeCaches#response/Caches/type"}},
		{"several", `{"RequestId":1,"Caches":[{}]}`, []string{
			"/Caches/0/CacheId required DescribeCaches#response/Caches.N.CacheId/required",
			"/Caches/0/Status required DescribeCaches#response/Caches.N.Status/required",
			"/RequestId type DescribeCaches#response/RequestId/type",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, v := range o.ValidateBody(body(t, tt.body)) {
				id := "none"
				if v.Clause != nil {
					id = v.Clause.ID
				}
				got = append(got, v.Pointer+" "+v.Keyword+" "+id)
				if v.Message == "" {
					t.Errorf("%s: no message", v.Pointer)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ValidateBody() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateError(t *testing.T) {
	t.Parallel()
	e := load(t, "testdata/small.yaml").Envelope
	if got := e.ValidateError(body(t, `{`+requestID+`,"HostId":"h","Code":"C","Message":"m"}`)); got != nil {
		t.Errorf("ValidateError() = %v, want none", got)
	}
	got := e.ValidateError(body(t, `{`+requestID+`,"Code":"C","Message":"m"}`))
	if len(got) != 1 || got[0].Clause.ID != "common#envelope/HostId/required" {
		t.Errorf("ValidateError() = %v, want the missing HostId", got)
	}
}

func TestPointer(t *testing.T) {
	t.Parallel()
	if got, want := pointer([]string{"a/b", "c~d", "0"}), "/a~1b/c~0d/0"; got != want {
		t.Errorf("pointer() = %q, want %q", got, want)
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/small.yaml")
	got := c.Operation("CreateCache").Shape()
	text := &wire.Shape{}
	want := &wire.Shape{Kind: wire.Struct, Members: []wire.Member{
		{Name: "RegionId", Shape: text},
		{Name: "ClientToken", Shape: text},
		{Name: "CacheId", Shape: text},
		{Name: "Image", Shape: &wire.Shape{Kind: wire.List, Items: text}},
		{Name: "Size", Shape: &wire.Shape{Lexical: wire.Int32}},
		{Name: "Flash", Shape: &wire.Shape{Lexical: wire.Bool}},
		{Name: "Tag", Shape: &wire.Shape{Kind: wire.List, Items: &wire.Shape{
			Kind: wire.Struct, Members: []wire.Member{{Name: "Key", Shape: text}, {Name: "Value", Shape: text}},
		}}},
		{Name: "DataSource", Shape: &wire.Shape{Kind: wire.Struct, JSON: true, Members: []wire.Member{
			{Name: "Type", Shape: text}, {Name: "Options", Shape: &wire.Shape{Kind: wire.Mapped}},
		}}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Shape() mismatch (-want +got):\n%s", diff)
	}
	list := c.Operation("DescribeCaches").Response.Member("Caches").BodyShape()
	if list.Kind != wire.List || list.Items.Kind != wire.Struct || list.Items.Members[2].Shape.Lexical != wire.Int32 {
		t.Errorf("BodyShape() = %+v, want a list of structs whose third member is an integer", list)
	}
}

func TestFreeMaps(t *testing.T) {
	t.Parallel()
	strict := &validator{root: &Field{Type: Map}}
	free := &validator{root: &Field{Type: Map, free: true}}
	v := body(t, `{"a":{"b":1}}`)
	if len(strict.check(v)) == 0 || len(free.check(v)) != 0 {
		t.Errorf("check() = %v and %v, want a departure and none", strict.check(v), free.check(v))
	}
}

func BenchmarkValidateBody(b *testing.B) {
	o := load(b, "testdata/small.yaml").Operation("DescribeCaches")
	v := body(b, `{`+requestID+`,"TotalCount":1,"Caches":[{"CacheId":"c-1","Status":"Ready","Size":20,"Images":["nginx:1"],"Created":"2025-01-01T00:00Z"}]}`)
	for b.Loop() {
		if got := o.ValidateBody(v); got != nil {
			b.Fatal(got)
		}
	}
}
