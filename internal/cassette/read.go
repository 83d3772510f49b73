package cassette

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

const gzipSuffix = ".gz"

// Open reads a cassette and verifies it: header, chain and seal. A cassette
// that was never closed is no error, nor is a torn tail: see State and Torn.
// What is wrong otherwise is a SyntaxError, VersionError, EditedError,
// TruncatedError or LimitError. The caller must Close the cassette; of a name
// that ends in .gz it is unpacked into memory.
func Open(path string) (*Cassette, error) {
	// To open a pipe would wait for its other end.
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read cassette: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read cassette: %s: want a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read cassette: %w", err)
	}
	c, err := open(f, path)
	if err != nil || c.closer == nil {
		f.Close() // it was only read
	}
	return c, err
}

// open reads an open file, and hands it to the cassette if that needs it.
func open(f *os.File, path string) (*Cassette, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read cassette: %w", err)
	}
	if strings.HasSuffix(path, gzipSuffix) {
		text, err := gunzip(f, min(maxPacked, minPacked+maxRatio*info.Size()))
		if err != nil {
			return nil, fmt.Errorf("read cassette: unpack %s: %w", path, err)
		}
		return Read(path, bytes.NewReader(text), int64(len(text)))
	}
	c, err := Read(path, f, info.Size())
	if err != nil {
		return nil, err
	}
	c.closer = f
	return c, nil
}

// gunzip unpacks at most so many bytes.
func gunzip(r io.Reader, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(z)
	if begin, err := in.Peek(len(magic)); err == nil && string(begin) != magic {
		return begin, nil // what is no cassette is not unpacked, however large
	}
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = &LimitError{"bytes of text in a file of that size", limit}
	}
	return text, err
}

// Read reads a cassette of so many bytes, as Open does. The reader is used as
// long as the cassette is.
func Read(name string, r io.ReaderAt, size int64) (*Cassette, error) {
	return readBy(chunk, name, r, size)
}

// readBy is Read by so many bytes at once.
func readBy(chunk int64, name string, r io.ReaderAt, size int64) (*Cassette, error) {
	if size > maxFile {
		return nil, &LimitError{"read cassette: " + name, maxFile}
	}
	s := &scanner{
		window: window{file: r, size: size, chunk: chunk},
		c:      &Cassette{name: name, file: r},
		p:      parser{names: map[string]string{}},
	}
	if err := s.header(); err != nil {
		return nil, err
	}
	if err := s.records(); err != nil {
		return nil, err
	}
	s.c.root = s.links.last
	return s.c, nil
}

// scanner reads a cassette from one end to the other.
type scanner struct {
	window
	p     parser
	c     *Cassette
	links chain
}

func (s *scanner) syntax(want string) *SyntaxError {
	return &SyntaxError{File: s.c.name, Line: s.line, Want: want}
}

func (s *scanner) edited(part Part, line int, why string) *EditedError {
	e := &EditedError{File: s.c.name, Part: part, Line: line, Why: why}
	if part == RecordPart {
		e.Record = len(s.c.entries) + 1
	}
	return e
}

// records reads on to the end.
func (s *scanner) records() error {
	for {
		s.mark()
		line, whole, err := s.next()
		switch {
		case err != nil:
			return s.failed(err)
		case !whole:
			return s.tail(line)
		case bytes.HasPrefix(line, []byte(sealed)):
			return s.seal(line)
		case len(s.c.entries) == maxRecords:
			return &LimitError{"read cassette: " + s.c.name + ": records", maxRecords}
		}
		if more, err := s.record(line); err != nil || !more {
			return err
		}
	}
}

func (s *scanner) failed(err error) error {
	return fmt.Errorf("read cassette: %s:%d: %w", s.c.name, s.line, err)
}

// tail judges what is no whole line where a record or the seal would begin.
func (s *scanner) tail(line []byte) error {
	begun := string(line)
	seal := string(appendSeal(nil, len(s.c.entries), s.links.last))
	if !strings.HasPrefix(beginRecord, begun) && !strings.HasPrefix(begun, beginRecord) && !strings.HasPrefix(seal, begun) {
		return s.edited(RecordPart, s.line, "this begins neither a record nor the seal")
	}
	s.c.torn = s.size - s.marked()
	return nil
}

