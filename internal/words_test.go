package internal_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/spec"
)

// TestConditionsAreTheContracts holds that a condition which the sources name is
// one that the contract knows: a slip of the pen would be a condition that never
// holds.
func TestConditionsAreTheContracts(t *testing.T) {
	t.Parallel()
	c, err := contract.Load(spec.Name, spec.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{} // what stands ahead of the dot in a condition's name
	for _, condition := range c.Conditions {
		kind, _, _ := strings.Cut(condition.Name, ".")
		kinds[kind] = true
	}
	seen := 0
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			name, ok := word(n)
			kind, rest, dotted := strings.Cut(name, ".")
			if !ok || !dotted || !kinds[kind] || slices.Contains(contract.ClientKeywords, name) || rest == "go" || strings.ContainsAny(rest, " .%/") {
				return true
			}
			seen++
			if c.Condition(name) == nil {
				t.Errorf("%s:%d: the contract has no condition %s", s.path, s.line(n.Pos()), name)
			}
			return true
		})
	}
	if seen < 20 {
		t.Errorf("only %d conditions were found in the sources", seen)
	}
}

// TestRowsAreGatheredInOnePlace holds that which rows may answer an operation is
// known to the contract alone: a list put together elsewhere leaves some out one
// day.
func TestRowsAreGatheredInOnePlace(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if strings.HasPrefix(s.path, "internal/contract/") || strings.HasPrefix(s.path, "internal/mutant/") { // mutants break each row by itself
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectorExpr); ok && x.Sel.Name == "Violations" {
				t.Errorf("%s:%d: the rows of bad parameters are listed: take contract.RowsFor, RowsLike or Rows", s.path, s.line(n.Pos()))
			}
			return true
		})
	}
}

// word is the text of a string literal.
func word(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
