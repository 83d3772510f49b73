package wire

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// Redacted stands where a secret stood.
const Redacted = "REDACTED"

// shortSecret is the number of characters below which a secret is too common
// a text to be looked for inside of others.
const shortSecret = 4

// Redactor replaces secret values in text that is written for people or
// files, in whatever encoding they turn up: raw, percent-encoded once or
// twice, JSON- and XML-escaped, base64. A secret of less than four characters
// is replaced only where it is a whole value: between quotes, between tags,
// behind an equals sign, or the whole text. Safe for concurrent use; the zero
// Redactor is ready.
type Redactor struct {
	table atomic.Pointer[redactTable] // replaced, never changed

	mu   sync.Mutex // one writer at a time
	seen map[string]bool
}

// NewRedactor returns a Redactor of the secrets; empty ones are ignored.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	r.add(secrets)
	return r
}

// Add adds a secret from now on.
func (r *Redactor) Add(secret string) { r.add([]string{secret}) }

func (r *Redactor) add(secrets []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var next *redactTable
	for _, secret := range secrets {
		if secret == "" || r.seen[secret] {
			continue
		}
		if r.seen == nil {
			r.seen = map[string]bool{}
		}
		r.seen[secret] = true
		if next == nil {
			next = r.table.Load().clone()
		}
		next.add(secret)
	}
	if next != nil {
		r.table.Store(next)
	}
}

// String returns s with Redacted in place of each secret, or s itself.
func (r *Redactor) String(s string) string {
	t := r.table.Load()
	if t == nil {
		return s
	}
	i, end := t.next(s, 0)
	if i < 0 {
		return s
	}
	var out strings.Builder
	from := 0
	for i >= 0 {
		out.WriteString(s[from:i])
		out.WriteString(Redacted)
		from = end
		i, end = t.next(s, from)
	}
	out.WriteString(s[from:])
	return out.String()
}

// Bytes is String for bytes. It returns b itself when nothing matched.
func (r *Redactor) Bytes(b []byte) []byte {
	t := r.table.Load()
	if t == nil || len(b) == 0 {
		return b
	}
	s := string(b)
	if i, _ := t.next(s, 0); i < 0 {
		return b
	}
	return []byte(r.String(s))
}

// redactTable finds any of many texts in one pass: a bit for each possible
// pair of bytes says whether a text starts so, and only then the texts are
// looked up.
type redactTable struct {
	pairs [1 << 16 / 64]uint64
	texts map[[2]byte][]redactText
}

type redactText struct {
	text  string
	whole bool // only as a whole value
}

func (t *redactTable) clone() *redactTable {
	out := &redactTable{texts: map[[2]byte][]redactText{}}
	if t == nil {
		return out
	}
	out.pairs = t.pairs
	for pair, texts := range t.texts {
		out.texts[pair] = texts[:len(texts):len(texts)] // an append copies
	}
	return out
}

func (t *redactTable) add(secret string) {
	whole := utf8.RuneCountInString(secret) < shortSecret
	for _, form := range secretForms(secret, whole) {
		if len(form) == 1 { // of any second byte
			for second := range 256 {
				t.file([2]byte{form[0], byte(second)}, redactText{form, whole})
			}
			continue
		}
		t.file([2]byte{form[0], form[1]}, redactText{form, whole})
	}
}

func (t *redactTable) file(pair [2]byte, text redactText) {
	t.texts[pair] = append(t.texts[pair], text)
	bit := uint(pair[0])<<8 | uint(pair[1])
	t.pairs[bit/64] |= 1 << (bit % 64)
}

// next returns the first stretch of s from an offset on that secrets cover,
// overlapping ones joined, or -1.
func (t *redactTable) next(s string, from int) (start, end int) {
	start = -1
	for i := from; i < len(s) && (start < 0 || i < end); i++ {
		n := t.match(s, i)
		if n == 0 {
			continue
		}
		if start < 0 {
			start, end = i, i+n
		}
		end = max(end, i+n)
	}
	return start, end
}

// match returns the length of the longest secret that starts at i, or 0.
func (t *redactTable) match(s string, i int) int {
	var second byte
	if i+1 < len(s) {
		second = s[i+1]
	}
	bit := uint(s[i])<<8 | uint(second)
	if t.pairs[bit/64]&(1<<(bit%64)) == 0 {
		return 0
	}
	n := 0
	for _, c := range t.texts[[2]byte{s[i], second}] {
		if len(c.text) > n && strings.HasPrefix(s[i:], c.text) && (!c.whole || wholeValue(s, i, i+len(c.text))) {
			n = len(c.text)
		}
	}
	return n
}

// wholeValue reports whether s[i:j] is a value of its own in a query, a JSON
// or XML body, a header, or all of s.
func wholeValue(s string, i, j int) bool {
	opened := i == 0 || strings.IndexByte(`="'>`, s[i-1]) >= 0 || i > 1 && s[i-2:i] == ": "
	closed := j == len(s) || strings.IndexByte("&\"'<\\;,} \r\n\t", s[j]) >= 0
	return opened && closed
}
