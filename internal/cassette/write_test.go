package cassette

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/eci-conform/conform/internal/redact"
)

func create(t testing.TB) (*Writer, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.cassette")
	w, err := Create(path, sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, path
}

func TestCreate(t *testing.T) {
	t.Parallel()
	_, path := create(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("the mode is %o, want 600", got)
	}
	if _, err := Create(path, sampleHeader()); !errors.Is(err, os.ErrExist) {
		t.Errorf("Create(existing file) = %v", err)
	}
	if _, err := Create(path+".gz", sampleHeader()); err == nil {
		t.Error("Create(.gz) = nil")
	}
	if _, err := Create(path+"2", Header{}); err == nil || !strings.HasSuffix(err.Error(), "no time of recording") {
		t.Errorf("Create(empty header) = %v", err)
	}
	h := sampleHeader()
	h.Target = strings.Repeat("x", maxHeader)
	if _, err := Create(path+"2", h); err == nil {
		t.Error("Create(header without end) = nil")
	}
	if _, err := os.Stat(path + "2"); err == nil {
		t.Error("a cassette that could not be made left a file")
	}
}

// What was appended is in the file before Append returns, without a Close.
func TestAppendIsOnDisk(t *testing.T) {
	t.Parallel()
	w, path := create(t)
	for k, r := range samples() {
		if err := w.add(&r); err != nil {
			t.Fatal(err)
		}
		c, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if c.Len() != k+1 || w.Len() != k+1 || c.Torn() != 0 {
			t.Errorf("after %d records: %d read, %d bytes torn", k+1, c.Len(), c.Torn())
		}
		c.Close()
	}
}

func TestAppendFromMany(t *testing.T) {
	t.Parallel()
	w, path := create(t)
	var wg sync.WaitGroup
	for lane := range 8 {
		wg.Go(func() {
			for try := range 20 {
				r := samples()[0]
				r.Lane, r.Try = lane+1, try+1
				if err := w.add(&r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	next := map[int]int{}
	for i := range c.Len() {
		e := c.Entry(i)
		if next[e.Lane]++; e.Try != next[e.Lane] {
			t.Errorf("record %d is number %d of its lane, want %d", i+1, e.Try, next[e.Lane])
		}
	}
	if c.Len() != 160 || c.State() != Sealed {
		t.Errorf("%d records, %v", c.Len(), c.State())
	}
}

// After a failed write nothing is added any more, and nothing is sealed: the
// records before it stay readable.
func TestFailedWrite(t *testing.T) {
	t.Parallel()
	w, path := create(t)
	r := samples()[0]
	if err := w.add(&r); err != nil {
		t.Fatal(err)
	}
	whole := w.file
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	w.file = readOnly
	failed := w.add(&r)
	if failed == nil {
		t.Fatal("Append(to a file that cannot be written) = nil")
	}
	w.file = whole
	if err := w.add(&r); fmt.Sprint(err) != failed.Error() {
		t.Errorf("Append(after a failed one) = %v, want %v", err, failed)
	}
	readOnly.Close()
	if err := w.Close(); err == nil {
		t.Error("Close(after a failed write) = nil")
	}
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Len() != 1 || c.State() != Unsealed {
		t.Errorf("%d records, %v", c.Len(), c.State())
	}
}

func TestClosedWriter(t *testing.T) {
	t.Parallel()
	w, _ := create(t)
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Append(redact.Clean{}); !errors.Is(err, errClosed) {
		t.Errorf("Append(closed) = %v", err)
	}
}

// A record that is too large is refused alone.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	w, path := create(t)
	r := samples()[0]
	r.Answer = make([]byte, redact.MaxKept+1)
	err := w.add(&r)
	if limit, ok := errors.AsType[*LimitError](err); !ok || limit.Max != redact.MaxKept {
		t.Errorf("Append(too large) = %v", err)
	}
	r.Answer = nil
	if err := w.add(&r); err != nil {
		t.Fatal(err)
	}
	if c, err := Open(path); err != nil || c.Len() != 1 {
		t.Errorf("Open() = %v", err)
	}
}

// The layout is the one that reads best.
func TestLayouts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]layout{
		`{"a":[1,{}]}`:                jsonMin,
		"{\"a\":1}\n":                 jsonLine,
		`{"a": 1}`:                    jsonRaw,
		"{\n\"a\":1\r\n}":             jsonRaw,
		"<A><B>x</B></A>":             xmlMin,
		"<A>\n<B/>\n</A>":             text,
		"Bad Gateway\n":               text,
		"a\x00b":                      binary,
		"\xff":                        binary,
		"\x1b[2J":                     binary,
		strings.Repeat("[", 9000):     text,
		strings.Repeat("<a>", 9000):   text,
		strings.Repeat("<a></a>", 99): xmlMin,
		nested(8):                     jsonMin,
		nested(4000):                  jsonRaw,
		strings.Repeat("a\x00", 3000): binary,
	} {
		lines, got := appendBody(nil, []byte(body))
		if got != want {
			t.Errorf("the layout of %.20q is %s, want %s", body, got, want)
		}
		if most := maxSpread*len(body) + 64; len(lines) > most {
			t.Errorf("%.20q takes %d bytes", body, len(lines))
		}
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
