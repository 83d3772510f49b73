package cassette

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/eci-conform/conform/internal/redact"
)

// Writer adds records to a new cassette. It is safe for concurrent use.
type Writer struct {
	mu    sync.Mutex
	file  *os.File
	links chain
	count int
	err   error // why nothing can be added any more
}

var errClosed = errors.New("the cassette is closed")

// Create makes a cassette that only its owner can read, and writes its header.
// It refuses a file that is already there: evidence is not written over.
func Create(path string, h Header) (*Writer, error) {
	if strings.HasSuffix(path, gzipSuffix) {
		return nil, fmt.Errorf("create cassette %s: records are added to plain files only: compress it when it is closed", path)
	}
	w := &Writer{}
	text, err := appendHeader(nil, h, &w.links)
	if err != nil {
		return nil, fmt.Errorf("create cassette %s: %w", path, err)
	}
	if w.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("create cassette: %w", err)
	}
	if _, err = w.file.Write(text); err != nil {
		return nil, fmt.Errorf("create cassette: %w", errors.Join(err, w.file.Close(), os.Remove(path)))
	}
	return w, nil
}

// Append adds an exchange by one write, and gives it its number. Of one that is
// too large it adds what is left without its bodies. After an error in writing
// every further Append fails with it, so that no record is ever missing between
// two others.
func (w *Writer) Append(c redact.Clean) error {
	r := c.Record()
	err := w.add(&r)
	if _, large := errors.AsType[*LimitError](err); large {
		r = c.Bare().Record()
		err = w.add(&r)
	}
	return err
}

// numberRoom is kept free before a record's text, until its number is known.
const numberRoom = len(beginRecord) + 20

func (w *Writer) add(r *redact.Record) error {
	// Laying out bodies is most of the work: it needs no lock.
	buf := make([]byte, numberRoom, numberRoom+2*(len(r.Answer)+len(r.Body))+64*(len(r.Params)+len(r.Common)+len(r.Header))+512)
	buf, err := appendRecord(buf, r)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return fmt.Errorf("append to cassette: %w", w.err)
	}
	if err != nil {
		return fmt.Errorf("append to cassette: %w", err)
	}
	return w.write(buf)
}

// write numbers the record, closes it with its digest and writes it out.
func (w *Writer) write(buf []byte) error {
	number := strconv.Itoa(w.count + 1)
	from := numberRoom - len(number)
	copy(buf[from:], number)
	from -= len(beginRecord)
	copy(buf[from:], beginRecord)
	next := w.links.next(buf[from:])
	buf = append(next.append(append(buf, endRecord...)), '\n')
	if _, err := w.file.Write(buf[from:]); err != nil {
		w.err = err
		return fmt.Errorf("append to cassette: %w", err)
	}
	w.links.last = next
	w.count++
	return nil
}

// Len returns the number of records added.
func (w *Writer) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// Close seals the cassette, unless a write has failed, and closes the file.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.err, errClosed) {
		return nil
	}
	err := w.err
	if err == nil {
		_, err = w.file.Write(appendSeal(nil, w.count, w.links.last))
	}
	if err == nil {
		err = w.file.Sync()
	}
	w.err = errClosed
	if err = errors.Join(err, w.file.Close()); err != nil {
		return fmt.Errorf("close cassette: %w", err)
	}
	return nil
}

func appendSeal(dst []byte, n int, root digest) []byte {
	dst = fmt.Appendf(dst, "%sn=%d root=", sealed, n)
	return append(root.append(dst), '\n')
}
