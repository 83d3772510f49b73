package wire

// Node is a value of a parameter tree.
type Node struct {
	Kind    Kind
	Present bool
	Text    string       // of a Scalar
	Items   []*Node      // of a List
	Members []NodeMember // of a Struct in the shape's order, of a Mapped by key

	index int // within a list, as on the wire
}

// NodeMember is a named part of a Node.
type NodeMember struct {
	Name string
	Node *Node
}

// Get returns the node at a path such as Tag.2.Key, counting from 1, or nil.
// Below a Mapped the rest of the path is one key, dots included. The empty
// path is the node itself.
func (n *Node) Get(path string) *Node { return nil }

// Leaves returns the scalars below the node in canonical flattening.
func (n *Node) Leaves() Params { return nil }
