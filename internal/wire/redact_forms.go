package wire

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// secretForms returns every text that a secret may turn up as. Base64 of a
// longer text that the secret is part of is left out for a short one, of
// which nothing certain would remain.
func secretForms(secret string, short bool) []string {
	forms := []string{secret}
	forms = append(forms, percentForms(secret)...)
	forms = append(forms, jsonForms(secret)...)
	forms = append(forms, xmlForms(secret)...)
	forms = append(forms, base64Forms(secret, short)...)
	slices.Sort(forms)
	return slices.DeleteFunc(slices.Compact(forms), func(s string) bool { return s == "" })
}

// percentForms returns the secret as the encoders of various languages write
// it, once and twice.
func percentForms(secret string) []string {
	var once, all []string
	for _, encode := range percentEncoders {
		once = append(once, encode(secret))
	}
	slices.Sort(once)
	once = slices.Compact(once)
	for _, s := range once {
		all = append(all, s)
		for _, encode := range percentEncoders {
			all = append(all, encode(s))
		}
	}
	return all
}

// percentEncoders differ in the case of the digits, in what a space becomes
// and in which marks they leave alone.
var percentEncoders = []func(string) string{
	PercentEncode,
	func(s string) string { return lowerEscapes(PercentEncode(s)) },
	func(s string) string { return keepMarks(PercentEncode(s), "%20", "+") },
	func(s string) string { return lowerEscapes(keepMarks(PercentEncode(s), "%20", "+")) },
	func(s string) string { return keepMarks(PercentEncode(s), "%2A", "*") },
	func(s string) string { return keepMarks(PercentEncode(s), "%20", "+", "%2A", "*", "~", "%7E") },
	func(s string) string { // encodeURIComponent
		return keepMarks(PercentEncode(s), "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
	},
	url.PathEscape,
	func(s string) string { return (&url.URL{Path: s}).EscapedPath() },
}

func keepMarks(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }

// lowerEscapes writes the digits of percent escapes in lower case.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}

// jsonForms returns the secret inside of a JSON string: as this package and as
// encoding/json write it, with the slash escaped, and in ASCII only. Each
// once more inside of a JSON text that is itself a JSON string.
func jsonForms(secret string) []string {
	plain := string(appendJSONString(nil, secret))
	plain = plain[1 : len(plain)-1]
	forms := []string{plain, strings.ReplaceAll(plain, "/", `\/`), asciiJSON(plain, upperHex), asciiJSON(plain, "0123456789abcdef")}
	if b, err := json.Marshal(secret); err == nil && len(b) > 2 {
		forms = append(forms, string(b[1:len(b)-1]))
	}
	for _, f := range slices.Clone(forms) {
		twice := appendJSONString(nil, f)
		forms = append(forms, string(twice[1:len(twice)-1]))
	}
	return forms
}

// asciiJSON escapes what is not ASCII in the inside of a JSON string.
func asciiJSON(s, digits string) string {
	var out strings.Builder
	unit := func(c rune) {
		out.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			out.WriteByte(digits[c>>shift&15])
		}
	}
	for _, c := range s {
		switch {
		case c < utf8.RuneSelf:
			out.WriteRune(c)
		case c > 0xFFFF:
			unit(0xD800 + (c-0x10000)>>10)
			unit(0xDC00 + (c-0x10000)&0x3FF)
		default:
			unit(c)
		}
	}
	return out.String()
}

// xmlForms returns the secret as character data: with only the necessary
// escapes, with quotes named or numbered.
func xmlForms(secret string) []string {
	var std strings.Builder
	_ = xml.EscapeText(&std, []byte(secret)) // a Builder does not fail
	plain := string(appendXMLText(nil, secret))
	return []string{
		plain, std.String(),
		strings.ReplaceAll(plain, "&gt;", ">"),
		keepMarks(plain, `"`, "&quot;", "'", "&apos;"),
		keepMarks(plain, `"`, "&quot;", "'", "&#39;"),
		keepMarks(plain, `"`, "&#34;", "'", "&#39;"),
	}
}

// base64Forms returns the secret in base64: alone, and what of it is certain
// when it stands in a longer text, where up to two bytes before it share a
// group of letters with its own.
func base64Forms(secret string, short bool) []string {
	var forms []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		alone := enc.EncodeToString([]byte(secret))
		forms = append(forms, alone, alone+strings.Repeat("=", -len(alone)&3))
		for lead := range 3 {
			if core := base64Core(enc, secret, lead); !short && len(core) >= shortSecret {
				forms = append(forms, core)
			}
		}
	}
	return forms
}

// base64Core returns the letters that depend on the secret alone when lead
// bytes stand in front of it.
func base64Core(enc *base64.Encoding, secret string, lead int) string {
	text := enc.EncodeToString([]byte(strings.Repeat("\x00", lead) + secret))
	from := (lead*8 + 5) / 6
	to := (lead + len(secret)) * 8 / 6
	if from >= to {
		return ""
	}
	return text[from:to]
}
