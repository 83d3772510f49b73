package redact

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a text with some escapes undone. at says of each of its bytes which
// stretch of the source it stands for; nil means that it is the source itself.
// All of a view that is fixed stands for the stretch between from and to.
type view struct {
	text     string
	at       []stretch
	fixed    bool
	from, to int
}

// stretch is a part of the source.
type stretch struct{ from, to int }

// source is the stretch that a part of the text, which is not empty, stands
// for.
func (v view) source(at, end int) stretch {
	switch {
	case v.fixed:
		return stretch{v.from, v.to}
	case v.at == nil:
		return stretch{at, end}
	}
	return stretch{v.at[at].from, v.at[end-1].to}
}

// span is what a stretch of the view stands for.
func (v view) span(at, end int, of *prey) span {
	s := v.source(at, end)
	return span{s.from, s.to, of}
}

// within is a view of a text that a stretch of this one says.
func (v view) within(at, end int, text string) view {
	s := v.source(at, end)
	return view{text: text, fixed: true, from: s.from, to: s.to}
}

// decoders undo one kind of escape each and report whether there was one.
// The flag says whether a plus may stand for a space.
var decoders = []func(v view, plus bool) (view, bool){percentView, backslashView, xmlView, foldedView, indentedView}

// undo builds a view by a function that reads the escape at the beginning of
// a text: what it stands for, and its length, 0 for none. starts are the bytes
// that escapes begin with.
func undo(v view, starts string, read func(s string) (string, int)) (view, bool) {
	first := firstEscape(v.text, starts, read)
	if first < 0 {
		return view{}, false
	}
	b := make([]byte, 0, len(v.text))
	at := make([]stretch, 0, len(v.text))
	for i := 0; i < len(v.text); {
		if i >= first && strings.IndexByte(starts, v.text[i]) >= 0 {
			if plain, n := read(v.text[i:]); n > 0 {
				for range len(plain) {
					at = append(at, v.source(i, i+n))
				}
				b = append(b, plain...)
				i += n
				continue
			}
		}
		b = append(b, v.text[i])
		at = append(at, v.source(i, i+1))
		i++
	}
	v.text, v.at = string(b), at
	return v, true
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

func backslashView(v view, _ bool) (view, bool) { return undo(v, `\`, backslashEscape) }

// backslashEscape reads what JSON, C, Go and shells escape.
func backslashEscape(s string) (string, int) {
	if plain, n := jsonEscape(s); n > 0 || len(s) < 2 {
		return plain, n
	}
	base, from, n := 8, 1, 3
	switch s[1] {
	case '\'', 'a', 'e', 'v':
		return map[byte]string{'\'': "'", 'a': "\a", 'e': "\x1b", 'v': "\v"}[s[1]], 2
	case 'x':
		base, from, n = 16, 2, 2
	case 'U':
		base, from, n = 16, 2, 8
	}
	if len(s) < from+n {
		return "", 0
	}
	c, err := strconv.ParseUint(s[from:from+n], base, 32)
	switch {
	case err != nil || n < 8 && c > 255:
		return "", 0
	case n == 8:
		return string(rune(c)), from + n
	}
	return string([]byte{byte(c)}), from + n
}

// foldedView joins what lines were broken within, as MIME does it.
func foldedView(v view, _ bool) (view, bool) {
	if strings.IndexByte(v.text, '\n') < 0 && strings.IndexByte(v.text, '\r') < 0 {
		return view{}, false
	}
	return undo(v, "\r\n", func(s string) (string, int) { return "", len(s) - len(strings.TrimLeft(s, "\r\n")) })
}

// indentedView is foldedView where the lines that follow are indented.
func indentedView(v view, _ bool) (view, bool) {
	if strings.IndexByte(v.text, '\n') < 0 || !strings.Contains(v.text, "\n ") && !strings.Contains(v.text, "\n\t") {
		return view{}, false
	}
	return undo(v, "\r\n", func(s string) (string, int) { return "", len(s) - len(strings.TrimLeft(s, "\r\n\t ")) })
}

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

// maxEntity is the length of the longest entity that is read.
const maxEntity = 33

// xmlEscape reads an entity or character reference of XML or HTML; one of a
// number may go without its end.
func xmlEscape(s string) (string, int) {
	if len(s) < 3 {
		return "", 0
	}
	if s[1] == '#' {
		return reference(s)
	}
	end := strings.IndexByte(s[:min(len(s), maxEntity)], ';') + 1
	if end < 3 {
		return "", 0
	}
	plain := html.UnescapeString(s[:end])
	if plain == s[:end] || strings.HasSuffix(plain, ";") {
		return "", 0
	}
	return plain, end
}

func reference(s string) (string, int) {
	base, from := 10, 2
	if s[2]|0x20 == 'x' {
		base, from = 16, 3
	}
	end := from
	for end < len(s) && end < from+9 && (isDigit(s[end]) || base == 16 && hexValues[s[end]] != none) {
		end++
	}
	c, err := strconv.ParseUint(s[from:end], base, 31)
	if err != nil {
		return "", 0
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	return string(rune(c)), end
}
