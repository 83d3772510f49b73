package cassette

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
)

// maxIndent bounds the indentation of XML, in levels.
const maxIndent = 32

// packXML puts every tag that touches the one before on a line of its own,
// indented.
func packXML(dst, body []byte) ([]byte, bool) {
	if len(body) == 0 || body[0] != '<' || bytes.ContainsAny(body, "\r\n") {
		return dst, false
	}
	depth := 0
	for len(body) > 0 {
		piece := body
		if i := bytes.Index(body, []byte("><")); i >= 0 {
			piece = body[:i+1]
		}
		body = body[len(piece):]
		if bytes.HasPrefix(piece, []byte("</")) {
			depth--
		}
		dst = append(dst, '|')
		for range 2 * min(max(depth, 0), maxIndent) {
			dst = append(dst, ' ')
		}
		dst = append(append(dst, piece...), '\n')
		if opens(piece) {
			depth++
		}
	}
	return dst, true
}

// opens says that the piece of XML is a tag whose end comes later.
func opens(piece []byte) bool {
	return len(piece) > 1 && piece[1] != '/' && piece[1] != '?' && piece[1] != '!' &&
		!bytes.HasSuffix(piece, []byte("/>")) && !bytes.Contains(piece, []byte("</"))
}

func unpackXML(lines []byte, size int) ([]byte, error) {
	out := make([]byte, 0, size)
	for line := range bytes.Lines(lines) {
		line, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte("|"))
		if !ok {
			return nil, errLine
		}
		out = append(out, bytes.TrimLeft(line, " ")...)
	}
	return out, nil
}

var errLine = errors.New(`a line of the body does not begin with "|"`)

// packText writes each line behind a bar; one with a carriage return is quoted
// behind it, as would be one that looks quoted.
func packText(dst, body []byte) []byte {
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		dst = append(dst, '|')
		if bytes.HasPrefix(line, []byte(`"`)) || bytes.IndexByte(line, '\r') >= 0 {
			dst = strconv.AppendQuote(dst, string(line))
		} else {
			dst = append(dst, line...)
		}
		dst = append(dst, '\n')
	}
	return dst
}

func unpackText(lines []byte, size int) ([]byte, error) {
	out := make([]byte, 0, size+1)
	for line := range bytes.Lines(lines) {
		line, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte("|"))
		if !ok {
			return nil, errLine
		}
		if bytes.HasPrefix(line, []byte(`"`)) {
			plain, err := strconv.Unquote(string(line))
			if err != nil {
				return nil, errors.New("a line of the body is quoted wrongly")
			}
			line = []byte(plain)
		}
		out = append(append(out, line...), '\n')
	}
	return bytes.TrimSuffix(out, []byte("\n")), nil
}

// base64Line is how many bytes of a body stand on a line in base64.
const base64Line = 57

func packBinary(dst, body []byte) []byte {
	for len(body) > 0 {
		n := min(base64Line, len(body))
		dst = base64.StdEncoding.AppendEncode(append(dst, '|'), body[:n])
		dst, body = append(dst, '\n'), body[n:]
	}
	return dst
}

func unpackBinary(lines []byte, size int) ([]byte, error) {
	out := make([]byte, 0, size)
	for line := range bytes.Lines(lines) {
		line, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\n")), []byte("|"))
		if !ok {
			return nil, errLine
		}
		var err error
		if out, err = base64.StdEncoding.AppendDecode(out, line); err != nil {
			return nil, fmt.Errorf("the body is not base64: %w", err)
		}
	}
	return out, nil
}
