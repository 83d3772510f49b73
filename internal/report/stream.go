package report

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
)

// Stream appends records to results.ndjson: one line and one write for each,
// so that a killed run keeps what it had and two writers do not mix lines.
type Stream struct{ f *os.File }

// NewStream starts the file anew.
func NewStream(path string) (*Stream, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open results: %w", err)
	}
	return &Stream{f: f}, nil
}

// Write appends the record.
func (s *Stream) Write(rec Record) error {
	line, err := rec.encode()
	if err != nil {
		return fmt.Errorf("write result %s: %w", rec.Case, err)
	}
	if _, err := s.f.Write(line); err != nil {
		return fmt.Errorf("write result %s: %w", rec.Case, err)
	}
	return nil
}

// Close closes the file.
func (s *Stream) Close() error { return s.f.Close() }

// maxLine is the longest line that Read takes: a case with many exchanges of
// the longest body.
const maxLine = 64 << 20

// Read folds the lines of a result file, which do not tell how the run ended:
// see ReadFile. A last line that a killed run left
// unfinished is dropped and named in the report's notes; any other fault is an
// error with NAME:LINE.
func Read(name string, in io.Reader) (*Report, error) {
	rep := &Report{Exit: -1}
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 64<<10), maxLine)
	var bad error
	for n := 1; scan.Scan(); n++ {
		if bad != nil {
			return nil, bad
		}
		if len(bytes.TrimSpace(scan.Bytes())) == 0 {
			continue
		}
		rec, err := decode(scan.Bytes())
		if err != nil {
			bad = fmt.Errorf("%s:%d: not a result: %w", name, n, err)
			continue
		}
		rep.Add(rec)
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s: not a result file: a line is longer than %d MiB", name, maxLine>>20)
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rep.records) == 0 {
		return nil, cmp.Or(bad, fmt.Errorf("%s: no results in it", name))
	}
	if bad != nil {
		rep.Notes = append(rep.Notes, "the last line of the result file is incomplete and was left out")
	}
	if rep.Planned = rep.Run.Planned; rep.cutShort() {
		rep.Notes = append(rep.Notes, rep.short())
	}
	return rep, nil
}

// NDJSON writes the records in plan order, a line each.
func (r *Report) NDJSON(out io.Writer) error {
	for _, rec := range r.Records() {
		line, err := rec.encode()
		if err == nil {
			_, err = out.Write(line)
		}
		if err != nil {
			return fmt.Errorf("write result %s: %w", rec.Case, err)
		}
	}
	return nil
}
