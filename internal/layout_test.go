// Package internal_test holds the repository to its own rules: who may import
// whom, how long things may get, and what only the command may touch.
package internal_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/eci-conform/conform"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// list returns the module's packages and all that they depend on, by path.
func list(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatalf("read go list: %v", err)
		}
		all[p.ImportPath] = p
	}
	return all
}

// ours maps a package's short name, such as internal/wire, to the ones of ours
// that it may depend on, however far. The root package is ".".
var ours = map[string][]string{
	"spec":                 {},
	"fixtures":             {},
	"internal/nearest":     {},
	"internal/history":     {},
	"internal/fake":        {},
	"internal/seeded":      {},
	"internal/driver":      {"internal/wire"},
	"internal/driver/gov1": {"internal/driver", "internal/wire"},
	"internal/client": {"internal/driver", "internal/plan", "internal/check", "internal/contract", "internal/wire",
		"internal/nearest", "internal/profile", "spec"},
	"internal/wire":     {},
	"internal/contract": {"internal/wire", "internal/nearest", "spec"},
	"internal/replay":   {"internal/cassette", "internal/redact", "internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/cassette": {"internal/redact", "internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/compare":  {"internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/drift":    {"internal/redact", "internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/diff": {"internal/compare", "internal/cassette", "internal/redact", "internal/profile", "internal/contract", "internal/wire",
		"internal/nearest", "spec"},
	"internal/secretscan": {},
	"internal/har":        {"internal/cassette", "internal/redact", "internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/govcr":      {"internal/redact", "internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/redact":     {"internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/recorder":   {"internal/redact", "internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/rerun": {"internal/cassette", "internal/redact", "internal/model", "internal/plan", "internal/check", "internal/contract", "internal/wire",
		"internal/nearest", "internal/profile", "spec"},
	"internal/check":    {"internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/model":    {"internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/profile":  {"internal/contract", "internal/wire", "internal/nearest", "spec"},
	"internal/emulator": {"internal/contract", "internal/wire", "internal/nearest", "spec", "fixtures"},
	"internal/mutant":   {"internal/emulator", "internal/contract", "internal/wire", "internal/nearest", "spec", "fixtures"},
	"internal/mutant/matrix": {"internal/mutant", "internal/emulator", "internal/run", "internal/baseline", "internal/plan", "internal/check",
		"internal/contract", "internal/wire", "internal/nearest", "internal/profile", "spec", "fixtures"},
	"internal/plan": {"internal/check", "internal/contract", "internal/wire", "internal/nearest", "internal/profile", "spec"},
	"internal/baseline": {"internal/plan", "internal/check", "internal/contract", "internal/wire", "internal/nearest",
		"internal/profile", "spec"},
	"internal/run": {"internal/baseline", "internal/plan", "internal/check", "internal/contract", "internal/wire", "internal/nearest",
		"internal/profile", "spec"},
	"internal/report": {"internal/run", "internal/baseline", "internal/plan", "internal/check", "internal/contract", "internal/wire",
		"internal/nearest", "internal/profile", "spec"},
	"suites": {"internal/model", "internal/history", "internal/run", "internal/baseline", "internal/plan", "internal/check", "internal/contract", "internal/wire",
		"internal/nearest", "internal/profile", "spec", "fixtures"},
	"drivers/go-v1":  {"internal/driver", "internal/driver/gov1", "internal/wire"},
	"drivers/matrix": {},
	".": {"internal/emulator", "internal/replay", "internal/cassette", "internal/redact", "internal/contract", "internal/wire", "internal/nearest",
		"spec", "fixtures"},
}

// free are the packages without a rule: the command, which nothing imports,
// and this one.
var free = []string{"cmd/conform", "internal", "drivers/skeleton"}

func TestImports(t *testing.T) {
	t.Parallel()
	for path, p := range list(t) {
		name, ok := short(path)
		if !ok || slices.Contains(free, name) {
			continue
		}
		allowed, known := ours[name]
		if !known {
			t.Errorf("package %s has no import rule: add it to the table", name)
			continue
		}
		for _, dep := range p.Deps {
			if d, mine := short(dep); mine && !slices.Contains(allowed, d) {
				t.Errorf("%s depends on %s, which it must not", name, d)
			}
		}
	}
}

// only says who alone may import a module, directly.
var only = map[string][]string{
	"github.com/onsi/ginkgo/v2":              {"suites"},
	"github.com/onsi/gomega":                 {"suites", "internal/plan"},
	"github.com/getkin/kin-openapi":          {"internal/contract"},
	"github.com/spf13/cobra":                 {"cmd/conform"},
	"github.com/schollz/progressbar":         {"cmd/conform"},
	"github.com/aliyun/alibaba-cloud-sdk-go": {"cmd/conform", "internal/driver/gov1"},
}

func TestOnlyImporters(t *testing.T) {
	t.Parallel()
	for path, p := range list(t) {
		name, ok := short(path)
		if !ok {
			continue
		}
		for _, dep := range p.Imports {
			for prefix, who := range only {
				if strings.HasPrefix(dep, prefix) && !slices.Contains(who, name) {
					t.Errorf("%s imports %s: only %s may", name, dep, strings.Join(who, ", "))
				}
			}
		}
	}
}

func TestWireIsStandardLibraryOnly(t *testing.T) {
	t.Parallel()
	all := list(t)
	for _, dep := range all[module+"/internal/wire"].Deps {
		if !all[dep].Standard {
			t.Errorf("internal/wire depends on %s", dep)
		}
	}
}

// short returns a package of ours without the module's path.
func short(path string) (string, bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

// source is a parsed file of ours.
type source struct {
	path string // from the module's root
	file *ast.File
	set  *token.FileSet
}

// sources parses every file that is not a test.
func sources(t *testing.T) []source {
	t.Helper()
	return parsed(t, func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
}

// parsed parses the files of ours that are wanted by their names.
func parsed(t *testing.T, wanted func(name string) bool) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		switch {
		case d.IsDir() && (name == "tools" || name == "bin" || strings.HasPrefix(d.Name(), ".git") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || !wanted(name):
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		out = append(out, source{path: name, file: f, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s source) line(p token.Pos) int { return s.set.Position(p).Line }

// The size budget.
const (
	maxFile     = 500
	maxFunction = 80
	maxMedian   = 10
	maxTakes    = 4 // parameters of a function; more stand in a struct
)

// TestSizes holds all files to the budget, and the median to what is no test.
func TestSizes(t *testing.T) {
	t.Parallel()
	var all []int
	for _, s := range parsed(t, func(string) bool { return true }) {
		if n := s.line(s.file.End()); n > maxFile {
			t.Errorf("%s has %d lines, more than %d", s.path, n, maxFile)
		}
		lengths := s.functions(t)
		if !strings.HasSuffix(s.path, "_test.go") {
			all = append(all, lengths...)
		}
	}
	sort.Ints(all)
	if median := all[len(all)/2]; median > maxMedian {
		t.Errorf("the median function has %d lines, more than %d", median, maxMedian)
	}
}

// functions returns how many lines the declared functions of a file have. It
// refuses those that are too long, be they without a name in a table.
func (s source) functions(t *testing.T) []int {
	t.Helper()
	var out []int
	ast.Inspect(s.file, func(n ast.Node) bool {
		_, declared := n.(*ast.FuncDecl)
		if _, literal := n.(*ast.FuncLit); !declared && !literal {
			return true
		}
		length := s.line(n.End()) - s.line(n.Pos()) + 1
		if length > maxFunction {
			t.Errorf("%s:%d: a function of %d lines, more than %d", s.path, s.line(n.Pos()), length, maxFunction)
		}
		if declared {
			out = append(out, length)
		}
		return true
	})
	return out
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncType); ok && f.Params.NumFields() > maxTakes {
				t.Errorf("%s:%d: a function of %d parameters, more than %d", s.path, s.line(f.Pos()), f.Params.NumFields(), maxTakes)
			}
			return true
		})
	}
}

// forbidden are calls that only the command's main file may make: it owns
// environment, clock and exit. A test's clock is injected like any other.
var forbidden = map[string]bool{
	"os.Getenv": true, "os.LookupEnv": true, "os.Environ": true, "os.Exit": true,
	"time.Now": true, "time.Sleep": true,
}

// owner is the file of the command that hands all of this to the others.
const owner = "cmd/conform/main.go"

func TestWhatOnlyTheCommandMayDo(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s:%d: init function", s.path, s.line(n.Pos()))
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" && id.Obj == nil {
					t.Errorf("%s:%d: panic", s.path, s.line(n.Pos()))
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && s.path != owner && forbidden[x.Name+"."+n.Sel.Name] {
					t.Errorf("%s:%d: %s.%s outside %s", s.path, s.line(n.Pos()), x.Name, n.Sel.Name, owner)
				}
			}
			return true
		})
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	packages := map[string]bool{}
	for _, s := range sources(t) {
		dir := filepath.ToSlash(filepath.Dir(s.path))
		packages[dir] = packages[dir] || s.file.Doc != nil
		for _, d := range s.file.Decls {
			for _, bare := range undocumented(d) {
				t.Errorf("%s:%d: exported %s has no comment", s.path, s.line(bare.Pos()), bare.Name)
			}
		}
	}
	for dir, documented := range packages {
		if !documented {
			t.Errorf("package %s has no comment", dir)
		}
	}
}

// undocumented returns the exported names that a declaration leaves without a
// comment of their own or of their group.
func undocumented(d ast.Decl) []*ast.Ident {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var out []*ast.Ident
		for _, spec := range d.Specs {
			out = append(out, bareNames(spec, d.Doc != nil)...)
		}
		return out
	}
	return nil
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return !ok || id.IsExported()
}

func bareNames(spec ast.Spec, grouped bool) []*ast.Ident {
	var out []*ast.Ident
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc == nil && !grouped {
			out = append(out, spec.Name)
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() && spec.Doc == nil && spec.Comment == nil && !grouped {
				out = append(out, name)
			}
		}
	}
	return out
}
