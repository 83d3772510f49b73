package redact

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// String returns the operation and the status and nothing else.
func (x Raw) String() string {
	what := x.operation()
	if what == "" {
		what = "request"
	}
	switch {
	case x.Status != 0:
		return what + " " + strconv.Itoa(x.Status)
	case x.Failure != NoFailure:
		return what + " " + string(x.Failure)
	}
	return what
}

// GoString is String, so that %#v prints no secret either.
func (x Raw) GoString() string { return x.String() }

// Format writes String whatever the verb and its flags.
func (x Raw) Format(w fmt.State, _ rune) {
	// A state's error is its owner's to see.
	_, _ = io.WriteString(w, x.String())
}

// LogValue makes slog write String.
func (x Raw) LogValue() slog.Value { return slog.StringValue(x.String()) }

// MarshalJSON writes String as a JSON string.
func (x Raw) MarshalJSON() ([]byte, error) { return json.Marshal(x.String()) }

// MarshalText makes other encoders write String.
func (x Raw) MarshalText() ([]byte, error) { return []byte(x.String()), nil }

// operation looks for the Action where a client may have put it, and returns
// it only where it is a word.
func (x Raw) operation() string {
	if v := x.Header.Get("x-acs-action"); isWord(v) {
		return v
	}
	_, query, _ := strings.Cut(x.Target, "?")
	for _, raw := range []string{query, string(x.Body)} {
		for pair := range strings.SplitSeq(raw, "&") {
			if v, ok := strings.CutPrefix(pair, "Action="); ok && isWord(v) {
				return v
			}
		}
	}
	return ""
}

// isWord reports whether s is written as the names of operations are.
func isWord(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if !isLetter(s[i]) && (i == 0 || !isDigit(s[i])) {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
