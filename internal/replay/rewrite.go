package replay

import (
	"bytes"
	"html"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// leafClasses are the members of a body by their names from the top, joined by
// dots and without indexes, whose texts are nothing that a client could have
// invented.
type leafClasses map[string]bool

func classesOf(f *contract.Field) leafClasses {
	out := leafClasses{}
	if f == nil {
		return out
	}
	for _, leaf := range f.Leaves() {
		switch leaf.Class {
		case contract.ClassName, contract.ClassText, "":
		default:
			out[strings.ReplaceAll(leaf.Path, ".N", "")] = true
		}
	}
	return out
}

// swapper returns what stands for a text of the named member.
type swapper func(member, text string) string

// rewriteJSON passes the texts of a JSON body through swap, but for those of
// the classes in skip and the keys. All else stays byte for byte.
func rewriteJSON(body []byte, skip leafClasses, swap swapper) []byte {
	w := jsonWalk{body: body, skip: skip, swap: swap, out: make([]byte, 0, len(body)+64)}
	if _, err := wire.DecodeJSON(body); err != nil {
		return body
	}
	w.value()
	return append(w.out, body[w.done:]...)
}

// jsonWalk walks through a body that is known to be JSON.
type jsonWalk struct {
	body     []byte
	at, done int // done is how much has been copied
	path     []byte
	skip     leafClasses
	swap     swapper
	out      []byte
}

func (w *jsonWalk) space() {
	for w.at < len(w.body) && bytes.IndexByte([]byte(" \t\r\n,:"), w.body[w.at]) >= 0 {
		w.at++
	}
}

// peek returns the next byte that means something, or 0.
func (w *jsonWalk) peek() byte {
	w.space()
	if w.at == len(w.body) {
		return 0
	}
	return w.body[w.at]
}

func (w *jsonWalk) value() {
	switch w.peek() {
	case '{':
		w.at++
		w.object()
	case '[':
		w.at++
		for c := w.peek(); c != ']' && c != 0; c = w.peek() {
			w.value()
		}
		w.at++
	case '"':
		w.text()
	default:
		for w.at < len(w.body) && bytes.IndexByte([]byte(" \t\r\n,]}"), w.body[w.at]) < 0 {
			w.at++
		}
	}
}

func (w *jsonWalk) object() {
	for c := w.peek(); c == '"'; c = w.peek() {
		length := len(w.path)
		if length > 0 {
			w.path = append(w.path, '.')
		}
		w.path = append(w.path, decoded(w.token())...)
		w.value()
		w.path = w.path[:length]
	}
	w.at++
}

// token returns the literal that stands here and moves past it.
func (w *jsonWalk) token() []byte {
	start := w.at
	for w.at++; w.at < len(w.body) && w.body[w.at] != '"'; w.at++ {
		if w.body[w.at] == '\\' {
			w.at++
		}
	}
	w.at = min(w.at+1, len(w.body))
	return w.body[start:w.at]
}

func (w *jsonWalk) text() {
	start := w.at
	old := decoded(w.token())
	if w.skip[string(w.path)] {
		return
	}
	if now := w.swap(string(w.path[bytes.LastIndexByte(w.path, '.')+1:]), old); now != old {
		w.out = append(append(w.out, w.body[w.done:start]...), wire.EncodeJSON(now)...)
		w.done = w.at
	}
}

// decoded is the text that a literal stands for.
func decoded(literal []byte) string {
	if len(literal) >= 2 && bytes.IndexByte(literal, '\\') < 0 {
		return string(literal[1 : len(literal)-1])
	}
	v, _ := wire.DecodeJSON(literal)
	text, _ := v.(string)
	return text
}

// rewriteXML does the same to the texts of an XML body.
func rewriteXML(body []byte, skip leafClasses, swap swapper) []byte {
	if _, err := wire.DecodeXML(body); err != nil {
		return body
	}
	out := make([]byte, 0, len(body)+64)
	var path []string
	for rest := body; len(rest) > 0; {
		open := bytes.IndexByte(rest, '<')
		if open < 0 {
			return append(out, rest...)
		}
		out = append(out, swapText(rest[:open], path, skip, swap)...)
		end := markupEnd(rest[open:])
		tag := rest[open : open+end]
		out = append(out, tag...)
		path = follow(path, tag)
		rest = rest[open+end:]
	}
	return out
}

// swapText swaps the text of the element at path, whose first name is that of
// the whole.
func swapText(text []byte, path []string, skip leafClasses, swap swapper) []byte {
	if len(path) < 2 || len(bytes.TrimSpace(text)) == 0 || skip[strings.Join(path[1:], ".")] {
		return text
	}
	old := html.UnescapeString(string(text))
	now := swap(path[len(path)-1], old)
	if now == old {
		return text
	}
	return []byte(markup.Replace(now))
}

// markup escapes what XML would read as markup.
var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")

// markupEnd returns the length of what begins with <.
func markupEnd(b []byte) int {
	for begin, end := range map[string]string{"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"} {
		if bytes.HasPrefix(b, []byte(begin)) {
			if i := bytes.Index(b, []byte(end)); i >= 0 {
				return i + len(end)
			}
		}
	}
	if i := bytes.IndexByte(b, '>'); i >= 0 {
		return i + 1
	}
	return len(b)
}

// follow returns the path after a tag.
func follow(path []string, tag []byte) []string {
	switch {
	case len(tag) < 3 || tag[1] == '!' || tag[1] == '?' || tag[len(tag)-2] == '/':
		return path
	case tag[1] == '/':
		return path[:max(len(path)-1, 0)]
	}
	name, _, _ := strings.Cut(string(tag[1:len(tag)-1]), " ")
	return append(path, name)
}
