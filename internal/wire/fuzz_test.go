package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func FuzzDecode(f *testing.F) {
	for _, c := range captures(f) {
		f.Add(c.query)
	}
	for _, s := range []string{
		`DataSource={"Type":{"a":[]},"Options":{"#1#":null}}&DataSource=`, "Tag.2.Key=&Tag.02.Key&Tag..Key&Tag.1.Nope",
		"Ids=[1,2&Ids=,&Ids.1=x", "DataSource.Options.##=a&DataSource.Options.#1#=b", "Container.1.Arg.1.1&.&..&Tag.1",
	} {
		f.Add(s)
	}
	shape := everything()
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := parseParams(raw)
		if err != nil {
			return
		}
		tree, faults := Decode(p, shape)
		for _, fault := range faults {
			if p.Count(fault.Name) == 0 {
				t.Errorf("fault %v names no parameter of %q", fault, raw)
			}
		}
		sameTreeAgain(t, tree, shape)
	})
}

// sameTreeAgain encodes a tree and wants the same one decoded.
func sameTreeAgain(t rapid.TB, tree *Node, shape *Shape) {
	t.Helper()
	out := Encode(tree, shape)
	again, faults := Decode(out, shape)
	for _, fault := range faults {
		switch fault.Kind {
		case BadInteger, BadBoolean, BadNumber, OutOfRange32, OutOfRange64: // they stay in the tree
		default:
			t.Fatalf("Decode(Encode()) faults = %v in %v", faults, out)
		}
	}
	if got := Encode(again, shape); !slices.Equal(got, out) {
		t.Fatalf("Encode(Decode(Encode())) = %v, want %v", got, out)
	}
}

// Any tree of the shape comes back from the wire as it was.
func TestEncodeDecodeIdentity(t *testing.T) {
	t.Parallel()
	shape := everything()
	rapid.Check(t, func(t *rapid.T) {
		tree := drawTree(t, shape)
		sameTreeAgain(t, tree, shape)
		out := Encode(tree, shape)
		again, faults := Decode(shuffle(t, out), shape)
		if len(faults) > 0 || !slices.Equal(again.Leaves(), out) {
			t.Fatalf("Decode(shuffled %v) = %v, %v", out, again.Leaves(), faults)
		}
	})
}

func shuffle(t *rapid.T, p Params) Params { return rapid.Permutation(p).Draw(t, "order") }

// drawTree makes a tree without empty lists and structs: the wire cannot carry
// those.
func drawTree(t *rapid.T, s *Shape) *Node {
	n := &Node{Kind: s.Kind, Present: true}
	switch s.Kind {
	case Scalar:
		n.Text = drawText(t, s.Lexical)
	case List:
		for range rapid.IntRange(1, 12).Draw(t, "items") {
			n.Items = append(n.Items, drawTree(t, s.items()))
		}
	case Struct:
		for _, m := range s.Members {
			if rapid.IntRange(0, 3).Draw(t, m.Name) == 0 || m.Name == "Type" || m.Name == "Name" || m.Name == "Command" {
				n.Members = append(n.Members, NodeMember{m.Name, drawTree(t, m.Shape.orText())})
			}
		}
		if len(n.Members) == 0 && len(s.Members) > 0 {
			m := s.Members[0]
			n.Members = append(n.Members, NodeMember{m.Name, drawTree(t, m.Shape.orText())})
		}
	case Mapped:
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z.#0-9é]{1,6}`), 1, 20, rapid.ID[string]).Draw(t, "keys")
		for _, key := range keys {
			n.Members = append(n.Members, NodeMember{key, drawTree(t, s.items())})
		}
	}
	return n
}

func drawText(t *rapid.T, l Lexical) string {
	switch l {
	case Int32:
		return rapid.StringMatching(`0|-?[1-9][0-9]{0,8}`).Draw(t, "int32")
	case Int64:
		return rapid.StringMatching(`0|-?[1-9][0-9]{0,17}`).Draw(t, "int64")
	case Float:
		return rapid.StringMatching(`-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?`).Draw(t, "float")
	case Bool:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")
	}
	return rapid.String().Draw(t, "text")
}

func FuzzParseAuthorization(f *testing.F) {
	for _, c := range captures(f) {
		if auth := c.header.Get("Authorization"); auth != "" {
			f.Add(auth)
		}
	}
	f.Add("ACS3-HMAC-SHA256 Credential=,SignedHeaders=;;,Signature=,,=")
	f.Fuzz(func(t *testing.T, value string) {
		a, err := parseAuthorization(value)
		if err != nil {
			return
		}
		again := a.algorithm + " Credential=" + a.credential + ",SignedHeaders=" + strings.Join(a.signedHeaders, ";") + ",Signature=" + a.signature
		b, err := parseAuthorization(again)
		if err != nil || b.credential != a.credential || b.signature != a.signature || !slices.Equal(a.signedHeaders, b.signedHeaders) {
			t.Errorf("parseAuthorization(%q) = %+v, %v, want %+v", again, b, err, a)
		}
	})
}

