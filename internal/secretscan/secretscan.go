// Package secretscan finds what looks like a secret in any file: keys, tokens
// and signatures by their shape, and whatever stands in a field whose name says
// that it is secret and is no placeholder; also where it is percent-encoded,
// escaped, compressed, or in base64, base32 or hex. It shares no code with what takes secrets out,
// and knows placeholders by how they look alone, so that each of the two finds
// what the other overlooks.
package secretscan

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
)

// Kind is what a hit looks like.
type Kind string

// The kinds.
const (
	KeyID        Kind = "access key id"
	Token        Kind = "security token"
	CloudKey     Kind = "another cloud's key"
	PrivateKey   Kind = "private key"
	JWT          Kind = "JSON web token"
	Signature    Kind = "signature"
	StringToSign Kind = "string to sign"
	Field        Kind = "secret field"
	UserInfo     Kind = "password in a URL"
	Random       Kind = "random text"
	Nested       Kind = "nested encodings" // more than are looked through
)

// Hit is one place that looks like a secret.
type Hit struct {
	File   string
	Line   int // from 1
	Column int // from 1, in bytes; where the encoded text begins
	Kind   Kind
	Hint   string // what it is, without any of it
}

// String returns the hit as FILE:LINE:COLUMN: KIND: HINT.
func (h Hit) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s", h.File, h.Line, h.Column, h.Kind, h.Hint)
}

// maxLine is the longest line that is looked at in one piece, in bytes; a
// longer one is cut with an overlap.
const (
	maxLine = 1 << 20
	overlap = 64 << 10
)

// Scan looks through all that the reader has, line by line, and returns hits
// in their order. It fails only when reading does.
func Scan(name string, r io.Reader) ([]Hit, error) {
	s := scan{file: name}
	in := bufio.NewReaderSize(r, 1<<20)
	for line := []byte(nil); ; {
		piece, err := in.ReadSlice('\n')
		line = append(line, piece...)
		switch {
		case err == nil:
			s.line(line)
			line, s.skipped = line[:0], 0
			s.number++
		case err == bufio.ErrBufferFull:
			if len(line) > maxLine {
				s.line(line)
				s.skipped += len(line) - overlap
				line = append(line[:0], line[len(line)-overlap:]...)
			}
		default:
			s.line(line)
			s.endBlock()
			if err != io.EOF {
				return nil, fmt.Errorf("scan %s: %w", name, err)
			}
			return s.sorted(), nil
		}
	}
}

// scan is one file on its way.
type scan struct {
	file    string
	number  int // of lines before this one
	skipped int // bytes of this line before what is looked at
	hits    []Hit
	block   block
	seen    map[string]bool // what was decoded from this line
	budget  int             // how many bytes may still be
}

// block is base64 or hex that goes over several lines, all but the last of
// one width.
type block struct {
	text  []byte
	width int
	line  int // of lines before it
}

func (s *scan) line(line []byte) {
	line = bytes.TrimRight(line, "\r\n")
	s.all(view{text: line})
	run, ok := blockLine(line)
	if !ok || len(run) > s.block.width {
		s.endBlock()
	}
	if !ok || s.block.width == 0 && len(run) < minBlockLine {
		return
	}
	if s.block.width == 0 {
		s.block.width, s.block.line = len(run), s.number
	}
	s.block.text = append(s.block.text, run...)
	if len(run) < s.block.width || len(s.block.text) > maxLine {
		s.endBlock()
	}
}

// minBlockLine is how many characters the lines of such a block have at least.
const minBlockLine = 48

// blockLine returns what a line has that is nothing but base64 or hex, behind
// a bar, a quote or spaces.
func blockLine(line []byte) ([]byte, bool) {
	run := bytes.Trim(line, " \t|\"',+\\")
	if len(run) == 0 {
		return nil, false
	}
	for _, c := range run {
		if !alnum(c) && c != '+' && c != '/' && c != '=' && c != '-' && c != '_' {
			return nil, false
		}
	}
	return run, true
}

// endBlock looks at the lines that belong together.
func (s *scan) endBlock() {
	if len(s.block.text) > s.block.width {
		now := s.number
		s.number = s.block.line
		s.all(view{text: s.block.text, fixed: true})
		s.number = now
	}
	s.block.text, s.block.width = s.block.text[:0], 0
}

// hit notes a secret at a place of a view.
func (s *scan) hit(v view, at int, kind Kind, hint string) {
	s.hits = append(s.hits, Hit{s.file, s.number + 1, s.skipped + v.origin(at) + 1, kind, hint})
}

// sorted returns the hits in their order, each place and kind once.
func (s *scan) sorted() []Hit {
	order := func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Kind, b.Kind))
	}
	slices.SortStableFunc(s.hits, order)
	return slices.CompactFunc(s.hits, func(a, b Hit) bool { return order(a, b) == 0 })
}
