package report

import (
	"bufio"
	"bytes"
	"encoding/json"
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
// see ReadFile. A last line that a killed run left unfinished is left out and
// told in the report's notes, and so is that cases of the plan are missing; any
// other fault is an error with NAME:LINE.
func Read(name string, in io.Reader) (*Report, error) {
	rep := &Report{Exit: -1}
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 64<<10), maxLine)
	scan.Split(withEnds)
	n := 1
	for ; scan.Scan(); n++ {
		rec, err := decode(bytes.TrimSpace(scan.Bytes()))
		switch {
		case len(bytes.TrimSpace(scan.Bytes())) == 0:
		case err == nil:
			rep.Add(rec)
		case isCut(scan.Bytes()):
			rep.Notes = append(rep.Notes, "the last line of the result file is incomplete and was left out")
		default:
			return nil, fmt.Errorf("%s:%d: not a result: %w", name, n, err)
		}
	}
	switch err := scan.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("%s:%d: not a result: the line is longer than %d MiB", name, n, maxLine>>20)
	case err != nil:
		return nil, fmt.Errorf("%s:%d: %w", name, n, err)
	case len(rep.records) == 0:
		return nil, fmt.Errorf("%s: no results in it", name)
	}
	if rep.Planned = rep.Run.Planned; rep.cutShort() {
		rep.Notes = append(rep.Notes, rep.short())
	}
	return rep, nil
}

// withEnds splits into lines and leaves the line ends on.
func withEnds(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// isCut says whether a line is the begin of one: it has no end, and neither has
// its object.
func isCut(line []byte) bool {
	var whole json.RawMessage
	return !bytes.HasSuffix(line, []byte("\n")) &&
		errors.Is(json.NewDecoder(bytes.NewReader(line)).Decode(&whole), io.ErrUnexpectedEOF)
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
