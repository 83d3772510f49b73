package wire

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Decode reads flattened parameters by a shape, strictly. Faults come in the
// order of the parameters, gaps last. A scalar that is not of its lexical type
// is a fault and stays in the tree; whatever else is at fault is left out, and
// of a duplicate the first value stays. The tree is never nil.
func Decode(p Params, s *Shape) (*Node, []Fault) {
	d := decoder{params: p, root: s.orText(), nodes: make([]Node, 0, 2*len(p)+1)}
	if d.root.Kind != Struct {
		d.root = &Shape{Kind: Struct}
	}
	tree := d.node(d.root, 0, 0)
	for i := range p {
		d.read(tree, i)
	}
	d.finish(tree)
	return tree, d.faults
}

// Encode flattens a tree canonically: members in the shape's order, lists
// from 1, maps plain and by key. What the shape does not know is left out; a
// nil shape knows everything.
func Encode(n *Node, s *Shape) Params {
	if s == nil {
		return n.Leaves()
	}
	return n.arrange(s).Leaves()
}

// arrange returns a copy with the shape's members in its order.
func (n *Node) arrange(s *Shape) *Node {
	if n == nil || n.Kind != s.Kind {
		return nil
	}
	out := &Node{Kind: n.Kind, Present: n.Present, Text: n.Text}
	for _, item := range n.Items {
		if item = item.arrange(s.items()); item != nil {
			out.Items = append(out.Items, item)
		}
	}
	for _, m := range s.Members {
		if found := n.member(m.Name).arrange(m.Shape.orText()); found != nil {
			out.Members = append(out.Members, NodeMember{m.Name, found})
		}
	}
	if n.Kind == Mapped {
		for _, m := range n.Members {
			if value := m.Node.arrange(s.items()); value != nil {
				out.Members = append(out.Members, NodeMember{m.Name, value})
			}
		}
		out.sortKeys()
	}
	return out
}

func (n *Node) sortKeys() {
	slices.SortFunc(n.Members, func(a, b NodeMember) int { return strings.Compare(a.Name, b.Name) })
}

// decoder holds what one Decode has read.
type decoder struct {
	params Params
	root   *Shape
	faults []Fault
	nodes  []Node // a slab: most trees need one allocation for all nodes
	// far finds the children of a node with many.
	far map[childKey]*Node
}

type childKey struct {
	parent *Node
	index  int
	name   string
}

// manyChildren is from when on far beats a look through all children.
const manyChildren = 16

// step is one move down the tree: a list's index, a struct's member by
// position, or a map's key.
type step struct {
	shape *Shape // of the child
	index int
	name  string
}

// maxDepth is how many steps a name can take without allocating.
const maxDepth = 12

// read puts one parameter in.
func (d *decoder) read(tree *Node, param int) {
	p := d.params[param]
	if !utf8.ValidString(p.Name) {
		d.fault(param, BadUTF8, p.Name, p.Value)
		return
	}
	var room [maxDepth]step
	steps, kind := resolve(room[:0], d.root, p.Name)
	if kind != noFault {
		d.fault(param, kind, d.path(param), p.Value)
		return
	}
	if !utf8.ValidString(p.Value) {
		d.fault(param, BadUTF8, d.path(param), p.Value)
		return
	}
	shape := steps[len(steps)-1].shape
	if shape.Kind != Scalar {
		d.readWhole(tree, steps, param)
		return
	}
	leaf := d.descend(tree, steps, param)
	if leaf.Present || shape.Lexical.check(p.Value) != noFault {
		source{d, param, d.path(param)}.setText(leaf, shape, p.Value)
		return
	}
	leaf.Present, leaf.Text = true, p.Value
}

