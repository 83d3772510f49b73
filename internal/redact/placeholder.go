package redact

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// kind is what a placeholder stands for. Each kind counts for itself.
type kind string

// The kinds. What follows the word is how a placeholder looks.
const (
	kindSecret    kind = "secret"    // REDACTED-0001
	kindText      kind = "text"      // REDACTED-text-0001: nobody knows what it was
	kindName      kind = "name"      // REDACTED-name-0001: an unknown parameter's or member's
	kindSigned    kind = "signed"    // REDACTED-signed-0001: the text that was signed
	kindKey       kind = "key"       // LTAIREDACTED000000000001, as long as the key id
	kindSignature kind = "signature" // REDACTED00…0001=, as long as the base64 or hex text
	kindHash      kind = "hash"      // the same
)

// Sizes of the placeholders that keep a length: that of a key id is the
// least, since one is told by it.
const (
	keyLength   = 24
	keyPrefix   = "LTAIREDACTED"
	stsPrefix   = "STS.REDACTED"
	signedStart = "REDACTED"
	digits      = 4
)

// shape returns the n-th placeholder of a kind for a value.
func shape(k kind, value string, n int) string {
	switch k {
	case kindKey:
		prefix := keyPrefix
		if strings.HasPrefix(value, "STS.") {
			prefix = stsPrefix
		}
		return filled(prefix, n, max(keyLength, len(value)), 0)
	case kindSignature, kindHash:
		padding := len(value) - len(strings.TrimRight(value, "="))
		return filled(signedStart, n, len(value), min(padding, 2))
	case kindSecret:
		return like(value, fmt.Sprintf("REDACTED-%04d", n))
	case kindText:
		return like(value, fmt.Sprintf("REDACTED-text-%04d", n))
	}
	return fmt.Sprintf("REDACTED-%s-%04d", k, n)
}

// filled returns prefix and number with zeros between, in all of a length
// where that is enough, and padding as base64 has it.
func filled(prefix string, n, length, padding int) string {
	width := max(digits, length-padding-len(prefix))
	return fmt.Sprintf("%s%0*d%s", prefix, width, n, strings.Repeat("=", padding))
}

// like keeps a URL a URL.
func like(value, placeholder string) string {
	scheme, _, ok := strings.Cut(value, "://")
	if ok && len(scheme) <= 8 && isWord(scheme) {
		return strings.ToLower(scheme) + "://" + placeholder
	}
	return placeholder
}

// placeholders finds them in a text.
var placeholders = regexp.MustCompile(`(?:(?:LTAI|STS\.)?REDACTED\d+={0,2})|(?:REDACTED-(?:text-|name-|signed-)?\d{4,})`)

// whole is a text that is one placeholder.
var whole = regexp.MustCompile(`^(?:[a-z][a-z0-9]{0,7}://)?(?:` + placeholders.String() + `)$`)

// IsPlaceholder reports whether value is one placeholder and nothing else.
// Its number depends on what was recorded before it: two placeholders of one
// kind say only that something stood there.
func IsPlaceholder(value string) bool {
	return strings.Contains(value, "REDACTED") && whole.MatchString(value)
}

// outside drops the spans that lie within placeholders of the text.
func outside(text string, found []span) []span {
	if len(found) == 0 || !strings.Contains(text, "REDACTED") {
		return found
	}
	at := placeholders.FindAllStringIndex(text, -1)
	return slices.DeleteFunc(found, func(s span) bool {
		// The last one that begins at the span or ahead of it.
		i := sort.Search(len(at), func(i int) bool { return at[i][0] > s.from })
		return i > 0 && s.to <= at[i-1][1]
	})
}
