package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxNesting is how deep a body may be nested.
const maxNesting = 512

// maxValues is how many values a body may hold: each takes many times the
// bytes that it was written with.
const maxValues = 50_000

var (
	errTooMany   = fmt.Errorf("more than %d values", maxValues)
	errTooDeep   = fmt.Errorf("more than %d levels", maxNesting)
	errEnd       = errors.New("unexpected end")
	errByte      = errors.New("unexpected byte")
	errTrailing  = errors.New("bytes behind the value")
	errUTF8      = errors.New("invalid UTF-8")
	errControl   = errors.New("control character in a string")
	errBadEscape = errors.New("bad escape in a string")
)

// DecodeJSON reads one JSON value, strictly: no duplicate keys, no bytes
// behind it, valid UTF-8, at most 512 levels deep and 50,000 values. An object becomes a *Map.
// An escaped half of a surrogate pair becomes U+FFFD.
func DecodeJSON(b []byte) (any, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("read json: %w", errUTF8)
	}
	// Strings without escapes are parts of this one copy.
	r := jsonReader{text: string(b)}
	v, err := r.value(0)
	if err == nil {
		if r.space(); r.at < len(r.text) {
			err = errTrailing
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read json: byte %d: %w", r.at, err)
	}
	return v, nil
}

type jsonReader struct {
	text   string
	at     int
	values int
}

func (r *jsonReader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space, or 0 at the end.
func (r *jsonReader) peek() byte {
	if r.space(); r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// unexpected is the error for what stands at the reader's place.
func (r *jsonReader) unexpected() error {
	if r.at >= len(r.text) {
		return errEnd
	}
	return errByte
}

func (r *jsonReader) value(depth int) (any, error) {
	if r.values++; r.values > maxValues {
		return nil, errTooMany
	}
	switch c := r.peek(); {
	case c == '{' || c == '[':
		if depth == maxNesting {
			return nil, errTooDeep
		}
		r.at++
		if c == '{' {
			return r.object(depth + 1)
		}
		return r.array(depth + 1)
	case c == '"':
		return r.str()
	case c == 't':
		return true, r.word("true")
	case c == 'f':
		return false, r.word("false")
	case c == 'n':
		return nil, r.word("null")
	}
	end := scanNumber(r.text, r.at)
	if end < 0 {
		return nil, r.unexpected()
	}
	n := json.Number(r.text[r.at:end])
	r.at = end
	return n, nil
}

func (r *jsonReader) word(w string) error {
	for i := range len(w) {
		if r.at >= len(r.text) || r.text[r.at] != w[i] {
			return r.unexpected()
		}
		r.at++
	}
	return nil
}

// object reads on behind the opening brace.
func (r *jsonReader) object(depth int) (any, error) {
	m := &Map{}
	if r.peek() == '}' {
		r.at++
		return m, nil
	}
	for {
		if r.peek() != '"' {
			return nil, r.unexpected()
		}
		key, err := r.str()
		if err != nil {
			return nil, err
		}
		if m.find(key) >= 0 {
			return nil, fmt.Errorf("duplicate key %q", key)
		}
		if r.peek() != ':' {
			return nil, r.unexpected()
		}
		r.at++
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		m.add(key, v)
		if done, err := r.next('}'); done || err != nil {
			return m, err
		}
	}
}

// array reads on behind the opening bracket.
func (r *jsonReader) array(depth int) (any, error) {
	list := []any{}
	if r.peek() == ']' {
		r.at++
		return list, nil
	}
	for {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if done, err := r.next(']'); done || err != nil {
			return list, err
		}
	}
}

// next reads the comma or the closing byte behind an element.
func (r *jsonReader) next(closing byte) (done bool, err error) {
	switch r.peek() {
	case ',':
		r.at++
		return false, nil
	case closing:
		r.at++
		return true, nil
	}
	return false, r.unexpected()
}

// str reads a string, the reader standing on its opening quote.
func (r *jsonReader) str() (string, error) {
	r.at++
	for i := r.at; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			s := r.text[r.at:i]
			r.at = i + 1
			return s, nil
		case c == '\\':
			return r.escaped(i)
		case c < ' ':
			r.at = i
			return "", errControl
		}
	}
	r.at = len(r.text)
	return "", errEnd
}

