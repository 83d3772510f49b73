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
	pair     = regexp.MustCompile(`([0-9A-Za-z_.-]{2,64})=([^&\s"'<>;,]+)`)
)

// tokens replaces what is secret by its shape or by the name ahead of it.
func (p *pass) tokens(s string) string {
	if len(s) < huntLength {
		return s
	}
	for _, start := range tokenStarts {
		if strings.Contains(s, start) {
			s = tokenShapes.ReplaceAllStringFunc(s, p.token)
			break
		}
	}
	if strings.IndexByte(s, '=') >= 0 {
		s = p.inside(pair, s, func(m []string) bool { return isSecretName(m[1]) && !p.rules.plain[m[1]] })
	}
	if strings.Contains(s, "://") && strings.IndexByte(s, '@') >= 0 {
		s = p.inside(userInfo, s, nil)
	}
	if strings.Contains(s, "earer ") || strings.Contains(s, "asic ") || strings.Contains(s, "EARER ") {
		s = p.inside(bearer, s, nil)
	}
	return s
}

func (p *pass) token(s string) string {
	if strings.HasPrefix(s, "LTAI") || strings.HasPrefix(s, "STS.") {
		return p.hide(kindKey, s)
	}
	return p.hide(kindSecret, s)
}

// inside replaces the last group of each match that is meant; nil means all.
func (p *pass) inside(re *regexp.Regexp, s string, meant func(groups []string) bool) string {
	return re.ReplaceAllStringFunc(s, func(match string) string {
		groups := re.FindStringSubmatch(match)
		if groups == nil || meant != nil && !meant(groups) {
			return match
		}
		secret := groups[len(groups)-1]
		at := strings.LastIndex(match, secret)
		return match[:at] + p.hide(kindSecret, secret) + match[at+len(secret):]
	})
}
