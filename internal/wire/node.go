package wire

import (
	"strconv"
	"strings"
)

// Node is a value of a parameter tree.
type Node struct {
	Kind    Kind
	Present bool
	Text    string       // of a Scalar
	Items   []*Node      // of a List
	Members []NodeMember // of a Struct in the shape's order, of a Mapped by key

	index int  // within a list, as on the wire
	param int  // which parameter made it first
	whole bool // a parameter gave all of it at once
}

// NodeMember is a named part of a Node.
type NodeMember struct {
	Name string
	Node *Node
}

func (n *Node) member(name string) *Node {
	for i := range n.Members {
		if n.Members[i].Name == name {
			return n.Members[i].Node
		}
	}
	return nil
}

// Leaves returns the scalars below the node in canonical flattening, in the
// node's own order: lists from 1, maps plain.
func (n *Node) Leaves() Params {
	if n == nil {
		return nil
	}
	return n.appendLeaves(nil, nil)
}

// appendLeaves flattens below the prefix, which ends in a dot unless empty.
func (n *Node) appendLeaves(out Params, prefix []byte) Params {
	switch n.Kind {
	case Scalar:
		return append(out, Param{string(prefix[:max(len(prefix)-1, 0)]), n.Text})
	case List:
		for i, item := range n.Items {
			out = item.appendLeaves(out, append(strconv.AppendInt(prefix, int64(i+1), 10), '.'))
		}
	case Struct:
		for _, m := range n.Members {
			out = m.Node.appendLeaves(out, append(append(prefix, m.Name...), '.'))
		}
	case Mapped:
		for _, m := range n.Members {
			out = m.Node.appendLeaves(out, append(append(prefix, guardKey(m.Name)...), '.'))
		}
	}
	return out
}

// guardKey writes a map's key so that it reads back as itself: plain, unless
// it looks as if it had the gateway's #LENGTH# in front.
func guardKey(key string) string {
	if stripKey(key) == key {
		return key
	}
	return "#" + strconv.Itoa(len(key)) + "#" + key
}

// stripKey takes the gateway's #LENGTH# off a map's key. Clients do not agree
// on what the length counts, so any will do.
func stripKey(key string) string {
	if len(key) < 3 || key[0] != '#' {
		return key
	}
	end := strings.IndexByte(key[1:], '#') + 1
	if end < 2 || !onlyDigits(key[1:end]) {
		return key
	}
	return key[end+1:]
}