// No request gets through without the secret, and none makes the reader panic.
func FuzzReceive(f *testing.F) {
	for _, c := range captures(f) {
		f.Add(c.method, c.query, c.header.Get("Authorization"), c.header.Get("Content-Type"), []byte(c.body))
	}
	f.Add("GET", "Signature=&Signature=%", "ACS3-", formType, []byte("=&=%2"))
	f.Fuzz(func(t *testing.T, method, query, auth, contentType string, body []byte) {
		r := &http.Request{
			Method: method, URL: &url.URL{Path: "/", RawQuery: query}, Host: "h", ContentLength: -1,
			Header: http.Header{"Authorization": {auth}, "Content-Type": {contentType}, "X-Acs-Date": {"d"}},
			Body:   io.NopCloser(bytes.NewReader(body)),
		}
		in, err := Receive(r, 1<<16)
		if err != nil {
			return
		}
		if in.Verify("a secret that nobody has") == nil {
			t.Errorf("Verify() = nil for %q %q", query, auth)
		}
		for _, name := range commonNames {
			in.Common(name)
		}
		Decode(in.API(isCommon), everything())
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, body := range answers {
		f.Add([]byte(body))
	}
	for _, s := range []string{`[1.0e+5,-0,"\ud83d\ude00\ud83d",{"a":{}}]`, "\"\x7f\u2028\"", `{"a":1,"a":2}`, "[[[[", "1e", "nul", "{\"\":\xff}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := DecodeJSON(b)
		if err != nil {
			repeated := strings.Contains(err.Error(), "duplicate key")
			deep := strings.Contains(err.Error(), "levels")
			if json.Valid(b) && utf8.Valid(b) && !repeated && !deep {
				t.Errorf("DecodeJSON(%q) = %v, want it valid", b, err)
			}
			return
		}
		if !json.Valid(b) {
			t.Fatalf("DecodeJSON(%q) = %v, want an error", b, v)
		}
		out := EncodeJSON(v)
		again, err := DecodeJSON(out)
		if err != nil || !json.Valid(out) {
			t.Fatalf("DecodeJSON(EncodeJSON(%q)) = %v", b, err)
		}
		if at, same := Equal(v, again); !same || !bytes.Equal(out, EncodeJSON(again)) {
			t.Errorf("EncodeJSON(%q) = %q: differs at %s", b, out, at)
		}
		sameAsLibrary(t, b, v)
	})
}

// sameAsLibrary compares the content with what encoding/json reads.
func sameAsLibrary(t *testing.T, b []byte, v any) {
	t.Helper()
	var want any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&want); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", b, err)
	}
	if at, same := Equal(fromLibrary(want), v); !same {
		t.Errorf("DecodeJSON(%q) differs from encoding/json at %q", b, at)
	}
}

func fromLibrary(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := &Map{}
		for key, value := range v {
			m.Set(key, fromLibrary(value))
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = fromLibrary(v[i])
		}
		return list
	}
	return v
}

func FuzzDecodeXML(f *testing.F) {
	for _, s := range []string{
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><RequestId/><Code>a&amp;&#x41;</Code></Error>", "<a><b>1</b><b/> <c x='1'><![CDATA[]]]]><![CDATA[>]]></c></a>",
		"<!--x--><a>\r\n</a><?p i?>", "<a:b>&lt;</a:b>", "<a><a><a>", "<a>&#99999999;</a>", "<é·/>", "<\u07b7/>", "<a b='&#10;'/>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeXML(b)
		if err != nil {
			return
		}
		sameAsLibraryXML(t, b, e)
		v, err := e.Value(listing())
		if err == nil {
			if _, err := DecodeXML(EncodeXML(e.Name, v)); err != nil {
				t.Errorf("DecodeXML(EncodeXML(%q)) = %v", b, err)
			}
		}
		plain, err := e.Value(nil)
		if err != nil {
			t.Fatalf("Value(nil) = %v", err)
		}
		again, err := DecodeXML(EncodeXML(e.Name, plain))
		if err != nil {
			t.Fatalf("DecodeXML(EncodeXML(%q)) = %v", b, err)
		}
		back, err := again.Value(nil)
		if err != nil {
			t.Fatalf("Value(nil) again = %v", err)
		}
		if at, same := Equal(plain, back); !same {
			t.Errorf("%q comes back changed at %s", b, at)
		}
	})
}

// sameAsLibraryXML wants what this package accepts to be the same document to
// encoding/xml.
func sameAsLibraryXML(t *testing.T, b []byte, e *Element) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\uFEFF"))))
	type open struct {
		e *Element
		n int
	}
	stack := []open{{&Element{Children: []*Element{e}}, 0}}
	var text strings.Builder
	for {
		token, err := d.RawToken()
		if err == io.EOF || err != nil && strings.Contains(err.Error(), "invalid XML name") {
			return // its names are those of the fourth edition: there are more in the fifth
		}
		if err != nil {
			t.Fatalf("encoding/xml refuses %q: %v", b, err)
		}
		top := &stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if top.n == len(top.e.Children) {
				t.Fatalf("%q: no child %v", b, token.Name)
			}
			child := top.e.Children[top.n]
			top.n++
			if got := strings.TrimPrefix(token.Name.Space+":"+token.Name.Local, ":"); got != child.Name {
				t.Fatalf("%q: element %q, want %q", b, child.Name, got)
			}
			stack = append(stack, open{child, 0})
			text.Reset()
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			if top.n != len(top.e.Children) || top.n == 0 && top.e.Text != text.String() {
				t.Fatalf("%q: element %q has %q, want %q", b, top.e.Name, top.e.Text, text.String())
			}
			stack = stack[:len(stack)-1]
		}
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("p/w \"ü*", "a=", "&b")
	f.Add("secret+/=", "", "")
	f.Add("ab", "x", "y")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < 16 || len(secret) > 64 || !utf8.ValidString(secret) || strings.Contains(secret, Redacted) || strings.Contains(Redacted, secret) {
			return
		}
		r := NewRedactor(secret)
		for _, form := range secretForms(secret, false) {
			if len(form) < 16 {
				continue
			}
			got := r.String(before + form + after)
			if strings.Contains(before+Redacted+after, form) {
				continue
			}
			if !strings.Contains(got, Redacted) || strings.Contains(got, form) {
				t.Errorf("String(%q) = %q", before+form+after, got)
			}
		}
	})
}
