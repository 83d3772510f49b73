package contract

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eci-conform/conform/internal/wire"
)

// Check returns the keyword of the first promise that value, as it stands on
// the wire, breaks: type, format, nonEmpty, enum, minimum, maximum, minLength,
// maxLength, pattern, maxItems; empty when it breaks none. The lexical rules
// are the wire's strict ones: 0x10, +5, TRUE are no values. An array, object
// or map is checked only where its encoding packs it into one text.
func (f *Field) Check(value string) (keyword string) {
	if value == "" {
		if f.AllowEmpty {
			return ""
		}
		if f.Clauses["nonEmpty"] != nil {
			return "nonEmpty"
		}
	}
	switch f.Type {
	case Array:
		return f.checkPacked(value)
	case Object, Map:
		return ""
	}
	if keyword := f.checkCount(value); keyword != "" {
		return keyword
	}
	for _, check := range scalarChecks {
		if keyword := check(f, value); keyword != "" {
			return keyword
		}
	}
	return ""
}

var scalarChecks = []func(*Field, string) string{
	(*Field).checkLexical, (*Field).checkEnum, (*Field).checkRange, (*Field).checkLength, (*Field).checkPattern,
}

func (f *Field) checkPacked(value string) string {
	if f.Encoding != "comma" {
		return ""
	}
	if keyword := f.checkCount(value); keyword != "" {
		return keyword
	}
	for part := range strings.SplitSeq(value, ",") {
		if keyword := f.Items.Check(part); keyword != "" {
			return keyword
		}
	}
	return ""
}

// checkCount counts the elements that commas join.
func (f *Field) checkCount(value string) string {
	if f.Encoding != "comma" {
		return ""
	}
	n := strings.Count(value, ",") + 1
	switch {
	case f.MaxItems != nil && n > *f.MaxItems:
		return "maxItems"
	case f.MinItems != nil && n < *f.MinItems:
		return "minItems"
	}
	return ""
}

func (f *Field) checkLexical(value string) string {
	var err error
	switch f.Type {
	case Integer:
		bits := 64
		if f.Format == "int32" {
			bits = 32
		}
		_, err = wire.ParseInteger(value, bits)
	case Number:
		_, err = wire.ParseNumber(value)
	case Boolean:
		_, err = wire.ParseBoolean(value)
	default:
		return checkText(value, f.Format)
	}
	switch {
	case err == nil:
		return ""
	case errors.Is(err, wire.ErrRange) && f.Format != "":
		return "format"
	default:
		return "type"
	}
}

var uuidText = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

func checkText(value, format string) string {
	if !utf8.ValidString(value) {
		return "type"
	}
	switch format {
	case "date-time":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return "format"
		}
	case "uuid":
		if !uuidText.MatchString(value) {
			return "format"
		}
	}
	return ""
}

func (f *Field) checkEnum(value string) string {
	if len(f.Enum) > 0 && !slices.Contains(f.Enum, value) {
		return "enum"
	}
	return ""
}

func (f *Field) checkRange(value string) string {
	if f.Minimum == nil && f.Maximum == nil {
		return ""
	}
	n, err := strconv.ParseFloat(value, 64)
	switch {
	case err != nil:
		return "type"
	case f.Minimum != nil && n < float64(*f.Minimum):
		return "minimum"
	case f.Maximum != nil && n > float64(*f.Maximum):
		return "maximum"
	}
	return ""
}

func (f *Field) checkLength(value string) string {
	n := utf8.RuneCountInString(value)
	switch {
	case f.MinLength != nil && n < *f.MinLength:
		return "minLength"
	case f.MaxLength != nil && n > *f.MaxLength:
		return "maxLength"
	}
	return ""
}

func (f *Field) checkPattern(value string) string {
	if f.Pattern == "" {
		return ""
	}
	re := f.compiled
	// A clone's pattern may have been edited since it was compiled.
	if re == nil || re.String() != f.Pattern {
		var err error
		if re, err = regexp.Compile(f.Pattern); err != nil {
			return "pattern"
		}
	}
	if !re.MatchString(value) {
		return "pattern"
	}
	return ""
}
