package suites

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tamper changes one signed component of a request behind its signature.
type tamper struct {
	variant, say string
	form         bool // the parameters travel in the body
	do           func(*wire.Draft)
}

// tampers changes each signed component in turn.
func (a auth) tampers() {
	own := a.base[0].Name
	list := slices.Concat(sharedTampers(own), acs3Tampers(own))
	if a.scheme.name == wire.V1 {
		list = slices.Concat(sharedTampers(own), v1Tampers(own))
	}
	for _, t := range list {
		c := forged{
			subject: "tamper", variant: t.variant, change: "with " + t.say + " after it was signed",
			after: []plan.Edit{{Name: t.say, Do: t.do}}, clause: a.clause(), row: a.row(a.scheme.wrong),
		}
		if t.form {
			c.shape = asForm
		}
		a.forge(c)
	}
	a.malformed()
	a.hash()
}

func sharedTampers(own string) []tamper {
	return []tamper{
		{variant: "method", say: "its POST made a GET", do: func(d *wire.Draft) { d.Method = http.MethodGet }},
		{variant: "value", say: "the value of " + own + " changed", do: func(d *wire.Draft) { d.Set(own, "conform-tampered") }},
		{variant: "emptied", say: own + " emptied", do: func(d *wire.Draft) { d.Set(own, "") }},
		{variant: "added", say: "a parameter added", do: func(d *wire.Draft) { d.Set("ConformAdded", "1") }},
		{variant: "removed", say: own + " removed", do: func(d *wire.Draft) { d.Del(own) }},
		{variant: "renamed", say: own + " renamed", do: renaming(own)},
		{variant: "timestamp", say: "its time moved by a second", do: clock(time.Second).Do},
		{variant: "nonce", say: "another nonce", do: func(d *wire.Draft) { prolong(d, "SignatureNonce") }},
	}
}

// prolong appends a digit to a common parameter.
func prolong(d *wire.Draft, name string) {
	text, _ := d.Get(name)
	d.Set(name, text+"0")
}

func renaming(own string) func(*wire.Draft) {
	return func(d *wire.Draft) {
		text, _ := d.Get(own)
		d.Del(own)
		d.Set("Conform"+own, text)
	}
}

func v1Tampers(own string) []tamper {
	return []tamper{
		{variant: "formValue", say: "the value of " + own + " changed in the body", form: true, do: func(d *wire.Draft) { d.Set(own, "conform-tampered") }},
		{variant: "format", say: "another Format", do: func(d *wire.Draft) { d.Set("Format", "json") }},
		{variant: "swapped", say: "two values exchanged", do: swapping("SignatureNonce", "Timestamp", own)},
		{variant: "signature", say: "one character of its signature changed", do: func(d *wire.Draft) {
			text, _ := d.Get("Signature")
			d.Set("Signature", flipped(text))
		}},
	}
}

// swapping exchanges the value of own with that of the nonce; the timestamp
// stays readable, for it is looked at before the signature.
func swapping(nonce, _, own string) func(*wire.Draft) {
	return func(d *wire.Draft) {
		x, _ := d.Get(nonce)
		y, _ := d.Get(own)
		if y == "" {
			y = "conform"
		}
		d.Set(nonce, y)
		d.Set(own, x)
	}
}

// flipped changes the first character, so that the text keeps its form.
func flipped(text string) string {
	if text == "" {
		return "0"
	}
	if text[0] == '0' {
		return "1" + text[1:]
	}
	return "0" + text[1:]
}

