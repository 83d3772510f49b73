package redact

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text with some escapes undone. at[i] is where in the source the
// text's byte i begins, and its last entry where the source ends; nil means
// that it is the source itself.
type view struct {
	text string
	at   []int
}

func (v view) source(i int) int {
	if v.at == nil {
		return i
	}
	return v.at[i]
}

// decoders undo one kind of escape each and report whether there was one.
// The flag says whether a plus may stand for a space.
var decoders = []func(v view, plus bool) (view, bool){percentView, jsonView, xmlView}

// undo builds a view by a function that reads the escape at the beginning of
// a text: what it stands for, and its length, 0 for none. starts are the bytes
// that escapes begin with.
func undo(v view, starts string, read func(s string) (string, int)) (view, bool) {
	first := firstEscape(v.text, starts, read)
	if first < 0 {
		return view{}, false
	}
	b := make([]byte, 0, len(v.text))
	at := make([]int, 0, len(v.text)+1)
	for i := 0; i < len(v.text); {
		if i >= first && strings.IndexByte(starts, v.text[i]) >= 0 {
			if plain, n := read(v.text[i:]); n > 0 {
				for range len(plain) {
					at = append(at, v.source(i))
				}
				b = append(b, plain...)
				i += n
				continue
			}
		}
		b = append(b, v.text[i])
		at = append(at, v.source(i))
		i++
	}
	return view{string(b), append(at, v.source(len(v.text)))}, true
}

// firstEscape returns where the first escape is, or -1.
func firstEscape(s, starts string, read func(s string) (string, int)) int {
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], starts[0])
		if len(starts) > 1 {
			n = strings.IndexAny(s[i:], starts)
		}
		if n < 0 {
			return -1
		}
		if i += n; escapeLength(read(s[i:])) > 0 {
			return i
		}
	}
}

func escapeLength(_ string, n int) int { return n }

func percentView(v view, plus bool) (view, bool) {
	if plus && strings.IndexByte(v.text, '+') >= 0 {
		return undo(v, "%+", percentEscape)
	}
	return undo(v, "%", percentEscape)
}

func percentEscape(s string) (string, int) {
	if s[0] == '+' {
		return " ", 1
	}
	if len(s) < 3 {
		return "", 0
	}
	c, err := strconv.ParseUint(s[1:3], 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(c)}), 3
}

func jsonView(v view, _ bool) (view, bool) { return undo(v, `\`, jsonEscape) }

// jsonEscape reads a backslash and what it escapes.
func jsonEscape(s string) (string, int) {
	if len(s) < 2 {
		return "", 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return "\"\\/\b\f\n\r\t"[i : i+1], 2
	}
	first, ok := unicodeEscape(s)
	if !ok {
		return "", 0
	}
	if utf16.IsSurrogate(first) {
		if second, ok := unicodeEscape(s[6:]); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return string(r), 12
			}
		}
	}
	return string(first), 6
}

func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	c, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(c), err == nil
}

func xmlView(v view, _ bool) (view, bool) { return undo(v, "&", xmlEscape) }

// xmlWords are XML's own entities.
var xmlWords = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// xmlEscape reads an entity or character reference.
func xmlEscape(s string) (string, int) {
	end := strings.IndexByte(s[:min(len(s), 12)], ';')
	if end < 2 {
		return "", 0
	}
	name := s[1:end]
	if plain, ok := xmlWords[name]; ok {
		return plain, end + 1
	}
	if name[0] != '#' {
		return "", 0
	}
	base, number := 10, name[1:]
	if rest, ok := strings.CutPrefix(strings.ToLower(number), "x"); ok {
		base, number = 16, rest
	}
	c, err := strconv.ParseUint(number, base, 31)
	if err != nil {
		return "", 0
	}
	return string(rune(c)), end + 1
}
