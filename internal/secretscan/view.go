package secretscan

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
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
const maxDepth = 4

// view looks through a view, and through all that can be decoded in it.
func (s *scan) view(v view, depth int) {
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

// escapes of JSON, Go and shells.
var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', '\'': '\'', 'n': '\n', 'r': '\r', 't': '\t'}

func backslash(text []byte) ([]byte, int) {
	if len(text) < 2 {
		return nil, 0
	}
	if c, ok := escapes[text[1]]; ok {
		return []byte{c}, 2
	}
	digits := map[byte]int{'u': 4, 'x': 2}[text[1]]
	if digits == 0 || len(text) < 2+digits {
		return nil, 0
	}
	n, err := strconv.ParseUint(string(text[2:2+digits]), 16, 32)
	if err != nil {
		return nil, 0
	}
	return utf8.AppendRune(nil, rune(n)), 2 + digits
}

// maxEntity is the length of the longest entity that is read, in bytes.
const maxEntity = 10

func entity(text []byte) ([]byte, int) {
	n := bytes.IndexByte(text[:min(maxEntity, len(text))], ';') + 1
	if n == 0 {
		return nil, 0
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
)

// encodings are tried on each token.
var encodings = []func(text string) ([]byte, error){
	func(text string) ([]byte, error) { return hexText(text) },
	func(text string) ([]byte, error) { return base64.RawStdEncoding.DecodeString(text) },
	func(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) },
}

func hexText(text string) ([]byte, error) {
	if len(text) < minHex {
		return nil, hex.ErrLength
	}
	return hex.DecodeString(text)
}

// decoded looks at what a token says that is text in base64 or hex, and
// returns whether it is.
func (s *scan) decoded(v view, at int, token []byte, depth int) bool {
	text := string(bytes.TrimRight(token, "="))
	if depth == maxDepth || len(text) < minBase64 {
		return false
	}
	for _, decode := range encodings {
		out, err := decode(text)
		if err == nil && readable(out) {
			column := make([]int32, len(out))
			for i := range column {
				column[i] = int32(v.origin(at))
			}
			s.view(view{text: out, at: column, fixed: v.fixed}, depth+1)
			return true
		}
	}
	return false
}

// readable says that bytes are text of some kind.
func readable(b []byte) bool {
	odd := 0
	for _, c := range b {
		if (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c >= 0x7f {
			odd++
		}
	}
	return len(b) > 0 && odd*10 <= len(b)
}
