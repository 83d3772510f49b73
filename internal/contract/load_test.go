package contract

import (
	"os"
	"testing"
)

func load(t testing.TB, file string) *Contract {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadSmall(t *testing.T) {
	t.Parallel()
	c := load(t, "testdata/small.yaml")
	for _, cl := range c.Clauses {
		t.Log(cl.Place, cl.ID, cl.Level, cl.Promise)
	}
}

func TestLoadReal(t *testing.T) {
	t.Parallel()
	c := load(t, "../../spec/openapi.yaml")
	t.Log(len(c.Clauses))
}

func BenchmarkLoad(b *testing.B) {
	text, err := os.ReadFile("../../spec/openapi.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Load("spec/openapi.yaml", text); err != nil {
			b.Fatal(err)
		}
	}
}
