package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// deepest is how far a document may nest; beyond it is a mistake or an attack.
const deepest = 60

// parse reads the text as one YAML document and checks what the YAML reader
// lets pass: repeated keys, keys that are no text, anchors, merge keys.
func (r *reader) parse(text []byte) {
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&doc); err != nil {
		r.syntax(err)
		return
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		r.fail(&doc, "want one YAML document, have several")
	}
	if len(doc.Content) == 0 {
		r.fail(nil, "the document is empty")
		return
	}
	r.root = doc.Content[0]
	r.tidy(r.root, 0)
}

var lineText = regexp.MustCompile(`line (\d+): `)

// syntax keeps the line that the YAML reader's message names as the place.
func (r *reader) syntax(err error) {
	if errors.Is(err, io.EOF) {
		r.fail(nil, "the document is empty")
		return
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	at := &yaml.Node{}
	if m := lineText.FindStringSubmatch(message); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		message = strings.Replace(message, m[0], "", 1)
	}
	r.fail(at, "read YAML: %s", message)
}

func (r *reader) tidy(n *yaml.Node, depth int) {
	switch {
	case depth > deepest:
		r.fail(n, "nested more than %d deep", deepest)
		return
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fail(n, "anchors and aliases are not read: write it out or use $ref")
		return
	case n.Kind == yaml.MappingNode:
		r.tidyKeys(n)
	case n.Kind == yaml.ScalarNode:
		r.tidyScalar(n)
	}
	for _, c := range n.Content {
		r.tidy(c, depth+1)
	}
}

func (r *reader) tidyKeys(n *yaml.Node) {
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "a key must be a text")
		case key.Tag == "!!merge":
			r.fail(key, "merge keys are not read: write it out or use $ref")
		case seen[key.Value]:
			r.fail(key, "key %q stands here twice", key.Value)
		}
		seen[key.Value] = true
	}
}

// tidyScalar resolves the tag and writes numbers in their plain decimal form.
func (r *reader) tidyScalar(n *yaml.Node) {
	n.Tag = n.ShortTag()
	switch n.Tag {
	case "!!int":
		i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
		if err != nil {
			r.fail(n, "number %s is out of range", n.Value)
			return
		}
		n.Value = strconv.FormatInt(i, 10)
	case "!!float":
		f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			r.fail(n, "number %s is out of range", n.Value)
		}
	case "!!timestamp":
		n.Tag = "!!str"
	case "!!str", "!!bool", "!!null", "!!merge":
	default:
		r.fail(n, "YAML tag %s is not read", n.Tag)
	}
}

// plain writes the tree as JSON, without the extensions: what any OpenAPI
// reader sees.
func plain(b *bytes.Buffer, n *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		plainMapping(b, n)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			plain(b, c)
		}
		b.WriteByte(']')
	default:
		b.WriteString(scalarJSON(n))
	}
}

func plainMapping(b *bytes.Buffer, n *yaml.Node) {
	b.WriteByte('{')
	first := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if strings.HasPrefix(key, "x-") {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(quote(key))
		b.WriteByte(':')
		plain(b, n.Content[i+1])
	}
	b.WriteByte('}')
}

func scalarJSON(n *yaml.Node) string {
	switch n.Tag {
	case "!!int":
		return n.Value
	case "!!float":
		f, _ := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
		return strconv.FormatFloat(f, 'g', -1, 64)
	case "!!bool":
		return strings.ToLower(n.Value)
	case "!!null":
		return "null"
	default:
		return quote(n.Value)
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // no string fails to marshal
		return fmt.Sprintf("%q", s)
	}
	return string(b)
}

// compact writes the tree as JSON text in document order, extensions and all.
func compact(n *yaml.Node) string {
	var b bytes.Buffer
	writeAll(&b, n)
	return b.String()
}

func writeAll(b *bytes.Buffer, n *yaml.Node) {
	open, end := "[", "]"
	if n.Kind == yaml.MappingNode {
		open, end = "{", "}"
	}
	if n.Kind == yaml.ScalarNode {
		b.WriteString(scalarJSON(n))
		return
	}
	b.WriteString(open)
	for i, c := range n.Content {
		switch {
		case n.Kind == yaml.MappingNode && i%2 == 1:
			b.WriteByte(':')
		case i > 0:
			b.WriteByte(',')
		}
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			b.WriteString(quote(c.Value))
			continue
		}
		writeAll(b, c)
	}
	b.WriteString(end)
}
