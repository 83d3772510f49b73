package replay

import (
	"regexp"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// variable is a value that a client may give otherwise than it was recorded: a
// name or token that it invents, or what stands behind a placeholder. The place
// of a variable in a request is open.
type variable struct {
	kind  string // the parameter, N for each index
	value string
}

// What is known of an open place when a request is looked up.
const (
	markValue  = '.' // a recorded value, or what stands for one
	markFresh  = '?' // a name that neither the session nor the recording knows
	markHidden = '*' // any value: a placeholder was recorded
	markBound  = '#' // what stands for the placeholder that was recorded
)

// mask says which of the open places of a recorded request hold placeholders.
func mask(vars []variable) string {
	marks := make([]byte, len(vars))
	for i, v := range vars {
		marks[i] = markValue
		if replaced(v.value) {
			marks[i] = markHidden
		}
	}
	return string(marks)
}

// hides says whether any mark is that of a placeholder.
func hides(marks string) bool {
	return strings.IndexByte(marks, markHidden) >= 0 || strings.IndexByte(marks, markBound) >= 0
}

// open says whether any place has no value yet.
func open(marks string) bool {
	return strings.IndexByte(marks, markHidden) >= 0 || strings.IndexByte(marks, markFresh) >= 0
}

// placeholder is what every placeholder holds.
const placeholder = "REDACTED"

// replaced says whether a recorded value has a placeholder in it.
func replaced(text string) bool { return strings.Contains(text, placeholder) }

// placeholders finds them in a text.
var placeholders = regexp.MustCompile(`(?:LTAI|STS\.)?REDACTED(?:-[a-z]+)?-?\d*={0,2}`)

// fits says whether a value may be what was recorded: all but the placeholders
// must be the same. Of JSON, that goes for each text in it.
func fits(recorded, value string) bool {
	if !replaced(recorded) {
		return recorded == value
	}
	a, errA := container(recorded)
	b, errB := container(value)
	if errA == nil && errB == nil && a != nil && b != nil {
		return fitsJSON(a, b)
	}
	return fitsText(recorded, value)
}

// container decodes a JSON object or array; nil for any other text.
func container(text string) (any, error) {
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil, nil
	}
	return wire.DecodeJSON([]byte(text))
}

func fitsText(recorded, value string) bool {
	parts := placeholders.Split(recorded, -1)
	rest, ok := strings.CutPrefix(value, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, parts[last])
}

func fitsJSON(recorded, value any) bool {
	switch a := recorded.(type) {
	case *wire.Map:
		b, ok := value.(*wire.Map)
		return ok && fitsMembers(a, b)
	case []any:
		b, ok := value.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !fitsJSON(a[i], b[i]) {
				return false
			}
		}
		return true
	case string:
		if b, ok := value.(string); ok {
			return fits(a, b)
		}
		return replaced(a)
	}
	return string(wire.EncodeJSON(recorded)) == string(wire.EncodeJSON(value))
}

// fitsMembers compares two objects: names that were replaced may be any.
func fitsMembers(a, b *wire.Map) bool {
	if a.Len() != b.Len() {
		return false
	}
	for _, name := range a.Keys() {
		x, _ := a.Get(name)
		y, ok := b.Get(name)
		if replaced(name) {
			continue
		}
		if !ok || !fitsJSON(x, y) {
			return false
		}
	}
	return true
}

// consistent says whether a client's values may stand for those of a recorded
// request: where one kind of value stands twice, it is the same on both sides
// or on neither.
func consistent(recorded, client []variable, marks string) bool {
	for i := range recorded {
		if marks[i] != markHidden {
			continue
		}
		if !fits(recorded[i].value, client[i].value) {
			return false
		}
		for j := range i {
			if marks[j] == markHidden && recorded[i].kind == recorded[j].kind &&
				(recorded[i].value == recorded[j].value) != (client[i].value == client[j].value) {
				return false
			}
		}
	}
	return true
}
