package contract

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/spec"
)

const smallFile = "testdata/small.yaml"

func load(t testing.TB, file string) *Contract {
	t.Helper()
	c, err := Load(file, []byte(read(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// broken is one edit of a text that is fine, and the one line that is said
// about it.
type broken struct{ name, old, new, want string }

func (b broken) apply(t *testing.T, text string) []byte {
	t.Helper()
	if !strings.Contains(text, b.old) {
		t.Fatalf("the text does not hold %q", b.old)
	}
	return []byte(strings.Replace(text, b.old, b.new, 1))
}

func TestLoadBroken(t *testing.T) {
	t.Parallel()
	text := read(t, smallFile)
	for _, tt := range brokenForLoad {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Load("c.yaml", tt.apply(t, text))
			if err == nil {
				t.Fatal("Load() = nil, want an error")
			}
			if diff := cmp.Diff("load contract c.yaml: "+tt.want, err.Error()); diff != "" {
				t.Errorf("Load() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLintBroken(t *testing.T) {
	t.Parallel()
	text := read(t, smallFile)
	for _, tt := range brokenForLint {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := Load("c.yaml", tt.apply(t, text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range Lint(c) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
				t.Errorf("Lint() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadReportsAllAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("kind: atMostOne", "kind: most", "order: [action", "order: [first", "skew: 900", "skew: soon").
		Replace(read(t, smallFile))
	_, err := Load("c.yaml", []byte(text))
	want := `load contract c.yaml: c.yaml:19: x-acs-protocol: skew: want a whole number, have "soon"
c.yaml:51: x-acs-gateway: order: unknown word "first"
c.yaml:195: CreateCache rule: unknown kind "most", want one of atMostOne, atLeastOne, requires, notValue, ignoredWith, ignoredWithout, notPrefix, notContains`
	if err == nil || err.Error() != want {
		t.Errorf("Load() mismatch (-want +got):\n%s", cmp.Diff(want, err.Error()))
	}
}

func TestLoadEmpty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing", "---\n"} {
		if _, err := Load("c.yaml", []byte(text)); err == nil {
			t.Errorf("Load(%q) = nil, want an error", text)
		}
	}
}

// The document that is published loads and contradicts itself nowhere.
func TestPublished(t *testing.T) {
	t.Parallel()
	c, err := Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Lint(c) {
		t.Error(p)
	}
	if n := len(c.Operations); n < 14 {
		t.Errorf("the contract has %d operations, want at least 14", n)
	}
	for _, o := range c.Operations {
		if o.Shape() == nil || o.Response.BodyShape() == nil {
			t.Errorf("%s has no shape", o.Name)
		}
	}
}

func TestSmallIsFine(t *testing.T) {
	t.Parallel()
	for _, p := range Lint(load(t, smallFile)) {
		t.Error(p)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	c := load(t, smallFile)
	create := c.Operation("CreateCache")
	size := create.Parameter("Size")
	if size.Type != Integer || *size.Minimum != 20 || *size.Maximum != 32768 || size.Default != "20" || size.Example != "30" {
		t.Errorf("Size = %+v, want an integer from 20 to 32768", size)
	}
	id := create.Parameter("CacheId")
	if !id.Required || !id.Lenient || id.Clauses["required"].Level != Inferred || id.Clauses["type"].Level != Must {
		t.Errorf("CacheId = %+v, want it required at level inferred, in the seed's reading only", id)
	}
	key := create.Parameter("Tag.N.Key")
	if !key.Required || key.Parent.Name != "N" || key.Parent.Parent.Name != "Tag" || key.Example != "k" {
		t.Errorf("Tag.N.Key = %+v, want it required within an element of Tag", key)
	}
	if got := create.Parameter("Image.N").Example; got != "nginx:1" {
		t.Errorf("example of Image.N = %q, want the list's first", got)
	}
	options := create.Parameter("DataSource.Options")
	if options.Type != Map || options.Example != `{"repoId":"a/b"}` {
		t.Errorf("DataSource.Options = %+v, want a map with its example as JSON", options)
	}
	if echo := size.Clauses["echo"]; echo == nil || echo.ID != "CreateCache#effect/echo/Size" {
		t.Errorf("Size's echo = %v, want the effect's clause", echo)
	}
	region := c.Operation("DescribeCaches").Parameter("RegionId")
	if region.Binding != "region" || region.Clauses["required"].ID != "DescribeCaches#parameter/RegionId/required" {
		t.Errorf("RegionId = %+v, want the component's field under the operation's ids", region)
	}
}

func TestClauses(t *testing.T) {
	t.Parallel()
	c := load(t, smallFile)
	text := read(t, smallFile)
	at := func(needle string) Place {
		before, _, ok := strings.Cut(text, needle)
		if !ok {
			t.Fatalf("the text does not hold %q", needle)
		}
		return Place{smallFile, strings.Count(before, "\n") + 1}
	}
	want := []*Clause{
		{
			ID: "CreateCache#parameter/ClientToken/maxLength", Operation: "CreateCache", Kind: "parameter",
			Subject: "ClientToken", Keyword: "maxLength", Promise: "ClientToken holds at most 64 characters.", Level: Should,
			Sources: []string{"META"}, Note: "the page is silent", Place: at(`    ClientToken: {name`),
		},
		{
			ID: "CreateCache#parameter/RegionId/nonEmpty", Operation: "CreateCache", Kind: "parameter",
			Subject: "RegionId", Keyword: "nonEmpty", Promise: "RegionId must not be empty.", Level: Should,
			Sources: []string{"PAGE", "META"}, Note: "no page says what an empty value is; we read it as missing",
			Place: at(`        - {$ref: "#/components/parameters/RegionId"}`),
		},
		{
			ID: "CreateCache#error/403/QuotaExceeded/message", Operation: "CreateCache", Kind: "error", Subject: "QuotaExceeded",
			Keyword: "message", Promise: "The message of 403 QuotaExceeded is: %s quota exceeded.", Level: Must,
			Sources: []string{"PAGE", "META"}, Place: at(`{code: QuotaExceeded`),
		},
		{
			ID: "common#gateway/Missing%s/message", Kind: "gateway", Subject: "Missing%s", Keyword: "message",
			Promise: "The message of 400 Missing%s is: %s is mandatory for this action.", Level: Inferred,
			Sources: []string{"META"}, Place: at(`{code: "Missing%s"`),
		},
		{
			ID: "Cache#transition/Ready→gone:expire", Kind: "transition", Subject: "Ready→gone", Keyword: "expire",
			Promise: "A Ready Cache goes away when its time is up.", Level: Should, Sources: []string{"META"}, Place: at(`on: expire}`),
		},
		{
			ID: "DescribeCaches#response/Caches.N.Created/format", Operation: "DescribeCaches", Kind: "response",
			Subject: "Caches.N.Created", Keyword: "format", Level: Must, Sources: []string{"PAGE", "META"},
			Promise: `Caches.N.Created matches ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?Z$.`, Place: at(`Created: {type`),
		},
	}
	for _, w := range want {
		if diff := cmp.Diff(w, c.Clause(w.ID)); diff != "" {
			t.Errorf("Clause(%s) mismatch (-want +got):\n%s", w.ID, diff)
		}
	}
	for i, cl := range c.Clauses {
		if c.Clause(cl.ID) != c.Clauses[i] || cl.Promise == "" || cl.Kind == "" || cl.Keyword == "" || cl.Place.Line == 0 {
			t.Errorf("clause %d is incomplete: %+v", i, cl)
		}
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	c := load(t, smallFile)
	d := c.Clone()
	if d.Operation("CreateCache") == c.Operation("CreateCache") || d.Operation("CreateCache") == nil {
		t.Fatal("Clone() shares its operations")
	}
	size := d.Operation("CreateCache").Parameter("Size")
	*size.Maximum = 10
	size.Clauses["maximum"].Promise = "edited"
	d.Operation("CreateCache").Parameter("ClientToken").Pattern = "^x$"
	d.Operation("CreateCache").Errors[0].Row.Level = Inferred
	if got := d.Operation("CreateCache").Parameter("ClientToken").Check("y"); got != "pattern" {
		t.Errorf("Check() of an edited pattern = %q, want pattern", got)
	}
	if d.Clause("CreateCache#parameter/Size/maximum").Promise != "edited" {
		t.Error("Clone() took the clause of a field apart from the contract's list")
	}
	if d.Clause("CreateCache#error/400/Account.Arrearage").Level != Inferred {
		t.Error("Clone() took the clause of a row apart from the contract's list")
	}
	status := d.Operation("DescribeCaches").Response.Find("Caches.N.Status")
	status.Enum = append(status.Enum, "New")
	v := body(t, `{`+requestID+`,"Caches":[{"CacheId":"c","Status":"New"}]}`)
	if got := d.Operation("DescribeCaches").ValidateBody(v); got != nil {
		t.Errorf("ValidateBody() of an edited answer = %v, want none", got)
	}
	fresh := load(t, smallFile)
	if diff := cmp.Diff(fresh.Clauses, c.Clauses); diff != "" {
		t.Errorf("an edit of the clone shows in the original (-want +got):\n%s", diff)
	}
	size = c.Operation("CreateCache").Parameter("Size")
	if *size.Maximum != 32768 || c.Operation("CreateCache").Parameter("ClientToken").Pattern == "^x$" {
		t.Error("an edit of the clone's fields shows in the original")
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(spec.Name, spec.OpenAPI); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLint(b *testing.B) {
	c, err := Load(spec.Name, spec.OpenAPI)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Lint(c)
	}
}

func FuzzLoad(f *testing.F) {
	text := read(f, smallFile)
	f.Add([]byte(text))
	for _, b := range brokenForLoad {
		f.Add([]byte(strings.Replace(text, b.old, b.new, 1)))
	}
	f.Add([]byte("paths: {/?Action=X: {get: {operationId: X, responses: {'200': {content: {application/json: {schema: {}}}}}}}}"))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if c, err := Load("c.yaml", text); err == nil {
			Lint(c)
			c.Clone()
		}
	})
}
