package secretscan

import (
	"bytes"
	"compress/gzip"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"html"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// view is a line as it is, or as it reads decoded.
type view struct {
	text []byte
	// at maps each byte of the text to the column from 0 of the line that it
	// comes from; nil where they are the same.
	at    []int32
	fixed bool // all of it comes from the beginning of the line
}

// origin returns the column that a byte comes from.
func (v view) origin(i int) int {
	switch {
	case v.fixed:
		return 0
	case v.at == nil:
		return i
	case i < len(v.at):
		return int(v.at[i])
	}
	return 0
}

// maxDepth is how many encodings may lie in each other.
const maxDepth = 9

// How much may be decoded from a line, in bytes.
const (
	minBudget = 4 << 20
	maxGrowth = 48
)

// all looks through a line, and through all that can be decoded in it. A line
// in which that is too much is a hit: nobody knows what it says.
func (s *scan) all(v view) {
	clear(s.seen)
	s.budget = minBudget + maxGrowth*len(v.text)
	s.look(v, 0)
	if s.budget < 0 {
		s.hit(v, 0, Nested, "too much to be looked through")
	}
}

// view looks through what was decoded, once.
func (s *scan) view(v view, depth int) {
	if s.seen[string(v.text)] {
		return
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[string(v.text)] = true
	s.look(v, depth)
}

func (s *scan) look(v view, depth int) {
	if s.budget -= len(v.text); s.budget < 0 {
		return
	}
	s.phrases(v)
	s.tokens(v, depth)
	if depth == maxDepth {
		return
	}
	for _, decode := range decoders {
		if decoded, ok := decode(v); ok {
			s.view(decoded, depth+1)
		}
	}
}

// decoders undo an encoding of the whole line, and say whether there was any.
var decoders = []func(view) (view, bool){
	func(v view) (view, bool) { return replace(v, '%', percent) },
	func(v view) (view, bool) { return replace(v, '\\', backslash) },
	func(v view) (view, bool) { return replace(v, '&', entity) },
	func(v view) (view, bool) { return replace(v, '\n', lineEnd) },
	func(v view) (view, bool) { return replace(v, 0, zero) },
}

// zero drops the zeros of UTF-16.
func zero([]byte) ([]byte, int) { return nil, 1 }

// lineEnd drops the ends of lines in text that was decoded, and what may stand
// around them.
func lineEnd(text []byte) ([]byte, int) {
	return nil, len(text) - len(bytes.TrimLeft(text, "\r\n\t "))
}

// replace puts what read makes of the text from each mark on into its place.
// read returns how many bytes it took, none for no encoding.
func replace(v view, mark byte, read func(text []byte) (out []byte, taken int)) (view, bool) {
	if bytes.IndexByte(v.text, mark) < 0 {
		return v, false
	}
	out, found := view{fixed: v.fixed}, false
	for i := 0; i < len(v.text); {
		piece, taken := v.text[i:i+1], 1
		if v.text[i] == mark {
			if p, n := read(v.text[i:]); n > 0 {
				piece, taken, found = p, n, true
			}
		}
		for _, c := range piece {
			out.text, out.at = append(out.text, c), append(out.at, int32(v.origin(i)))
		}
		i += taken
	}
	return out, found
}

func percent(text []byte) ([]byte, int) {
	if len(text) < 3 {
		return nil, 0
	}
	out, err := hex.DecodeString(string(text[1:3]))
	if err != nil {
		return nil, 0
	}
	return out, 3
}

// escapes of JSON, Go and shells. A return is left out, for what lies before
// a line feed.
var escapes = map[byte]string{'"': `"`, '\\': `\`, '/': "/", '\'': "'", 'n': "\n", 'r': "", 't': "\t", 'b': "\b", 'f': "\f", 'e': "\x1b"}

func backslash(text []byte) ([]byte, int) {
	if len(text) < 2 {
		return nil, 0
	}
	if c, ok := escapes[text[1]]; ok {
		return []byte(c), 2
	}
	base, from, digits := 8, 1, 3
	if n := map[byte]int{'u': 4, 'U': 8, 'x': 2}[text[1]]; n > 0 {
		base, from, digits = 16, 2, n
	}
	if len(text) < from+digits {
		return nil, 0
	}
	n, err := strconv.ParseUint(string(text[from:from+digits]), base, 31)
	if err != nil {
		return nil, 0
	}
	if digits < 4 && n <= 0xff {
		return []byte{byte(n)}, from + digits
	}
	return utf8.AppendRune(nil, rune(n)), from + digits
}

// maxEntity is the length of the longest entity that is read, in bytes.
const maxEntity = 12

func entity(text []byte) ([]byte, int) {
	text = text[:min(maxEntity, len(text))]
	n := bytes.IndexByte(text, ';') + 1
	if n == 0 || bytes.IndexByte(text[1:n], '&') >= 0 {
		n = len(text) - len(bytes.TrimLeft(text, "&#xX0123456789abcdefABCDEF")) // one of a number, without its end
		if next := bytes.IndexByte(text[1:n], '&'); next >= 0 {
			n = next + 1
		}
		if n < 3 || text[1] != '#' {
			return nil, 0
		}
	}
	out := html.UnescapeString(string(text[:n]))
	if out == string(text[:n]) {
		return nil, 0
	}
	return []byte(out), n
}

// The least lengths of what may be text in base64 or hex.
const (
	minBase64 = 12
	minHex    = 16
	minBase32 = 16
)

// encodings are tried on each token. What precedes text in base64 may have
// moved it by some characters.
var encodings = []func(text string) ([]byte, error){
	hexText,
	func(text string) ([]byte, error) { return hexText(moved(text, 1)) },
	base64Text,
	func(text string) ([]byte, error) { return base64Text(moved(text, 1)) },
	func(text string) ([]byte, error) { return base64Text(moved(text, 2)) },
	func(text string) ([]byte, error) { return base64Text(moved(text, 3)) },
	zipped,
	base32Text,
	func(text string) ([]byte, error) { return base32Text(moved(text, 1)) },
	func(text string) ([]byte, error) { return base32Text(moved(text, 2)) },
	func(text string) ([]byte, error) { return base32Text(moved(text, 3)) },
	func(text string) ([]byte, error) { return base32Text(moved(text, 4)) },
	func(text string) ([]byte, error) { return base32Text(moved(text, 5)) },
	func(text string) ([]byte, error) { return base32Text(moved(text, 6)) },
	func(text string) ([]byte, error) { return base32Text(moved(text, 7)) },
}

// zipped is what was compressed before it was put into base64, or as much of
// it as is looked at.
func zipped(text string) ([]byte, error) {
	packed, err := base64Text(text)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	out, _ := io.ReadAll(io.LimitReader(r, minBudget)) // a part is better than nothing
	return out, nil
}

// base32Text is of capital letters or of small ones.
func base32Text(text string) ([]byte, error) {
	if len(text) < minBase32 {
		return nil, base32.CorruptInputError(0)
	}
	if text = text[:len(text)-len(text)%8+map[int]int{2: 2, 4: 4, 5: 5, 7: 7}[len(text)%8]]; text == strings.ToLower(text) {
		text = strings.ToUpper(text)
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
}

func hexText(text string) ([]byte, error) {
	if len(text) < minHex {
		return nil, hex.ErrLength
	}
	return hex.DecodeString(text[:len(text)&^1])
}

// toStandard turns the alphabet for URLs into the other one.
var toStandard = strings.NewReplacer("-", "+", "_", "/")

func base64Text(text string) ([]byte, error) {
	if len(text) < minBase64 {
		return nil, base64.CorruptInputError(0)
	}
	if len(text)%4 == 1 {
		text = text[:len(text)-1] // cut off within
	}
	return base64.RawStdEncoding.DecodeString(toStandard.Replace(text))
}

func moved(text string, by int) string { return text[min(by, len(text)):] }

// decoded looks at what a token says in base64 or hex, and returns whether all
// of it is text.
func (s *scan) decoded(v view, at int, token []byte, depth int) bool {
	if depth == maxDepth {
		return false
	}
	for part := range strings.SplitSeq(string(bytes.TrimRight(token, "=")), ".") {
		for _, decode := range encodings {
			out, err := decode(part)
			if err != nil {
				continue
			}
			runs := readable(out)
			for _, run := range runs {
				s.view(v.within(run, at), depth+1)
			}
			if len(runs) == 1 && len(runs[0]) == len(out) {
				return len(part) >= len(token)-2
			}
		}
	}
	return false
}

// within is a view of text that was found in a token.
func (v view) within(text []byte, at int) view {
	column := make([]int32, len(text))
	for i := range column {
		column[i] = int32(v.origin(at))
	}
	return view{text: text, at: column, fixed: v.fixed}
}

// minRun is the length of the shortest text that is not there by chance.
const minRun = 8

// readable returns the stretches of bytes that are text.
func readable(b []byte) [][]byte {
	return slices.DeleteFunc(bytes.FieldsFunc(b, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != 0 || r == 0x7f || r == utf8.RuneError
	}), func(run []byte) bool { return len(run) < minRun })
}
