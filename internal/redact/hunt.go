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
	// run says that the text is part of a run of base64 letters, all of which
	// goes: what is left would tell the rest.
	run bool
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
	t.forms(p, value)
	if plain, err := url.QueryUnescape(value); err == nil && plain != value && len(plain) >= huntLength {
		// Who holds it escaped may have got it in the clear.
		t.forms(p, plain)
	}
	return true
}

// addPlain makes the table find a value in no form but itself.
func (t *table) addPlain(k kind, value string) {
	if len(value) >= huntLength && !t.known[value] {
		t.file(pattern{text: value, of: &prey{k, value}})
	}
}

func (t *table) file(p pattern) {
	if t.known == nil {
		t.known, t.texts = map[string]bool{}, map[uint64][]pattern{}
	}
	t.known[p.of.value] = true
	if len(p.text) < huntLength { // bytes that are no UTF-8 may have become fewer
		return
	}
	key := firstSix(p.text, 0)
	bit := t.hash(key)
	t.bits[bit/64] |= 1 << (bit % 64)
	t.texts[key] = append(t.texts[key], p)
	t.space = t.space || strings.Contains(p.text, " ")
}

func (t *table) hash(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> t.shift }

// firstSix returns the six bytes from i on as a number.
func firstSix(s string, i int) uint64 {
	b := s[i : i+huntLength]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40
}

// next returns the first match from an offset on, the longest at its place,
// or nil.
func (t *table) next(s string, from int) (at, end int, found *pattern) {
	for i := from; i+huntLength <= len(s); i++ {
		key := firstSix(s, i)
		if bit := t.hash(key); t.bits[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		of := t.texts[key]
		for k := range of {
			if text := of[k].text; i+len(text) > end && strings.HasPrefix(s[i:], text) {
				at, end, found = i, i+len(text), &of[k]
			}
		}
		if found != nil {
			return at, end, found
		}
	}
	return 0, 0, nil
}

// forms files the texts that a value may turn up as: itself, with what is no
// UTF-8 replaced, in hex, and in base64 alone or within a longer text. What
// escapes do to it is undone in the text that is searched.
func (t *table) forms(p *prey, value string) {
	t.file(pattern{text: value, of: p})
	if !utf8.ValidString(value) {
		t.file(pattern{text: string([]rune(value)), of: p})
		t.file(pattern{text: strings.ToValidUTF8(value, "\uFFFD"), of: p})
	}
	lower := hex.EncodeToString([]byte(value))
	t.file(pattern{text: lower, of: p})
	t.file(pattern{text: strings.ToUpper(lower), of: p})
	for lead := range 3 {
		std := base64Core(value, lead)
		t.file(pattern{std, p, true})
		if strings.ContainsAny(std, "+/") {
			t.file(pattern{urlLetters.Replace(std), p, true})
		}
	}
}

// urlLetters makes base64 that of URLs.
var urlLetters = strings.NewReplacer("+", "-", "/", "_")

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
		at, end, found := t.next(v.text, i)
		if found == nil {
			return
		}
		i = at + 1
		if found.run {
			at, end = run(v.text, at, end)
			i = end
		}
		*out = append(*out, span{v.source(at), v.source(end), found.of})
	}
}

// run widens a stretch to all letters of base64 around it.
func run(s string, at, end int) (from, to int) {
	for at > 0 && isBase64(s[at-1]) {
		at--
	}
	for end < len(s) && isBase64(s[end]) {
		end++
	}
	for end < len(s) && s[end] == '=' {
		end++
	}
	return at, end
}

func isBase64(c byte) bool { return isLetter(c) || isDigit(c) || strings.IndexByte("+/-_", c) >= 0 }
