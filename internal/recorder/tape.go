package recorder

import (
	"context"
	"errors"
	"io"
	"sync"
)

// tape copies a body while it is read, and holds its last byte back until done
// has returned. An error of done takes the last byte's place.
type tape struct {
	source io.ReadCloser
	length int64 // announced; less than 0 for none
	done   func(copied []byte, err error) error

	mu     sync.Mutex // of Close and Read at the same time
	copied []byte
	held   bool  // the last byte of copied was not given out
	over   error // how the source ended
	end    error // over, or what done returned, once done was called
}

// Read gives out what the source gave, but for its last byte.
func (t *tape) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if n, err := t.last(p); n > 0 || err != nil {
			return n, err
		}
		n, err := t.source.Read(p)
		if n = t.take(p, n, err); n > 0 {
			return n, nil // what came with the end need not wait for the record
		}
	}
}

// last gives out the byte that was held back, once the source has ended.
func (t *tape) last(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over == nil {
		return 0, nil
	}
	t.finish()
	if t.held {
		t.held = false
		p[0] = t.copied[len(t.copied)-1]
		return 1, nil
	}
	return 0, t.end
}

// take keeps n bytes that came with err, and returns how many of p may be
// given out: the byte held before stands in front of them, the last stays
// behind.
func (t *tape) take(p []byte, n int, err error) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := len(t.copied)
	t.copied = append(t.copied, p[:n]...)
	switch {
	case len(t.copied) > maxBody:
		err = ErrTooLarge
	case err == nil && t.whole():
		err = io.EOF
	}
	out := 0
	if n > 0 {
		from := before
		if t.held {
			from--
		}
		out = copy(p, t.copied[from:len(t.copied)-1])
		t.held = true
	}
	t.over = err
	return out
}

// whole says that all that was announced is there.
func (t *tape) whole() bool { return t.length == int64(len(t.copied)) }

// finish hands the copy over, once. The caller holds the lock.
func (t *tape) finish() {
	if t.end != nil {
		return
	}
	t.end = t.over
	if failed := t.done(t.copied, t.over); failed != nil {
		t.end, t.held = failed, false
	}
}

// Close ends the exchange: one whose end was not read is one that the client
// gave up.
func (t *tape) Close() error {
	err := t.source.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.over != nil:
	case t.whole():
		t.over = io.EOF
	default:
		t.over = context.Canceled
	}
	t.finish()
	if errors.Is(t.end, ErrStopped) {
		return errors.Join(err, t.end)
	}
	return err
}
