package contract

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// sampled is how many of the places below are tried: one in so many.
const sampled = 37

// A document in which any one value is of another kind, or left out, gets
// errors or problems and never a panic.
func TestLoadSurvives(t *testing.T) {
	t.Parallel()
	text := []byte(read(t, smallFile))
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for i, edit := range edits(&root) {
		if i%sampled != 0 {
			continue
		}
		undo := edit()
		tried++
		changed, err := yaml.Marshal(&root)
		if err != nil {
			t.Fatal(err)
		}
		undo()
		if c, err := Load("c.yaml", changed); err == nil {
			Lint(c)
			c.Clone()
		}
	}
	if tried < 100 {
		t.Errorf("tried %d edits, want at least 100", tried)
	}
}

// edits are all replacements of one value below n by one of another kind, and
// all removals; each returns how to take it back.
func edits(n *yaml.Node) []func() func() {
	junk := []yaml.Node{
		{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"},
		{Kind: yaml.ScalarNode, Tag: "!!int", Value: "-7"},
		{Kind: yaml.ScalarNode, Tag: "!!str", Value: "junk"},
		{Kind: yaml.SequenceNode, Tag: "!!seq"},
		{Kind: yaml.MappingNode, Tag: "!!map"},
	}
	var out []func() func()
	for i, c := range n.Content {
		out = append(out, edits(c)...)
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		for _, j := range junk {
			out = append(out, func() func() {
				was := *c
				*c = j
				return func() { *c = was }
			})
		}
		if n.Kind == yaml.MappingNode {
			out = append(out, func() func() {
				was := n.Content
				n.Content = append(append([]*yaml.Node{}, was[:i-1]...), was[i+1:]...)
				return func() { n.Content = was }
			})
		}
	}
	return out
}
