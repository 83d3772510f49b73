package cassette

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eci-conform/conform/internal/redact"
)

func readText(text string) (*Cassette, error) {
	return Read("x.cassette", strings.NewReader(text), int64(len(text)))
}

// recordStarts returns where the records begin, and where the seal does or the
// text ends.
func recordStarts(text string) []int {
	var out []int
	for i := range text {
		line := i == 0 || text[i-1] == '\n'
		if line && (strings.HasPrefix(text[i:], beginRecord) || strings.HasPrefix(text[i:], sealed)) {
			out = append(out, i)
		}
	}
	if !strings.Contains(text, "\n"+sealed) {
		out = append(out, len(text))
	}
	return out
}

// A writer killed at any byte of a record loses that record and no other.
func TestTornTail(t *testing.T) {
	t.Parallel()
	text := sampleText(t, false)
	starts := recordStarts(text)
	for k := range len(starts) - 1 {
		for cut := starts[k]; cut < starts[k+1]; cut++ {
			c, err := readText(text[:cut])
			if err != nil {
				t.Fatalf("Read(cut at %d of record %d) = %v", cut-starts[k], k+1, err)
			}
			if c.Len() != k || c.State() != Unsealed || c.Torn() != int64(cut-starts[k]) {
				t.Fatalf("cut at %d of record %d: %d records, %v, %d bytes torn", cut-starts[k], k+1, c.Len(), c.State(), c.Torn())
			}
			if diff := cmp.Diff(numbered(k), all(t, c), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("Record() mismatch (-want +got)\n%s", diff)
			}
		}
	}
}

// So does one that is killed while it seals.
func TestTornSeal(t *testing.T) {
	t.Parallel()
	text := sampleText(t, true)
	starts := recordStarts(text)
	for cut := starts[3]; cut < len(text); cut++ {
		c, err := readText(text[:cut])
		if err != nil {
			t.Fatalf("Read(cut at %d) = %v", cut, err)
		}
		if c.Len() != 3 || c.State() != Unsealed || c.Torn() != int64(cut-starts[3]) {
			t.Fatalf("cut at %d: %d records, %v, %d bytes torn", cut, c.Len(), c.State(), c.Torn())
		}
	}
}

func TestTornHeader(t *testing.T) {
	t.Parallel()
	text := sampleText(t, true)
	for cut := range recordStarts(text)[0] {
		_, err := readText(text[:cut])
		if _, ok := errors.AsType[*TruncatedError](err); !ok {
			t.Fatalf("Read(%q) = %v, want a TruncatedError", text[:cut], err)
		}
	}
}

// Every flipped byte is told, with its record.
func TestEveryFlippedByteIsTold(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{true, false} {
		text := sampleText(t, closed)
		starts := recordStarts(text)
		for at := range text {
			for _, mask := range []byte{0x01, 0x20, 0x80} {
				flipped := []byte(text)
				flipped[at] ^= mask
				if err := told(string(flipped), at, starts); err != nil {
					t.Errorf("sealed=%v, byte %d (%q) flipped by %#x: %v", closed, at, text[at], mask, err)
				}
			}
		}
	}
}

// told says what is wrong with how a text is read whose byte at a place was
// flipped.
func told(text string, at int, starts []int) error {
	part := 0
	for part < len(starts) && starts[part] <= at {
		part++
	}
	c, err := readText(text)
	if err == nil {
		// All that is left is that the end cannot be told from a torn one.
		if c.Torn() == 0 || at < starts[len(starts)-2] {
			return fmt.Errorf("it is read as %d records, %d bytes torn", c.Len(), c.Torn())
		}
		return nil
	}
	edited, ok := errors.AsType[*EditedError](err)
	switch {
	case part == 0 && ok && edited.Part == HeaderPart:
	case part == 0 && !ok: // the first line, or the end of the header
	case part > 0 && part < 4 && ok && edited.Part == RecordPart && edited.Record == part:
	case part == 4 && ok: // the seal
	case part == 4 && strings.Contains(err.Error(), "missing at the end"):
	default:
		return fmt.Errorf("part %d: %w", part, err)
	}
	return nil
}

// numbered returns the first n samples as they are read.
func numbered(n int) (out []redact.Record) {
	for i, r := range samples()[:n] {
		r.ID = i + 1
		out = append(out, r)
	}
	return out
}

