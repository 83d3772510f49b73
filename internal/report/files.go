package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/eci-conform/conform/internal/run"
)

// The names of the files in a report folder.
const (
	ResultsFile = "results.ndjson"
	JUnitFile   = "junit.xml"
	SummaryFile = "summary.md"
	HTMLFile    = "report.html"
)

// Probe says whether reports can be written to the folder, without leaving
// anything behind: neither a file nor a folder that was not there.
func Probe(dir string) error {
	if dir == "" {
		return errors.New("report folder: want a name")
	}
	existing := filepath.Clean(dir)
	for {
		info, err := os.Stat(existing)
		if err != nil && isLink(existing) {
			return fmt.Errorf("report folder %s: %s is a link to nothing", dir, existing)
		}
		if err == nil && !info.IsDir() {
			return fmt.Errorf("report folder %s: %s is not a folder", dir, existing)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return fmt.Errorf("report folder %s: %w", dir, err)
		}
		existing = filepath.Dir(existing)
	}
	if err := replaceable(existing); err != nil && existing == filepath.Clean(dir) {
		return fmt.Errorf("report folder %s: %w", dir, err)
	}
	f, err := os.CreateTemp(existing, ".conform-")
	if err != nil {
		return fmt.Errorf("report folder %s: cannot write in %s: %w", dir, existing, errors.Unwrap(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// isLink says whether the name is that of a symbolic link.
func isLink(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.Mode()&os.ModeSymlink != 0
}

// replaceable says which report's place in the folder is taken by what is no
// file. A pipe, which nobody may read, would block the run.
func replaceable(dir string) error {
	for _, name := range []string{ResultsFile, JUnitFile, SummaryFile, HTMLFile, RunFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err == nil && (info.IsDir() || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0) {
			return fmt.Errorf("%s is in the way: want a file or none", name)
		}
	}
	return nil
}

// WriteFiles writes the rendered reports into the folder; results.ndjson is
// the Stream's. Each file appears whole or not at all.
func (r *Report) WriteFiles(dir string) error {
	return errors.Join(
		writeFile(filepath.Join(dir, JUnitFile), r.JUnit),
		writeFile(filepath.Join(dir, SummaryFile), r.Summary),
		writeFile(filepath.Join(dir, HTMLFile), r.HTML),
	)
}

// writeFile writes to a file beside the final one and renames it.
func writeFile(path string, render func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".conform-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = errors.Join(render(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

// WriteAttachments writes what belongs to a result into the report folder, each
// to its own path in it.
func WriteAttachments(dir string, res run.Result) error {
	for _, a := range res.Attachments {
		path := filepath.Join(dir, filepath.FromSlash(a.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("write attachment of %s: %w", res.Case, err)
		}
		write := func(w io.Writer) error { _, err := w.Write(a.Data); return err }
		if err := writeFile(path, write); err != nil {
			return fmt.Errorf("write attachment of %s: %w", res.Case, err)
		}
	}
	return nil
}
