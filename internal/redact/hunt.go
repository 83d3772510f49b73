package redact

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

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
	known map[string][]pattern // by value
	space bool                 // a pattern holds one, so that a plus may stand for it
}

// newTable returns a table of 2^log bits, log at least 6.
func newTable(log uint) *table {
	return &table{bits: make([]uint64, 1<<log/64), shift: 64 - log}
}

// add makes the table find a value in every form, and reports whether it is
// new.
func (t *table) add(k kind, value string) bool {
	if len(value) < huntLength || t.known[value] != nil {
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

// take makes the table find what another one knows how to, and reports whether
// that is so.
func (t *table) take(from *table, k kind, value string) bool {
	all := from.known[value]
	if len(all) == 0 || all[0].of.kind != k {
		return false
	}
	for _, p := range all {
		t.file(p)
	}
	return true
}

// addPlain makes the table find a value in no form but itself.
func (t *table) addPlain(k kind, value string) {
	if len(value) >= huntLength && t.known[value] == nil {
		t.file(pattern{text: value, of: &prey{k, value}})
	}
}

func (t *table) file(p pattern) {
	if t.known == nil {
		t.known, t.texts = map[string][]pattern{}, map[uint64][]pattern{}
	}
	t.known[p.of.value] = append(t.known[p.of.value], p)
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
// UTF-8 replaced, in UTF-16, and in base64 and base32, alone or within a longer
// text. What escapes and hex do to it is undone in the text that is searched.
func (t *table) forms(p *prey, value string) {
	t.file(pattern{text: value, of: p})
	if !utf8.ValidString(value) {
		t.file(pattern{text: string([]rune(value)), of: p})
		t.file(pattern{text: strings.ToValidUTF8(value, "\uFFFD"), of: p})
	}
	for lead := range 3 {
		std := base64Core(value, lead)
		t.file(pattern{std, p, true})
		if strings.ContainsAny(std, "+/") {
			t.file(pattern{urlLetters.Replace(std), p, true})
		}
	}
	if p.kind == kindSignature || p.kind == kindHash {
		return // good for one request, and told by their own shape
	}
	for lead := range 5 {
		upper := base32Core(value, lead)
		t.file(pattern{upper, p, true})
		t.file(pattern{strings.ToLower(upper), p, true})
	}
	little, big := utf16Cores(value)
	for _, text := range []string{little, big} {
		t.file(pattern{text: text, of: p})
		if !utf8.ValidString(text) {
			t.file(pattern{text: string([]rune(text)), of: p})
			t.file(pattern{text: strings.ToValidUTF8(text, "\uFFFD"), of: p})
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

var rawBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// base32Core is base64Core for the other one.
func base32Core(value string, lead int) string {
	var in, out [128]byte
	text := rawBase32.AppendEncode(out[:0], append(in[:lead], value...))
	return string(text[(lead*8+4)/5 : (lead+len(value))*8/5])
}

// utf16Cores are a value in both orders of bytes, without the zeros at their
// ends: for most values they are the same.
func utf16Cores(value string) (little, big string) {
	var l, b []byte
	for _, u := range utf16.Encode([]rune(value)) {
		l, b = binary.LittleEndian.AppendUint16(l, u), binary.BigEndian.AppendUint16(b, u)
	}
	return strings.Trim(string(l), "\x00"), strings.Trim(string(b), "\x00")
}

// span is a stretch of the searched text and what was found there.
type span struct {
	from, to int
	of       *prey
}

// maxViews is how many encodings within each other are undone.
const maxViews = 8

// search returns what a text holds by one table or two, in any number of
// encodings up to maxViews. Spans may overlap. Of a text that takes too long to
// search all is taken for found. The result is good until the next search.
func (h *hound) search(text string, a, b *table) []span {
	h.found = h.found[:0]
	if len(text) < huntLength {
		return nil
	}
	clear(h.seen)
	h.tables = [2]*table{a, b}
	h.plus = a.space || b != nil && b.space
	h.budget = minBudget + maxBlowUp*len(text)
	h.look(view{text: text}, maxViews)
	if h.budget < 0 {
		return append(h.found[:0], span{0, len(text), &prey{kindText, text}})
	}
	return h.found
}

// searchAcross is search for what lies across the borders of the values of a
// text whose values were searched.
func (h *hound) searchAcross(text string, a, b *table) []span {
	h.shallow = true
	defer func() { h.shallow = false }()
	return h.search(text, a, b)
}

// How many bytes are looked at for a text, encodings undone.
const (
	minBudget = 64 << 10
	maxBlowUp = 40
)

// hound searches, one text after another. It is not safe for concurrent use.
type hound struct {
	tables  [2]*table
	shallow bool // runs of letters are not read as hex or base64
	plus    bool // a plus may stand for a space
	found   []span
	seen    map[place]bool // what was looked through; most can be had in several ways
	budget  int
}

// look looks through a view, and through all that can be decoded in it.
func (h *hound) look(v view, depth int) {
	if h.budget -= len(v.text); h.budget < 0 {
		return
	}
	h.match(v)
	if depth == 0 {
		return
	}
	for _, decode := range decoders {
		if inner, ok := decode(v, h.plus); ok && h.isNew(inner) {
			h.look(inner, depth-1)
		}
	}
	if !h.shallow {
		h.decodeRuns(v, depth)
	}
}

// match adds what stands in a view as it is.
func (h *hound) match(v view) {
	for _, t := range h.tables {
		if t != nil {
			t.matches(v, &h.found)
		}
	}
}

// isNew reports whether a text was not looked through yet for its place.
func (h *hound) isNew(v view) bool {
	key := place{v.text, v.from, v.to}
	if h.seen[key] {
		return false
	}
	if h.seen == nil {
		h.seen = map[place]bool{}
	}
	h.seen[key] = true
	return true
}

// place is a text and the stretch of the source that says it.
type place struct {
	text     string
	from, to int
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
		*out = append(*out, v.span(at, end, found.of))
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

func isBase64(c byte) bool { return base64Values[c] < 64 }
