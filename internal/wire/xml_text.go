package wire

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlText gathers the character data of an element. The usual single run
// costs no copy.
type xmlText struct {
	first string
	more  []byte
}

// add appends character data with its references.
func (t *xmlText) add(raw string) error {
	if strings.Contains(raw, "]]>") {
		return errCDATAEnd
	}
	s, err := unescapeXML(raw)
	if err == nil {
		t.append(s)
	}
	return err
}

// addPlain appends data that has no references.
func (t *xmlText) addPlain(s string) error {
	t.append(normalLines(s))
	return checkCharacters(s)
}

func (t *xmlText) append(s string) {
	switch {
	case s == "":
	case t.first == "" && t.more == nil:
		t.first = s
	case t.more == nil:
		t.more = append([]byte(t.first), s...)
	default:
		t.more = append(t.more, s...)
	}
}

// String returns all data.
func (t *xmlText) String() string {
	if t.more != nil {
		return string(t.more)
	}
	return t.first
}

func (t *xmlText) blank() bool {
	s := t.String()
	for i := range len(s) {
		if !isXMLSpace(s[i]) {
			return false
		}
	}
	return true
}

// normalLines turns every line end into \n, as XML says a reader does.
func normalLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// unescapeXML resolves the references in character data.
func unescapeXML(raw string) (string, error) {
	if err := checkCharacters(raw); err != nil {
		return "", err
	}
	raw = normalLines(raw)
	if strings.IndexByte(raw, '&') < 0 {
		return raw, nil
	}
	out := make([]byte, 0, len(raw))
	for raw != "" {
		plain, rest, found := strings.Cut(raw, "&")
		out = append(out, plain...)
		if !found {
			break
		}
		reference, behind, closed := strings.Cut(rest, ";")
		c, ok := resolveReference(reference)
		if !closed || !ok {
			return "", errEntity
		}
		out, raw = utf8.AppendRune(out, c), behind
	}
	return string(out), nil
}

// resolveReference returns what stands between & and ;.
func resolveReference(s string) (rune, bool) {
	switch s {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, base := strings.TrimPrefix(s, "#"), 10
	if digits == s {
		return 0, false
	}
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	return rune(n), err == nil && isXMLRune(rune(n)) && n <= utf8.MaxRune
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isXMLRune reports whether a document may hold the character at all.
func isXMLRune(c rune) bool {
	switch {
	case c == '\t' || c == '\n' || c == '\r':
		return true
	case c < 0x20, c >= 0xD800 && c < 0xE000, c == 0xFFFE, c == 0xFFFF:
		return false
	}
	return true
}

func checkCharacters(s string) error {
	for _, c := range s {
		if !isXMLRune(c) {
			return errCharacter
		}
	}
	return nil
}

// nameRanges are the characters beyond ASCII that may start a name.
var nameRanges = [...][2]rune{
	{0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x2FF}, {0x370, 0x37D}, {0x37F, 0x1FFF}, {0x200C, 0x200D},
	{0x2070, 0x218F}, {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
}

func isNameStart(c rune) bool {
	if c < utf8.RuneSelf {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':'
	}
	for _, r := range nameRanges {
		if r[0] <= c && c <= r[1] {
			// U+FFFD also stands for bytes that are no UTF-8 at all.
			return c != utf8.RuneError
		}
	}
	return false
}

func isNamePart(c rune) bool {
	return isNameStart(c) || '0' <= c && c <= '9' || c == '-' || c == '.' || c == 0xB7 ||
		0x300 <= c && c <= 0x36F || c == 0x203F || c == 0x2040
}
