package redact

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// secretNames are what the names of secrets hold, in lower case, by their first
// letter.
var secretNames = byFirst("password passwd passphrase pwd secret token credential signature authorization cookie " +
	"apikey api_key api-key accesskey access_key access-key akid privatekey private_key private-key " +
	"authkey auth_key auth-key accountkey sharedkey signingkey sessionid session_id session-id")

func byFirst(words string) (out [256][]string) {
	for w := range strings.FieldsSeq(words) {
		out[w[0]] = append(out[w[0]], w)
		out[w[0]-'a'+'A'] = out[w[0]]
	}
	return out
}

// isSecretName reports whether a name that the contract does not know sounds
// like that of a secret.
func isSecretName(name string) bool {
	for i := range len(name) {
		for _, s := range secretNames[name[i]] {
			if len(name)-i >= len(s) && strings.EqualFold(name[i:i+len(s)], s) {
				return true
			}
		}
	}
	return false
}

var (
	// tokenShapes are what secrets are told by wherever they stand: key ids,
	// tokens, private keys.
	tokenShapes = regexp.MustCompile(`LTAI[0-9A-Za-z]{12,}|STS\.[0-9A-Za-z]{10,}|A[KS]IA[0-9A-Z]{12,}|AKID[0-9A-Za-z]{20,}` +
		`|CAIS[0-9A-Za-z+/_-]{40,}|gh[pousr]_[0-9A-Za-z]{30,}|glpat-[0-9A-Za-z_-]{16,}|AIza[0-9A-Za-z_-]{30,}` +
		`|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?` +
		`|-----BEGIN [^-]*PRIVATE KEY-----(?s:.*?)(?:-----END [^-]*-----|$)`)
	// tokenStarts are what each of them begins with, by the first letter.
	tokenStarts = ['z' + 1][]string{
		'L': {"LTAI"}, 'S': {"STS."}, 'A': {"AKIA", "ASIA", "AKID", "AIza"}, 'C': {"CAIS"}, 'g': {"gh", "glpat-"}, 'e': {"eyJ"}, '-': {"-----BEGIN "},
	}

	// scheme is what stands behind the name of a scheme of HTTP.
	scheme = regexp.MustCompile(`(?i)\b(bearer|basic)[ \t]+([0-9A-Za-z._~+/=-]{4,})`)
	// userInfo is USER:PASSWORD@ or TOKEN@ in a URL, bareInfo the first without
	// a scheme.
	userInfo = regexp.MustCompile(`://(?:[^/\s:@]*:([^/\s@]+)|([^/\s:@]{16,}))@`)
	bareInfo = regexp.MustCompile(`(?:^|[\s"'(<,;=])([\w.%+-]{1,64}):([^\s@"'<>/][^\s@"'<>]+)@(?:(?:[\w-]+\.)+\w{2,}|localhost|\d+(?:\.\d+){3}|\w[\w-]*:\d+)`)
)

// notUser are the names ahead of a colon that are no users, and notHost the
// words behind an @ that are no hosts.
var notUser, notHost = setOf("mailto sip sips acct xmpp"), regexp.MustCompile(`@sha\d+:`)

// tokenLength is that of the shortest token that is told by its shape.
const tokenLength = 14

// tells reports whether tokens may find something.
func (p *pass) tells(s string) bool {
	if strings.IndexByte(s, '@') >= 0 || hasScheme(s) {
		return true
	}
	if _, ok := p.nextPair(s, 0); ok {
		return true
	}
	return hasTokenStart(s)
}

func hasTokenStart(s string) bool {
	if len(s) < tokenLength {
		return false
	}
	for i := range len(s) - tokenLength + 1 {
		if s[i] > 'z' || tokenStarts[s[i]] == nil {
			continue
		}
		for _, start := range tokenStarts[s[i]] {
			if strings.HasPrefix(s[i:], start) {
				return true
			}
		}
	}
	return false
}

// hasScheme reports whether a text may name a scheme, and something behind it.
func hasScheme(s string) bool {
	for i := 0; ; i++ {
		n := strings.IndexAny(s[i:], " \t")
		if n < 0 {
			return false
		}
		i += n
		if i >= 5 && (strings.EqualFold(s[i-5:i], "basic") || i >= 6 && strings.EqualFold(s[i-6:i], "bearer")) {
			return true
		}
	}
}

// tokens replaces what is secret by its shape or by the name ahead of it.
func (p *pass) tokens(s string) string {
	s = p.pairs(s)
	if hasTokenStart(s) {
		s = tokenShapes.ReplaceAllStringFunc(s, p.token)
	}
	if strings.IndexByte(s, '@') >= 0 {
		s = p.inside(userInfo, s, func(m []string) bool { return true })
		s = p.inside(bareInfo, s, func(m []string) bool { return !notUser[strings.ToLower(m[1])] && !notHost.MatchString(m[0]) })
	}
	if hasScheme(s) {
		s = p.inside(scheme, s, isCredential)
	}
	return s
}

// isCredential reports whether what stands behind the name of a scheme is one:
// words of a sentence are not.
func isCredential(m []string) bool {
	name, value := m[1], m[2]
	if len(value) >= 16 {
		return true
	}
	if strings.EqualFold(name, "basic") {
		plain, err := base64.StdEncoding.DecodeString(value)
		return err == nil && strings.Contains(string(plain), ":")
	}
	return strings.ContainsAny(value, "0123456789=_")
}

func (p *pass) token(s string) string {
	if strings.HasPrefix(s, "LTAI") || strings.HasPrefix(s, "STS.") {
		return p.hide(kindKey, s)
	}
	return p.hide(kindSecret, s)
}

// inside replaces the last group of each match that is one.
func (p *pass) inside(re *regexp.Regexp, s string, is func(groups []string) bool) string {
	var b strings.Builder
	from := 0
	for _, at := range re.FindAllStringSubmatchIndex(s, -1) {
		groups := make([]string, len(at)/2)
		begin, end := 0, 0
		for i := range groups {
			if at[2*i] >= 0 {
				begin, end = at[2*i], at[2*i+1]
				groups[i] = s[begin:end]
			}
		}
		if is(groups) {
			b.WriteString(s[from:begin])
			b.WriteString(p.hide(kindSecret, s[begin:end]))
			from = end
		}
	}
	b.WriteString(s[from:])
	return b.String()
}
