package recorder

import (
	"context"
	"errors"
	"io"
	"sync"
)

// tape copies a body while it is read, and holds its last byte back until done
// has returned. An error of done takes the last byte's place. Of a body of more
// than most bytes no copy is held.
type tape struct {
	source io.ReadCloser
	length int64 // announced; less than 0 for none
	most   int
	done   func(c captured, err error) error

	mu     sync.Mutex // of Close and Read at the same time
	copied captured
	read   int64 // bytes of the source
	byte   byte  // the last of them
	held   bool  // it was not given out
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
		p[0] = t.byte
		return 1, nil
	}
	return 0, t.end
}

// take keeps n bytes that came with err, and returns how many of p may be
// given out.
func (t *tape) take(p []byte, n int, err error) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read += int64(n)
	t.keep(p[:n])
	if err == nil && t.whole() {
		err = io.EOF
	}
	t.over = err
	return t.shift(p[:n])
}

// keep copies what was read, until it is too much.
func (t *tape) keep(p []byte) {
	switch {
	case len(p) == 0:
	case max(t.read, t.length) > int64(t.most):
		t.copied = captured{large: true}
	default:
		t.copied.body = append(t.copied.body, p...)
	}
}

// shift puts the byte that was held back in front of those that were read, holds
// back the last of them, and returns how many that makes.
func (t *tape) shift(p []byte) int {
	if len(p) == 0 {
		return 0
	}
	first, n := t.byte, len(p)-1
	t.byte = p[n]
	if t.held {
		copy(p[1:], p[:n])
		p[0] = first
		n++
	}
	t.held = true
	return n
}

// whole says that all that was announced is there.
func (t *tape) whole() bool { return t.length == t.read }

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
