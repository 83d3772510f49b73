package suites

import (
	"slices"
	"strings"
	"unicode"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// The functions in this file say where the wire erases a change, or where a
// change breaks no promise. No case is made there: a red result must mean a
// fault of the target.

// sameOnWire reports whether two requests are one and the same once sent: the
// order of parameters with different names carries no meaning.
func sameOnWire(a, b wire.Params) bool {
	sorted := func(p wire.Params) wire.Params {
		p = p.Clone()
		slices.SortStableFunc(p, func(x, y wire.Param) int { return strings.Compare(x.Name, y.Name) })
		return p
	}
	return slices.Equal(sorted(a), sorted(b))
}

// vanishes reports whether a required member left its element or object with
// no member at all: then nothing says that there is an element that lacks it.
func vanishes(f *contract.Field, without wire.Params) bool {
	parent := f.Parent
	if parent == nil {
		return false
	}
	return len(below(without, first(parent.Path))) == 0 && !parent.Required
}

// allowed reports whether the contract lets the parameter hold the text. An
// empty text is left to the cases about empty ones.
func allowed(f *contract.Field, text string) bool { return text != "" && f.Check(text) == "" }

// swapCase returns the text with upper and lower case exchanged: the same text
// where it has no letters with case.
func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// isTemplate reports whether the value is filled in when the request is made.
func isTemplate(value string) bool { return strings.HasPrefix(value, "$") }

// isResource reports whether the value names a resource leased for the case.
func isResource(value string) bool { return strings.HasPrefix(value, "$id:") }

// isThing reports whether the value names something real on the target, so
// that no second value can be made up beside it.
func isThing(value string) bool {
	return isResource(value) || strings.HasPrefix(value, "$binding") || value == "$region"
}

// absentID returns an id of the right form that names nothing, for the kind of
// resource of a template such as $id:ImageCache.
func absentID(c *contract.Contract, template string) string {
	r := c.Resource(strings.TrimPrefix(template, "$id:"))
	if r == nil {
		return ""
	}
	return r.IDPrefix + "conform0absent000000"
}
