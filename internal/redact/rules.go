package redact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// policy names what this package does with a class. It is part of the digest:
// raise it whenever something is replaced that was not, or the reverse.
const policy = "redact 3"

// node says of a value and of what is in it how it is treated. A nil node is
// of a value that nobody knows.
type node struct {
	kind    contract.Type
	class   contract.Class
	members map[string]*node
	items   *node
	// packed is how a JSON text within the value is read.
	packed *node
}

// anything is the kind of loose.
const anything contract.Type = "anything"

var (
	// loose is of what stands within a known text whose inside nobody
	// describes: it stays, but for what is secret by its name.
	loose  = &node{kind: anything, class: contract.ClassText}
	hidden = &node{kind: contract.String, class: contract.ClassSecret}
	// vault is of what stands within a secret.
	vault = &node{kind: anything, class: contract.ClassSecret}
)

// scalar reports whether the node is a known value and not what holds values.
func (n *node) scalar() bool {
	return n != nil && n.kind != contract.Object && n.kind != contract.Array && n.kind != contract.Map
}

// member returns the node of a member, or nil.
func (n *node) member(name string) *node {
	switch {
	case n == nil:
		return nil
	case n.kind == anything && isSecretName(name):
		return hidden
	case n.kind == anything:
		return n
	}
	return n.members[name]
}

// element returns the node of an element, or nil.
func (n *node) element() *node {
	switch {
	case n == nil:
		return nil
	case n.kind == anything:
		return n
	}
	return n.items
}

