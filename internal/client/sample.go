package client

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// taste says what a sample answer is like.
type taste struct {
	minimal bool // only what every answer has
	listed  int  // how many elements lists have
	// text and time take the place of an ordinary value where they are not
	// empty.
	text, time string
	large      bool // integers are as large as they may be
	nulls      bool // what need not be there is null
}

// sample makes an answer's body.
func (t taste) sample(f *contract.Field) any {
	switch f.Type {
	case contract.Object:
		return t.object(f)
	case contract.Array:
		list := make([]any, 0, t.listed)
		for i := range t.listed {
			list = append(list, t.element(f.Items, i))
		}
		return list
	case contract.Map:
		m := &wire.Map{}
		m.Set("some.key", "a value")
		return m
	case contract.Integer, contract.Number:
		return t.number(f)
	case contract.Boolean:
		return true
	default:
		return t.string(f)
	}
}

func (t taste) object(f *contract.Field) *wire.Map {
	m := &wire.Map{}
	for _, member := range f.Members {
		switch {
		case member.Required || !t.minimal && !t.nulls:
			m.Set(member.Name, t.sample(member))
		case t.nulls:
			m.Set(member.Name, nil)
		}
	}
	return m
}

func (t taste) element(f *contract.Field, i int) any {
	v := t.sample(f)
	if text, ok := v.(string); ok && len(f.Enum) == 0 && f.Class != contract.ClassTime && i > 0 {
		return text + strconv.Itoa(i+1)
	}
	return v
}

func (t taste) number(f *contract.Field) json.Number {
	if t.large && f.Type == contract.Integer && f.Maximum == nil {
		return json.Number(strconv.FormatInt(largest(f), 10))
	}
	if _, err := strconv.ParseInt(f.Example, 10, 64); err == nil {
		return json.Number(f.Example)
	}
	return "7"
}

func (t taste) string(f *contract.Field) string {
	switch {
	case f.Class == contract.ClassTime && t.time != "":
		return t.time
	case len(f.Enum) > 0:
		return f.Enum[0]
	case t.text != "" && (f.Class == contract.ClassText || f.Class == contract.ClassName):
		return t.text
	case f.Example != "":
		return f.Example
	}
	return "a " + strings.ToLower(f.Name)
}

// success is a desk's answer with the body, in the format that was asked for.
func success(t *Try, body any) Reaction { return answer(t, 200, root(t, "Response"), body) }

// root is the name of an XML body's root.
func root(t *Try, suffix string) string { return t.Operation + suffix }

// answer renders a body in the format that was asked for.
func answer(t *Try, status int, root string, body any) Reaction {
	if t.format() == formatXML {
		return Reaction{Status: status, Type: typeXML, Body: wire.EncodeXML(root, body)}
	}
	return Reaction{Status: status, Type: typeJSON, Body: wire.EncodeJSON(body)}
}

// Formats and their media types, as the gateway writes them.
const (
	formatJSON = "JSON"
	formatXML  = "XML"
	typeJSON   = "application/json;charset=utf-8"
	typeXML    = "text/xml;charset=utf-8"
	typeHTML   = "text/html"
)

// format is what the request asks the answer to be in.
func (t *Try) format() string {
	if t.In == nil {
		return formatJSON
	}
	f, n := t.In.Common("Format")
	switch {
	case n > 0 && strings.EqualFold(f, formatJSON):
		return formatJSON
	case n > 0:
		return formatXML
	case t.In.Scheme == wire.ACS3:
		return formatJSON
	}
	return formatXML
}

// refusal is the body of a failure.
func refusal(code, message, request string) *wire.Map {
	m := &wire.Map{}
	m.Set("RequestId", request)
	m.Set("HostId", "eci.example.com")
	m.Set("Code", code)
	m.Set("Message", message)
	m.Set("Recommend", "https://example.com/troubleshoot?q="+code)
	return m
}
