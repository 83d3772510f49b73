package redact

import (
	"regexp"
	"strings"
)

// What a client says of itself is kept as far as it is written as usual: names
// of products with their versions, kinds of machines, types of media. All else
// is replaced, since anything may be put there.
var (
	product    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,39}/v?\d[\d.]{0,19}(?:[-+._][0-9A-Za-z]{1,12}){0,3}$`)
	machines   = setOf("alibabacloud alibaba cloud linux darwin windows freebsd mac os x amd64 arm64 aarch64 x86_64 x64 i386 386 mozilla compatible")
	mediaType  = regexp.MustCompile(`^[A-Za-z*]{1,20}/[A-Za-z0-9.+*-]{0,60}$`)
	mediaParam = regexp.MustCompile(`^(?i:q|charset|version)=[A-Za-z0-9.-]{1,20}$`)
)

// marks may stand around the words of a User-Agent.
const marks = "(),;"

// agent is a User-Agent. Words in a row that are not known are one.
func (p *pass) agent(value string) string {
	var out, odd []string
	flush := func() {
		if len(odd) > 0 {
			out, odd = append(out, p.odd(strings.Join(odd, " "))), nil
		}
	}
	for word := range strings.FieldsSeq(value) {
		if core := strings.Trim(word, marks); !product.MatchString(core) && !machines[strings.ToLower(core)] && !IsPlaceholder(core) {
			odd = append(odd, word)
			continue
		}
		flush()
		out = append(out, word)
	}
	flush()
	return p.scrub(p.tokens(strings.Join(out, " ")))
}

// odd replaces a text but for the marks around it.
func (p *pass) odd(text string) string {
	core := strings.Trim(text, marks)
	if core == "" {
		return text
	}
	at := strings.Index(text, core)
	return text[:at] + p.unknown(core) + text[at+len(core):]
}

// media are types of media, as Accept and Content-Type have them.
func (p *pass) media(value string) string {
	items := strings.Split(value, ",")
	for i, item := range items {
		parts := strings.Split(item, ";")
		for k, part := range parts {
			core := strings.TrimSpace(part)
			if core == "" || k == 0 && mediaType.MatchString(core) || k > 0 && mediaParam.MatchString(core) {
				continue
			}
			parts[k] = strings.Replace(part, core, p.unknown(core), 1)
		}
		items[i] = strings.Join(parts, ";")
	}
	return p.scrub(p.tokens(strings.Join(items, ",")))
}
