package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// RunFile holds what results.ndjson cannot: how the run ended. It is written
// last, so a folder without it is of a run that did not come to its end.
const RunFile = "run.json"

// outcome is what RunFile holds.
type outcome struct {
	Exit      int      `json:"exit"`    // the exit code
	Meaning   string   `json:"meaning"` // of the exit code
	Cases     int      `json:"cases"`   // that ended
	Planned   int      `json:"planned"`
	Verdicts  Tally    `json:"verdicts"`
	Notes     []string `json:"notes"` // leaks, an interruption, what could not be written
	ElapsedMs float64  `json:"elapsedMs"`
	First     string   `json:"first"` // when the first and the last of the cases began
	Last      string   `json:"last"`
	Run       Run      `json:"run"`
}

// WriteOutcome writes RunFile into the folder: whole or not at all.
func (r *Report) WriteOutcome(dir string) error {
	first, last := r.began()
	o := outcome{
		Exit: r.Exit, Meaning: Meaning(r.Exit), Cases: len(r.records), Planned: r.Planned, Verdicts: Tally{},
		Notes: append([]string{}, r.Notes...), ElapsedMs: float64(r.Elapsed) / float64(time.Millisecond), Run: r.Run,
		First: stamp(first), Last: stamp(last),
	}
	for _, v := range verdicts {
		o.Verdicts[v] = r.Count(v)
	}
	return writeFile(filepath.Join(dir, RunFile), o.write)
}

func (o outcome) write(to io.Writer) error {
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(o)
}

// Begin removes what an earlier run left in the folder about how it ended, lest
// it be taken for the word of the next.
func Begin(dir string) error {
	var errs []error
	for _, name := range []string{RunFile, JUnitFile, SummaryFile, HTMLFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("clear report folder: %w", err))
		}
	}
	return errors.Join(errs...)
}

// ReadFile folds a result file, or the one in a report folder, with the outcome
// that stands beside it.
func ReadFile(path string) (*Report, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, ResultsFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	defer f.Close()
	rep, err := Read(path, f)
	if err != nil {
		return nil, err
	}
	if err := rep.recall(filepath.Join(filepath.Dir(path), RunFile)); err != nil {
		rep.Unknown = err.Error()
	}
	return rep, nil
}

// recall takes from the file how the run of the report ended. An error says why
// that cannot be known.
func (r *Report) recall(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s beside the results: the run was killed or is still at work, or its results were taken away alone", RunFile)
	}
	var o outcome
	if err == nil {
		err = json.Unmarshal(bytes.TrimSpace(text), &o)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s beside the results cannot be read: %w", RunFile, err)
	case !o.of(r):
		return fmt.Errorf("%s beside the results is of another run", RunFile)
	}
	if n := len(r.records); n < o.Cases {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of %s that ended are in the result file", n, plural(o.Cases, "case")))
	}
	explained := func(note string) bool { return note == r.short() }
	r.Notes = append(o.Notes, slices.DeleteFunc(r.Notes, explained)...)
	r.Exit, r.Elapsed = o.Exit, time.Duration(o.ElapsedMs*float64(time.Millisecond)+0.5)
	return nil
}

// of says whether the outcome is that of the report's run.
func (o outcome) of(r *Report) bool {
	first, last := r.began()
	_, known := meanings[o.Exit]
	return known && o.Run == r.Run && len(r.records) <= o.Cases && o.First <= stamp(first) && stamp(last) <= o.Last
}

// began says when the first and the last of the cases began.
func (r *Report) began() (first, last time.Time) {
	for i, rec := range r.records {
		if i == 0 || rec.Start.Before(first) {
			first = rec.Start
		}
		if i == 0 || rec.Start.After(last) {
			last = rec.Start
		}
	}
	return first, last
}

// stamp writes times so that their texts are in their order.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }
