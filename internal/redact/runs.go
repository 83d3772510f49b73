package redact

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"unicode/utf8"
)

// The least lengths of what is read as hex, and as base64 that says something
// other than a value itself: another encoding of it.
const (
	minHexRun    = 2 * huntLength
	minBase64Run = 16
)

const none = 255

// base64Values and hexValues are what letters stand for, in either alphabet or
// case; none for no letter.
var base64Values, hexValues = letterValues("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "-+_/"),
	letterValues("0123456789abcdef", "AaBbCcDdEeFf")

// letterValues numbers letters; others come in pairs with the one that they
// stand for.
func letterValues(letters, others string) (out [256]byte) {
	for i := range out {
		out[i] = none
	}
	for i := range len(letters) {
		out[letters[i]] = byte(i)
	}
	for i := 0; i < len(others); i += 2 {
		out[others[i]] = out[others[i+1]]
	}
	return out
}

// decodeRuns looks through what runs of letters say in hex and in base64.
func (h *hound) decodeRuns(v view, depth int) {
	s := v.text
	for at := 0; at < len(s); {
		if base64Values[s[at]] == none {
			at++
			continue
		}
		end := at + 1
		for end < len(s) && base64Values[s[end]] != none {
			end++
		}
		if end-at >= minHexRun {
			h.hex(v, at, end, depth)
		}
		if end-at >= minBase64Run {
			h.base64(v, at, end, depth)
		}
		at = end
	}
}

// hex looks through the hex within a run.
func (h *hound) hex(v view, at, to, depth int) {
	for at < to {
		end := at
		for end < to && hexValues[v.text[end]] != none {
			end++
		}
		if end-at < minHexRun {
			at = end + 1
			continue
		}
		for from := at; from < at+2; from++ {
			b := make([]byte, 0, (end-from)/2)
			for i := from; i+1 < end; i += 2 {
				b = append(b, hexValues[v.text[i]]<<4|hexValues[v.text[i+1]])
			}
			inner := v.within(at, end, string(b))
			h.match(inner)
			h.texts(inner, b, depth)
		}
		at = end
	}
}

// base64 looks through what a run says in base64. What stands ahead may have
// moved it.
func (h *hound) base64(v view, at, end, depth int) {
	var room [256]byte
	text, b := v.text[at:end], room[:0]
	for from := range 4 {
		b = b[:0]
		for i := from; i+1 < len(text); i += 4 {
			b = appendQuad(b, text[i:min(i+4, len(text))])
		}
		if h.budget -= len(b); h.budget < 0 {
			return
		}
		inner := v.within(at, end, "")
		h.texts(inner, b, depth)
		if from == 0 && bytes.HasPrefix(b, gzipHead) {
			h.zipped(inner, string(b), depth)
		}
	}
}

var gzipHead = []byte{0x1f, 0x8b, 8}

// appendQuad appends what two to four letters stand for.
func appendQuad(b []byte, letters string) []byte {
	var n uint32
	for i := range 4 {
		n <<= 6
		if i < len(letters) {
			n |= uint32(base64Values[letters[i]])
		}
	}
	whole := [3]byte{byte(n >> 16), byte(n >> 8), byte(n)}
	return append(b, whole[:len(letters)*6/8]...)
}

// maxZipped is how much of what is compressed within a text is looked at.
const maxZipped = 1 << 20

// zipped looks through what is compressed, as far as it can be had.
func (h *hound) zipped(v view, packed string, depth int) {
	r, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return
	}
	text, _ := io.ReadAll(io.LimitReader(r, maxZipped)) // a part is better than nothing
	v.text = string(text)
	h.look(v, depth-1)
}

// minText is the length of the shortest stretch that is no text by chance.
const minText = 8

// texts looks through the stretches of bytes that are text.
func (h *hound) texts(v view, b []byte, depth int) {
	if bytes.Count(b, []byte{0}) >= huntLength-1 { // UTF-16, which need not be UTF-8
		v.text = string(b)
		h.match(v)
	}
	from := 0
	for i := 0; i <= len(b); {
		n := textLength(b[i:])
		if n > 0 {
			i += n
			continue
		}
		if i-from >= minText {
			h.stretch(v, b[from:i], depth)
		}
		i++
		from = i
	}
}

func (h *hound) stretch(v view, b []byte, depth int) {
	if v.text = strings.Trim(string(b), "\x00"); len(v.text) >= minText && h.isNew(v) {
		h.look(v, depth-1)
	}
}

// textLength returns how many bytes the character at the beginning has, 0 for
// none of a text. The zeros of UTF-16 are.
func textLength(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] >= utf8.RuneSelf:
		if r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1 {
			return n
		}
		return 0
	case b[0] >= ' ' && b[0] != 0x7f, b[0] == 0, b[0] == '\n', b[0] == '\r', b[0] == '\t':
		return 1
	}
	return 0
}
