package wire

import (
	"errors"
	"strconv"
)

// ErrLexical says that a text is not written as its type is on the wire.
var ErrLexical = errors.New("not in the lexical form of its type")

// ErrRange says that a number does not fit its type.
var ErrRange = errors.New("out of the range of its type")

// ParseInteger reads decimal digits with an optional minus sign and nothing
// else: no plus sign, spaces, leading zeros or other scripts' digits. bits is
// 32 or 64. The error is ErrLexical or ErrRange.
func ParseInteger(s string, bits int) (int64, error) {
	digits := s
	if digits != "" && digits[0] == '-' {
		digits = digits[1:]
	}
	if !onlyDigits(digits) || len(digits) > 1 && digits[0] == '0' {
		return 0, ErrLexical
	}
	n, err := strconv.ParseInt(s, 10, bits)
	if err != nil {
		return 0, ErrRange
	}
	return n, nil
}

// ParseBoolean reads true or false and nothing else. The error is ErrLexical.
func ParseBoolean(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, ErrLexical
}

// ParseNumber reads a number as JSON writes it. The error is ErrLexical, or
// ErrRange where a float64 cannot hold it.
func ParseNumber(s string) (float64, error) {
	if end := scanNumber(s, 0); end != len(s) || s == "" {
		return 0, ErrLexical
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, ErrRange
	}
	return f, nil
}

// check returns what is wrong with a text of the lexical type, or noFault.
func (l Lexical) check(s string) FaultKind {
	var err error
	bad, out := BadInteger, OutOfRange64
	switch l {
	case Int32:
		if _, err = ParseInteger(s, 64); err == nil {
			_, err = ParseInteger(s, 32)
			out = OutOfRange32
		}
	case Int64:
		_, err = ParseInteger(s, 64)
	case Float:
		_, err = ParseNumber(s)
		bad = BadNumber
	case Bool:
		_, err = ParseBoolean(s)
		bad = BadBoolean
	}
	switch err {
	case nil:
		return noFault
	case ErrRange:
		return out
	}
	return bad
}

// onlyDigits reports whether s is one or more ASCII digits.
func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// maxIndex is the largest list index that is read as one.
const maxIndex = 1<<31 - 1

// parseIndex reads a list index, which counts from 1.
func parseIndex(s string) (int, FaultKind) {
	switch {
	case !onlyDigits(s):
		return 0, BadIndex
	case s == "0":
		return 0, ZeroIndex
	case s[0] == '0':
		return 0, LeadingZero
	}
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil || i > maxIndex {
		return 0, BadIndex
	}
	return int(i), noFault
}
