package contract

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// promise makes the field's clauses, one for each keyword that it obeys.
func (fs *fields) promise(f *Field, p *part) {
	fs.checkOverrides(f, p)
	for _, keyword := range fs.keywords {
		at, ok := fs.stated(f, p, keyword)
		if !ok || slices.Contains(p.bad, keyword) {
			continue
		}
		b := p.basis
		over, has := p.override(keyword)
		switch {
		case has:
			b = over.basis("", b)
		case keyword == "nonEmpty":
			b = emptyBasis(f, b)
		}
		text := over.textIf(has, "promise")
		if text == "" {
			text = fs.sentence(f, keyword)
		}
		f.Clauses[keyword] = fs.l.clause(b, at, Clause{
			ID: fs.id(f.Path, keyword), Operation: fs.operation, Kind: fs.kind,
			Subject: f.Path, Keyword: keyword, Promise: text,
		})
	}
}

func (o object) textIf(has bool, key string) string {
	if !has {
		return ""
	}
	return o.text(key)
}

// emptyBasis is the level of refusing an empty value where the contract says
// nothing of its own: no page speaks of empty values, so it is never a must.
func emptyBasis(f *Field, b basis) basis {
	if c := f.Clauses["required"]; c != nil {
		b = basis{level: c.Level, known: true, sources: c.Sources, note: c.Note}
	}
	if b.level > Should {
		b.level = Should
		b.note = "no page says what an empty value is; we read it as missing"
	}
	return b
}

// checkOverrides refuses an x-acs-clauses entry that no code obeys or that
// stands on nothing.
func (fs *fields) checkOverrides(f *Field, p *part) {
	for _, h := range p.holders {
		n := h.get(p.prefix + "clauses")
		if n == nil {
			continue
		}
		what := h.what + ": " + p.prefix + "clauses"
		for key, v := range fs.l.object(n, what, fs.keywords...).pairs() {
			fs.l.object(v, what+": "+key.Value, clauseKeys...)
			if _, ok := fs.stated(f, p, key.Value); !ok {
				fs.l.fail(key, "%s: %s is nothing that %s says", what, key.Value, f.Path)
			}
		}
	}
}

// stated reports whether the field promises the keyword, and where it says so.
func (fs *fields) stated(f *Field, p *part, keyword string) (*yaml.Node, bool) {
	at, v := p.value(keyword)
	if at == nil {
		at = p.holders[0].node
	}
	switch keyword {
	case "type":
		return at, fs.response || typed(f)
	case "required":
		if p.must != nil {
			at = p.must
		}
		return at, f.Required
	case "nonEmpty":
		if v != nil {
			return at, isTrue(v)
		}
		return at, !fs.response && f.Required && !f.AllowEmpty && isScalar(f.Type)
	case "format":
		if at, v := p.value("pattern"); fs.response && v != nil {
			return at, true
		}
	}
	return at, v != nil
}

// typed reports whether a parameter's type is a promise of its own: not where
// the list above it says so already, nor in a map, which takes any text.
func typed(f *Field) bool {
	if f.Parent == nil {
		return true
	}
	return f.Parent.Type != Map && (f.Parent.Type != Array || f.Type != Object)
}

func isScalar(t Type) bool { return t == String || t == Integer || t == Number || t == Boolean }

// sentence says in English what the keyword promises of the field.
func (fs *fields) sentence(f *Field, keyword string) string {
	subject := f.Path
	if subject == "" {
		subject = "The answer"
	}
	say := sentences[keyword]
	if fs.response {
		if own := answerSentences[keyword]; own != nil {
			say = own
		}
	}
	if say == nil {
		return fmt.Sprintf("%s obeys %s.", subject, keyword)
	}
	return subject + " " + say(f) + "."
}

var sentences = map[string]func(f *Field) string{
	"type":      typeSentence,
	"format":    formatSentence,
	"required":  func(*Field) string { return "must be given" },
	"nonEmpty":  func(*Field) string { return "must not be empty" },
	"enum":      func(f *Field) string { return "is " + choice(f.Enum) },
	"minimum":   func(f *Field) string { return fmt.Sprintf("is at least %d", *f.Minimum) },
	"maximum":   func(f *Field) string { return fmt.Sprintf("is at most %d", *f.Maximum) },
	"minLength": func(f *Field) string { return "holds at least " + count(*f.MinLength, "character") },
	"maxLength": func(f *Field) string { return "holds at most " + count(*f.MaxLength, "character") },
	"pattern":   func(f *Field) string { return "matches " + f.Pattern },
	"minItems":  func(f *Field) string { return "has at least " + count(*f.MinItems, "element") },
	"maxItems":  func(f *Field) string { return "has at most " + count(*f.MaxItems, "element") },
	"default":   func(f *Field) string { return fmt.Sprintf("left out means %s", f.Default) },
}

var answerSentences = map[string]func(f *Field) string{
	"required": func(*Field) string { return "is always there" },
	"type": func(f *Field) string {
		switch f.Type {
		case Array:
			return "is a list"
		case Object, Map:
			return "is an object"
		default:
			return typeSentence(f)
		}
	},
	"format": func(f *Field) string {
		if f.Pattern != "" {
			return "matches " + f.Pattern
		}
		return formatSentence(f)
	},
}

func typeSentence(f *Field) string {
	switch f.Type {
	case Integer:
		return "is a whole number in decimal digits"
	case Number:
		return "is a decimal number"
	case Boolean:
		return "is true or false"
	case Array:
		return fmt.Sprintf("is a list: %s.1, %s.2 and so on", f.Path, f.Path)
	case Map:
		return fmt.Sprintf("holds named texts: %s.NAME", f.Path)
	case Object:
		return fmt.Sprintf("is a structure: %s.NAME for each member", f.Path)
	default:
		return "is text"
	}
}

func formatSentence(f *Field) string {
	switch f.Format {
	case "int32":
		return fmt.Sprintf("lies between %d and %d", math.MinInt32, math.MaxInt32)
	case "int64":
		return "fits into 64 bits"
	case "date-time":
		return "is a time such as 2006-01-02T15:04:05Z"
	case "uuid":
		return "is a UUID"
	default:
		return "has the format " + f.Format
	}
}

func choice(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// exemplify takes the example of the nearest holder apart, so that every leaf
// has its own.
func (fs *fields) exemplify(f *Field, p *part) {
	if h, ok := p.holder("example"); ok {
		fs.l.give(f, h.get("example"), h.what+": example")
	}
}

func (l *loader) give(f *Field, v *yaml.Node, what string) {
	if f == nil || f.HasExample {
		return
	}
	switch {
	case f.Type == Array && v.Kind == yaml.SequenceNode && len(v.Content) > 0:
		l.give(f.Items, v.Content[0], what)
	case f.Type == Object && v.Kind == yaml.MappingNode:
		for key, value := range l.mapping(v, what).pairs() {
			if f.Member(key.Value) == nil {
				l.fail(key, "%s: %s has no member %q", what, f.Path, key.Value)
			}
			l.give(f.Member(key.Value), value, what)
		}
	case f.Type == Map && v.Kind == yaml.MappingNode:
		f.Example, f.HasExample = compact(v), true
	case v.Kind == yaml.ScalarNode:
		f.Example, f.HasExample = scalarText(v), true
	default:
		l.fail(v, "%s: want a value of type %s, have %s", what, f.Type, kindName(v))
	}
}
