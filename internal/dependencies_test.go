package internal_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ledger is the page that gives each dependency its reason.
const ledger = "docs/architecture.md"

// TestDependenciesHaveReasons holds that each module which ours ask for stands in
// the ledger with a reason, and that nothing stands there that is gone.
func TestDependenciesHaveReasons(t *testing.T) {
	t.Parallel()
	reasons := reasons(t)
	asked := slices.Concat(asked(t, "go.mod"), asked(t, "tools/go.mod"))
	for _, module := range asked {
		if reasons[module] == "" {
			t.Errorf("%s has no reason in %s", module, ledger)
		}
	}
	for module := range reasons {
		if !slices.Contains(asked, module) {
			t.Errorf("%s: %s is a dependency no more", ledger, module)
		}
	}
}

// reasons reads the table of dependencies: the reason by module.
func reasons(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", ledger))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "\n## Dependencies\n")
	if !ok {
		t.Fatalf("%s has no list of dependencies", ledger)
	}
	out := map[string]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || !strings.Contains(cells[1], "/") {
			continue
		}
		for module := range strings.SplitSeq(cells[1], ",") {
			out[strings.TrimSpace(module)] = strings.TrimSpace(cells[2])
		}
	}
	return out
}

// asked returns the modules that a module asks for itself, those of its tools
// among them.
func asked(t *testing.T, file string) []string {
	t.Helper()
	cmd := exec.Command("go", "mod", "edit", "-json", filepath.Base(file))
	cmd.Dir = filepath.Join("..", filepath.Dir(file))
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod edit %s: %v", file, err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool []struct{ Path string }
	}
	if err := json.Unmarshal(text, &mod); err != nil {
		t.Fatalf("read %s: %v", file, err)
	}
	var out []string
	for _, r := range mod.Require {
		tool := func(p struct{ Path string }) bool { return strings.HasPrefix(p.Path, r.Path+"/") }
		if !r.Indirect || slices.ContainsFunc(mod.Tool, tool) {
			out = append(out, r.Path)
		}
	}
	return out
}