// Records that are taken out are missed.
func TestTakenOut(t *testing.T) {
	t.Parallel()
	text := sampleText(t, true)
	s := recordStarts(text)
	seal := text[s[3]:]
	for name, tc := range map[string]struct{ text, want string }{
		"the last, with seal":    {text[:s[2]] + seal, "read cassette: x.cassette:37: 1 of 3 records are missing at the end"},
		"all, with seal":         {text[:s[0]] + seal, "read cassette: x.cassette:9: 3 of 3 records are missing at the end"},
		"the first":              {text[:s[0]] + text[s[1]:], "read cassette: x.cassette:9: record 1 was edited: want record 1: one is missing, or out of place"},
		"one in the middle":      {text[:s[1]] + text[s[2]:], "read cassette: x.cassette:23: record 2 was edited: want record 2: one is missing, or out of place"},
		"swapped":                {text[:s[0]] + text[s[1]:s[2]] + text[s[0]:s[1]] + text[s[2]:], "read cassette: x.cassette:9: record 1 was edited: want record 1: one is missing, or out of place"},
		"twice":                  {text[:s[1]] + text[s[0]:], "read cassette: x.cassette:23: record 2 was edited: want record 2: one is missing, or out of place"},
		"something behind":       {text + "x", "read cassette: x.cassette:40: seal was edited: something follows it"},
		"a line behind":          {text + "\n", "read cassette: x.cassette:40: seal was edited: something follows it"},
		"sealed twice":           {text + seal, "read cassette: x.cassette:40: seal was edited: something follows it"},
		"fewer in the seal":      {strings.Replace(text, "n=3", "n=2", 1), "read cassette: x.cassette:39: seal was edited: it tells of 2 records, there are 3"},
		"the header of another":  {strings.Replace(text, text[:s[0]], otherHeader(t), 1), "read cassette: x.cassette:17: record 1 was edited: its digest is not that of its lines and of all before them"},
		"a line of the last one": {strings.Replace(text, " lane=3", "", 1), "read cassette: x.cassette:38: record 3 was edited: its digest is not that of its lines and of all before them"},
	} {
		_, err := readText(tc.text)
		if diff := cmp.Diff(tc.want, fmt.Sprint(err)); diff != "" {
			t.Errorf("%s: error mismatch (-want +got)\n%s", name, diff)
		}
	}
}

func otherHeader(t *testing.T) string {
	h, err := appendHeader(nil, Header{Recorded: sampleHeader().Recorded}, &chain{})
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

// Without its seal a cassette that was cut between two records is like one
// that was never closed; that much is told.
func TestCutBetweenRecords(t *testing.T) {
	t.Parallel()
	text := sampleText(t, true)
	for k, start := range recordStarts(text) {
		c, err := readText(text[:start])
		if err != nil {
			t.Fatal(err)
		}
		if c.Len() != k || c.State() != Unsealed || c.Torn() != 0 {
			t.Errorf("cut after record %d: %d records, %v, %d bytes torn", k, c.Len(), c.State(), c.Torn())
		}
	}
}

// Texts whose digests are right and that are wrong all the same: made by hand,
// or by another program.
func TestWrongText(t *testing.T) {
	t.Parallel()
	first := "=== 1 Op start=0s first=0ms took=0ms via=GET,query,v1,JSON"
	for _, tc := range []struct{ name, header, record, want string }{
		{"no time", "#tool x\n", "", "3: want #recorded TIME before it"},
		{"time", "#recorded x\n", "", "2: want #recorded and its value"},
		{"field", "#colour red\n", "", "2: want a field of the header or #end-header"},
		{"field twice", "#tool a\n#tool b\n", "", "3: want #tool and its value"},
		{"run", "#run x\n", "", "2: want #run and its value"},
		{"number", "", "=== 01 Op\n", "4: want record 1: one is missing, or out of place"},
		{"operation", "", "=== 1  start=0s\n", "4: want the name of an operation, or -"},
		{"fact", "", "=== 1 Op colour=red\n", "4: want a fact such as took=3ms"},
		{"no fact", "", "=== 1 Op start\n", "4: want a fact such as took=3ms"},
		{"time of a fact", "", "=== 1 Op start=1ms\n", "4: want start=SECONDSs"},
		{"time too long", "", "=== 1 Op start=9223372036854775808s\n", "4: want start=SECONDSs"},
		{"order of facts", "", "=== 1 Op took=1ms start=1s\n", "4: the fact start is out of order"},
		{"fact twice", "", "=== 1 Op took=1ms took=1ms\n", "4: the fact took is out of order"},
		{"via", "", "=== 1 Op via=GET,somehow,v1,JSON\n", "4: want via=METHOD,form|query,SCHEME,FORMAT"},
		{"open quote", "", "=== 1 Op track=\"x\n", "4: want track=WORD"},
		{"lane", "", "=== 1 Op lane=x\n", "4: want lane=NUMBER"},
		{"parameter", "", first + "\n> RegionId\n", "5: want NAME: VALUE"},
		{"empty value", "", first + "\n> RegionId: \n", "5: want NAME: VALUE"},
		{"quoted value", "", first + "\n> RegionId: \"x\n", "5: want NAME: VALUE"},
		{"order", "", first + "\n~ A: b\n> A: b\n", "6: the line is out of order: want >, ~, >>, <, <<"},
		{"parameter behind the status", "", first + "\n< 200\n> A: b\n", "6: the line is out of order: want >, ~, >>, <, <<"},
		{"status", "", first + "\n< OK\n", "5: want a status such as 200"},
		{"layout", "", first + "\n< 200\n<< yaml 4\n|a\n", "6: want LAYOUT LENGTH, such as json-min 94"},
		{"length", "", first + "\n< 200\n<< text -1\n|a\n", "6: want LAYOUT LENGTH, such as json-min 94"},
		{"length too large", "", first + "\n< 200\n<< text 99999999999\n|a\n", "6: want LAYOUT LENGTH, such as json-min 94"},
		{"two answers", "", first + "\n< 200\n<< text 1\n|a\n<< text 1\n|a\n", "8: the line is out of order: want >, ~, >>, <, <<"},
		{"body of nothing", "", first + "\n{}\n", "5: want a line that begins with >, ~, < or #"},
		{"empty line", "", first + "\n< 200\n<< text 1\n\n", "7: want >, ~, >>, <, << or the digest"},
		{"no such mark", "", first + "\n>>> a\n", "5: want >, ~, >>, <, << or the digest"},
	} {
		header := tc.header
		if header == "" {
			header = "#recorded 2026-11-21T10:00:00Z\n"
		}
		_, err := readText(forged(header, tc.record))
		if diff := cmp.Diff("read cassette: x.cassette:"+tc.want, fmt.Sprint(err)); diff != "" {
			t.Errorf("%s: error mismatch (-want +got)\n%s", tc.name, diff)
		}
		if _, ok := errors.AsType[*SyntaxError](err); !ok {
			t.Errorf("%s: the error is a %T", tc.name, err)
		}
	}
}

// forged is a cassette of one record, or none, whose digests are right.
func forged(header, record string) string {
	var links chain
	text := magic + "1\n" + header
	links.begin([]byte(text))
	text += endHeader + links.last.String() + "\n"
	if record != "" {
		text += record + endRecord + links.next([]byte(record)).String() + "\n"
	}
	return text
}

// Of a body that is not what its layout says the reading tells.
func TestWrongBody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ body, want string }{
		{"<< json-min 2\n{\n", "6: the body is not JSON: unexpected end of JSON input"},
		{"<< json-min 3\n{}\n", "6: the body has 2 bytes, want 3"},
		{"<< text 2\n|abc\n", "6: the body has 3 bytes, want 2"},
		{"<< text 2\nab\n", `6: a line of the body does not begin with "|"`},
		{"<< text 2\n|\"ab\n", "6: a line of the body is quoted wrongly"},
		{"<< xml 4\n<a/>\n", "7: want >, ~, >>, <, << or the digest"},
		{"<< base64 2\n|?\n", "6: the body is not base64: illegal base64 data at input byte 0"},
	} {
		c, err := readText(forged("#recorded 2026-11-21T10:00:00Z\n", "=== 1 Op via=GET,query,v1,JSON\n< 200\n"+tc.body))
		if err == nil {
			_, err = c.Record(0)
		}
		if diff := cmp.Diff("read cassette: x.cassette:"+tc.want, fmt.Sprint(err)); diff != "" {
			t.Errorf("%q: error mismatch (-want +got)\n%s", tc.body, diff)
		}
	}
}

