package compare

import "strings"

// shortest is the least length of a name that is looked for within texts:
// shorter ones turn up by chance.
const shortest = 6

// Names are what side A calls things and what side B calls the same ones. One
// name of A stands for one of B. It is not safe for concurrent use.
type Names struct {
	forth, back map[string]string
	part        *strings.Replacer
}

// NewNames returns Names without any.
func NewNames() *Names { return &Names{forth: map[string]string{}, back: map[string]string{}} }

// Bind says that A's a is B's b. It returns false, and changes nothing, where
// either is something else already.
func (n *Names) Bind(a, b string) bool {
	if known, ok := n.forth[a]; ok {
		return known == b
	}
	if _, ok := n.back[b]; ok {
		return false
	}
	n.forth[a], n.back[b] = b, a
	return true
}

// Parts says that wherever A's texts hold a, those of B hold b, in upper case
// too.
func (n *Names) Parts(a, b string) {
	n.part = strings.NewReplacer(a, b, strings.ToUpper(a), strings.ToUpper(b))
}

// Rebind is Bind that forgets what either was before.
func (n *Names) Rebind(a, b string) {
	n.Drop(a)
	if old, ok := n.back[b]; ok {
		n.Drop(old)
	}
	n.Bind(a, b)
}

// Drop forgets what A's name stands for.
func (n *Names) Drop(a string) {
	delete(n.back, n.forth[a])
	delete(n.forth, a)
}

// Forth returns B's name for A's.
func (n *Names) Forth(a string) (b string, ok bool) {
	b, ok = n.forth[a]
	return b, ok
}

// Back returns A's name for B's.
func (n *Names) Back(b string) (a string, ok bool) {
	a, ok = n.back[b]
	return a, ok
}

// Text puts B's names in the place of A's: of the whole text, or of each word of
// it that is long enough to be no chance.
func (n *Names) Text(text string) string {
	if b, ok := n.forth[text]; ok {
		return b
	}
	if n.part != nil {
		text = n.part.Replace(text)
	}
	var out strings.Builder
	for len(text) > 0 {
		end := strings.IndexFunc(text, func(c rune) bool { return !inWord(c) })
		if end < 0 {
			end = len(text)
		}
		word := strings.TrimRight(text[:end], ".-_")
		if b, ok := n.forth[word]; ok && len(word) >= shortest {
			out.WriteString(b)
		} else {
			out.WriteString(word)
		}
		out.WriteString(text[len(word):end])
		rest := text[end:]
		skip := strings.IndexFunc(rest, inWord)
		if skip < 0 {
			skip = len(rest)
		}
		out.WriteString(rest[:skip])
		text = rest[skip:]
	}
	return out.String()
}

func inWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// Words are the parts of a text that may be names.
func Words(text string) []string {
	var out []string
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return !inWord(c) }) {
		if word = strings.TrimRight(word, ".-_"); len(word) >= shortest {
			out = append(out, word)
		}
	}
	return out
}
