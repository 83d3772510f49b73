package redact

import (
	"strings"
	"unicode/utf8"
)

// xmlText rewrites an XML text: what is not replaced keeps its bytes.
type xmlText struct {
	p     *pass
	in    string
	out   []byte
	open  []xmlOpen
	roots int
}

// xmlOpen is an element whose end has not come yet.
type xmlOpen struct {
	name string
	node *node
	text bool // a text stood in it
	deep bool // an element stood in it
}

// xml returns an XML text with the texts of its elements treated as their
// nodes say. It is false for what is no XML, for one with a document type, and
// where the text of an element comes in pieces.
func (p *pass) xml(n *node, text string) (string, bool) {
	if !utf8.ValidString(text) {
		return "", false
	}
	x := &xmlText{p: p, in: text, out: make([]byte, 0, len(text)+len(text)/8)}
	for x.in != "" {
		if !x.next(n) {
			return "", false
		}
	}
	return string(x.out), len(x.open) == 0 && x.roots == 1
}

// next reads one piece.
func (x *xmlText) next(root *node) bool {
	switch {
	case x.in[0] != '<':
		end := strings.IndexByte(x.in, '<')
		if end < 0 {
			end = len(x.in)
		}
		return x.text(x.take(end))
	case strings.HasPrefix(x.in, "<?xml "):
		return x.declaration()
	case strings.HasPrefix(x.in, "<![CDATA["):
		return x.cdata()
	case strings.HasPrefix(x.in, "</"):
		return x.end()
	case strings.HasPrefix(x.in, "<!"), strings.HasPrefix(x.in, "<?"):
		return x.comment()
	}
	return x.start(root)
}

// take cuts n bytes off what is left.
func (x *xmlText) take(n int) string {
	s := x.in[:n]
	x.in = x.in[n:]
	return s
}

// until cuts off what ends in a mark, the mark included.
func (x *xmlText) until(mark string) (string, bool) {
	end := strings.Index(x.in, mark)
	if end < 0 {
		return "", false
	}
	return x.take(end + len(mark)), true
}

func (x *xmlText) declaration() bool {
	s, ok := x.until("?>")
	const known = " \t\r\n\"'=.?<>-"
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && strings.IndexByte(known, s[i]) < 0 {
			return false
		}
	}
	if !ok || len(s) > 100 || len(x.out) > 0 {
		return false
	}
	x.out = append(x.out, s...)
	return true
}

// comment leaves a comment out.
func (x *xmlText) comment() bool {
	if !strings.HasPrefix(x.in, "<!--") {
		return false
	}
	_, ok := x.until("-->")
	return ok
}

func (x *xmlText) cdata() bool {
	s, ok := x.until("]]>")
	if !ok {
		return false
	}
	plain := s[len("<![CDATA[") : len(s)-len("]]>")]
	clean, ok := x.clean(plain)
	if ok && clean != plain {
		s = escapeXML(clean)
	}
	x.out = append(x.out, s...)
	return ok
}

// text treats what stands between tags.
func (x *xmlText) text(s string) bool {
	if strings.TrimLeft(s, " \t\r\n") == "" && (len(x.open) == 0 || x.current().deep || !x.current().node.scalar()) {
		x.out = append(x.out, s...)
		return true
	}
	v, _ := xmlView(view{text: s}, false)
	plain := v.text
	if strings.IndexByte(s, '&') < 0 {
		plain = s
	}
	clean, ok := x.clean(plain)
	if ok && clean != plain {
		s = escapeXML(clean)
	}
	x.out = append(x.out, s...)
	return ok
}

func (x *xmlText) current() *xmlOpen { return &x.open[len(x.open)-1] }

// clean is the text of the element that is open. It comes in one piece.
func (x *xmlText) clean(plain string) (string, bool) {
	if len(x.open) == 0 || x.p.crowded {
		return "", false
	}
	e := x.current()
	if e.text || e.deep {
		return "", false
	}
	e.text = true
	n := e.node
	if n == nil && isSecretName(e.name) {
		n = hidden
	}
	return x.p.xmlValue(n, plain), true
}

// xmlValue is value, where XML cannot tell a number from text.
func (p *pass) xmlValue(n *node, text string) string {
	if end := scanNumber(text, 0); !n.scalar() && end == len(text) && end > 0 {
		return "0"
	}
	return p.value(n, text)
}

// start reads a start tag, or one that is empty.
func (x *xmlText) start(root *node) bool {
	tag, ok := x.until(">")
	if !ok {
		return false
	}
	body := strings.TrimSuffix(tag[1:len(tag)-1], "/")
	name := strings.TrimRight(body, " \t\r\n")
	// An attribute is nothing that the API knows: its tag is written without.
	if i := strings.IndexAny(name, " \t\r\n"); i >= 0 {
		if strings.Count(name[i:], `"`)%2 != 0 || strings.Count(name[i:], "'")%2 != 0 || strings.Contains(name[i:], "<") {
			return false
		}
		name = name[:i]
		tag = "<" + name + tag[1+len(body):]
	}
	if !isXMLName(name) || len(x.open) > maxDepth {
		return false
	}
	return x.enter(root, name, tag)
}

func (x *xmlText) enter(root *node, name, tag string) bool {
	n := root
	if len(x.open) > 0 {
		e := x.current()
		if e.text {
			return false
		}
		e.deep = true
		n = e.node.xmlMember(name)
	} else {
		x.roots++
	}
	if n == nil && x.p.name(name) != name {
		return false
	}
	x.out = append(x.out, tag...)
	if !strings.HasSuffix(tag, "/>") {
		x.open = append(x.open, xmlOpen{name: name, node: n})
	}
	return true
}

// xmlMember is the node of an element within an element. A list is its
// elements, repeated under its name; or, as others write it, one element that
// holds one for each.
func (n *node) xmlMember(name string) *node {
	m := n.member(name)
	if m == nil && n != nil && n.items != nil {
		m = n.items
	}
	if m != nil && m.items != nil && m.items.scalar() {
		return &node{kind: m.items.kind, class: m.items.class, items: m.items, packed: m.items.packed}
	}
	if m != nil && m.items != nil {
		return &node{kind: m.items.kind, class: m.items.class, members: m.items.members, items: m.items, packed: m.items.packed}
	}
	return m
}

func (x *xmlText) end() bool {
	tag, ok := x.until(">")
	if !ok || len(x.open) == 0 {
		return false
	}
	if strings.TrimRight(tag[2:len(tag)-1], " \t\r\n") != x.current().name {
		return false
	}
	x.open = x.open[:len(x.open)-1]
	x.out = append(x.out, tag...)
	return true
}

func isXMLName(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && s[i] != '_' && (i == 0 || !isDigit(s[i]) && s[i] != '-' && s[i] != '.') {
			return false
		}
	}
	return s != ""
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escapeXML(s string) string { return xmlEscapes.Replace(s) }
