package driver

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/wire"
)

// Limits of what is kept and shown of a driver's words, in bytes.
const (
	maxTail    = 8 << 10
	maxExcerpt = 300
)

// tail keeps what a driver writes to standard error behind its last reply: the
// beginning, where a program in Go says why it ends, and the end, where one in
// Python does.
type tail struct {
	redactor *wire.Redactor
	mu       sync.Mutex
	head     []byte
	text     []byte // behind head
}

func newTail(r *wire.Redactor) *tail { return &tail{redactor: r} }

// mark forgets what was written so far.
func (t *tail) mark() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.head, t.text = t.head[:0], t.text[:0]
}

// Write keeps what was written, but for the middle of much. It never fails, so
// that a driver never waits.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	fits := min(n, maxTail-len(t.head))
	t.head = append(t.head, b[:fits]...)
	t.text = append(t.text, b[fits:]...)
	if over := len(t.text) - maxTail; over > maxTail {
		t.text = bytes.Clone(t.text[over:])
	}
	return n, nil
}

// last is the beginning and the end of it, without secrets, on one line.
func (t *tail) last() string {
	t.mu.Lock()
	text := append(bytes.Clone(t.head), t.text[max(0, len(t.text)-maxTail):]...)
	t.mu.Unlock()
	s := strings.Join(strings.Fields(string(t.redact(text))), " ")
	if len(s) <= maxExcerpt {
		return s
	}
	return s[:maxExcerpt/2] + " … " + s[len(s)-maxExcerpt/2:]
}

func (t *tail) redact(b []byte) []byte { return t.redactor.Bytes(b) }

// excerpt quotes the beginning of a text.
func excerpt(b []byte) string {
	if len(b) > maxExcerpt {
		return strconv.Quote(strings.ToValidUTF8(string(b[:maxExcerpt]), "")) + "…"
	}
	return strconv.Quote(string(b))
}
