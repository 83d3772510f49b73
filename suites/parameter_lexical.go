package suites

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// value is one wire text for a parameter.
type value struct {
	variant, text, say string
	// weak says that only SDK sources speak about such a text, unsaid that
	// nobody does.
	weak, unsaid bool
	// cleaned says that a service may bring the text into a form of its own
	// where it is a path or a reference.
	cleaned bool
}

var integerTexts = []value{
	{variant: "type-word", text: "abc", say: "a word"},
	{variant: "type-exponent", text: "1e3", say: "an exponent"},
	{variant: "type-boolean", text: "yes", say: "a yes"},
	{variant: "type-negativeZero", text: "-0", say: "a negative zero", unsaid: true},
	{variant: "type-empty", text: "", say: "nothing", unsaid: true},
	{variant: "format-over", text: "2147483648", say: "one more than 32 bits hold"},
	{variant: "format-under", text: "-2147483649", say: "one less than 32 bits hold"},
	{variant: "format-huge", text: "99999999999999999999", say: "more than 64 bits hold"},
}

// spelled are other ways to write a number that the parameter may hold: who
// reads them takes the number.
func spelled(f *contract.Field) []value {
	n := int64(16)
	if f.Minimum != nil {
		n = max(n, *f.Minimum)
	}
	if f.Maximum != nil {
		n = min(n, *f.Maximum)
	}
	text := strconv.FormatInt(n, 10)
	wide := strings.Map(func(r rune) rune { return r - '0' + '\uff10' }, text)
	return []value{
		{variant: "type-decimal", text: text + ".0", say: "a decimal fraction"},
		{variant: "type-hex", text: fmt.Sprintf("%#x", n), say: "a hexadecimal number"},
		{variant: "type-plus", text: "+" + text, say: "a plus sign", weak: true},
		{variant: "type-fullWidth", text: wide, say: "full-width digits", weak: true},
		{variant: "type-blank", text: " " + text, say: "a leading space", weak: true},
		{variant: "type-trailingBlank", text: text + " ", say: "a trailing space", weak: true},
		{variant: "type-tab", text: text + "\t", say: "a trailing tab", weak: true},
		{variant: "type-leadingZeros", text: "00" + text, say: "leading zeros", unsaid: true},
	}
}

var booleanTexts = []value{
	{variant: "type-word", text: "abc", say: "a word"},
	{variant: "type-yes", text: "yes", say: "a yes"},
	{variant: "type-number", text: "2", say: "a number"},
	{variant: "type-upper", text: "TRUE", say: "upper case", weak: true},
	{variant: "type-blank", text: "true ", say: "a trailing space", weak: true},
	{variant: "type-leadingBlank", text: " true", say: "a leading space", weak: true},
	{variant: "type-empty", text: "", say: "nothing", unsaid: true},
}

// lexicals sends texts that are no value of the parameter's type. A text
// parameter has none: every text is a text.
func (b *builder) lexicals(f *contract.Field) {
	switch f.Type {
	case contract.Integer, contract.Number:
		b.wrong(f, integerTexts)
		b.wrong(f, spelled(f))
	case contract.Boolean:
		b.wrong(f, booleanTexts)
		for _, text := range []string{"true", "false"} {
			b.right(f, value{variant: "type-" + text, text: text, say: text}, f.Clauses["type"])
		}
	}
}

// wrong adds a case for each text that breaks a promise about the parameter;
// which one is read off the contract. A text that breaks none makes no case.
func (b *builder) wrong(f *contract.Field, values []value) {
	name := first(f.Path)
	for _, v := range values {
		keyword := f.Check(v.text)
		if keyword == "" {
			continue
		}
		b.violated(single{
			subject: f.Path, variant: v.variant, params: set(b.around(f.Path), name, v.text), path: f.Path,
			change: "with " + name + " holding " + v.say + ": " + strconv.Quote(v.text),
		}, v.level(f.Clauses[keyword]), b.kindOf(keyword), name)
	}
}

// level returns the clause as far as the value breaks it.
func (v value) level(clause *contract.Clause) *contract.Clause {
	switch {
	case v.unsaid:
		return capped(clause, contract.Inferred)
	case v.weak:
		return capped(clause, contract.Should)
	}
	return clause
}

// right adds a case for a text that the contract allows.
func (b *builder) right(f *contract.Field, v value, clause *contract.Clause) {
	if !allowed(f, v.text) {
		return
	}
	name := first(f.Path)
	b.acceptedOnce(single{
		subject: f.Path, variant: v.variant, params: set(b.around(f.Path), name, v.text), path: f.Path,
		change: "with " + name + " holding " + v.say,
	}, clause)
}
