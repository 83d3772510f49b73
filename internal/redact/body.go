package redact

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
)

// maxUnpacked is how much a compressed answer may hold; one that holds more is
// replaced whole.
const maxUnpacked = 64 << 20

// body is that of a request which is no form. No operation takes one, so all
// of it is unknown.
func (p *pass) body() []byte {
	if p.in.Form != nil || len(p.raw.Body) == 0 {
		return nil
	}
	return p.text(nil, string(p.raw.Body))
}

// answerBody is the answer without its secrets, and without its compression.
func (p *pass) answerBody(n *node) []byte {
	if len(p.raw.RespBody) == 0 {
		return nil
	}
	plain, ok := unpacked(p.raw.RespHeader.Get("Content-Encoding"), p.raw.RespBody)
	if !ok {
		return []byte(p.session.placeholder(kindText, string(p.raw.RespBody)))
	}
	return p.text(n, string(plain))
}

func unpacked(encoding string, body []byte) ([]byte, bool) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return body, true
	case "gzip", "x-gzip":
	default:
		return nil, false
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, false
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	return plain, err == nil && len(plain) <= maxUnpacked
}

// text treats a body as the JSON or XML that it is. One that is neither is
// replaced whole, and so is one that still holds a secret afterwards, across
// the borders of its values.
func (p *pass) text(n *node, body string) []byte {
	out, ok := "", false
	switch start := strings.TrimLeft(body, " \t\r\n"); {
	case start == "":
		return []byte(body)
	case start[0] == '{' || start[0] == '[':
		out, ok = p.json(n, body, p.raw.Failure != NoFailure)
	case start[0] == '<':
		out, ok = p.xml(n, body)
	case IsPlaceholder(body):
		p.session.take(body)
		return []byte(body)
	}
	if !ok || p.scrub(out) != out {
		return []byte(p.session.placeholder(kindText, body))
	}
	return []byte(out)
}
