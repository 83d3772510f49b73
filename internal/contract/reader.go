package contract

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/internal/nearest"
)

// reader walks the document's nodes, keeps what is wrong with them, and knows
// which extensions somebody has read, so that the rest can be refused.
type reader struct {
	file   string
	root   *yaml.Node
	faults []fault
	read   map[*yaml.Node]bool // by key node
	// odd are the mappings with unknown keys: what seems to be missing in
	// them may only be misspelt, and is not reported besides.
	odd map[*yaml.Node]bool
}

func newReader(file string) *reader {
	return &reader{file: file, read: map[*yaml.Node]bool{}, odd: map[*yaml.Node]bool{}}
}

type fault struct {
	place   Place
	message string
}

func (r *reader) place(n *yaml.Node) Place {
	if n == nil {
		return Place{File: r.file, Line: 1}
	}
	return Place{File: r.file, Line: max(n.Line, 1)}
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, fault{r.place(n), fmt.Sprintf(format, args...)})
}

// err returns all faults as one error, one line each, sorted by place.
func (r *reader) err() error {
	slices.SortStableFunc(r.faults, func(a, b fault) int { return a.place.Line - b.place.Line })
	var errs []error
	seen := map[fault]bool{}
	for _, f := range r.faults {
		if !seen[f] {
			seen[f] = true
			errs = append(errs, fmt.Errorf("%s: %s", f.place, f.message))
		}
	}
	return errors.Join(errs...)
}

// object is a mapping read key by key.
type object struct {
	r    *reader
	what string // for messages: parameter Tag, x-acs-effect
	node *yaml.Node
}

// object takes n as a mapping that may hold only the known keys. Anything
// else is a fault, and the object returned is then empty.
func (r *reader) object(n *yaml.Node, what string, known ...string) object {
	o := r.mapping(n, what)
	for key := range o.pairs() {
		if !slices.Contains(known, key.Value) {
			r.odd[o.node] = true
			r.fail(key, "%s: %s", what, unknown("key", key.Value, known))
		}
	}
	return o
}

// mapping takes n as a mapping with any keys.
func (r *reader) mapping(n *yaml.Node, what string) object {
	if n == nil {
		return object{r: r, what: what, node: &yaml.Node{Kind: yaml.MappingNode}}
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s: want a mapping, have %s", what, kindName(n))
		return object{r: r, what: what, node: &yaml.Node{Kind: yaml.MappingNode, Line: n.Line}}
	}
	return object{r: r, what: what, node: n}
}

// unknown says that a word is not among those known and names the nearest.
func unknown(kind, word string, known []string) string {
	text := fmt.Sprintf("unknown %s %q", kind, word)
	if near := nearest.Close(word, known, 1); len(near) > 0 {
		return fmt.Sprintf("%s, did you mean %q?", text, near[0])
	}
	if len(known) <= 12 {
		return fmt.Sprintf("%s, want one of %s", text, strings.Join(known, ", "))
	}
	return text
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return fmt.Sprintf("%q", n.Value)
	default:
		return "something else"
	}
}

// pairs yields the keys and values in document order.
func (o object) pairs() func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(o.node.Content); i += 2 {
			if !yield(o.node.Content[i], o.node.Content[i+1]) {
				return
			}
		}
	}
}

// find returns the key's nodes and marks it as read; nil where there is none.
func (o object) find(key string) (k, v *yaml.Node) {
	for k, v := range o.pairs() {
		if k.Value == key {
			o.r.read[k] = true
			return k, v
		}
	}
	return nil, nil
}

func (o object) get(key string) *yaml.Node {
	_, v := o.find(key)
	return v
}

// need is get for a key that must be there.
func (o object) need(key string) *yaml.Node {
	v := o.get(key)
	if v == nil {
		o.missing(key)
	}
	return v
}

func (o object) missing(key string) {
	if !o.r.odd[o.node] {
		o.r.fail(o.node, "%s: %s is missing", o.what, key)
	}
}

func (o object) text(key string) string {
	v := o.get(key)
	if v == nil {
		return ""
	}
	return o.r.text(v, o.what+": "+key)
}

func (o object) needText(key string) string {
	if o.need(key) == nil {
		return ""
	}
	text := o.text(key)
	if v := o.get(key); text == "" && v.Kind == yaml.ScalarNode && v.Tag == "!!str" {
		o.r.fail(v, "%s: %s is empty", o.what, key)
	}
	return text
}

// word is text out of a closed list; empty where the key is absent.
func (o object) word(key, kind string, known []string) string {
	text := o.text(key)
	if text != "" && !slices.Contains(known, text) {
		o.r.fail(o.get(key), "%s: %s", o.what, unknown(kind, text, known))
		return ""
	}
	return text
}

func (o object) flag(key string) bool {
	v := o.get(key)
	if v == nil {
		return false
	}
	if v.Kind != yaml.ScalarNode || v.Tag != "!!bool" {
		o.r.fail(v, "%s: %s: want true or false, have %s", o.what, key, kindName(v))
		return false
	}
	return isTrue(v)
}

func isTrue(n *yaml.Node) bool { return strings.EqualFold(n.Value, "true") }

func (o object) whole(key string) int {
	v := o.get(key)
	if v == nil {
		return 0
	}
	n, ok := o.r.whole(v, o.what+": "+key)
	if !ok || n > math.MaxInt32 {
		return 0
	}
	return int(n)
}

func (o object) texts(key string) []string {
	var out []string
	for _, v := range o.items(key) {
		out = append(out, o.r.text(v, o.what+": "+key))
	}
	return out
}

// items returns the elements of a list; none where the key is absent.
func (o object) items(key string) []*yaml.Node {
	v := o.get(key)
	if v == nil {
		return nil
	}
	if v.Kind != yaml.SequenceNode {
		o.r.fail(v, "%s: %s: want a list, have %s", o.what, key, kindName(v))
		return nil
	}
	return v.Content
}

// text takes a scalar as text; a number or date without quotes is as good.
func (r *reader) text(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fail(n, "%s: want a text, have %s", what, kindName(n))
		return ""
	}
	return n.Value
}

func (r *reader) whole(n *yaml.Node, what string) (int64, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i, true
		}
	}
	r.fail(n, "%s: want a whole number, have %s", what, kindName(n))
	return 0, false
}
