package wire

import (
	"net/http"
	"strings"
)

// Exchange returns a copy of an exchange that may be written: the Redactor's
// secrets are replaced everywhere, and so is what is secret by the protocol
// alone, signatures and security tokens, even where the answer repeats it.
func (r *Redactor) Exchange(x *Exchange) *Exchange {
	own := NewRedactor(x.Secrets()...)
	clean := func(s string) string { return r.String(own.String(s)) }
	out := *x
	out.URL = clean(x.URL)
	out.Header = cleanHeader(x.Header, clean)
	out.Body = r.Bytes(own.Bytes(x.Body))
	out.RespHeader = cleanHeader(x.RespHeader, clean)
	out.RespBody = r.Bytes(own.Bytes(x.RespBody))
	out.Params = x.Params.Clone()
	for i := range out.Params {
		out.Params[i].Value = clean(out.Params[i].Value)
	}
	if x.Err != nil {
		if text := x.Err.Error(); clean(text) != text {
			out.Err = &cleanError{clean(text), x.Err}
		}
	}
	return &out
}

// cleanError is an error without its secrets; it is still the same error to
// errors.Is.
type cleanError struct {
	text string
	err  error
}

// Error returns the redacted text.
func (e *cleanError) Error() string { return e.text }

// Unwrap returns the error as it was.
func (e *cleanError) Unwrap() error { return e.err }

func cleanHeader(h http.Header, clean func(string) string) http.Header {
	out := h.Clone()
	for _, values := range out {
		for i := range values {
			values[i] = clean(values[i])
		}
	}
	return out
}

// Secrets returns what is secret in the request by the protocol alone: its
// signature and its security or bearer token, as sent and decoded.
func (x *Exchange) Secrets() []string {
	secrets := x.Header.Values(headerToken)
	if auth, _ := parseAuthorization(x.Header.Get(headerAuth)); auth.signature != "" {
		secrets = append(secrets, auth.signature)
	}
	_, query, _ := strings.Cut(x.URL, "?")
	lists := []string{query}
	if isForm(x.Header.Get("Content-Type")) {
		lists = append(lists, string(x.Body))
	}
	for _, raw := range lists {
		for pair := range strings.SplitSeq(raw, "&") {
			name, value, _ := strings.Cut(pair, "=")
			if name != "Signature" && name != "SecurityToken" && name != "BearerToken" {
				continue
			}
			secrets = append(secrets, value)
			if plain, err := percentDecode(value); err == nil {
				secrets = append(secrets, plain)
			}
		}
	}
	return secrets
}
