package cassette

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/eci-conform/conform/internal/redact"
)

// layout is how a body is put on lines, and so how it is put together again.
type layout string

const (
	jsonMin  layout = "json-min"  // JSON without spaces, shown with them
	jsonLine layout = "json-line" // the same and a line feed
	xmlMin   layout = "xml"       // XML on one line, shown a tag a line
	jsonRaw  layout = "json-raw"  // JSON as it is
	text     layout = "text"      // text as it is
	binary   layout = "base64"    // whatever else
)

// maxSpread is how many times its length a body may take up when it is made
// readable: deep nesting indents without end.
const maxSpread = 6

// unpackers put a body together again from its lines.
var unpackers = map[layout]func(lines []byte, size int) ([]byte, error){
	jsonMin: unpackJSON,
	jsonLine: func(lines []byte, size int) ([]byte, error) {
		out, err := unpackJSON(lines, size)
		return append(out, '\n'), err
	},
	xmlMin:  unpackXML,
	jsonRaw: unpackText,
	text:    unpackText,
	binary:  unpackBinary,
}

// unpack puts a body of so many bytes together again.
func unpack(l layout, lines []byte, size int) ([]byte, error) {
	out, err := unpackers[l](lines, size)
	if err != nil {
		return nil, err
	}
	if len(out) != size {
		return nil, fmt.Errorf("the body has %d bytes, want %d", len(out), size)
	}
	return out, nil
}

// appendBody writes a body's lines in the most readable layout that is proven
// to restore it, and returns which.
func appendBody(dst, body []byte) ([]byte, layout) {
	if !utf8.Valid(body) || bytes.ContainsFunc(body, control) {
		return packBinary(dst, body), binary
	}
	at := len(dst)
	for _, try := range []struct {
		layout layout
		pack   func(dst, body []byte) ([]byte, bool)
	}{{jsonMin, packJSON}, {jsonLine, packJSONLine}, {xmlMin, packXML}} {
		out, ok := try.pack(dst[:at], body)
		if !ok || len(out)-at > min(maxSpread*len(body)+64, redact.MaxRecord/2) {
			continue
		}
		if back, err := unpack(try.layout, out[at:], len(body)); err == nil && bytes.Equal(back, body) {
			return out, try.layout
		}
	}
	if json.Valid(body) {
		return packText(dst[:at], body), jsonRaw
	}
	return packText(dst[:at], body), text
}

// control are the characters that do not belong into a text file.
func control(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r == '\ufeff'
}

func packJSON(dst, body []byte) ([]byte, bool) {
	// Most bodies that are no JSON are told apart by their first byte; white
	// space would not be restored.
	if len(body) == 0 || body[0] <= ' ' || body[0] == '<' || deep(body) {
		return dst, false
	}
	out := bytes.NewBuffer(dst)
	if err := json.Indent(out, body, "", "  "); err != nil {
		return dst, false
	}
	out.WriteByte('\n')
	return out.Bytes(), true
}

// maxDepth is how deeply JSON may be nested to be indented.
const maxDepth = 64

// deep says that JSON is nested too deeply to be read indented.
func deep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

func packJSONLine(dst, body []byte) ([]byte, bool) {
	body, ok := bytes.CutSuffix(body, []byte("\n"))
	if !ok {
		return dst, false
	}
	return packJSON(dst, body)
}

func unpackJSON(lines []byte, size int) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, size+1))
	if err := json.Compact(out, lines); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", err)
	}
	return out.Bytes(), nil
}
