package redact

import "strings"

// pair is where the value of NAME=VALUE is, whose name sounds secret.
type pair struct{ from, to int }

// pairs replaces the values of pairs whose names sound secret: NAME=VALUE,
// NAME: VALUE, "NAME": "VALUE" and <NAME>VALUE<, with quotes that may be
// escaped.
func (p *pass) pairs(s string) string {
	at, ok := p.nextPair(s, 0)
	if !ok {
		return s
	}
	var b strings.Builder
	from := 0
	for ok {
		b.WriteString(s[from:at.from])
		b.WriteString(p.hide(kindSecret, s[at.from:at.to]))
		from = at.to
		at, ok = p.nextPair(s, from)
	}
	b.WriteString(s[from:])
	return b.String()
}

// nextPair returns the first pair from an offset on.
func (p *pass) nextPair(s string, from int) (pair, bool) {
	for i := from; ; i++ {
		n := strings.IndexAny(s[i:], "=:>")
		if n < 0 {
			return pair{}, false
		}
		i += n
		name, open := nameBefore(s[from:i])
		if name == "" || s[i] == '>' && !open || !p.isSecret(name) {
			continue
		}
		if at := p.valueAfter(s, i, name); at.from < at.to {
			return at, true
		}
	}
}

// maxGap is how many quotes and spaces may lie between name and separator, or
// separator and value.
const maxGap = 8

// nameBefore returns the name that a text ends in, and whether a tag begins
// with it.
func nameBefore(s string) (name string, open bool) {
	to := len(s)
	for to > 0 && len(s)-to < maxGap && strings.IndexByte("\"'\\ \t]", s[to-1]) >= 0 {
		to--
	}
	from := to
	for from > 0 && to-from < maxName && isNameByte(s[from-1]) {
		from--
	}
	return s[from:to], from > 0 && s[from-1] == '<'
}

func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.' }

// isSecret reports whether a name in a text is that of a secret, unless the
// contract knows better.
func (p *pass) isSecret(name string) bool {
	if !isSecretName(name) || p.rules.plain[name] {
		return false
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	return isSecretName(last) || last == "" || !strings.Contains(p.rules.words, "\n"+last+"\n")
}

// wholeLine are the names whose values have spaces in them.
var wholeLine = setOf("authorization proxy-authorization cookie set-cookie")

// valueAfter returns where the value behind a separator is; from and to are the
// same where there is none.
func (p *pass) valueAfter(s string, separator int, name string) pair {
	from := separator + 1
	for from < len(s) && from-separator <= maxGap && strings.IndexByte(" \t\\", s[from]) >= 0 {
		from++
	}
	if from < len(s) && (s[from] == '"' || s[from] == '\'') {
		from++
		if to := strings.IndexByte(s[from:], s[from-1]); to >= 0 {
			return pair{from, from + len(strings.TrimRight(s[from:from+to], "\\"))}
		}
		return pair{from, len(s)}
	}
	ends := "&\"'<>;, \t\r\n"
	switch {
	case wholeLine[strings.ToLower(name)]:
		ends = "\"'<>\r\n"
	case s[separator] == '>':
		ends = "<"
	}
	to := len(s)
	if n := strings.IndexAny(s[from:], ends); n >= 0 {
		to = from + n
	}
	if s[separator] == ':' && p.isSaid(s[from:to]) {
		return pair{}
	}
	return pair{from, to}
}

// said are words that stand behind the name of a secret and a colon in a
// sentence about it.
var said = setOf("a an and are be been can cannot could does empty expired false has incorrect invalid is it malformed may missing mismatch must " +
	"no none not null of or please required see should that the this too true undefined unknown unset was were will with wrong you your")

// isSaid reports whether a text goes on about the name ahead of it.
func (p *pass) isSaid(word string) bool {
	word = strings.ToLower(strings.TrimRight(word, ".!?)"))
	return said[word] || word == "" || strings.HasPrefix(word, "//")
}
