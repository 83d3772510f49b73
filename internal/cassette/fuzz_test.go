package cassette

import (
	"bytes"
	"testing"
)

// Whatever the bytes are, reading ends with a cassette or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sampleText(f, true)))
	f.Add([]byte(sampleText(f, false)))
	f.Add([]byte(forged("#recorded 2026-11-21T10:00:00Z\n", "=== 1 Op track=\"a b\" lane=-1\n>> base64 1\n|AA==\n< 200\n<< xml 4\n|<a/>\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		read(t, data)
	})
}

// FuzzRecord forges the digests, so that what they protect is read too.
func FuzzRecord(f *testing.F) {
	f.Add("#recorded 2026-11-21T10:00:00Z\n#run x seed=1\n", "=== 1 Op track=\"a b\" lane=-1 failure=reset\n>> base64 1\n|AA==\n< 200\n<< xml 4\n|<a/>\n")
	f.Add("#recorded 2026-11-21T10:00:00Z\n", "=== 1 - version=1 start=-0.5s first=1ms via=GET,form,,\n> \"a:\": \"\\n\"\n~ a: b\n<< json-min 2\n{}\n")
	f.Add("#recorded 2026-11-21T10:00:00Z\n", "=== 1 Op\n< 1\n< A: b\n<< json-line 3\n{}\n")
	f.Fuzz(func(t *testing.T, header, record string) {
		read(t, []byte(forged(header, record)))
	})
}

func read(t *testing.T, data []byte) {
	c, err := Read("x", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return
	}
	for i := range c.Len() {
		if r, err := c.Record(i); err == nil {
			if e := c.Entry(i); e.body.size != len(r.Body) || e.answer.size != len(r.Answer) {
				t.Errorf("record %d has bodies of %d and %d bytes, want %d and %d", i+1, len(r.Body), len(r.Answer), e.body.size, e.answer.size)
			}
		}
	}
}

// Every body is restored from its lines, and no line of it is taken for one
// of the record.
func FuzzBody(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		lines, l := appendBody(nil, body)
		back, err := unpack(l, lines, len(body))
		if err != nil || !bytes.Equal(back, body) {
			t.Fatalf("%q as %s comes back as %q (%v)", body, l, back, err)
		}
		for line := range bytes.Lines(lines) {
			if marked(bytes.TrimSuffix(line, []byte("\n"))) {
				t.Errorf("%q as %s has the line %q", body, l, line)
			}
		}
	})
}
