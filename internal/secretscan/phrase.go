package secretscan

import (
	"bytes"
	"regexp"
)

// phrases are texts of several tokens that give a secret away, or come with
// one. A first search for a fixed text keeps them cheap.
var phrases = []struct {
	kind  Kind
	fixed string
	match *regexp.Regexp
	hint  string
}{
	{PrivateKey, "PRIVATE KEY-----", regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----`), "begin of a PEM block"},
	{StringToSign, "&%2F&", regexp.MustCompile(`[A-Z]+&%2F&`), "signature version 1.0"},
	{StringToSign, "ACS3-HMAC-SHA256", regexp.MustCompile(`ACS3-HMAC-SHA256\s+[0-9a-f]{64}`), "signature version 3"},
	{StringToSign, "to sign is", regexp.MustCompile(`to sign is:?\s*[^\s"\\]{12,}`), "in an answer"},
	{UserInfo, "@", regexp.MustCompile(`://[^/\s:@"']+:[^/\s@"']+@`), "in a URL"},
	{Token, "earer ", regexp.MustCompile(`(?i:bearer) [A-Za-z0-9._~+/=-]{16,}`), "bearer token"},
}

// phrases looks for them in a view. One that has a placeholder in it was taken
// care of.
func (s *scan) phrases(v view) {
	for _, p := range phrases {
		if !bytes.Contains(v.text, []byte(p.fixed)) {
			continue
		}
		for _, at := range p.match.FindAllIndex(v.text, -1) {
			if !somePlaceholder.Match(v.text[at[0]:at[1]]) {
				s.hit(v, at[0], p.kind, p.hint)
			}
		}
	}
}
