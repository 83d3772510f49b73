package compare

import (
	"regexp"
	"strings"
)

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// idShape is what ids of one kind have in common: what stands ahead of the
// first dash, and which characters they are made of.
func idShape(id string) string {
	if uuid.MatchString(id) {
		return "UUID in " + letters(id)
	}
	prefix, rest, dashed := strings.Cut(id, "-")
	if !dashed {
		return letters(id)
	}
	return prefix + "- and " + letters(rest)
}

// letters tells upper from lower case; an id may happen to hold no letter.
func letters(text string) string {
	upper, lower := strings.ToUpper(text) != text, strings.ToLower(text) != text
	switch {
	case text == "":
		return "nothing"
	case upper && lower:
		return "letters of both cases"
	case lower:
		return "upper case"
	}
	return "lower case"
}

// sameID says whether two ids are of one shape.
func sameID(a, b string) bool { return idShape(a) == idShape(b) }

// timeShape is a time without its digits.
func timeShape(t string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return '0'
		}
		return c
	}, fraction.ReplaceAllString(t, ".0"))
}

// fraction is of a second: as long as the server likes.
var fraction = regexp.MustCompile(`\.[0-9]+`)

// hidden says whether a placeholder stands in a value.
func hidden(text string) bool { return strings.Contains(text, placeholder) }

// placeholder is what every placeholder of a recording holds.
const placeholder = "REDACTED"
