package contract

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/eci-conform/conform/internal/wire"
)

// fitting says of most good bodies that they are, at a fraction of what the
// schema checker costs: it walks objects and lists by itself and asks the
// checker about what stands in them. What is wrong with a body that does not
// fit, only the checker says.
type fitting struct {
	field   *Field
	schema  *openapi3.Schema
	walked  bool // without bounds of its own
	members map[string]*fitting
	needed  int // how many members are required
	items   *fitting
	pattern *regexp.Regexp // of a text that nothing else bounds; nil for none
}

func fittingOf(f *Field, s *openapi3.Schema) *fitting {
	t := &fitting{field: f, schema: s}
	bounded := f.Format != "" || f.Pattern != "" || len(f.Enum) > 0 || f.Minimum != nil || f.Maximum != nil ||
		f.MinLength != nil || f.MaxLength != nil || f.MinItems != nil || f.MaxItems != nil
	if bounded {
		if f.Pattern != "" && f.Format == "" && len(f.Enum) == 0 && f.MinLength == nil && f.MaxLength == nil {
			t.pattern, _ = regexp.Compile(f.Pattern) // what is none is the checker's affair
		}
		return t
	}
	switch {
	case f.Type == String:
		t.walked = true
	case f.Type == Array && f.Items != nil:
		t.walked, t.items = true, fittingOf(f.Items, s.Items.Value)
	case f.Type == Object:
		t.walked, t.members = true, make(map[string]*fitting, len(f.Members))
		for _, m := range f.Members {
			t.members[m.Name] = fittingOf(m, s.Properties[m.Name].Value)
			if m.Required {
				t.needed++
			}
		}
	}
	return t
}

// fits says whether the value is surely as the schema wants it.
func (t *fitting) fits(v any) bool {
	switch v := v.(type) {
	case string:
		if t.walked {
			return t.field.Type == String
		}
	case *wire.Map:
		if t.walked {
			return t.field.Type == Object && t.object(v)
		}
	case []any:
		if t.walked {
			return t.field.Type == Array && t.list(v)
		}
	}
	return !t.walked && (t.plain(v) || t.schema.VisitJSON(plainValue(v, math.MaxInt)) == nil)
}

// plain says whether a leaf surely fits, without the checker's help.
func (t *fitting) plain(v any) bool {
	f := t.field
	switch v := v.(type) {
	case string:
		onlyListed := len(f.Enum) > 0 && f.Pattern == "" && f.Format == "" && f.MinLength == nil && f.MaxLength == nil
		return f.Type == String && (onlyListed && slices.Contains(f.Enum, v) || t.pattern != nil && t.pattern.MatchString(v))
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 32)
		return f.Type == Integer && err == nil && len(f.Enum) == 0 &&
			(f.Minimum == nil || n >= *f.Minimum) && (f.Maximum == nil || n <= *f.Maximum)
	case bool:
		return f.Type == Boolean && len(f.Enum) == 0
	}
	return false
}

func (t *fitting) object(m *wire.Map) bool {
	found := 0
	for _, key := range m.Keys() {
		member := t.members[key]
		if member == nil {
			continue
		}
		if v, _ := m.Get(key); !member.fits(v) {
			return false
		}
		if member.field.Required {
			found++
		}
	}
	return found == t.needed
}

func (t *fitting) list(list []any) bool {
	for _, v := range list {
		if !t.items.fits(v) {
			return false
		}
	}
	return true
}
