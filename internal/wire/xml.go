package wire

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxXML is the largest document that is read, in bytes.
const maxXML = 4 << 20

// maxAttributes is how many attributes an element may have.
const maxAttributes = 64

var (
	errXMLSize    = fmt.Errorf("more than %d bytes", maxXML)
	errAttributes = fmt.Errorf("more than %d attributes", maxAttributes)
	errDoctype    = errors.New("document type")
	errEntity     = errors.New("unknown entity")
	errMixed      = errors.New("text beside elements")
	errCharacter  = errors.New("character that XML does not allow")
	errMarkup     = errors.New("bad markup")
	errOutside    = errors.New("something outside the root element")
	errEncoding   = errors.New("encoding other than UTF-8")
	errCDATAEnd   = errors.New("]]> in text")
)

// Element is an element of an XML body: children, or text, never both.
// Attributes are read over.
type Element struct {
	Name     string
	Text     string
	Children []*Element
}

// DecodeXML reads one document, strictly and in UTF-8: one root, no document
// type, no entities but XML's own five, no text beside elements, at most 512
// levels and 4 MiB.
func DecodeXML(b []byte) (*Element, error) {
	if len(b) > maxXML {
		return nil, fmt.Errorf("read xml: %w", errXMLSize)
	}
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("read xml: %w", errUTF8)
	}
	r := xmlReader{text: strings.TrimPrefix(string(b), "\uFEFF")}
	root, err := r.document()
	if err != nil {
		return nil, fmt.Errorf("read xml: byte %d: %w", r.at, err)
	}
	return root, nil
}

// xmlReader reads the markup; what has been read is text[:at].
type xmlReader struct {
	text     string
	at       int
	elements int
}

func (r *xmlReader) document() (*Element, error) {
	if r.has("<?xml") && len(r.text) > 5 && isXMLSpace(r.text[5]) {
		if err := r.declaration(); err != nil {
			return nil, err
		}
	}
	if err := r.misc(); err != nil {
		return nil, err
	}
	if !r.has("<") {
		return nil, r.unexpected(errOutside)
	}
	root, err := r.element(1)
	if err != nil {
		return nil, err
	}
	if err := r.misc(); err != nil {
		return nil, err
	}
	if r.at < len(r.text) {
		return nil, errOutside
	}
	return root, nil
}

// declaration reads <?xml …?>.
func (r *xmlReader) declaration() error {
	r.at += len("<?xml")
	version := ""
	for {
		name, value, err := r.attribute()
		if err != nil {
			return err
		}
		switch {
		case name == "":
			if !r.take("?>") || version == "" {
				return r.unexpected(errMarkup)
			}
			return nil
		case name == "version":
			if version = value; version != "1.0" {
				return errMarkup
			}
		case name == "encoding":
			if !strings.EqualFold(value, "UTF-8") {
				return errEncoding
			}
		case name != "standalone":
			return errMarkup
		}
	}
}

// misc reads over spaces, comments and instructions around the root.
func (r *xmlReader) misc() error {
	for {
		r.space()
		done, err := r.aside()
		if done || err != nil {
			return err
		}
	}
}

// aside reads over one comment or instruction; done says that there is none.
func (r *xmlReader) aside() (done bool, err error) {
	switch {
	case r.take("<!--"):
		return false, r.comment()
	case r.has("<!DOCTYPE"):
		return false, errDoctype
	case r.take("<?"):
		return false, r.instruction()
	}
	return true, nil
}

func (r *xmlReader) comment() error {
	end := strings.Index(r.text[r.at:], "--")
	if end < 0 {
		return r.toEnd()
	}
	body := r.text[r.at : r.at+end]
	r.at += end
	if !r.take("-->") {
		return errMarkup
	}
	return checkCharacters(body)
}

func (r *xmlReader) instruction() error {
	name, err := r.name()
	if err != nil {
		return err
	}
	if strings.EqualFold(name, "xml") {
		return errMarkup
	}
	end := strings.Index(r.text[r.at:], "?>")
	if end < 0 {
		return r.toEnd()
	}
	body := r.text[r.at : r.at+end]
	if body != "" && !isXMLSpace(body[0]) {
		return errMarkup
	}
	r.at += end + len("?>")
	return checkCharacters(body)
}

// element reads an element, the reader standing on its <.
func (r *xmlReader) element(depth int) (*Element, error) {
	if depth > maxNesting {
		return nil, errTooDeep
	}
	if r.elements++; r.elements > maxValues {
		return nil, errTooMany
	}
	r.at++
	name, err := r.name()
	if err != nil {
		return nil, err
	}
	e := &Element{Name: name}
	empty, err := r.attributes()
	if err != nil || empty {
		return e, err
	}
	return e, r.content(e, depth)
}

