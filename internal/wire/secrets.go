package wire

import "strings"

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
