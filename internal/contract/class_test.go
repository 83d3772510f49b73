package contract

import (
	"testing"

	"github.com/eci-conform/conform/spec"
)

func TestEveryValueHasAClass(t *testing.T) {
	t.Parallel()
	c, err := Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Class]int{}
	l := &linter{c: c}
	for _, f := range l.all() {
		leaf := f.Type != Object && f.Type != Array
		if leaf && f.Class == "" && f.Path != "AccessDeniedDetail" {
			t.Errorf("%s: %s has no class", f.Place, f.Path)
		}
		seen[f.Class]++
	}
	for _, class := range classes {
		if seen[Class(class)] == 0 {
			t.Errorf("nothing is of class %s", class)
		}
	}
}

func TestPlainClassesNeedNotBeStated(t *testing.T) {
	t.Parallel()
	for want, f := range map[Class]*Field{
		ClassEnum:   {Type: String, Enum: []string{"a"}},
		ClassNumber: {Type: Integer},
		ClassTime:   {Type: String, Format: "date-time"},
		"":          {Type: String},
		ClassSecret: {Type: Integer, Class: ClassSecret},
	} {
		if f.classify(); f.Class != want {
			t.Errorf("classify() = %q, want %q", f.Class, want)
		}
	}
	for _, typ := range []Type{Boolean, Number} {
		if f := (&Field{Type: typ}); f.plainClass() == "" {
			t.Errorf("plainClass() of %s is none", typ)
		}
	}
}
