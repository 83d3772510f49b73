package cassette

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// appendValue writes a value for the end of a line: as it is, or quoted where
// it would not be read back, or not seen, as it is.
func appendValue(dst []byte, s string) []byte {
	if s == "" || s[0] == '"' || s[0] == ' ' || s[len(s)-1] == ' ' || !plain(s) {
		return strconv.AppendQuote(dst, s)
	}
	return append(dst, s...)
}

// plain says that all of the text can be seen on a line.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return utf8.ValidString(s) && !strings.ContainsFunc(s, unseen)
		}
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

func unseen(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }

// value reads what appendValue wrote.
func value(s string) (string, bool) {
	if s == "" || s[0] != '"' {
		return s, s != ""
	}
	out, err := strconv.Unquote(s)
	return out, err == nil
}

// appendPair writes "NAME: VALUE" and the end of the line.
func appendPair(dst []byte, name, value string) []byte {
	if strings.Contains(name, ":") {
		dst = strconv.AppendQuote(dst, name)
	} else {
		dst = appendValue(dst, name)
	}
	return append(appendValue(append(dst, ": "...), value), '\n')
}

// pair splits what appendPair wrote, without the end of the line; both halves
// may be quoted.
func pair(line []byte) (name, val []byte, ok bool) {
	n := bytes.IndexByte(line, ':')
	if bytes.HasPrefix(line, []byte(`"`)) {
		quoted, err := strconv.QuotedPrefix(string(line))
		if err != nil {
			return nil, nil, false
		}
		n = len(quoted)
	}
	if n < 1 {
		return nil, nil, false
	}
	val, ok = bytes.CutPrefix(line[n:], []byte(": "))
	return line[:n], val, ok
}

// appendUnquoted adds the value that appendValue wrote as the text.
func appendUnquoted(dst, text []byte) ([]byte, bool) {
	if len(text) > 0 && text[0] != '"' {
		return append(dst, text...), true
	}
	plain, ok := value(string(text))
	return append(dst, plain...), ok
}

// appendWord writes a word of a line with several: as it is, or quoted.
func appendWord(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if !wordByte(s[i]) {
			return strconv.AppendQuote(dst, s)
		}
	}
	return append(dst, s...)
}

// wordByte says that a byte may stand in a word that is not quoted. A case's
// id is one.
func wordByte(c byte) bool {
	return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != '='
}

// word reads one word, which may be empty, and returns what follows it.
func word(s string) (w, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", false
		}
		w, err = strconv.Unquote(quoted)
		return w, s[len(quoted):], err == nil
	}
	i := 0
	for i < len(s) && wordByte(s[i]) {
		i++
	}
	return s[:i], s[i:], true
}

// appendDuration writes a time in the unit, such as 2.5ms, exact to the
// nanosecond.
func appendDuration(dst []byte, d, unit time.Duration) []byte {
	n := uint64(d)
	if d < 0 {
		dst, n = append(dst, '-'), -n
	}
	dst = strconv.AppendUint(dst, n/uint64(unit), 10)
	if frac := n % uint64(unit); frac > 0 {
		dst = append(dst, '.')
		for ; frac > 0; frac %= uint64(unit) {
			unit /= 10
			dst = append(dst, '0'+byte(frac/uint64(unit)))
		}
	}
	return dst
}

// duration reads what appendDuration wrote in the unit.
func duration(s string, unit time.Duration) (time.Duration, bool) {
	s, minus := strings.CutPrefix(s, "-")
	whole, frac, fraction := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || fraction && frac == "" || n > 1<<63/uint64(unit) {
		return 0, false
	}
	n *= uint64(unit)
	for i := 0; i < len(frac); i++ {
		if unit /= 10; frac[i] < '0' || frac[i] > '9' || unit == 0 {
			return 0, false
		}
		n += uint64(frac[i]-'0') * uint64(unit)
	}
	if minus {
		return time.Duration(-n), n <= 1<<63
	}
	return time.Duration(n), n < 1<<63
}
