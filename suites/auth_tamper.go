package suites

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/internal/wire"
)

// tamper changes one signed component of a request behind its signature, or
// leaves it out of what is signed.
type tamper struct {
	variant, say string
	shape        func(*plan.Probe) // how the parameters travel; nil for in the query
	before       func(*wire.Draft)
	do           func(*wire.Draft)
	// open says that the documents have several answers to it.
	open bool
	// level is the clause's at most, where no page speaks of such a request;
	// nil for the clause's own.
	level *contract.Level
}

// tampers changes each signed component in turn.
func (a auth) tampers() {
	own := a.base[0].Name
	list := slices.Concat(sharedTampers(own), acs3Tampers(own), unsigned(a.c.Version), signatureTampers(acs3Signature))
	if a.scheme.name == wire.V1 {
		list = slices.Concat(sharedTampers(own), v1Tampers(own), formTampers(own), signatureTampers(v1Signature))
	}
	for _, t := range list {
		a.tamper(t)
	}
	a.malformed()
	a.hash()
}

func (a auth) tamper(t tamper) {
	c := forged{
		subject: "tamper", variant: t.variant, change: "with " + t.say + " after it was signed",
		clause: a.clause(), row: a.row(a.scheme.wrong), shape: t.shape,
	}
	if t.before != nil {
		c.before = []plan.Edit{{Name: t.say, Do: t.before}}
		c.change = "with " + t.say
	}
	if t.do != nil {
		c.after = []plan.Edit{{Name: t.say, Do: t.do}}
	}
	if t.open {
		c.row = nil
	}
	if t.level != nil {
		c.clause = capped(c.clause, *t.level)
	}
	a.forge(c)
}

// sharedTampers change what both schemes sign. Where a parameter is emptied,
// taken away or renamed, the request lacks it besides: which of the two faults is
// told is the order of the gateway's checks, and no page gives that.
func sharedTampers(own string) []tamper {
	return []tamper{
		{variant: "method", say: "its POST made a GET", do: func(d *wire.Draft) { d.Method = http.MethodGet }},
		{variant: "value", say: "the value of " + own + " changed", do: func(d *wire.Draft) { d.Set(own, "conform-tampered") }},
		{variant: "emptied", level: at(contract.Inferred), say: own + " emptied", do: func(d *wire.Draft) { d.Set(own, "") }},
		{variant: "added", say: "a parameter added", do: func(d *wire.Draft) { d.Set("ConformAdded", "1") }},
		{variant: "removed", level: at(contract.Inferred), say: own + " removed", do: func(d *wire.Draft) { d.Del(own) }},
		{variant: "renamed", level: at(contract.Inferred), say: own + " renamed", do: renaming(own)},
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
		{variant: "formValue", say: "the value of " + own + " changed in the body", shape: asForm, do: func(d *wire.Draft) { d.Set(own, "conform-tampered") }},
		{variant: "format", say: "another Format", do: func(d *wire.Draft) { d.Set("Format", "XML") }},
		{variant: "swapped", say: "two values exchanged", before: distinct("SignatureNonce", own), do: swapping("SignatureNonce", own)},
	}
}

// formTampers are about signature v1 and a form, which is signed together with
// the query: neither may be changed alone, nor left out of what is signed.
func formTampers(own string) []tamper {
	return []tamper{
		{variant: "formAdded", say: "a body with one more parameter", do: func(d *wire.Draft) { d.Form = wire.Params{{Name: "ConformAdded", Value: "1"}} }},
		{variant: "formRemoved", level: at(contract.Inferred), say: own + " removed from the body", shape: asForm, do: func(d *wire.Draft) { d.Del(own) }},
		{variant: "formQuery", say: "a parameter added to the query beside its body", shape: asForm, do: func(d *wire.Draft) {
			d.Query = wire.Params{{Name: "ConformAdded", Value: "1"}}
		}},
		{variant: "splitQuery", say: "its time moved by a second in the query, its own parameters being in the body", shape: both(asForm, splitForm), do: clock(time.Second).Do},
		{variant: "unsignedForm", say: "its own parameters in the body and left out of what is signed", shape: asForm, before: func(d *wire.Draft) {
			commonToQuery(d)
			d.Body, d.ContentType, d.Form = []byte(d.Form.Encode(wire.PercentEncode)), formType, nil
		}},
	}
}

const formType = "application/x-www-form-urlencoded"

// signing is how a scheme writes its signature.
type signing struct {
	alphabet string
	change   func(*wire.Draft, func(string) string)
	// anyCase says that the text means the same in capitals.
	anyCase bool
}

var v1Signature = signing{
	alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	change: func(d *wire.Draft, change func(string) string) {
		text, _ := d.Get("Signature")
		d.Set("Signature", change(text))
	},
}

