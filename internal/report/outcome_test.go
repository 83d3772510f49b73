package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/internal/run"
)

// written is a folder with the results of a run, and with how it ended.
func written(t *testing.T, rep *Report) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := NewStream(filepath.Join(dir, ResultsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range rep.Records() {
		if err := s.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Close(), rep.WriteOutcome(dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// rendered is all that a report says.
func rendered(t *testing.T, rep *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := errors.Join(rep.Console(&b, Style{}), rep.JUnit(&b), rep.Summary(&b), rep.HTML(&b)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadFileSaysWhatTheRunSaid(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Report){
		"conforms": func(r *Report) { r.Exit, r.Notes = 0, nil },
		"departs":  func(r *Report) { r.Exit, r.Planned = 1, len(r.records) },
		"leaks": func(r *Report) {
			r.Exit, r.Notes = run.ExitLeaked, []string{"leaked: ImageCache imc-1 in <b>", "and another"}
		},
		"interrupted": func(r *Report) {
			r.Exit, r.Planned, r.Notes = run.ExitInterrupted, 12, []string{"interrupted: the rest was not judged"}
		},
	} {
		want := sample()
		change(want)
		want.Run.Planned = want.Planned
		for i := range want.records {
			want.records[i].Run = want.Run
		}
		dir := written(t, want)
		for _, path := range []string{dir, filepath.Join(dir, ResultsFile)} {
			got, err := ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(rendered(t, want), rendered(t, got)); diff != "" {
				t.Errorf("%s: ReadFile() renders another report (-run +again):\n%s", name, diff)
			}
		}
	}
}

func TestReadFileSaysWhyThereIsNoVerdict(t *testing.T) {
	t.Parallel()
	outcomeOf := func(dir string) string { return filepath.Join(dir, RunFile) }
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, dir string) error
		want  string
	}{
		"killed":   {func(_ *testing.T, dir string) error { return Begin(dir) }, "no verdict: there is no run.json beside the results: the run was killed or "},
		"no JSON":  {func(_ *testing.T, dir string) error { return os.WriteFile(outcomeOf(dir), []byte("{"), 0o600) }, "no verdict: run.json beside the results cannot be read: "},
		"a folder": {func(_ *testing.T, dir string) error { return errors.Join(Begin(dir), os.Mkdir(outcomeOf(dir), 0o700)) }, "cannot be read: "},
		"nonsense": {func(_ *testing.T, dir string) error {
			return os.WriteFile(outcomeOf(dir), []byte(`{"exit":77}`), 0o600)
		}, "is of another run"},
		"other seed": {func(t *testing.T, dir string) error { return other(t, dir, func(r *Report) { r.Run.Seed++ }) }, "is of another run"},
		"other time": {func(t *testing.T, dir string) error {
			return other(t, dir, func(r *Report) {
				for i := range r.records {
					r.records[i].Start = r.records[i].Start.Add(time.Hour)
				}
			})
		}, "is of another run"},
	} {
		dir := written(t, sample())
		if err := tc.spoil(t, dir); err != nil {
			t.Fatal(err)
		}
		got, err := ReadFile(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got.Exit >= 0 || !strings.Contains(rendered(t, got), tc.want) {
			t.Errorf("%s: the report does not say %q, exit %d:\n%s", name, tc.want, got.Exit, got.verdict())
		}
	}
}

// other puts the outcome of another run beside the results.
func other(t *testing.T, dir string, change func(*Report)) error {
	t.Helper()
	r := sample()
	change(r)
	return r.WriteOutcome(dir)
}

func TestReadFileSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	dir := written(t, sample())
	path := filepath.Join(dir, ResultsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[bytes.IndexByte(text, '\n')+1:], 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := " that ended are in the result file"; got.Exit < 0 || !strings.Contains(strings.Join(got.Notes, "\n"), want) {
		t.Errorf("exit %d and notes %q, want the verdict and a note%s", got.Exit, got.Notes, want)
	}
}
