package secretscan

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strings"
)

func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func upper(c byte) bool { return 'A' <= c && c <= 'Z' }
func digit(c byte) bool { return '0' <= c && c <= '9' }
func alnum(c byte) bool { return lower(c) || upper(c) || digit(c) }

// inToken are the bytes of names, keys, tokens, base64 and hex.
func inToken(c byte) bool {
	return alnum(c) || c == '+' || c == '/' || c == '_' || c == '-' || c == '.'
}

// tokens looks at each token of a view, and at the field that it may name.
func (s *scan) tokens(v view, depth int) {
	for at := 0; at < len(v.text); {
		if !inToken(v.text[at]) {
			at++
			continue
		}
		end := at
		for end < len(v.text) && inToken(v.text[end]) {
			end++
		}
		end += padding(v.text[end:])
		s.token(v, at, end, depth)
		at = end
	}
}

// padding returns how many equal signs end a token: none where they set a
// value apart.
func padding(rest []byte) int {
	n := 0
	for n < min(3, len(rest)) && rest[n] == '=' {
		n++
	}
	if n > 2 || n < len(rest) && inToken(rest[n]) {
		return 0
	}
	if n == 1 && len(rest) > 1 && (rest[1] == '"' || rest[1] == '\'') && closed(rest[2:], rest[1]) {
		return 0 // NAME="VALUE"
	}
	return n
}

// closed says that a quote is closed again, before a separator.
func closed(rest []byte, quote byte) bool {
	rest = rest[:min(maxValue, len(rest))]
	i := bytes.IndexByte(rest, quote)
	return i > 0 && !bytes.ContainsAny(rest[:i], ":,{}")
}

func (s *scan) token(v view, at, end, depth int) {
	token := v.text[at:end]
	if field, value, ok := fieldAt(v.text, at, end); ok {
		if harmless[field] {
			return
		}
		if judge, secret := fields[field]; secret && judge(value) {
			s.hit(v, at, Field, fmt.Sprintf("%s with a value of %d bytes", field, len(value)))
		}
	}
	if len(token) < minToken || placeholder(token) || value(v.text, at) {
		return
	}
	kind, ok := shape(token)
	if !ok && s.decoded(v, at, token, depth) {
		return // text in base64 is judged by what it says
	}
	if !ok {
		kind, ok = looks(v.text, at, token)
	}
	if ok {
		s.hit(v, at, kind, fmt.Sprintf("%d characters", len(token)))
	}
}

// minToken is the length of the shortest token that is looked at for itself.
const minToken = 12

// value says that the token is the value of a harmless field: tokens of pages
// and the like are as random as keys.
func value(text []byte, at int) bool {
	end := len(bytes.TrimRight(text[:at], ` "'\:=>`))
	if end == at || at-end > 6 {
		return false
	}
	from := end
	for from > 0 && inToken(text[from-1]) {
		from--
	}
	return harmless[plainName(text[from:end])]
}

// placeholderShape is how a placeholder looks. It is written anew here: what
// takes secrets out has its own.
const placeholderShape = `(?:LTAI|STS\.)?REDACTED(?:0*[0-9]{1,9}={0,2}|-(?:[a-z]+-)?[0-9]{4,9})`

var (
	onePlaceholder    = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*://)?` + placeholderShape + `$`)
	somePlaceholder   = regexp.MustCompile(placeholderShape)
	beginsPlaceholder = regexp.MustCompile(`^` + placeholderShape + `(?:[^A-Za-z0-9]|$)`)
)

// placeholder says that text is a placeholder and nothing else.
func placeholder(text []byte) bool {
	return bytes.Contains(text, []byte("REDACTED")) && onePlaceholder.Match(text)
}

// shapes tell what a token is by how it looks.
var shapes = []struct {
	kind  Kind
	match *regexp.Regexp
}{
	{KeyID, regexp.MustCompile(`(?:^|[^A-Za-z0-9])(?:LTAI|STS\.|TMP\.)[A-Za-z0-9]{12,}`)},
	{Token, regexp.MustCompile(`^CAIS[A-Za-z0-9+/_-]{40,}`)},
	{CloudKey, regexp.MustCompile(`(?:^|[^A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,}|AIza[A-Za-z0-9_-]{30,}|AKID[A-Za-z0-9]{20,})`)},
	{JWT, regexp.MustCompile(`^eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.`)},
}

// shape returns what a token is by its shape.
func shape(token []byte) (Kind, bool) {
	for _, s := range shapes {
		for _, found := range s.match.FindAllIndex(token, -1) {
			if !beginsPlaceholder.Match(bytes.TrimLeft(token[found[0]:], "/._-+")) {
				return s.kind, true
			}
		}
	}
	return "", false
}

// looks returns what a token without a shape of its own looks like.
func looks(text []byte, at int, token []byte) (Kind, bool) {
	switch {
	case signed(token), hexDigest(text, at, token):
		return Signature, true
	case random(token):
		return Random, true
	}
	return "", false
}

// The lengths of HMAC-SHA1 and HMAC-SHA256, in bytes.
const (
	sha1Size   = 20
	sha256Size = 32
)

// signed says that a token is as long as a signature in base64, and no words.
func signed(token []byte) bool {
	if token[len(token)-1] != '=' {
		return false
	}
	sum, err := base64.StdEncoding.DecodeString(string(token))
	return err == nil && (len(sum) == sha1Size || len(sum) == sha256Size)
}

// hashOfNothing is the SHA-256 of an empty body, which everybody knows.
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// hexDigest says that a token is as long as a SHA-256 in hex, and does not say
// so of itself: that of a file may be known.
func hexDigest(text []byte, at int, token []byte) bool {
	if len(token) != 2*sha256Size || bytes.HasSuffix(text[:at], []byte("sha256:")) || string(token) == hashOfNothing {
		return false
	}
	return len(bytes.Trim(token, "0123456789abcdef")) == 0
}

// The measures of random text: words change less between kinds of characters,
// and use fewer.
const (
	minRandom  = 20
	maxRandom  = 200
	minChanges = 0.4 // for each character
	minEntropy = 3.5 // bits for each character
)

// random says that some part of a token is as random as a key.
func random(token []byte) bool {
	for part := range bytes.FieldsFuncSeq(token, func(r rune) bool { return strings.ContainsRune("/.-_=", r) }) {
		if len(part) >= minRandom && len(part) <= maxRandom && mixed(part) {
			return true
		}
	}
	return false
}

func mixed(part []byte) bool {
	var count [256]int
	changes, kinds := 0, map[int]bool{}
	for i, c := range part {
		count[c]++
		kinds[class(c)] = true
		if i > 0 && class(c) != class(part[i-1]) {
			changes++
		}
	}
	if !kinds[1] || !kinds[2] || !kinds[3] || float64(changes) < minChanges*float64(len(part)) {
		return false
	}
	entropy := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(part))
			entropy -= p * math.Log2(p)
		}
	}
	return entropy >= minEntropy
}

// class returns 1 for lower case, 2 for upper case, 3 for digits.
func class(c byte) int {
	switch {
	case lower(c):
		return 1
	case upper(c):
		return 2
	case digit(c):
		return 3
	}
	return 0
}
