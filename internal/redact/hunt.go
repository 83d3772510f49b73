package redact

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode/utf8"
)

// huntLength is the number of bytes from which on a secret is looked for
// everywhere: a shorter one is too common a text, and is replaced only where
// it stands.
const huntLength = 6

// prey is a value that is looked for, and what it is.
type prey struct {
	kind  kind
	value string
}

// pattern is a text that prey may turn up as once escapes are undone.
type pattern struct {
	text string
	of   *prey
}

// table finds any of many patterns in one pass: a bit for the hash of each
// possible first six bytes says whether to look further. Its size is a power
// of two. It is not safe for concurrent use while something is added.
type table struct {
	bits  []uint64
	shift uint
	texts map[uint64][]pattern
	known map[string]bool
	space bool // a pattern holds one, so that a plus may stand for it
}

// newTable returns a table of 2^log bits, log at least 6.
func newTable(log uint) *table {
	return &table{bits: make([]uint64, 1<<log/64), shift: 64 - log}
}

// add makes the table find a value in every form, and reports whether it is
// new.
func (t *table) add(k kind, value string) bool {
	if len(value) < huntLength || t.known[value] {
		return false
	}
	p := &prey{k, value}
	t.file(p, forms(value))
	if plain, err := url.QueryUnescape(value); err == nil && plain != value && len(plain) >= huntLength {
		// Who holds it escaped may have got it in the clear.
		t.file(p, forms(plain))
	}
	return true
}

// addPlain makes the table find a value in no form but itself.
func (t *table) addPlain(k kind, value string) {
	if len(value) >= huntLength && !t.known[value] {
		t.file(&prey{k, value}, []string{value})
	}
}

func (t *table) file(p *prey, texts []string) {
	if t.known == nil {
		t.known, t.texts = map[string]bool{}, map[uint64][]pattern{}
	}
	t.known[p.value] = true
	for _, text := range texts {
		key := firstSix(text, 0)
		bit := t.hash(key)
		t.bits[bit/64] |= 1 << (bit % 64)
		t.texts[key] = append(t.texts[key], pattern{text, p})
		t.space = t.space || strings.Contains(text, " ")
	}
}

func (t *table) hash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> t.shift }

// firstSix returns the six bytes from i on as a number.
func firstSix(s string, i int) uint64 {
	b := s[i : i+huntLength]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40
}

// next returns the first match from an offset on, the longest at its place,
// or nil.
func (t *table) next(s string, from int) (at, end int, of *prey) {
	for i := from; i+huntLength <= len(s); i++ {
		key := firstSix(s, i)
		if bit := t.hash(key); t.bits[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		for _, p := range t.texts[key] {
			if i+len(p.text) > end && strings.HasPrefix(s[i:], p.text) {
				at, end, of = i, i+len(p.text), p.of
			}
		}
		if of != nil {
			return at, end, of
		}
	}
	return 0, 0, nil
}

// forms returns the texts that a value may turn up as: itself, with what is no
// UTF-8 replaced, in base64 alone or within a longer text, and in hex. What
// escapes do to it is undone in the text that is searched.
func forms(value string) []string {
	out := []string{value}
	if !utf8.ValidString(value) {
		out = append(out, string([]rune(value)), strings.ToValidUTF8(value, "\uFFFD"))
	}
	lower := hex.EncodeToString([]byte(value))
	out = append(out, lower, strings.ToUpper(lower))
	for lead := range 3 {
		std := base64Core(value, lead)
		out = append(out, std)
		if strings.ContainsAny(std, "+/") {
			out = append(out, strings.NewReplacer("+", "-", "/", "_").Replace(std))
		}
	}
	return out
}

// base64Core returns the letters that depend on the value alone when lead
// bytes stand in front of it.
func base64Core(value string, lead int) string {
	var in, out [128]byte
	text := base64.RawStdEncoding.AppendEncode(out[:0], append(in[:lead], value...))
	return string(text[(lead*8+5)/6 : (lead+len(value))*8/6])
}

// span is a stretch of the searched text and what was found there.
type span struct {
	from, to int
	of       *prey
}

// maxViews is how many escapes within escapes are undone.
const maxViews = 3

// search returns what a text holds, in any number of escapes up to maxViews.
// Spans may overlap.
func search(text string, tables ...*table) []span {
	if len(text) < huntLength {
		return nil
	}
	var out []span
	look(view{text: text}, tables, maxViews, &out)
	return out
}

func look(v view, tables []*table, depth int, out *[]span) {
	plus := false
	for _, t := range tables {
		plus = plus || t.space
		t.matches(v, out)
	}
	if depth == 0 {
		return
	}
	for _, decode := range decoders {
		if inner, ok := decode(v, plus); ok {
			look(inner, tables, depth-1, out)
		}
	}
}

// matches adds what stands in a text as it is.
func (t *table) matches(v view, out *[]span) {
	if len(t.texts) == 0 {
		return
	}
	for i := 0; ; {
		at, end, of := t.next(v.text, i)
		if of == nil {
			return
		}
		*out = append(*out, span{v.source(at), v.source(end), of})
		i = at + 1
	}
}
