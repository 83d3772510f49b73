package driver

import (
	"errors"
	"testing"
)

// TestNotSent: a call whose process is given up before it was sent is the next
// one's, and nobody's fault.
func TestNotSent(t *testing.T) {
	t.Parallel()
	p := &process{lines: make(chan []byte), quit: make(chan struct{}), waiting: map[string]chan outcome{}, answered: map[string]bool{}}
	close(p.quit)
	if _, err := p.call(t.Context(), Call{ID: "1"}); !errors.Is(err, errEnded) {
		t.Errorf("call() = %v, want %v", err, errEnded)
	}
	if len(p.waiting) > 0 {
		t.Errorf("the process still has calls: %v", p.waiting)
	}
}
