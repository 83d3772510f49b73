package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestResultsThatAKillLeft: every command that reads results takes a file whose
// last line is cut off, tells so, and refuses anything else by file and line.
func TestResultsThatAKillLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const one = `{"case":"one","level":"must","verdict":"pass","run":{"planned":3}}` + "\n"
	const two = `{"case":"two","level":"must","verdict":"pass","run":{"planned":3}}` + "\n"
	whole := file("whole.ndjson", one+two)
	const note, short = "the last line of the result file is incomplete and was left out", "of 3 cases; the run was cut short"
	for _, tt := range []struct {
		text  string
		codes [3]int // of report, diff and coverage
		told  []string
	}{
		{one + two, [3]int{0, 0, 0}, []string{"2 " + short}},
		{one + two[:20], [3]int{0, 1, 0}, []string{note, "1 " + short}},
		{one + two[:20] + "\n", [3]int{2, 2, 2}, []string{".ndjson:2: not a result: unexpected end of JSON input"}},
		{one + `{"case":"two"` + "\n" + two, [3]int{2, 2, 2}, []string{".ndjson:2: not a result: unexpected end of JSON input"}},
		{one + "nonsense", [3]int{2, 2, 2}, []string{".ndjson:2: not a result: "}},
		{"", [3]int{2, 2, 2}, []string{".ndjson: no results in it"}},
	} {
		path := file("cut.ndjson", tt.text)
		for i, args := range [][]string{{"report", path}, {"diff", whole, path}, {"coverage", "--results", path}} {
			code, said := command(args...)
			if code != tt.codes[i] {
				t.Errorf("%s of %q exits %d, want %d: %s", args[0], tt.text, code, tt.codes[i], said)
			}
			for _, want := range tt.told {
				if !strings.Contains(said, want) {
					t.Errorf("%s of %q says\n%s\nwant %q in it", args[0], tt.text, said, want)
				}
			}
		}
		for _, format := range []string{"ndjson", "junit", "markdown", "html"} {
			if code, said := command("report", "--format", format, path); code == 0 && !strings.Contains(said, tt.told[0]) {
				t.Errorf("report of %q as %s does not say %q:\n%s", tt.text, format, tt.told[0], said)
			}
		}
	}
}
