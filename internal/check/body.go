package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// body reads the body in the format that it is in, and checks that this is the
// one asked for.
func (in *inspection) body() {
	a := in.answer
	a.Format = sniff(in.exchange.RespBody)
	in.format()
	switch a.Format {
	case formatJSON:
		in.readJSON()
	case formatXML:
		in.readXML()
	}
}

// sniff tells the two formats apart by the first character that is not space.
func sniff(body []byte) string {
	body = bytes.TrimLeft(body, " \t\r\n")
	switch {
	case len(body) == 0:
		return ""
	case body[0] == '<':
		return formatXML
	default:
		return formatJSON
	}
}

// format checks the body's format against the one asked for, and the content
// type against the body.
func (in *inspection) format() {
	got := in.answer.Format
	if want := in.expect.Format; want != "" && got != want {
		in.wrongFormat(want, got)
		return
	}
	types, ok := mediaTypes[got]
	if !ok {
		return
	}
	value := in.exchange.RespHeader.Get("Content-Type")
	media, _, _ := strings.Cut(value, ";")
	media = strings.TrimSpace(media)
	for _, t := range types {
		if strings.EqualFold(t, media) {
			return
		}
	}
	in.find(in.envelopeClause("contentType."+strings.ToLower(got)), "/header/Content-Type", types[0], quoteEmpty(value))
}

var mediaTypes = map[string][]string{
	formatJSON: {"application/json"},
	formatXML:  {"text/xml", "application/xml"},
}

func (in *inspection) wrongFormat(want, got string) {
	if got == "" {
		in.find(in.formatClause(want), "/body", "a body in "+want, "an empty body")
		return
	}
	in.find(in.formatClause(want), "/body", "a body in "+want, got+": "+in.bodyText())
}

// formatClause is the promise that the answer is in the format.
func (in *inspection) formatClause(format string) *contract.Clause {
	if clause := in.envelopeClause("error.format"); !in.answer.OK && clause != nil {
		return clause
	}
	if in.expect.Keyword != "" && in.expect.Format == format {
		return in.protocolClause(in.expect.Keyword)
	}
	return in.protocolClause("format." + strings.ToLower(format))
}

// unreadable reports a body that is in neither format, or not whole.
func (in *inspection) unreadable(format string, cause error) {
	if in.exchange.Err != nil {
		cause = in.exchange.Err
	}
	in.answer.OverLimit = in.answer.OverLimit || wire.OverLimit(cause)
	in.find(in.formatClause(format), "/body", "a whole body in "+format, cause.Error()+": "+in.bodyText())
}

func quoteEmpty(s string) string {
	if s == "" {
		return strconv.Quote(s)
	}
	return s
}

func (in *inspection) readJSON() {
	v, err := wire.DecodeJSON(in.exchange.RespBody)
	if err != nil {
		v = leniently(in.exchange.RespBody)
	}
	object, isObject := v.(*wire.Map)
	switch {
	case !isObject && err == nil:
		in.unreadable(formatJSON, errors.New("not an object"))
		return
	case !isObject || in.exchange.Err != nil:
		in.unreadable(formatJSON, cmp.Or(err, in.exchange.Err))
		return
	case err != nil:
		in.find(in.strictClause(), "/body", "one JSON value, strictly", err.Error()+": "+in.bodyText())
	}
	in.answer.Body = object
}

// strictClause is what a body breaks of which only a part can be read: that it
// is JSON, or, where each reader of JSON takes it, that all read the same.
func (in *inspection) strictClause() *contract.Clause {
	if text := in.exchange.RespBody; json.Valid(text) && utf8.Valid(text) {
		return in.envelopeClause("json.strict")
	}
	return in.formatClause(formatJSON)
}

// maxLenient is the longest body that is read again for what JSON there is.
const maxLenient = 256 << 10

// leniently reads what JSON there is, so that one defect of the text does not
// hide all others.
func leniently(body []byte) any {
	if len(body) > maxLenient {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.ToValidUTF8(body, []byte("\uFFFD"))))
	dec.UseNumber()
	var loose any
	if dec.Decode(&loose) != nil {
		return nil
	}
	again, err := json.Marshal(loose)
	if err != nil {
		return nil
	}
	v, err := wire.DecodeJSON(again)
	if err != nil {
		return nil
	}
	return v
}

func (in *inspection) readXML() {
	root, err := wire.DecodeXML(in.exchange.RespBody)
	if err = cmp.Or(err, in.exchange.Err); err != nil {
		in.unreadable(formatXML, err)
		return
	}
	in.root(root.Name)
	v, err := root.Value(in.shape(root.Name))
	if err != nil {
		in.unreadable(formatXML, err)
		return
	}
	in.answer.Body = v
}

// errorRoot is the root element of a failure in XML.
const errorRoot = "Error"

func (in *inspection) root(got string) {
	want := errorRoot
	if in.answer.OK {
		if in.answer.Operation == nil {
			return
		}
		want = in.answer.Operation.Name + "Response"
	}
	if got != want {
		in.find(in.envelopeClause("xml.root"), "/body", "<"+want+">", "<"+got+">")
	}
}

// shape is that of the body by what it is: a success may hold an error.
func (in *inspection) shape(root string) *wire.BodyShape {
	a := in.answer
	if s := in.judge.success[a.Operation]; a.OK && root != errorRoot && s != nil {
		return s
	}
	if in.judge.failure != nil && (!a.OK || root == errorRoot) {
		return in.judge.failure
	}
	return &wire.BodyShape{Kind: wire.Struct}
}

// Lookup returns what stands at a JSON pointer of a Value, and whether
// something does.
func Lookup(v any, pointer string) (any, bool) {
	if pointer == "" {
		return v, true
	}
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		var ok bool
		if v, ok = step(v, unescapePointer.Replace(token)); !ok {
			return nil, false
		}
	}
	return v, true
}

var unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")

func step(v any, token string) (any, bool) {
	switch v := v.(type) {
	case *wire.Map:
		return v.Get(token)
	case []any:
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i >= len(v) {
			return nil, false
		}
		return v[i], true
	default:
		return nil, false
	}
}
