package redact

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// pass is the work on one exchange.
type pass struct {
	session *Session
	rules   *Rules
	raw     *Raw
	in      *request
	broken  bool // the request could not be read as it should be
	answer  bool // the answer is at work, not the request
	// replaced is how many values were in this round, crowded that there was more
	// to replace or to look for than is done.
	replaced int
	crowded  bool

	// own are the secrets of this exchange; strangers are unknown values of the
	// request, looked for in the texts of its answer; nil where there are none.
	own, strangers *table
	hound          hound
	fresh          bool     // a secret was found that was not looked for before
	scrubbed       []string // what was searched in this round
}

// ownBits is the size of a pass's tables, as a power of two.
const ownBits = 10

func newPass(s *Session, x *Raw) *pass {
	p := &pass{session: s, rules: s.rules, raw: x, own: newTable(ownBits)}
	p.in, p.broken = receive(x, s.limits.Body)
	return p
}

// maxRounds is how often a side of an exchange is gone through: a secret may
// come to light behind what repeats it, and so may one by its replacement.
const maxRounds = 4

// record goes through the request, and then the answer, until no more secrets
// come to light.
func (p *pass) record() Record {
	var rec Record
	p.headers()
	for range maxRounds {
		p.begin(false)
		if p.request(&rec); !p.missed() {
			break
		}
	}
	if p.crowded {
		rec.bareRequest()
	}
	for range maxRounds {
		p.begin(true)
		if p.response(&rec); !p.missed() {
			break
		}
	}
	if p.crowded {
		rec.bareAnswer()
	}
	return rec
}

func (p *pass) begin(answer bool) {
	p.answer, p.fresh, p.scrubbed, p.replaced = answer, false, p.scrubbed[:0], 0
}

// stand returns what stands for a value. There is no end to how many a body can
// be made of.
func (p *pass) stand(k kind, value string) string {
	if p.replaced++; p.crowded || p.replaced > p.session.limits.Replaced {
		p.crowded = true
		return dropped
	}
	return p.session.placeholder(k, value)
}

// missed reports whether a secret that came to light stood in what had been
// searched before.
func (p *pass) missed() bool {
	if !p.fresh {
		return false
	}
	for _, text := range p.scrubbed {
		if len(outside(text, p.hound.search(text, p.own, nil))) > 0 {
			return true
		}
	}
	return false
}

// hide replaces a secret and looks for it everywhere else.
func (p *pass) hide(k kind, value string) string {
	switch {
	case value == "":
		return ""
	case IsPlaceholder(value):
		p.session.take(value)
		return value
	}
	p.hunt(k, value)
	return p.stand(k, value)
}

// hunt looks for a value in the rest of the exchange and, unless it is this
// exchange's alone, in the answers that follow.
func (p *pass) hunt(k kind, value string) {
	if value == "" || p.own.known[value] != nil || p.session.certain.known[value] != nil {
		return
	}
	if len(p.own.known) >= p.session.limits.Secrets {
		p.crowded = true
		return
	}
	open := p.isOpen(value)
	if !open && p.session.lend(p.own, k, value) {
		p.fresh = true
		return
	}
	if open || p.rules.isUsual(value) {
		if k == kindSecret {
			p.session.overlook(value)
		}
		return
	}
	p.own.add(k, value)
	p.fresh = true
	if k != kindSignature && k != kindHash {
		p.session.hunt(k, value)
	}
}

// value returns a value as its node says.
func (p *pass) value(n *node, value string) string {
	switch {
	case value == "":
		return ""
	case n == nil || n.class == "" && n.scalar():
		return p.unknown(value)
	case !n.scalar():
		if out, ok := p.packed(n.packed, value); ok {
			return out
		}
		return p.unknown(value)
	case n.class == contract.ClassSecret:
		return p.secret(value)
	case n.class == contract.ClassAccessKey:
		return p.hide(kindSecret, value)
	}
	return p.kept(n, value)
}

// secret replaces a secret. Where it is JSON, it stays JSON.
func (p *pass) secret(value string) string {
	p.huntWhole(value)
	if out, ok := p.packed(vault, value); ok {
		return out
	}
	return p.hide(kindSecret, value)
}

func (p *pass) huntWhole(value string) {
	if !IsPlaceholder(value) {
		p.hunt(kindSecret, value)
	}
}

// unknown replaces a value that nobody knows, but for what says nothing.
func (p *pass) unknown(value string) string {
	switch {
	case value == "", value == "true", value == "false":
		return value
	case IsPlaceholder(value):
		p.session.take(value)
		return value
	}
	if out, ok := p.packed(nil, value); ok {
		return out
	}
	out := p.stand(kindText, value)
	if !p.crowded && !p.answer && !p.rules.isUsual(value) {
		if p.strangers == nil {
			p.strangers = newTable(ownBits)
		}
		p.strangers.addPlain(kindText, value)
	}
	return out
}

// packed treats a value as the JSON object or array that it is; false where it
// is none.
func (p *pass) packed(n *node, value string) (string, bool) {
	if value == "" || value[0] != '{' && value[0] != '[' {
		return "", false
	}
	return p.json(n, value, false)
}

// kept returns a value that may stay, without what is secret in it.
func (p *pass) kept(n *node, value string) string {
	inside := n.packed
	if inside == nil {
		inside = loose
	}
	if out, ok := p.packed(inside, value); ok {
		value = out
	} else {
		// Whole secrets go before what only names and shapes tell, which may be
		// a part of one: the rest would not be found any more.
		tells := p.tells(value)
		if tells {
			value = p.scrub(value)
		}
		if p.answer && n.class == contract.ClassText {
			value = p.quoted(value)
		}
		if tells {
			value = p.tokens(value)
		}
	}
	value = p.scrub(value)
	if p.answer && p.strangers != nil && n.class == contract.ClassText {
		value = p.put(value, p.hound.search(value, p.strangers, nil))
	}
	return value
}

// scrub replaces the secrets that a text holds.
func (p *pass) scrub(text string) string {
	if len(text) < huntLength {
		return text
	}
	text = p.put(text, p.search(text, p.hound.search))
	p.scrubbed = append(p.scrubbed, text)
	return text
}

// leaks reports whether a body whose values are clean still holds a secret
// across their borders.
func (p *pass) leaks(body string) bool {
	p.scrubbed = append(p.scrubbed, body)
	return len(outside(body, p.search(body, p.hound.searchAcross))) > 0
}

// search looks for the exchange's own secrets and the session's: in a request
// for those that were known from the start.
func (p *pass) search(text string, by func(text string, a, b *table) []span) []span {
	if !p.answer {
		return by(text, p.session.certain, p.own)
	}
	p.session.hunting.RLock()
	defer p.session.hunting.RUnlock()
	return by(text, p.session.hunted, p.own)
}

// put puts placeholders where something was found. What lies in a placeholder
// stays.
func (p *pass) put(text string, found []span) string {
	if found = outside(text, found); len(found) == 0 {
		return text
	}
	slices.SortStableFunc(found, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to))
	})
	var b strings.Builder
	from := 0
	for i := 0; i < len(found); {
		at := found[i]
		for i++; i < len(found) && found[i].from < at.to; i++ {
			at.to = max(at.to, found[i].to)
		}
		b.WriteString(text[from:at.from])
		b.WriteString(p.session.placeholder(at.of.kind, at.of.value))
		from = at.to
	}
	b.WriteString(text[from:])
	return b.String()
}
