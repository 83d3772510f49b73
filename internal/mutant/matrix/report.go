package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/eci-conform/conform/internal/mutant"
)

// The names of the files in the reports folder.
const (
	JSONFile     = "mutants.json"
	MarkdownFile = "mutants.md"
)

// JSON writes the matrix as one JSON value.
func (m *Matrix) JSON(out io.Writer) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(m); err != nil {
		return fmt.Errorf("write matrix: %w", err)
	}
	return nil
}

// Text writes the matrix for a terminal: what was not killed last, where it is
// read first.
func (m *Matrix) Text(out io.Writer) error {
	var b bytes.Buffer
	for _, r := range m.Mutants {
		fmt.Fprintf(&b, "%-9s %s  %s\n", r.Verdict, r.Mutant, caught(r, 1))
	}
	fmt.Fprintln(&b)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "family\tmutants\tkilled\tmisplaced\tsurvived\tawaiting\t")
	for _, f := range append(m.families(), "") {
		name := f
		if f == "" {
			name = "all"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t\n", name, m.total(f),
			m.Count(f, Killed), m.Count(f, Misplaced), m.Count(f, Survived), m.Count(f, Awaiting))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write matrix: %w", err)
	}
	m.faults(&b)
	fmt.Fprintf(&b, "\nclean emulator: %d cases, %d failed\n", m.Clean.Cases, len(m.Clean.Failed))
	fmt.Fprintf(&b, "%d mutants in %.1fs: %d killed\n", len(m.Mutants), m.Elapsed.Seconds(), m.Count("", Killed))
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write matrix: %w", err)
	}
	return nil
}

// faults lists what the suite failed to do.
func (m *Matrix) faults(b *bytes.Buffer) {
	for _, f := range m.Clean.Failed {
		fmt.Fprintf(b, "\nclean emulator: %s\n", f)
	}
	for _, r := range m.open() {
		fmt.Fprintf(b, "\n%s: %s\n  %s\n  breaks %s (%s)\n", r.Verdict, r.Mutant, r.Summary, r.Clause, r.Level)
		if r.Reason != "" {
			fmt.Fprintf(b, "  %s\n", r.Reason)
		}
		if len(r.Cases) > 0 {
			fmt.Fprintf(b, "  caught by %s\n", caught(r, 3))
		}
	}
}

// open are the rows that keep the matrix from being sound.
func (m *Matrix) open() []Row {
	return slices.DeleteFunc(slices.Clone(m.Mutants), func(r Row) bool { return r.Verdict.Fine() })
}

func (m *Matrix) total(family string) int {
	n := 0
	for _, r := range m.Mutants {
		if family == "" || r.Family == family {
			n++
		}
	}
	return n
}

// families are those that have mutants here, in order.
func (m *Matrix) families() []string {
	return slices.DeleteFunc(mutant.Families(), func(f string) bool { return m.total(f) == 0 })
}

// caught names the first cases that caught a mutant and counts the others.
func caught(r Row, n int) string {
	if len(r.Cases) == 0 {
		return fmt.Sprintf("%d cases", r.Tried)
	}
	out := strings.Join(r.Cases[:min(n, len(r.Cases))], ", ")
	if more := len(r.Cases) - n; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// Markdown writes the matrix as a page: a table a family.
func (m *Matrix) Markdown(out io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Kill matrix\n\nContract %s, seed %d. The clean emulator: %d cases, %d failed.\n\n",
		m.Contract, m.Seed, m.Clean.Cases, len(m.Clean.Failed))
	b.WriteString("| family | mutants | killed | misplaced | survived | awaiting |\n|---|--:|--:|--:|--:|--:|\n")
	for _, f := range m.families() {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", f, m.total(f),
			m.Count(f, Killed), m.Count(f, Misplaced), m.Count(f, Survived), m.Count(f, Awaiting))
	}
	for _, f := range m.families() {
		fmt.Fprintf(&b, "\n## %s\n\n| mutant | breaks | verdict | caught by |\n|---|---|---|---|\n", f)
		for _, r := range m.Mutants {
			if r.Family == f {
				fmt.Fprintf(&b, "| `%s`: %s | `%s` | %s | %s |\n", r.Mutant, cell(r.Summary), cell(r.Clause), r.Verdict, cell(caught(r, 3)))
			}
		}
	}
	if _, err := out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write matrix: %w", err)
	}
	return nil
}

// cell is a text that ends no cell of a table and begins no element.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(s) }

// WriteFiles writes the matrix into a folder, which it makes where there is
// none.
func (m *Matrix) WriteFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make report folder: %w", err)
	}
	for name, write := range map[string]func(io.Writer) error{JSONFile: m.JSON, MarkdownFile: m.Markdown} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}