// find returns the node of a flattened parameter, or nil. A list's index is
// any digits, right or wrong.
func (n *node) find(name string) *node {
	if strings.HasSuffix(name, ".") {
		return nil
	}
	for n != nil && name != "" {
		segment, rest, _ := strings.Cut(name, ".")
		switch n.kind {
		case contract.Array:
			if !isNumber(strings.TrimPrefix(segment, "-")) {
				return nil
			}
			n = n.items
		case contract.Map:
			// Some clients write Options.#4#akId: the length of the key, then the key.
			if i := strings.LastIndexByte(segment, '#'); i >= 0 {
				segment = segment[i+1:]
			}
			n = n.members[segment]
		default:
			n = n.members[segment]
		}
		name = rest
	}
	return n
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// operation is what is known of one operation.
type operation struct {
	request  *node
	response *node // of a success or, by other names, a failure
}

// Rules are how the values of a contract's operations are treated. They are
// safe for concurrent use.
type Rules struct {
	operations map[string]*operation
	failure    *node            // of an answer to no known operation
	anywhere   *node            // parameters that mean the same in any operation
	common     map[string]*node // parameters of the protocol
	headers    map[string]*node // its headers, in lower case
	plain      map[string]bool  // names that sound like those of secrets and are none
	quotes     []quote
	words      string // of the contract, each between line ends: no secret is told by them
	digest     string
}

// NewRules reads the classes of every request parameter and response member
// off the contract.
func NewRules(c *contract.Contract) *Rules {
	r := &Rules{
		operations: map[string]*operation{}, common: map[string]*node{}, headers: map[string]*node{},
		plain: map[string]bool{}, failure: newNode(c.Envelope.Error), quotes: newQuotes(c),
	}
	for _, f := range c.Protocol.Common {
		r.common[f.Name] = newNode(f)
	}
	for _, f := range c.Protocol.Headers {
		r.headers[strings.ToLower(f.Name)] = newNode(f)
	}
	for _, o := range c.Operations {
		r.operations[o.Name] = &operation{request: newRoot(o.Parameters), response: r.answer(o)}
	}
	for _, nodes := range []map[string]*node{r.common, r.headers} {
		(&node{members: nodes}).plain(r.plain)
	}
	r.anywhere = merge(c)
	for _, o := range c.Operations {
		r.unpack(c, o)
		r.operations[o.Name].request.plain(r.plain)
		r.operations[o.Name].response.plain(r.plain)
	}
	r.words = words(c)
	r.digest = r.sum()
	return r
}

// Digest is the lower-case hex SHA-256 of the rules: recordings with the same
// digest treat the same value in the same way.
func (r *Rules) Digest() string { return r.digest }

func newNode(f *contract.Field) *node {
	if f == nil {
		return nil
	}
	n := &node{kind: f.Type, class: f.Class, items: newNode(f.Items), members: map[string]*node{}}
	for _, m := range f.Members {
		n.members[m.Name] = newNode(m)
	}
	if !n.scalar() {
		n.packed = n
	}
	return n
}

func newRoot(fields []*contract.Field) *node {
	n := &node{kind: contract.Object, members: map[string]*node{}}
	for _, f := range fields {
		n.members[f.Name] = newNode(f)
	}
	return n
}

// merge is the parameters that mean the same wherever they are.
func merge(c *contract.Contract) *node {
	out := &node{kind: contract.Object, members: map[string]*node{}}
	meanings := map[string]map[string]bool{}
	for _, o := range c.Operations {
		for _, f := range o.Parameters {
			n := newNode(f)
			if meanings[f.Name] == nil {
				meanings[f.Name] = map[string]bool{}
			}
			meanings[f.Name][strings.Join(n.lines("", nil), "\n")] = true
			out.members[f.Name] = n
		}
	}
	maps.DeleteFunc(out.members, func(name string, _ *node) bool { return len(meanings[name]) > 1 })
	return out
}

// answer is what an operation may answer: members of a success and, where it
// has none of that name, those of a failure.
func (r *Rules) answer(o *contract.Operation) *node {
	n := newNode(o.Response)
	if n == nil {
		return r.failure
	}
	if r.failure != nil {
		for name, m := range r.failure.members {
			if n.members[name] == nil {
				n.members[name] = m
			}
		}
	}
	return n
}

// plain collects the names of members that are no secrets, whatever they sound
// like.
func (n *node) plain(names map[string]bool) {
	if n == nil {
		return
	}
	n.items.plain(names)
	for name, m := range n.members {
		if m.class != contract.ClassSecret && m.class != contract.ClassAccessKey && isSecretName(name) {
			names[name] = true
		}
		m.plain(names)
	}
}

// unpack finds the members that show a map of parameters as JSON text, and
// reads them as those parameters are read.
func (r *Rules) unpack(c *contract.Contract, o *contract.Operation) {
	for _, e := range o.Effect.Echo {
		resource := c.Resource(o.Effect.Resource)
		if e.Form != "json" || resource == nil {
			continue
		}
		list := c.Operation(resource.List)
		at := find(r.operations[list.Name].response, list.Effect.Items+".N."+e.Member)
		if p := r.operations[o.Name].request.find(e.Parameter); at != nil && p != nil {
			at.packed = wrapped(p, e.Wraps)
		}
	}
}

// find returns the node of a generic path.
func find(n *node, path string) *node {
	for segment := range strings.SplitSeq(path, ".") {
		switch {
		case n == nil:
			return nil
		case n.kind == contract.Array && segment == "N":
			n = n.items
		default:
			n = n.members[segment]
		}
	}
	return n
}

// wrapped is a map that may stand once more under one of the names.
func wrapped(n *node, names []string) *node {
	out := &node{kind: n.kind, members: maps.Clone(n.members)}
	for _, name := range names {
		out.members[name] = n
	}
	return out
}

// regionBinding is what a contract calls the parameters that name a region.
const regionBinding = "region"

// words are the contract's own texts: names, enums, regions, codes and messages.
func words(c *contract.Contract) string {
	seen := map[string]bool{c.Version: true, "ACS3-HMAC-SHA256": true, "Credential": true, "SignedHeaders": true, "application/x-www-form-urlencoded": true}
	var field func(f *contract.Field)
	field = func(f *contract.Field) {
		if f == nil {
			return
		}
		seen[f.Name] = true
		for _, e := range f.Enum {
			seen[e] = true
		}
		if f.Binding == regionBinding {
			seen[f.Example], seen[f.Default] = true, true
		}
		field(f.Items)
		for _, m := range f.Members {
			field(m)
		}
	}
	for _, f := range slices.Concat(c.Protocol.Common, c.Protocol.Headers, []*contract.Field{c.Envelope.Error}) {
		field(f)
	}
	for _, o := range c.Operations {
		seen[o.Name] = true
		field(o.Response)
		for _, f := range o.Parameters {
			field(f)
		}
	}
	for _, e := range c.Rows() {
		seen[e.Code], seen[e.Message] = true, true
		for _, w := range e.Wordings {
			seen[w.Code], seen[w.Message] = true, true
		}
	}
	return "\n" + strings.Join(slices.Sorted(maps.Keys(seen)), "\n") + "\n"
}

// sum digests everything that decides how a value is treated.
func (r *Rules) sum() string {
	h := sha256.New()
	fmt.Fprintln(h, policy, slices.Sorted(maps.Keys(r.common)), slices.Sorted(maps.Keys(r.headers)), r.quotes)
	for _, name := range slices.Sorted(maps.Keys(r.operations)) {
		o := r.operations[name]
		fmt.Fprintln(h, name, o.request.lines(">", nil), o.response.lines("<", nil))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// lines lists the paths below a node with their classes.
func (n *node) lines(path string, out []string) []string {
	if n == nil {
		return out
	}
	out = append(out, fmt.Sprintf("%s %s %s packed=%v", path, n.kind, n.class, n.packed != nil))
	out = n.items.lines(path+".N", out)
	for _, name := range slices.Sorted(maps.Keys(n.members)) {
		out = n.members[name].lines(path+"."+name, out)
	}
	return out
}
