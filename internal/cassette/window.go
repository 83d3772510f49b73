package cassette

import (
	"bytes"
	"io"

	"github.com/eci-conform/conform/internal/redact"
)

// chunk is the usual size of what is read at once, in bytes.
const chunk = 1 << 20

// window goes through a file line by line and holds all from its mark on.
type window struct {
	file io.ReaderAt
	size int64
	// chunk is how much is read at once, in bytes.
	chunk int64
	read  int64 // bytes of the file read
	buf   []byte
	// start is the mark and pos the next line, in buf.
	start, pos int
	line       int // number of the line last returned, from 1
}

// mark gives up all before the next line.
func (w *window) mark() { w.start = w.pos }

// offset returns the place in the file of a place in buf.
func (w *window) offset(i int) int64 { return w.read - int64(len(w.buf)-i) }

// marked returns the mark's place in the file.
func (w *window) marked() int64 { return w.offset(w.start) }

// next returns the next line without its end, and whether it has one. It is
// good until the next call.
func (w *window) next() (line []byte, whole bool, err error) {
	w.line++
	for seen := w.pos; ; {
		if i := bytes.IndexByte(w.buf[seen:], '\n'); i >= 0 {
			line, w.pos = w.buf[w.pos:seen+i], seen+i+1
			return line, true, nil
		}
		if w.read == w.size {
			line, w.pos = w.buf[w.pos:], len(w.buf)
			return line, false, nil
		}
		unseen := len(w.buf) - w.pos
		if err := w.fill(); err != nil {
			return nil, false, err
		}
		seen = w.pos + unseen
	}
}

// fill reads on, and moves what is held to the front first.
func (w *window) fill() error {
	held := len(w.buf) - w.start
	if held > redact.MaxRecord+chunk {
		return &LimitError{"record", redact.MaxRecord}
	}
	n := int(min(w.chunk, w.size-w.read))
	if cap(w.buf) < held+n {
		w.buf = append(make([]byte, 0, 2*held+n), w.buf[w.start:]...)
	} else {
		w.buf = append(w.buf[:0], w.buf[w.start:]...)
	}
	w.start, w.pos = 0, w.pos-w.start
	got, err := w.file.ReadAt(w.buf[held:held+n], w.read)
	if got < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF // it shrank while it was read
		}
		return err
	}
	w.buf = w.buf[:held+n]
	w.read += int64(n)
	return nil
}
