package suites

import (
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

func TestSameOnWire(t *testing.T) {
	t.Parallel()
	base := wire.Params{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}
	for name, test := range map[string]struct {
		other wire.Params
		want  bool
	}{
		"itself":                 {base, true},
		"in another order":       {wire.Params{{Name: "B", Value: "2"}, {Name: "A", Value: "1"}}, true},
		"another value":          {wire.Params{{Name: "A", Value: "1"}, {Name: "B", Value: "3"}}, false},
		"a parameter less":       {base[:1], false},
		"a name twice":           {append(base.Clone(), base[0]), false},
		"empty in place of none": {append(base.Clone(), wire.Param{Name: "C"}), false},
	} {
		if got := sameOnWire(base, test.other); got != test.want {
			t.Errorf("%s: sameOnWire() = %v, want %v", name, got, test.want)
		}
	}
	if !sameOnWire(nil, wire.Params{}) {
		t.Error("nothing and an empty list differ, though both send nothing")
	}
}

func TestVanishes(t *testing.T) {
	t.Parallel()
	list := &contract.Field{Path: "Tag", Type: contract.Array}
	element := &contract.Field{Path: "Tag.N", Type: contract.Object, Parent: list}
	key := &contract.Field{Path: "Tag.N.Key", Parent: element, Required: true}
	if !vanishes(key, wire.Params{{Name: "RegionId", Value: "r"}}) {
		t.Error("an element without members is still said to be there")
	}
	if vanishes(key, wire.Params{{Name: "Tag.1.Value", Value: "v"}}) {
		t.Error("an element with another member is said to be gone")
	}
	if vanishes(&contract.Field{Path: "RegionId"}, nil) {
		t.Error("a parameter of its own is said to vanish with its parent")
	}
}

func TestAllowed(t *testing.T) {
	t.Parallel()
	one := int64(1)
	number := &contract.Field{Type: contract.Integer, Minimum: &one}
	for text, want := range map[string]bool{"1": true, "0": false, "": false, "one": false} {
		if got := allowed(number, text); got != want {
			t.Errorf("allowed(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestSwapCase(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"ImageCache": "iMAGEcACHE", "007": "007", "": "", "缓存": "缓存"} {
		if got := swapCase(text); got != want {
			t.Errorf("swapCase(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]bool{ // template, resource, thing
		"$id:ImageCache": {true, true, true},
		"$binding":       {true, false, true},
		"$binding:X":     {true, false, true},
		"$region":        {true, false, true},
		"$name":          {true, false, false},
		"plain":          {false, false, false},
		"x${name}":       {false, false, false},
	} {
		if got := [3]bool{isTemplate(text), isResource(text), isThing(text)}; got != want {
			t.Errorf("%q: template, resource, thing = %v, want %v", text, got, want)
		}
	}
}

// TestNoCaseWhereTheWireErases holds on the real plan that no type is broken
// that the wire does not have.
func TestNoCaseWhereTheWireErases(t *testing.T) {
	t.Parallel()
	c, p := loadPlan(t)
	for _, k := range p.Cases {
		if k.Clause.Kind != "parameter" || k.Clause.Keyword != "type" || k.Family != "parameter" {
			continue
		}
		f := c.Operation(k.Operation).Parameter(k.Clause.Subject)
		if f != nil && f.Type == contract.String && len(k.Also) > 0 && k.Probe != nil && k.Variant != "given" && isRefusal(k.Steps) {
			t.Errorf("%s wants a text refused for its type", k.ID)
		}
	}
}

func isRefusal(steps []string) bool {
	for _, s := range steps {
		if len(s) > 18 && s[:18] == "expect a refusal: " {
			return true
		}
	}
	return false
}

// TestAcceptedRequestsAreValid holds every request that must succeed against
// the contract, leaf by leaf.
func TestAcceptedRequestsAreValid(t *testing.T) {
	t.Parallel()
	c, p := loadPlan(t)
	for _, k := range p.Cases {
		if k.Probe == nil || k.Family != "parameter" || isRefusal(k.Steps) {
			continue
		}
		for _, q := range k.Probe.Params {
			f := fieldOf(c.Operation(k.Operation), q.Name)
			if f == nil || isTemplate(q.Value) || f.Type == contract.Map {
				continue
			}
			if keyword := f.Check(q.Value); keyword != "" {
				t.Errorf("%s: %s=%q breaks %s, and must succeed", k.ID, q.Name, q.Value, keyword)
			}
		}
	}
}
