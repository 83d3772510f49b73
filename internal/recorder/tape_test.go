package recorder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// chunks reads its parts one by one and ends with err.
type chunks struct {
	parts [][]byte
	err   error
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.parts) == 0 {
		return 0, c.err
	}
	n := copy(p, c.parts[0])
	if c.parts[0] = c.parts[0][n:]; len(c.parts[0]) == 0 {
		c.parts = c.parts[1:]
	}
	return n, nil
}

// The last byte comes after the copy was handed over, whatever the parts and
// the reader's buffer.
func TestTapeHoldsTheLastByteBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 9)).Draw(t, "parts")
		whole := bytes.Join(parts, nil)
		size := rapid.IntRange(1, 12).Draw(t, "buffer")
		length := rapid.SampledFrom([]int64{-1, int64(len(whole))}).Draw(t, "length")
		fail := rapid.SampledFrom([]error{io.EOF, io.ErrUnexpectedEOF}).Draw(t, "end")
		most := rapid.SampledFrom([]int{1 << 20, len(whole), max(0, len(whole)-1), 3, 0}).Draw(t, "most")
		var got, copied []byte
		var large bool
		var ended error
		calls := 0
		source := &chunks{parts: parts, err: fail}
		r := &tape{source: io.NopCloser(source), length: length, most: most, done: func(c captured, err error) error {
			calls, copied, large, ended = calls+1, bytes.Clone(c.body), c.large, err
			if len(got) >= len(whole) && len(whole) > 0 {
				t.Errorf("all of %q was read before it was recorded", whole)
			}
			return nil
		}}
		p := make([]byte, size)
		var err error
		for err == nil {
			var n int
			n, err = r.Read(p)
			got = append(got, p[:n]...)
		}
		kept := whole
		if len(whole) > most {
			kept = nil
		}
		if !bytes.Equal(got, whole) || !bytes.Equal(copied, kept) || large != (len(whole) > most) || calls != 1 {
			t.Errorf("read %q, copied %q (large: %v) in %d calls, want %q and %q once", got, copied, large, calls, whole, kept)
		}
		if want := fail; err != ended || length < 0 && err != want {
			t.Errorf("ended with %v, recorded as %v, want %v", err, ended, want)
		}
		if err := r.Close(); err != nil || calls != 1 {
			t.Errorf("Close() = %v after %d calls", err, calls)
		}
	})
}

func TestTapeThatCannotWrite(t *testing.T) {
	t.Parallel()
	r := &tape{source: io.NopCloser(bytes.NewReader([]byte("abc"))), length: -1, most: 9, done: func(captured, error) error { return ErrStopped }}
	got, err := io.ReadAll(iotest.OneByteReader(r))
	if string(got) != "ab" || !errors.Is(err, ErrStopped) {
		t.Errorf("read %q, %v, want all but the last byte and ErrStopped", got, err)
	}
	if err := r.Close(); !errors.Is(err, ErrStopped) {
		t.Errorf("Close() = %v, want ErrStopped", err)
	}
}

func TestTapeThatIsClosedEarly(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		length int64
		read   int
		want   error
	}{
		{"unread", 3, 0, context.Canceled},
		{"in the middle", -1, 1, context.Canceled},
		{"of an empty body", 0, 0, io.EOF},
	} {
		var ended error
		text := "abc"
		if tc.length == 0 {
			text = ""
		}
		r := &tape{source: io.NopCloser(bytes.NewReader([]byte(text))), length: tc.length, most: 9, done: func(_ captured, err error) error {
			ended = err
			return nil
		}}
		if tc.read > 0 {
			if _, err := r.Read(make([]byte, tc.read)); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil || ended != tc.want {
			t.Errorf("%s: Close() = %v, recorded as %v, want %v", tc.name, err, ended, tc.want)
		}
	}
}
