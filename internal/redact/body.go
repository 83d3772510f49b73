package redact

import (
	"encoding/xml"
	"io"
	"strings"
)

// body is that of a request which is no form. No operation takes one, so all
// of it is unknown.
func (p *pass) body() ([]byte, Unread) {
	switch {
	case p.raw.BodyLarge:
		return []byte(dropped), UnreadLarge
	case p.in.Form != nil || len(p.raw.Body) == 0:
		return nil, Read
	}
	plain, why := p.unpacked(p.raw.Header.Get("Content-Encoding"), p.raw.Body, false)
	if why != Read {
		return p.whole(string(p.raw.Body)), why
	}
	return p.text(nil, string(plain), NoFailure)
}

// answerBody is the answer without its secrets, and without its compression.
func (p *pass) answerBody(n *node) ([]byte, Unread) {
	switch {
	case p.raw.RespLarge:
		return []byte(dropped), UnreadLarge
	case len(p.raw.RespBody) == 0:
		return nil, Read
	}
	cut := p.raw.Failure != NoFailure
	plain, why := p.unpacked(p.raw.RespHeader.Get("Content-Encoding"), p.raw.RespBody, cut)
	if why != Read {
		return p.whole(string(p.raw.RespBody)), why
	}
	return p.text(n, string(plain), p.raw.Failure)
}

// whole is what stands for a body of which nothing is kept.
func (p *pass) whole(body string) []byte { return []byte(p.session.placeholder(kindText, body)) }

// text treats a body as the JSON or XML that it is. One that is neither is
// replaced whole, and so is one that afterwards still holds a secret, across the
// borders of its values, or is too long. One that a failure cut off may end
// anywhere.
func (p *pass) text(n *node, body string, failure Failure) ([]byte, Unread) {
	out, ok := "", false
	switch start := strings.TrimLeft(body, " \t\r\n"); {
	case len(body) > p.session.limits.Body:
		return p.whole(body), UnreadLarge
	case start == "":
		return []byte(body), Read
	case start[0] == '{' || start[0] == '[':
		out, ok = p.json(n, body, failure != NoFailure)
	case start[0] == '<':
		out, ok = p.xml(n, body)
	case IsPlaceholder(body): // it was replaced elsewhere
		p.session.take(body)
		return []byte(body), UnreadFormat
	default:
		return p.whole(body), UnreadFormat
	}
	switch {
	case p.crowded || len(out) > p.session.limits.Kept:
		return p.whole(body), UnreadLarge
	case !ok && isXML(body):
		return p.whole(body), UnreadForm
	case !ok:
		return p.whole(body), UnreadBroken
	case p.leaks(out):
		return p.whole(body), UnreadSecret
	}
	return []byte(out), Read
}

// isXML reports whether others would read a text as XML.
func isXML(text string) bool {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "<") {
		return false
	}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err != nil {
			return err == io.EOF
		}
	}
}