var acs3Signature = signing{
	alphabet: "0123456789abcdef", anyCase: true,
	change: func(d *wire.Draft, change func(string) string) {
		_, signature, _ := strings.Cut(d.Header.Get("Authorization"), "Signature=")
		reauthorize(d, "Signature="+signature, "Signature="+change(signature))
	},
}

// signatureTampers change the signature itself, wherever a server might look
// at a part of it only. What is shorter or longer may count as no signature at
// all; capitals are another Base64 text, but the same hexadecimal number.
func signatureTampers(s signing) []tamper {
	capitals := tamper{variant: "signatureCase", say: "the case of its signature's letters turned around", do: s.by(swapCase)}
	if s.anyCase {
		capitals.open, capitals.level = true, at(contract.Inferred)
	}
	return []tamper{
		{variant: "signature", say: "one character of its signature changed", do: s.by(flipped)},
		{variant: "signatureEnd", say: "the last character of its signature changed", do: s.by(s.otherEnd)},
		capitals,
		{variant: "signatureHalf", say: "the first half of its signature only", open: true, do: s.by(func(t string) string { return t[:len(t)/2] })},
		{variant: "signatureLonger", say: "one more character behind its signature", open: true, level: at(contract.Should), do: s.by(func(t string) string {
			return t + s.alphabet[:1]
		})},
	}
}

func at(level contract.Level) *contract.Level { return &level }

func (s signing) by(change func(string) string) func(*wire.Draft) {
	return func(d *wire.Draft) { s.change(d, change) }
}

// otherEnd changes the last character ahead of padding, and in a way that the
// bytes differ which the text stands for.
func (s signing) otherEnd(text string) string {
	const inside = 4 // Base64 fills the last character up with two bits
	i := len(strings.TrimRight(text, "=")) - 1
	if i < 0 {
		return text
	}
	other := s.alphabet[strings.IndexByte(s.alphabet, text[i])^inside]
	return text[:i] + string(other) + text[i+1:]
}

// distinct gives own a value that can take the place of the nonce: one that
// nobody has used, since a server may look at nonces first.
func distinct(nonce, own string) func(*wire.Draft) {
	return func(d *wire.Draft) {
		x, _ := d.Get(nonce)
		d.Set(own, flipped(x)+"0")
	}
}

// swapping exchanges the value of own with that of the nonce; the timestamp
// stays readable, for it is looked at before the signature.
func swapping(nonce, own string) func(*wire.Draft) {
	return func(d *wire.Draft) {
		x, _ := d.Get(nonce)
		y, _ := d.Get(own)
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
		{variant: "body", say: "the value of " + own + " changed in the body", shape: asForm, do: func(d *wire.Draft) { d.Set(own, "conform-tampered") }},
		{variant: "rehashed", say: "its payload hash changed", do: func(d *wire.Draft) {
			d.Header.Set("x-acs-content-sha256", flipped(d.Header.Get("x-acs-content-sha256")))
		}},
		// Its content type is not among the signed headers: that is told as well.
		{variant: "addedBody", say: "a body added", open: true, do: func(d *wire.Draft) {
			d.Body, d.ContentType = []byte("ConformAdded=1"), formType
		}},
		{variant: "contentType", say: "another content type", shape: asForm, do: func(d *wire.Draft) {
			d.Header.Set("Content-Type", formType+"; charset=utf-8")
		}},
		{variant: "bodyRehashed", say: "the value of " + own + " changed in the body and the payload hash with it", shape: asForm, do: func(d *wire.Draft) {
			d.Set(own, "conform-tampered")
			sum := sha256.Sum256([]byte(d.Form.Encode(wire.PercentEncode)))
			d.Header.Set("x-acs-content-sha256", hex.EncodeToString(sum[:]))
		}},
	}
}

// unsigned sends headers of the scheme that its signature does not cover. The
// page says that all of them are signed, and not what becomes of a request in
// which one is not: hence should.
func unsigned(version string) []tamper {
	return []tamper{
		{variant: "unsignedHeader", say: "a header of the scheme added", open: true, level: at(contract.Should), do: func(d *wire.Draft) {
			d.Header.Set("x-acs-conform", "1")
		}},
		{variant: "unsignedVersion", say: "x-acs-version left out of what is signed", open: true, level: at(contract.Should),
			before: func(d *wire.Draft) { d.Header.Del("x-acs-version") },
			do:     func(d *wire.Draft) { d.Header.Set("x-acs-version", version) }},
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
			{Name: "an empty signature", Do: func(d *wire.Draft) { acs3Signature.change(d, func(string) string { return "" }) }},
			{Name: "Authorization by another algorithm", Do: func(d *wire.Draft) { reauthorize(d, "ACS3-HMAC-SHA256", "ACS3-HMAC-MD5") }},
		}
	}
	names := []string{"malformed", "short", "noCredential", "noSignature", "list", "signatureEmpty", "otherAlgorithm"}
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