// seal reads the last line.
func (s *scanner) seal(line []byte) error {
	n := len(s.c.entries)
	if want := appendSeal(nil, n, s.links.last); !bytes.Equal(line, want[:len(want)-1]) {
		return s.wrongSeal(string(line), n)
	}
	s.mark()
	if rest, whole, err := s.next(); err != nil || whole || len(rest) > 0 {
		return s.edited(SealPart, s.line, "something follows it")
	}
	s.c.state = Sealed
	return nil
}

// wrongSeal says whether the seal tells of more records than there are.
func (s *scanner) wrongSeal(line string, n int) error {
	count, root, ok := strings.Cut(strings.TrimPrefix(line, sealed+"n="), " root=")
	told, err := strconv.Atoi(count)
	if _, whole := parseDigest(root); !ok || !whole || err != nil {
		return s.edited(SealPart, s.line, "want n=COUNT root=sha256:HEX")
	}
	if told > n {
		return &TruncatedError{File: s.c.name, Line: s.line, Have: n, Want: told}
	}
	if told < n {
		return s.edited(SealPart, s.line, fmt.Sprintf("it tells of %d records, there are %d", told, n))
	}
	return s.edited(SealPart, s.line, "its root is not the last record's digest")
}

// record reads the record that the line begins. It returns false after a torn
// one.
func (s *scanner) record(line []byte) (more bool, err error) {
	p := &s.p
	p.reset(len(s.c.entries)+1, s.line)
	var bad *SyntaxError
	want := p.begin(line)
	for {
		if want != "" && bad == nil {
			bad = s.syntax(want)
		}
		line, whole, err := s.next()
		end := s.pos - len(line) // where the line begins, once the window has moved
		if whole {
			end--
		}
		switch {
		case err != nil:
			return false, s.failed(err)
		case !whole:
			return false, s.torn(line, bad, end)
		}
		if d, ok := digestLine(line); ok {
			p.endBlock(s.offset(end))
			return true, s.close(d, bad, end)
		}
		p.at = s.line
		want = p.line(line, s.offset(end), s.offset(s.pos))
	}
}

// digestLine reads the last line of a record.
func digestLine(line []byte) (digest, bool) {
	if len(line) != len(endRecord)+digestLen || line[0] != endRecord[0] {
		return digest{}, false
	}
	text, ok := bytes.CutPrefix(line, []byte(endRecord))
	if !ok {
		return digest{}, false
	}
	return parseDigest(string(text))
}

// close checks a record's digest, which comes before what its lines say: of
// an edited record only that is told.
func (s *scanner) close(got digest, bad *SyntaxError, end int) error {
	want := s.links.next(s.buf[s.start:end])
	switch {
	case bad != nil && got == want:
		return bad
	case bad != nil:
		return s.edited(RecordPart, bad.Line, bad.Want)
	case got != want:
		return s.edited(RecordPart, s.line, "its digest is not that of its lines and of all before them")
	}
	s.links.last = want
	if n := len(s.c.entries); n == cap(s.c.entries) {
		s.c.entries = slices.Grow(s.c.entries, n+64) // entries are large: copy them seldom
	}
	s.c.entries = append(s.c.entries, s.p.finish())
	return nil
}

// torn judges a record without an end: a killed writer leaves the beginning
// of one.
func (s *scanner) torn(last []byte, bad *SyntaxError, end int) error {
	if bad == nil && bytes.HasPrefix(last, []byte(endRecord[:1])) {
		next := s.links.next(s.buf[s.start:end])
		want := next.append([]byte(endRecord))
		if !bytes.HasPrefix(want, last) {
			bad = s.syntax("this is not the record's digest")
		}
	}
	if bad != nil {
		return s.edited(RecordPart, bad.Line, bad.Want)
	}
	s.c.torn = s.size - s.marked()
	return nil
}

// read reads a body from the file.
func (c *Cassette) read(e *Entry, b block) ([]byte, error) {
	if b.size == 0 {
		return nil, nil
	}
	lines := make([]byte, b.end-b.at)
	if _, err := c.file.ReadAt(lines, b.at); err != nil {
		return nil, fmt.Errorf("read record %d of %s: %w", e.ID, c.name, err)
	}
	body, err := unpack(b.layout, lines, b.size)
	if err != nil {
		return nil, &SyntaxError{File: c.name, Line: b.line, Want: err.Error()}
	}
	return body, nil
}