// escaped reads a string whose first escape stands at i.
func (r *jsonReader) escaped(i int) (string, error) {
	out := append(make([]byte, 0, 2*(i-r.at)+32), r.text[r.at:i]...)
	for r.at = i; r.at < len(r.text); {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return string(out), nil
		case c == '\\':
			var err error
			if out, err = r.escape(out); err != nil {
				return "", err
			}
		case c < ' ':
			return "", errControl
		default:
			out = append(out, c)
			r.at++
		}
	}
	return "", errEnd
}

// simpleEscapes are the escapes of one letter.
var simpleEscapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads one escape and appends what it means.
func (r *jsonReader) escape(out []byte) ([]byte, error) {
	if r.at+1 >= len(r.text) {
		return nil, errEnd
	}
	c := r.text[r.at+1]
	if plain := simpleEscapes[c]; plain != 0 {
		r.at += 2
		return append(out, plain), nil
	}
	if c != 'u' {
		return nil, errBadEscape
	}
	first, ok := hexRune(r.text[r.at+2:])
	if !ok {
		return nil, errBadEscape
	}
	r.at += 6
	if first < 0xD800 || first > 0xDFFF {
		return utf8.AppendRune(out, first), nil
	}
	return utf8.AppendRune(out, r.pair(first)), nil
}

// pair joins a surrogate with the one escaped behind it, if they make a pair;
// a half alone is U+FFFD, as in encoding/json.
func (r *jsonReader) pair(first rune) rune {
	rest := r.text[r.at:]
	if first > 0xDBFF || len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return utf8.RuneError
	}
	second, ok := hexRune(rest[2:])
	if !ok || second < 0xDC00 || second > 0xDFFF {
		return utf8.RuneError
	}
	r.at += 6
	return (first-0xD800)<<10 + (second - 0xDC00) + 0x10000
}

// hexRune reads four hex digits off the front of s.
func hexRune(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	hi, ok1 := hexByte(s)
	lo, ok2 := hexByte(s[2:])
	return rune(hi)<<8 | rune(lo), ok1 && ok2
}

// scanNumber returns where the JSON number that starts at i ends, or -1.
func scanNumber(s string, i int) int {
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i >= len(s):
		return -1
	case s[i] == '0':
		i++
	default:
		if i = scanDigits(s, i); i < 0 {
			return -1
		}
	}
	if i < len(s) && s[i] == '.' {
		if i = scanDigits(s, i+1); i < 0 {
			return -1
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return scanDigits(s, i)
	}
	return i
}

// scanDigits returns where one or more digits end, or -1.
func scanDigits(s string, i int) int {
	start := i
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// EncodeJSON writes a Value in Map order, without spaces. Invalid UTF-8
// becomes U+FFFD. A number that JSON does not allow, and what is no Value, is
// written as a string.
func EncodeJSON(v any) []byte { return appendJSON(make([]byte, 0, 512), v) }

func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendJSONString(b, v)
	case json.Number:
		if s := string(v); scanNumber(s, 0) == len(s) {
			return append(b, s...)
		}
		return appendJSONString(b, string(v))
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case []any:
		return appendJSONArray(b, v)
	case *Map:
		return appendJSONObject(b, v)
	}
	return appendJSONString(b, fmt.Sprint(v))
}

func appendJSONArray(b []byte, list []any) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, v)
	}
	return append(b, ']')
}

func appendJSONObject(b []byte, m *Map) []byte {
	b = append(b, '{')
	for i, key := range m.Keys() {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSONString(b, key), ':')
		b = appendJSON(b, m.values[i])
	}
	return append(b, '}')
}

func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	i := 0
	for i < len(s) && s[i] >= ' ' && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
		i++
	}
	b = append(b, s[:i]...) // mostly all of it
	for i < len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', '0'+c>>4, upperHex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
