package contract_test

import (
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/spec"
)

// TestUnlistedHasAPlace holds that the promise of a complete table stands where
// the table does, or where the operation does that has none.
func TestUnlistedHasAPlace(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	clauses := []*contract.Clause{c.Gateway.Unlisted}
	for _, op := range c.Operations {
		clauses = append(clauses, op.Unlisted)
		got := op.Unlisted.Place.Line
		if len(op.Errors) > 0 && got != op.Errors[0].Place.Line-1 || got < op.Place.Line {
			t.Errorf("%s: at line %d, want the line ahead of its first row, or one of the operation at line %d", op.Unlisted.ID, got, op.Place.Line)
		}
	}
	for _, k := range clauses {
		if c.Clause(k.ID) != k || k.Level != contract.Inferred {
			t.Errorf("Clause(%q) = %v, want the clause, inferred", k.ID, c.Clause(k.ID))
		}
	}
}