func TestOtherFiles(t *testing.T) {
	t.Parallel()
	text := sampleText(t, true)
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":        {"", "1: the header is cut off: want #end-header"},
		"something else": {"hello\n", "1: want #conform-cassette 1"},
		"bytes":          {"\x00\x01", "1: want #conform-cassette 1"},
		"newer":          {strings.Replace(text, "cassette 1", "cassette 2", 1), "1: format 2: want 1; another version of conform wrote it"},
		"no version":     {strings.Replace(text, "cassette 1", "cassette one", 1), "1: want a version of the format, such as 1"},
		"CR LF": {strings.ReplaceAll(text, "\n", "\r\n"),
			"1: the ends of lines were changed to CR LF: a cassette is kept byte for byte"},
		"no header": {magic + "1\n" + beginRecord + "1 X\n", "2: want #end-header sha256:HEX"},
	} {
		_, err := readText(tc.text)
		if diff := cmp.Diff("read cassette: x.cassette:"+tc.want, fmt.Sprint(err)); diff != "" {
			t.Errorf("%s: error mismatch (-want +got)\n%s", name, diff)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open(no file) = %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.HasSuffix(err.Error(), "want a file") {
		t.Errorf("Open(directory) = %v", err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(sampleText(t, true)))
	z.Close()
	path := filepath.Join(dir, "x.cassette.gz")
	for name, tc := range map[string]struct {
		text []byte
		ok   bool
	}{"whole": {packed.Bytes(), true}, "cut off": {packed.Bytes()[:packed.Len()-9], false}, "not packed": {[]byte("x"), false}} {
		if err := os.WriteFile(path, tc.text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Open(path)
		if (err == nil) != tc.ok {
			t.Errorf("Open(%s) = %v", name, err)
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(numbered(3), all(t, c), cmpopts.EquateEmpty()); diff != "" || c.State() != Sealed {
			t.Errorf("%s: Record() mismatch (-want +got)\n%s", name, diff)
		}
	}
}

// A file that is changed under an open cassette is told, not believed.
func TestChangedUnderTheReader(t *testing.T) {
	t.Parallel()
	path := writeSample(t, true)
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 4000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Record(0); err == nil {
		t.Error("Record(changed file) = nil")
	}
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Record(0); err == nil {
		t.Error("Record(cut off file) = nil")
	}
}