// attributes reads over the rest of a start tag; empty says it ended in />.
func (r *xmlReader) attributes() (empty bool, err error) {
	var seen []string
	for {
		name, _, err := r.attribute()
		switch {
		case err != nil:
			return false, err
		case name != "":
			for _, other := range seen {
				if other == name {
					return false, fmt.Errorf("duplicate attribute %q", name)
				}
			}
			if len(seen) == maxAttributes {
				return false, errAttributes
			}
			seen = append(seen, name)
		case r.take("/>"):
			return true, nil
		case r.take(">"):
			return false, nil
		default:
			return false, r.unexpected(errMarkup)
		}
	}
}

// attribute reads one attribute; the name is empty where there is none.
func (r *xmlReader) attribute() (name, value string, err error) {
	start := r.at
	if r.space(); r.at == len(r.text) || !isNameStart(r.rune()) {
		return "", "", nil
	}
	if r.at == start {
		return "", "", errMarkup
	}
	if name, err = r.name(); err != nil {
		return "", "", err
	}
	r.space()
	if !r.take("=") {
		return "", "", r.unexpected(errMarkup)
	}
	if r.space(); !r.has(`"`) && !r.has("'") {
		return "", "", r.unexpected(errMarkup)
	}
	quote := r.text[r.at]
	r.at++
	end := strings.IndexByte(r.text[r.at:], quote)
	if end < 0 {
		return "", "", r.toEnd()
	}
	raw := r.text[r.at : r.at+end]
	if strings.IndexByte(raw, '<') >= 0 {
		return "", "", errMarkup
	}
	r.at += end + 1
	value, err = unescapeXML(raw)
	return name, value, err
}

// content reads what stands between the tags of e, and the end tag.
func (r *xmlReader) content(e *Element, depth int) error {
	var text xmlText
	for {
		end := strings.IndexByte(r.text[r.at:], '<')
		if end < 0 {
			return r.toEnd()
		}
		if err := text.add(r.text[r.at : r.at+end]); err != nil {
			return err
		}
		r.at += end
		switch {
		case r.take("</"):
			return r.endTag(e, &text)
		case r.take("<![CDATA["):
			if err := r.cdata(&text); err != nil {
				return err
			}
		case r.has("<!"), r.has("<?"):
			if done, err := r.aside(); err != nil || done {
				return cmp.Or(err, errMarkup)
			}
		default:
			child, err := r.element(depth + 1)
			if err != nil {
				return err
			}
			e.Children = append(e.Children, child)
		}
	}
}

func (r *xmlReader) cdata(text *xmlText) error {
	end := strings.Index(r.text[r.at:], "]]>")
	if end < 0 {
		return r.toEnd()
	}
	err := text.addPlain(r.text[r.at : r.at+end])
	r.at += end + len("]]>")
	return err
}

// endTag reads the rest of an end tag and settles what the element holds.
func (r *xmlReader) endTag(e *Element, text *xmlText) error {
	if !r.take(e.Name) {
		return errMarkup
	}
	if r.space(); !r.take(">") {
		return r.unexpected(errMarkup)
	}
	if len(e.Children) == 0 {
		e.Text = text.String()
		return nil
	}
	if !text.blank() {
		return errMixed
	}
	return nil
}

func (r *xmlReader) has(s string) bool { return strings.HasPrefix(r.text[r.at:], s) }

func (r *xmlReader) take(s string) bool {
	if !r.has(s) {
		return false
	}
	r.at += len(s)
	return true
}

func (r *xmlReader) space() {
	for r.at < len(r.text) && isXMLSpace(r.text[r.at]) {
		r.at++
	}
}

func (r *xmlReader) rune() rune {
	c, _ := utf8.DecodeRuneInString(r.text[r.at:])
	return c
}

// name reads a name, which may have a namespace prefix.
func (r *xmlReader) name() (string, error) {
	start := r.at
	for i, c := range r.text[start:] {
		if i == 0 && !isNameStart(c) || i > 0 && !isNamePart(c) {
			break
		}
		r.at = start + i + utf8.RuneLen(c)
	}
	if r.at == start {
		return "", r.unexpected(errMarkup)
	}
	return r.text[start:r.at], nil
}

// unexpected is err, or that the text ended too early.
func (r *xmlReader) unexpected(err error) error {
	if r.at >= len(r.text) {
		return errEnd
	}
	return err
}

// toEnd says that the text ended too early.
func (r *xmlReader) toEnd() error {
	r.at = len(r.text)
	return errEnd
}
