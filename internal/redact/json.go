package redact

import (
	"strings"
	"unicode/utf8"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// maxDepth is how deep a body may be; a deeper one is replaced whole.
const maxDepth = 512

// jsonText rewrites a JSON text value by value: what is not replaced keeps its
// bytes, spaces and spelling included.
type jsonText struct {
	p   *pass
	in  string
	i   int // read so far
	out []byte
}

// json returns a JSON text with its values treated as their nodes say. It is
// false for what is no JSON; partial allows one that ends too early, of which
// the whole values are returned.
func (p *pass) json(n *node, text string, partial bool) (string, bool) {
	j := &jsonText{p: p, in: text, out: make([]byte, 0, len(text)+len(text)/8)}
	ok := j.value(n, 0)
	if ok {
		j.space()
		ok = j.i == len(j.in)
	} else if partial && j.ended() {
		ok = true
	}
	return string(j.out), ok
}

// ended reports whether the text went wrong only by ending.
func (j *jsonText) ended() bool {
	if j.i >= len(j.in) {
		return true
	}
	rest := j.in[j.i:]
	if rest[0] == '"' {
		raw, _, _ := scanString(rest) // empty for a string without an end
		return raw == "" && strings.IndexFunc(rest, func(r rune) bool { return r < ' ' }) < 0
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(word, rest) {
			return true
		}
	}
	return rest == "-"
}

func (j *jsonText) space() {
	from := j.i
	for j.i < len(j.in) && strings.IndexByte(" \t\r\n", j.in[j.i]) >= 0 {
		j.i++
	}
	j.out = append(j.out, j.in[from:j.i]...)
}

// token copies one byte and reports whether it was there.
func (j *jsonText) token(c byte) bool {
	j.space()
	if j.i >= len(j.in) || j.in[j.i] != c {
		return false
	}
	j.i++
	j.out = append(j.out, c)
	return true
}

func (j *jsonText) peek() byte {
	j.space()
	if j.i >= len(j.in) {
		return 0
	}
	return j.in[j.i]
}

func (j *jsonText) value(n *node, depth int) bool {
	if depth > maxDepth || j.p.crowded {
		return false
	}
	switch c := j.peek(); {
	case c == '{':
		return j.object(n, depth)
	case c == '[':
		return j.array(n, depth)
	case c == '"':
		return j.str(n)
	case c == '-' || isDigit(c):
		return j.number(n)
	}
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(j.in[j.i:], word) {
			j.i += len(word)
			j.out = append(j.out, word...)
			return true
		}
	}
	return false
}

func (j *jsonText) object(n *node, depth int) bool {
	if n.scalar() && n.kind != anything {
		n = j.within(n)
	}
	j.token('{')
	if j.peek() == '}' {
		return j.token('}')
	}
	for {
		name, ok := j.key(n)
		if !ok || !j.token(':') {
			return false
		}
		member := n.member(name)
		if member == nil && isSecretName(name) {
			member = hidden
		}
		if !j.value(member, depth+1) {
			return false
		}
		if !j.token(',') {
			return j.token('}')
		}
	}
}

// within is the node of what stands in a place where a scalar belongs: all of
// it is secret where that is.
func (j *jsonText) within(n *node) *node {
	if n.class == contract.ClassSecret {
		return vault
	}
	return nil
}

func (j *jsonText) array(n *node, depth int) bool {
	if n.scalar() && n.kind != anything {
		n = j.within(n)
	}
	j.token('[')
	if j.peek() == ']' {
		return j.token(']')
	}
	for {
		if !j.value(n.element(), depth+1) {
			return false
		}
		if !j.token(',') {
			return j.token(']')
		}
	}
}

// key copies the name of a member; an unknown one that is not written as names
// are is replaced.
func (j *jsonText) key(n *node) (string, bool) {
	if j.peek() != '"' {
		return "", false
	}
	raw, name, ok := scanString(j.in[j.i:])
	if !ok {
		return "", false
	}
	j.i += len(raw)
	if n == nil || n.members[name] == nil {
		if clean := j.p.name(name); clean != name {
			raw = string(wire.EncodeJSON(clean))
		}
	}
	j.out = append(j.out, raw...)
	return name, true
}

func (j *jsonText) str(n *node) bool {
	raw, text, ok := scanString(j.in[j.i:])
	if !ok {
		return false
	}
	j.i += len(raw)
	if clean := j.p.value(n, text); clean != text {
		raw = string(wire.EncodeJSON(clean))
	}
	j.out = append(j.out, raw...)
	return true
}

// number keeps a number where one is known to be no secret.
func (j *jsonText) number(n *node) bool {
	end := scanNumber(j.in, j.i)
	if end < 0 {
		return false
	}
	raw := j.in[j.i:end]
	j.i = end
	if !n.scalar() || n.class == contract.ClassSecret || j.p.scrub(raw) != raw {
		if n != nil && n.class == contract.ClassSecret {
			j.p.hunt(kindSecret, raw)
		}
		raw = "0"
	}
	j.out = append(j.out, raw...)
	return true
}

// scanNumber returns the end of the number that starts at i, or -1.
func scanNumber(s string, i int) int {
	if i < len(s) && s[i] == '-' {
		i++
	}
	from := i
	i = scanDigits(s, i)
	if i == from || s[from] == '0' && i > from+1 {
		return -1
	}
	if i < len(s) && s[i] == '.' {
		from = i + 1
		if i = scanDigits(s, from); i == from {
			return -1
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		from = i
		if i = scanDigits(s, from); i == from {
			return -1
		}
	}
	return i
}

func scanDigits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// scanString reads the string at the beginning of s: with its quotes, and what
// it says.
func scanString(s string) (raw, text string, ok bool) {
	escaped := false
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			raw, text = s[:i+1], s[1:i]
			if escaped {
				text, ok = unescapeJSON(text)
				return raw, text, ok
			}
			return raw, text, utf8.ValidString(text)
		case c < ' ':
			return "", "", false
		case c == '\\':
			escaped = true
			i++
		}
	}
	return "", "", false
}

func unescapeJSON(s string) (string, bool) {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			break
		}
		plain, n := jsonEscape(s[i:])
		if n == 0 {
			return "", false
		}
		b.WriteString(s[:i])
		b.WriteString(plain)
		s = s[i+n:]
	}
	return b.String(), utf8.ValidString(b.String())
}
