package mutant

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
	"github.com/eci-conform/conform/spec"
)

func load(t *testing.T) (*contract.Contract, []*Mutant) {
	t.Helper()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	all, err := All(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, all
}

func TestAll(t *testing.T) {
	t.Parallel()
	c, all := load(t)
	if len(all) < 150 {
		t.Errorf("%d mutants, want at least 150", len(all))
	}
	perFamily, broken := map[string]int{}, map[string]bool{}
	id := regexp.MustCompile(`^[a-z]+(/[A-Za-z0-9.+#:_-]+){2,3}$`)
	for _, m := range all {
		perFamily[m.Family]++
		broken[m.Clause] = true
		if !id.MatchString(m.ID) || !strings.HasPrefix(m.ID, m.Family+"/") {
			t.Errorf("id %q: want FAMILY/SUBJECT/WHAT", m.ID)
		}
		if !strings.HasSuffix(m.Summary, ".") || strings.Contains(m.Summary, "\n") {
			t.Errorf("%s: summary %q: want one sentence", m.ID, m.Summary)
		}
		if m.Operation != "" && c.Operation(m.Operation) == nil {
			t.Errorf("%s: no operation %s", m.ID, m.Operation)
		}
	}
	for _, f := range Families() {
		if perFamily[f] < 5 {
			t.Errorf("family %s has %d mutants, want at least 5", f, perFamily[f])
		}
	}
	t.Logf("%d mutants break %d of %d clauses: %v", len(all), len(broken), len(c.Clauses), perFamily)
}

func TestAllIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	c, all := load(t)
	again, err := All(c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(all), ids(again)); diff != "" {
		t.Errorf("All() mismatch (-first +second):\n%s", diff)
	}
}

func ids(all []*Mutant) []string {
	var out []string
	for _, m := range all {
		out = append(out, m.ID+" "+m.Clause)
	}
	return out
}

// TestNewKeepsTheOriginals makes many mutants and holds that neither contract
// nor world is another afterwards, and that each can be made.
func TestNewKeepsTheOriginals(t *testing.T) {
	t.Parallel()
	c, all := load(t)
	before, world := c.Clone(), slices.Clone(fixtures.World)
	for i, m := range all {
		if m.world == nil && i%8 != 0 {
			continue
		}
		if _, err := m.New(emulator.Options{Contract: c, World: fixtures.World, Clock: time.Now}); err != nil {
			t.Error(err)
		}
	}
	if string(world) != string(fixtures.World) {
		t.Error("a mutant changed the world")
	}
	for i, op := range before.Operations {
		now := c.Operations[i]
		if diff := cmp.Diff(flat(op), flat(now)); diff != "" {
			t.Errorf("%s changed (-before +after):\n%s", op.Name, diff)
		}
	}
	if diff := cmp.Diff(before.Gateway.Order, c.Gateway.Order); diff != "" {
		t.Errorf("gateway order changed (-before +after):\n%s", diff)
	}
}

// flat is what mutants edit of an operation.
func flat(op *contract.Operation) []string {
	out := append([]string{op.Name}, op.Methods...)
	for _, f := range everyField(op.Parameters) {
		out = append(out, f.Path, string(f.Type), f.Format, f.Pattern, f.Default, strings.Join(f.Enum, "|"), strings.Join(slices.Sorted(maps.Keys(f.Clauses)), "|"))
	}
	for _, e := range op.Errors {
		out = append(out, e.Code, e.Message, e.Condition)
	}
	return append(out, op.Effect.From...)
}

func TestNewRefusesAWorldThatDoesNotFit(t *testing.T) {
	t.Parallel()
	c, all := load(t)
	m, err := Find(all, "auth/common/AccessKeyId/disabled")
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.New(emulator.Options{Contract: c, World: []byte("accounts: []"), Clock: time.Now})
	if err == nil || !strings.Contains(err.Error(), "the world has no") {
		t.Errorf("New() = %v, want an error that says what the world lacks", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	_, all := load(t)
	m, err := Find(all, "listing/DescribeImageCaches/page/overlap")
	if err != nil || m.Clause != "common#listing/page.union" {
		t.Errorf("Find() = %v, %v", m, err)
	}
	_, err = Find(all, "listing/DescribeImageCaches/page/overlaps")
	if err == nil || !strings.Contains(err.Error(), "did you mean listing/DescribeImageCaches/page/overlap") {
		t.Errorf("Find() = %v, want the nearest id", err)
	}
}

// TestAllNamesMissingClauses holds that a mutant of a clause that the contract
// does not have is an error, not a mutant that nothing can catch.
func TestAllNamesMissingClauses(t *testing.T) {
	t.Parallel()
	c, _ := load(t)
	c = c.Clone()
	c.Clauses = slices.DeleteFunc(c.Clauses, func(k *contract.Clause) bool { return k.ID == "common#listing/page.union" })
	c.Reindex()
	if _, err := All(c); err == nil || !strings.Contains(err.Error(), "no clause common#listing/page.union") {
		t.Errorf("All() = %v, want the missing clause", err)
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		concrete, generic string
		want              bool
	}{
		{"Tag.1.Key", "Tag.N.Key", true},
		{"Tag.12.Key", "Tag.N", true},
		{"Tag.1.Value", "Tag.N.Key", false},
		{"Tag", "Tag.N.Key", false},
		{"TagKey.1", "Tag", false},
		{"Options.url", "Options", true},
		{"Tag.x.Key", "Tag.N.Key", false},
	} {
		if got := under(c.concrete, c.generic); got != c.want {
			t.Errorf("under(%q, %q) = %v, want %v", c.concrete, c.generic, got, c.want)
		}
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	v, err := wire.DecodeJSON([]byte(`{"Items":[{"A":{"B":"1"}},{"A":{}},{"A":{"B":"2"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	each(v, strings.Split("Items.N.A.B", "."), remove)
	if diff := cmp.Diff(`{"Items":[{"A":{}},{"A":{}},{"A":{}}]}`, string(wire.EncodeJSON(v))); diff != "" {
		t.Errorf("each() mismatch (-want +got):\n%s", diff)
	}
}
