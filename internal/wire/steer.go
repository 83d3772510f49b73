package wire

import "unicode"

// Steers says whether a character controls a terminal or the direction of
// writing: no text of a target may bring one into what people read.
func Steers(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }
