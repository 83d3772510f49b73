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

// tail keeps the end of what a driver writes to standard error.
type tail struct {
	redactor *wire.Redactor
	mu       sync.Mutex
	text     []byte
}

func newTail(r *wire.Redactor) *tail { return &tail{redactor: r} }

// Write keeps the end of what was written. It never fails, so that a driver
// never waits.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - maxTail; over > maxTail {
		t.text = bytes.Clone(t.text[over:])
	}
	return len(b), nil
}

// last is the last lines, without secrets, on one line.
func (t *tail) last() string {
	t.mu.Lock()
	text := bytes.Clone(t.text[max(0, len(t.text)-maxTail):])
	t.mu.Unlock()
	s := strings.Join(strings.Fields(string(t.redact(text))), " ")
	return s[max(0, len(s)-maxExcerpt):]
}

func (t *tail) redact(b []byte) []byte { return t.redactor.Bytes(b) }

// excerpt quotes the beginning of a text.
func excerpt(b []byte) string {
	if len(b) > maxExcerpt {
		return strconv.Quote(strings.ToValidUTF8(string(b[:maxExcerpt]), "")) + "…"
	}
	return strconv.Quote(string(b))
}