func acs3Tampers(own string) []tamper {
	return []tamper{
		{variant: "body", say: "the value of " + own + " changed in the body", form: true, do: func(d *wire.Draft) { d.Set(own, "conform-tampered") }},
		{variant: "rehashed", say: "its payload hash changed", do: func(d *wire.Draft) {
			d.Header.Set("x-acs-content-sha256", flipped(d.Header.Get("x-acs-content-sha256")))
		}},
		{variant: "addedBody", say: "a body added", do: func(d *wire.Draft) {
			d.Body, d.ContentType = []byte("ConformAdded=1"), "application/x-www-form-urlencoded"
		}},
		{variant: "contentType", say: "another content type", form: true, do: func(d *wire.Draft) {
			d.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}},
		{variant: "signature", say: "one character of its signature changed", do: func(d *wire.Draft) {
			_, signature, _ := strings.Cut(d.Header.Get("Authorization"), "Signature=")
			reauthorize(d, "Signature="+signature, "Signature="+flipped(signature))
		}},
	}
}

func reauthorize(d *wire.Draft, from, to string) {
	d.Header.Set("Authorization", strings.Replace(d.Header.Get("Authorization"), from, to, 1))
}

// malformed sends signatures that are no signatures, for which the documents
// give several answers.
func (a auth) malformed() {
	forms := []plan.Edit{
		setting("Signature", "conform is no signature"),
		setting("Signature", "AAAA"),
	}
	if a.scheme.name == wire.ACS3 {
		forms = []plan.Edit{
			setting("Authorization", "conform"),
			setting("Authorization", "ACS3-HMAC-SHA256"),
			{Name: "Authorization without a credential", Do: func(d *wire.Draft) { reauthorize(d, "Credential=", "Conform=") }},
			{Name: "Authorization without a signature", Do: func(d *wire.Draft) { reauthorize(d, "Signature=", "Conform=") }},
			{Name: "a header dropped from the list of signed ones", Do: func(d *wire.Draft) { reauthorize(d, ";x-acs-version", "") }},
			{Name: "Authorization by another algorithm", Do: func(d *wire.Draft) { reauthorize(d, "ACS3-HMAC-SHA256", "ACS3-HMAC-MD5") }},
		}
	}
	names := []string{"malformed", "short", "noCredential", "noSignature", "list", "otherAlgorithm"}
	for i, e := range forms {
		a.forge(forged{
			subject: "tamper", variant: names[i], change: "with " + e.Name, after: []plan.Edit{e}, clause: a.clause(),
		})
	}
}

// hash gives an ACS3 request a payload hash that is none.
func (a auth) hash() {
	for _, f := range a.scheme.fields(a.c) {
		if f.Name != "x-acs-content-sha256" {
			continue
		}
		a.forge(forged{
			subject: f.Name, variant: "malformed", change: "with a payload hash that is none", clause: firstClause(f, "pattern", "type"),
			after: []plan.Edit{setting(f.Name, "conform")},
		})
	}
}

// controls are requests that look different on the wire and are signed rightly
// all the same.
func (a auth) controls() {
	a.forge(forged{
		subject: "control", variant: "order", change: "with its parameters in the opposite order", accept: true, clause: a.clause(),
		after: []plan.Edit{{Name: "query reversed", Do: func(d *wire.Draft) { slices.Reverse(d.Query) }}},
	})
	spaced := a
	spaced.base = append(a.base.Clone(), wire.Param{Name: "ConformSpaced", Value: "a b"})
	spaced.escaped("spaceAsPlus", plusEscape)
	spaced.escaped("spaceEscaped", wire.PercentEncode)
}

// escaped sends a parameter that no operation has. Whether that one is ignored
// is another promise: only a complaint about the signature counts here.
func (a auth) escaped(variant string, escape func(string) string) {
	a.forge(forged{
		subject: "control", variant: variant, change: "with a space in a parameter, on the wire as " + escape(" "), accept: true,
		clause: a.c.Protocol.Clauses["signature.encoding"], row: a.row(a.scheme.wrong),
		after: []plan.Edit{{Name: "escaped by " + variant, Do: func(d *wire.Draft) { d.Escape = escape }}},
	})
}

// plusEscape writes a space as +, as forms and many clients do.
func plusEscape(s string) string { return strings.ReplaceAll(wire.PercentEncode(s), "%20", "+") }
