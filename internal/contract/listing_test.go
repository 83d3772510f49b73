package contract

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/wire"
)

func TestItemsIn(t *testing.T) {
	t.Parallel()
	op := &Operation{Effect: Effect{Items: "Page.Things", Next: "Next"}}
	for text, want := range map[string]int{
		`{"Page":{"Things":[{"A":1},7,{"A":2}]},"Next":"t"}`: 2,
		`{"Page":{"Things":{}},"Next":"t"}`:                  0,
		`{"Page":[],"Next":"t"}`:                             0,
		`[]`:                                                 0,
		`null`:                                               0,
	} {
		body, err := wire.DecodeJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := op.ItemsIn(body); len(got) != want {
			t.Errorf("ItemsIn(%s) gives %d items, want %d", text, len(got), want)
		}
		next := map[bool]string{true: "t"}[text[0] == '{']
		if diff := cmp.Diff(next, op.NextIn(body)); diff != "" {
			t.Errorf("NextIn(%s) mismatch (-want +got):\n%s", text, diff)
		}
	}
}
