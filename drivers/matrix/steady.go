package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// passing is what differs from run to run though the same was found: ports,
// keys, nonces, times and what is calculated from them, and addresses in memory.
var passing = []struct {
	is *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`(127\.0\.0\.1|localhost|\[::1\])(:|%3A)\d+`), "${1}${2}PORT"},
	{regexp.MustCompile(`port=\d+`), "port=PORT"},
	{regexp.MustCompile(`conform[0-9a-f]{16}`), "KEY"},
	{regexp.MustCompile(`(SignatureNonce=)[^&\s"]+`), "${1}NONCE"},
	{regexp.MustCompile(`(Timestamp=)[^&\s"]+`), "${1}TIME"},
	{regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b`), "ID"},
	{regexp.MustCompile(`\b0x[0-9a-f]+\b`), "0xADDRESS"},
	{regexp.MustCompile(`goroutine \d+ \[[^"\\]*`), "goroutine N …"}, // its stack has addresses, and is cut off where they let it
	{regexp.MustCompile(`conform-[0-9a-z]+-([0-9a-z]+)-\d+\b`), "conform-RUN-${1}"},
	{regexp.MustCompile(`\(call \d+\)`), "(call N)"},
	{regexp.MustCompile(`; \d+ requests in [0-9.hms]+, [0-9.]+ cases/s`), ""},
	{regexp.MustCompile(` \(http://127\.0\.0\.1:PORT\)`), ""},
}

// steady takes out of a text what differs from run to run.
func steady(text string) string {
	for _, p := range passing {
		text = p.is.ReplaceAllString(text, p.to)
	}
	return text
}

// timed are the members and headers that say when a request was sent or are
// calculated from that.
var timed = []string{"start", "durationMs", "Date", "X-Acs-Date", "X-Acs-Signature-Nonce", "X-Acs-Content-Sha256", "Authorization"}

// steadyJSON does the same for a JSON value.
func steadyJSON(text []byte) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return plain(steadyValue(v))
}

func steadyValue(v any) any {
	switch v := v.(type) {
	case string:
		return steady(v)
	case []any:
		for i := range v {
			v[i] = steadyValue(v[i])
		}
	case map[string]any:
		for name := range v {
			if slices.ContainsFunc(timed, func(t string) bool { return strings.EqualFold(t, name) }) {
				delete(v, name)
				continue
			}
			v[name] = steadyValue(v[name])
		}
	}
	return v
}
