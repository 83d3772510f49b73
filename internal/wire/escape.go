package wire

import "errors"

const upperHex = "0123456789ABCDEF"

// errEscape is a percent sign without two hex digits behind it.
var errEscape = errors.New("bad percent escape")

// unreserved are the bytes that RFC 3986 leaves as they are.
var unreserved = func() (t [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~" {
		t[c] = true
	}
	return t
}()

// PercentEncode encodes as the signatures want it, RFC 3986: A-Z a-z 0-9 and
// - _ . ~ stay, every other byte becomes %XX in upper-case hex, so a space is
// %20 and an asterisk %2A.
func PercentEncode(s string) string {
	extra := 0
	for i := range len(s) {
		if !unreserved[s[i]] {
			extra += 2
		}
	}
	if extra == 0 {
		return s
	}
	return string(appendPercent(make([]byte, 0, len(s)+extra), s))
}

func appendPercent(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// appendPercentTwice is appendPercent of appendPercent, in one pass.
func appendPercentTwice(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', '2', '5', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// percentDecode undoes the escapes of a query or form: %XX in either case and
// + for a space.
func percentDecode(s string) (string, error) {
	i := 0
	for i < len(s) && s[i] != '%' && s[i] != '+' {
		i++
	}
	if i == len(s) {
		return s, nil
	}
	out := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			b, ok := hexByte(s[i+1:])
			if !ok {
				return "", errEscape
			}
			out = append(out, b)
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out), nil
}

// hexByte reads two hex digits off the front of s.
func hexByte(s string) (byte, bool) {
	if len(s) < 2 {
		return 0, false
	}
	hi, ok1 := hexDigit(s[0])
	lo, ok2 := hexDigit(s[1])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