// resolve finds the way from the root's shape to the place that a name means.
func resolve(steps []step, s *Shape, name string) ([]step, FaultKind) {
	rest, more := name, true
	for more {
		next := step{}
		switch s.Kind {
		case Scalar:
			return nil, NotScalar
		case Mapped:
			next.name, next.shape, more = stripKey(rest), s.items(), false
			if next.name == "" {
				return nil, Unknown
			}
		case List:
			var segment string
			segment, rest, more = strings.Cut(rest, ".")
			var kind FaultKind
			if next.index, kind = parseIndex(segment); kind != noFault {
				return nil, kind
			}
			next.shape = s.items()
		case Struct:
			var segment string
			segment, rest, more = strings.Cut(rest, ".")
			if next.index = s.find(segment); next.index < 0 {
				return nil, Unknown
			}
			next.shape = s.Members[next.index].Shape.orText()
		}
		steps = append(steps, next)
		s = next.shape
	}
	return steps, noFault
}

// descend returns the node at the end of the steps and makes what is missing.
func (d *decoder) descend(n *Node, steps []step, param int) *Node {
	for _, st := range steps {
		n = d.child(n, st, param)
	}
	return n
}

// child returns a node's child, made if it is not there yet.
func (d *decoder) child(n *Node, st step, param int) *Node {
	if n.Kind == Struct {
		m := &n.Members[st.index]
		if m.Node == nil {
			m.Node = d.node(st.shape, 0, param)
		}
		return m.Node
	}
	if found := d.findChild(n, st); found != nil {
		return found
	}
	made := d.node(st.shape, st.index, param)
	if n.Kind == List {
		n.Items = append(n.Items, made)
	} else {
		n.Members = append(n.Members, NodeMember{st.name, made})
	}
	d.remember(n, st, made)
	return made
}

func (d *decoder) findChild(n *Node, st step) *Node {
	if len(n.Items) > manyChildren || len(n.Members) > manyChildren {
		return d.far[childKey{n, st.index, st.name}]
	}
	for i := len(n.Items) - 1; i >= 0; i-- {
		if n.Items[i].index == st.index {
			return n.Items[i]
		}
	}
	if n.Kind == Mapped {
		return n.member(st.name)
	}
	return nil
}

// remember files the children of a node once it has many.
func (d *decoder) remember(n *Node, st step, made *Node) {
	count := max(len(n.Items), len(n.Members))
	if count <= manyChildren {
		return
	}
	if d.far == nil {
		d.far = map[childKey]*Node{}
	}
	if count > manyChildren+1 {
		d.far[childKey{n, st.index, st.name}] = made
		return
	}
	for _, item := range n.Items {
		d.far[childKey{n, item.index, ""}] = item
	}
	for _, m := range n.Members {
		d.far[childKey{n, 0, m.Name}] = m.Node
	}
}

// node makes a node; a struct's members are placed as in its shape until
// finish takes the empty places out.
func (d *decoder) node(s *Shape, index, param int) *Node {
	if len(d.nodes) == cap(d.nodes) {
		d.nodes = make([]Node, 0, 2*cap(d.nodes)+8)
	}
	d.nodes = append(d.nodes, Node{Kind: s.Kind, Present: s.Kind != Scalar, index: index, param: param})
	n := &d.nodes[len(d.nodes)-1]
	if s.Kind == Struct {
		n.Members = make([]NodeMember, len(s.Members))
		for i := range s.Members {
			n.Members[i].Name = s.Members[i].Name
		}
	}
	return n
}

func (d *decoder) fault(param int, kind FaultKind, path, value string) {
	d.faults = append(d.faults, Fault{Name: d.params[param].Name, Path: path, Kind: kind, Value: value})
}

// finish puts the tree into its canonical form and reports the gaps.
func (d *decoder) finish(n *Node) {
	switch n.Kind {
	case Struct:
		n.Members = slices.DeleteFunc(n.Members, func(m NodeMember) bool { return m.Node == nil })
	case Mapped:
		n.sortKeys()
	case List:
		slices.SortFunc(n.Items, func(a, b *Node) int { return a.index - b.index })
		d.reportGap(n)
	}
	for _, item := range n.Items {
		d.finish(item)
	}
	for _, m := range n.Members {
		d.finish(m.Node)
	}
}

// reportGap names the first parameter behind the first gap of a list.
func (d *decoder) reportGap(list *Node) {
	for i, item := range list.Items {
		if item.index != i+1 {
			d.fault(item.param, Gap, d.path(item.param), d.params[item.param].Value)
			return
		}
	}
}
