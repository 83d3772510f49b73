package redact

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// requestHeaders are those that are kept besides the protocol's own, and
// answerHeaders those of an answer. All others are dropped: they say nothing
// of the API and may hold anything.
var (
	requestHeaders = map[string]bool{"accept": true, "content-type": true, "user-agent": true}
	answerHeaders  = map[string]bool{
		"Content-Type": true, "X-Acs-Request-Id": true, "X-Acs-Trace-Id": true, "Retry-After": true,
		"Server": true, "Location": true, "Allow": true,
	}
)

const acsPrefix = "x-acs-"

// headers looks through the headers of both sides for secrets, whether they
// are kept or not.
func (p *pass) headers() {
	p.beside()
	for _, h := range []http.Header{p.raw.Header, p.raw.RespHeader} {
		for _, name := range names(h) {
			for _, v := range h[name] {
				p.secretHeader(strings.ToLower(name), v)
			}
		}
	}
}

// beside looks at what was told beside the request.
func (p *pass) beside() {
	action, _ := p.in.Common("Action")
	n := p.rules.request(p.rules.operation(action))
	for _, s := range p.raw.Beside {
		known := n.find(s.Name)
		if known == nil {
			known = p.rules.common[s.Name]
		}
		switch {
		case known == nil && isSecretName(s.Name), known.scalar() && (known.class == contract.ClassSecret || known.class == contract.ClassAccessKey):
			p.huntWhole(s.Value)
		}
	}
}

// names are in order, so that placeholders are numbered alike each time.
func names(h http.Header) []string { return slices.Sorted(maps.Keys(h)) }

func (p *pass) secretHeader(name, value string) {
	switch {
	case name == "authorization" || name == "proxy-authorization":
		p.authorization(value)
	case name == "cookie" || name == "set-cookie":
		p.cookie(value)
	case isSecretName(name) && p.rules.headers[name] == nil:
		p.huntWhole(value)
	}
}

// cookie looks for the values of cookies, but not for what is said of them.
func (p *pass) cookie(value string) {
	for part := range strings.SplitSeq(value, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(name) {
		case "path", "domain", "expires", "max-age", "samesite":
			continue
		}
		p.huntWhole(strings.Trim(v, `"`))
	}
}

// common are the protocol's parameters and headers by name. Action and Version
// are left out where they say what the record says anyway.
func (p *pass) common(action, version string) wire.Params {
	var out wire.Params
	said := map[string]string{"Action": action, "Version": version, "x-acs-action": action, "x-acs-version": version}
	add := func(name, value string, n *node) {
		if s, ok := said[name]; ok && s == value {
			return
		}
		out = append(out, wire.Param{Name: name, Value: p.protocol(name, value, n)})
	}
	for _, list := range []wire.Params{p.in.Query, p.in.Form} {
		for _, s := range list {
			if n := p.rules.common[s.Name]; n != nil {
				add(s.Name, s.Value, n)
			}
		}
	}
	for _, sent := range names(p.raw.Header) {
		name := strings.ToLower(sent)
		if !requestHeaders[name] && name != "authorization" && !strings.HasPrefix(name, acsPrefix) {
			continue
		}
		for _, v := range p.raw.Header[sent] {
			add(name, v, p.rules.headers[name])
		}
	}
	for i := range out {
		out[i].Name = p.name(out[i].Name)
	}
	return sorted(out)
}

// protocol treats a value of the protocol by its name.
func (p *pass) protocol(name, value string, n *node) string {
	switch name {
	case "AccessKeyId":
		return p.hide(kindKey, value)
	case "Signature":
		return p.hide(kindSignature, value)
	case "SecurityToken", "BearerToken":
		return p.hide(kindSecret, value)
	case "authorization":
		return p.authorization(value)
	case "x-acs-content-sha256":
		return p.bodyHash(value)
	case "user-agent":
		return p.agent(value)
	case "accept", "content-type":
		return p.media(value)
	}
	if n == nil {
		return p.stranger(name, value)
	}
	return p.value(n, value)
}

// bodyHash keeps the hash of an empty body. Any other one would tell whether
// a guess at the body is right.
func (p *pass) bodyHash(value string) string {
	if empty := sha256.Sum256(nil); value == hex.EncodeToString(empty[:]) {
		return value
	}
	return p.hide(kindHash, value)
}

// authorization replaces the parts of such a header that are secret.
func (p *pass) authorization(value string) string {
	scheme, rest, ok := strings.Cut(value, " ")
	switch {
	case !ok && !strings.HasPrefix(scheme, "ACS3-"):
		return p.hide(kindSecret, value)
	case !ok:
		return p.word(scheme)
	case strings.HasPrefix(scheme, "ACS3-"):
		return p.word(scheme) + " " + p.acs3(rest)
	case strings.EqualFold(scheme, "Basic"):
		p.basic(rest)
	}
	return p.word(scheme) + " " + p.hide(kindSecret, rest)
}

func (p *pass) basic(value string) {
	plain, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return
	}
	if _, password, ok := strings.Cut(string(plain), ":"); ok {
		p.huntWhole(password)
	}
}

// acs3 replaces key and signature; any other part but the names of the signed
// headers is unknown.
func (p *pass) acs3(value string) string {
	parts := strings.Split(value, ",")
	for i, part := range parts {
		name, v, _ := strings.Cut(part, "=")
		switch strings.TrimSpace(name) {
		case "Credential":
			v = p.hide(kindKey, v)
		case "Signature":
			v = p.hide(kindSignature, v)
		case "SignedHeaders":
			v = p.scrub(v)
		default:
			name, v = p.name(strings.TrimSpace(name)), p.unknown(v)
		}
		parts[i] = name + "=" + v
	}
	return strings.Join(parts, ",")
}

// answerHeader are the headers of the answer that are kept.
func (p *pass) answerHeader() wire.Params {
	var out wire.Params
	for _, sent := range names(p.raw.RespHeader) {
		name := http.CanonicalHeaderKey(sent)
		if !answerHeaders[name] {
			continue
		}
		for _, v := range p.raw.RespHeader[sent] {
			out = append(out, wire.Param{Name: name, Value: p.kept(loose, v)})
		}
	}
	return sorted(out)
}
