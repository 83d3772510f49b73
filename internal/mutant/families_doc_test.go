package mutant

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestFamilyPagesNameMutants holds the examples of docs/families against the
// mutants that there are.
func TestFamilyPagesNameMutants(t *testing.T) {
	t.Parallel()
	_, all := load(t)
	named := regexp.MustCompile("--mutant ([^\\s`]+)")
	for _, family := range Families() {
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", "families", family+".md"))
		if err != nil {
			t.Errorf("the family %s has no page: %v", family, err)
			continue
		}
		ids := named.FindAllStringSubmatch(string(page), -1)
		if len(ids) == 0 {
			t.Errorf("docs/families/%s.md names no mutant", family)
		}
		for _, id := range ids {
			if _, err := Find(all, id[1]); err != nil {
				t.Errorf("docs/families/%s.md: %v", family, err)
			}
		}
	}
}
