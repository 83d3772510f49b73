package redact

import (
	"regexp"
	"strings"
)

// secretNames are what the names of secrets hold, in lower case.
var secretNames = []string{
	"password", "passwd", "pwd", "secret", "token", "credential", "signature", "authorization", "cookie",
	"apikey", "api_key", "api-key", "accesskey", "access_key", "access-key", "akid", "privatekey", "private_key", "private-key",
}

// isSecretName reports whether a name that the contract does not know sounds
// like that of a secret.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	for _, s := range secretNames {
		if strings.Contains(name, s) {
			return true
		}
	}
	return false
}

var (
	// tokenShapes are what secrets are told by wherever they stand: key ids,
	// tokens, private keys.
	tokenShapes = regexp.MustCompile(`LTAI[0-9A-Za-z]{12,}|STS\.[0-9A-Za-z]{10,}|A[KS]IA[0-9A-Z]{12,}` +
		`|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?` +
		`|-----BEGIN [^-]*PRIVATE KEY-----(?s:.*?)(?:-----END [^-]*-----|$)`)
	// tokenStarts are what each of them begins with.
	tokenStarts = []string{"LTAI", "STS.", "AKIA", "ASIA", "eyJ", "-----BEGIN "}

	bearer   = regexp.MustCompile(`(?i)\b(?:bearer|basic) +([0-9A-Za-z._~+/=-]{16,})`)
	userInfo = regexp.MustCompile(`://[^/\s:@]*:([^/\s@]+)@`)
)

// tokenLength is that of the shortest token that is told by its shape.
const tokenLength = 14

// tokens replaces what is secret by its shape or by the name ahead of it.
func (p *pass) tokens(s string) string {
	if strings.IndexByte(s, '=') >= 0 {
		s = p.pairs(s)
	}
	if len(s) < tokenLength {
		return s
	}
	for _, start := range tokenStarts {
		if strings.Contains(s, start) {
			s = tokenShapes.ReplaceAllStringFunc(s, p.token)
			break
		}
	}
	if strings.IndexByte(s, '@') >= 0 && strings.Contains(s, "://") {
		s = p.inside(userInfo, s)
	}
	if strings.Contains(s, "earer ") || strings.Contains(s, "asic ") || strings.Contains(s, "EARER ") {
		s = p.inside(bearer, s)
	}
	return s
}

// pairs replaces the values of NAME=VALUE whose names sound secret.
func (p *pass) pairs(s string) string {
	var b strings.Builder
	done := 0 // what of s stands in b
	for i := 0; ; {
		n := strings.IndexByte(s[i:], '=')
		if n < 0 {
			b.WriteString(s[done:])
			return b.String()
		}
		i += n + 1
		if !p.secretBefore(s[done : i-1]) {
			continue
		}
		end := len(s)
		if n := strings.IndexAny(s[i:], "&\"'<>;, \t\r\n"); n >= 0 {
			end = i + n
		}
		b.WriteString(s[done:i])
		b.WriteString(p.hide(kindSecret, s[i:end]))
		i, done = end, end
	}
}

// secretBefore reports whether a text ends in a name that sounds secret.
func (p *pass) secretBefore(s string) bool {
	from := len(s)
	for from > 0 && len(s)-from < maxName && isNameByte(s[from-1]) {
		from--
	}
	name := s[from:]
	return name != "" && isSecretName(name) && !p.rules.plain[name]
}

func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.' }

func (p *pass) token(s string) string {
	if strings.HasPrefix(s, "LTAI") || strings.HasPrefix(s, "STS.") {
		return p.hide(kindKey, s)
	}
	return p.hide(kindSecret, s)
}

// inside replaces the group of each match.
func (p *pass) inside(re *regexp.Regexp, s string) string {
	return re.ReplaceAllStringFunc(s, func(match string) string {
		at := re.FindStringSubmatchIndex(match)
		if at == nil {
			return p.hide(kindSecret, match)
		}
		return match[:at[2]] + p.hide(kindSecret, match[at[2]:at[3]]) + match[at[3]:]
	})
}
