package wire

// ParseInteger reads decimal digits with an optional minus sign and nothing
// else: no plus sign, spaces, leading zeros or other scripts' digits. bits is
// 32 or 64. The error is ErrLexical or ErrRange.
func ParseInteger(s string, bits int) (int64, error) { return 0, nil }

// ParseBoolean reads true or false and nothing else. The error is ErrLexical.
func ParseBoolean(s string) (bool, error) { return false, nil }

// ParseNumber reads a number as JSON writes it. The error is ErrLexical, or
// ErrRange where a float64 cannot hold it.
func ParseNumber(s string) (float64, error) { return 0, nil }
