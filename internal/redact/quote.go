package redact

import (
	"strings"

	"github.com/eci-conform/conform/internal/contract"
)

// quote is the form of a message that shows what was signed: the words ahead
// of each place, and those behind the last.
type quote []string

// newQuotes takes the forms off the rows that refuse a signature.
func newQuotes(c *contract.Contract) []quote {
	var out []quote
	for _, e := range c.Gateway.Errors {
		condition := c.Condition(e.Condition)
		if condition == nil || condition.Class != contract.ClassSignature {
			continue
		}
		out = append(out, newQuote(e.Message)...)
		for _, w := range e.Wordings {
			out = append(out, newQuote(w.Message)...)
		}
	}
	return out
}

// newQuote cuts the sentences that stand ahead of the first place: gateways
// word them in several ways.
func newQuote(message string) []quote {
	parts := strings.Split(message, "%s")
	if len(parts) < 2 {
		return nil
	}
	if i := strings.LastIndex(parts[0], ". "); i >= 0 {
		parts[0] = parts[0][i+len(". "):]
	}
	return []quote{parts}
}

// places returns where in a message the form's places are, as pairs of
// offsets; nil where the message is not of the form.
func (q quote) places(message string) [][2]int {
	at := strings.Index(message, q[0])
	if at < 0 || q[0] == "" {
		return nil
	}
	var out [][2]int
	from := at + len(q[0])
	for _, part := range q[1:] {
		to := len(message)
		if part != "" {
			if i := strings.LastIndex(message[from:], part); i >= 0 {
				to = from + i
			}
		}
		out = append(out, [2]int{from, to})
		from = min(to+len(part), len(message))
	}
	return out
}

// signedStarts are how texts to sign begin, whatever a message says ahead.
var signedStarts = []string{"GET&%2F&", "POST&%2F&", "ACS3-HMAC-SHA256\n", "GET\n/\n", "POST\n/\n"}

// quoted replaces the texts to sign that a message shows.
func (p *pass) quoted(message string) string {
	for _, q := range p.rules.quotes {
		if places := q.places(message); places != nil {
			message = p.replace(message, places)
			break
		}
	}
	for _, start := range signedStarts {
		if i := strings.Index(message, start); i >= 0 {
			message = p.replace(message, [][2]int{{i, len(message)}})
		}
	}
	return message
}

// replace puts placeholders in place of texts that were signed.
func (p *pass) replace(message string, places [][2]int) string {
	var b strings.Builder
	from := 0
	for _, at := range places {
		b.WriteString(message[from:at[0]])
		if text := message[at[0]:at[1]]; text != "" && !IsPlaceholder(text) {
			b.WriteString(p.session.placeholder(kindSigned, text))
		} else {
			b.WriteString(text)
		}
		from = at[1]
	}
	b.WriteString(message[from:])
	return b.String()
}
