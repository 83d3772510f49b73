package contract

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"github.com/eci-conform/conform/spec"
)

// The published schema and the loader know the same words.
func TestSchemaKnowsTheSameWords(t *testing.T) {
	t.Parallel()
	var schema any
	if err := json.Unmarshal(spec.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		want []string
	}{
		{"$defs/clauses/propertyNames/enum", ParameterKeywords},
		{"$defs/protocol/properties/clauses/propertyNames/enum", ProtocolKeywords},
		{"$defs/envelope/properties/clauses/propertyNames/enum", EnvelopeKeywords},
		{"$defs/idempotency/properties/clauses/propertyNames/enum", IdempotencyKeywords},
		{"$defs/listing/properties/clauses/propertyNames/enum", ListingKeywords},
		{"$defs/client/properties/clauses/propertyNames/enum", ClientKeywords},
		{"$defs/consistency/propertyNames/enum", ConsistencyKeywords},
		{"$defs/gateway/properties/order/items/enum", GatewayStages},
		{"$defs/violations/properties", append([]string{"level", "source"}, ViolationKinds...)},
		{"$defs/rule/properties/violation/enum", ViolationKinds},
		{"$defs/rule/properties/kind/enum", RuleKinds},
		{"$defs/effect/properties/kind/enum", words(EffectKinds)},
		{"$defs/condition/properties/kind/enum", conditionKinds},
		{"$defs/condition/properties/class/enum", conditionClasses},
		{"$defs/source/properties/kind/enum", sourceKinds},
		{"$defs/class/enum", classes},
		{"$defs/level/enum", levels},
		{"$defs/row/properties", rowKeys},
		{"$defs/clause/properties", clauseKeys},
		{"$defs/line/properties", lineKeys},
		{"$defs/resource/properties", resourceKeys},
		{"$defs/schema/propertyNames/anyOf/1/enum", extensionKeys},
		{"$defs/parameter/propertyNames/anyOf/1/enum", extensionKeys},
	}
	sorted := cmpopts.SortSlices(strings.Compare)
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, wordsAt(t, schema, tt.path), sorted); diff != "" {
			t.Errorf("%s mismatch (-loader +schema):\n%s", tt.path, diff)
		}
	}
	for _, keyword := range ResponseKeywords {
		if !contains(ParameterKeywords, keyword) {
			t.Errorf("the schema does not know the keyword %s of answers", keyword)
		}
	}
}

// wordsAt are the texts of a list, or the keys of an object, at a path.
func wordsAt(t *testing.T, v any, path string) []string {
	t.Helper()
	for name := range strings.SplitSeq(path, "/") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			v = at[name[0]-'0']
		}
	}
	var out []string
	switch at := v.(type) {
	case map[string]any:
		for key := range at {
			out = append(out, key)
		}
	case []any:
		for _, word := range at {
			out = append(out, word.(string))
		}
	default:
		t.Fatalf("%s is %T", path, v)
	}
	return out
}

// What the loader refuses by its lists, the published schema refuses too, for
// those who read the contract without our code.
func TestSchemaStandsAlone(t *testing.T) {
	t.Parallel()
	compiled, err := compileSchema()
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, smallFile)
	refused := map[string]bool{}
	for _, b := range brokenForLoad {
		refused[b.name] = false
		r := newReader("c.yaml")
		r.parse(b.apply(t, text))
		if r.root != nil && len(r.faults) == 0 {
			refused[b.name] = compiled.Validate(nodeValue(r.root)) != nil
		}
	}
	for _, name := range []string{
		"extension in the wrong place", "unknown key of a row", "unknown protocol keyword", "unknown envelope keyword",
		"unknown clause keyword", "unknown key of a clause", "unknown level", "unknown style", "unknown class",
		"unknown encoding", "unknown method", "unknown effect", "no effect", "unknown rule", "unknown violation",
		"unknown stage", "status out of range", "status missing", "message missing", "transition without an event",
		"key that is no list", "unknown scope", "source without a kind", "unknown kind of condition", "unknown extension",
	} {
		if got, ok := refused[name]; !got {
			t.Errorf("%s: the schema accepts it (is there such an edit: %v)", name, ok)
		}
	}
}

// Errors of the schema point at the line of the key that they name.
func TestSchemaLines(t *testing.T) {
	t.Parallel()
	text := "a: 1\nb:\n  - x: 1\n    y: 2\n"
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	item := step(step(doc.Content[0], "b"), "0")
	if got := keyLine(item, "y", 0); got != 4 {
		t.Errorf("keyLine(y) = %d, want 4", got)
	}
	if got := keyLine(item, "z", 3); got != 3 {
		t.Errorf("keyLine(z) = %d, want the line given", got)
	}
	if step(doc.Content[0], "c") != nil || step(step(doc.Content[0], "b"), "7") != nil {
		t.Error("step() found what is not there")
	}
}
