package contract

import "strings"

// slot stands in a template for text that nobody documents.
const slot = "%s"

// Match says how well an answer fits an error row.
type Match struct {
	Status  bool // the status is that of the form that was compared
	Code    bool // the code is that form's
	Message bool // the message is that form's
	// Wording is the other documented form that fits better than the row
	// itself; nil when the row was compared.
	Wording *Wording
}

// Formed reports whether status and code are those of one form of the row.
func (m Match) Formed() bool { return m.Status && m.Code }

// Whole reports whether status, code and message all fit.
func (m Match) Whole() bool { return m.Status && m.Code && m.Message }

func (m Match) score() int {
	n := 0
	for i, ok := range []bool{m.Message, m.Status, m.Code} {
		if ok {
			n += 1 << i
		}
	}
	return n
}

// Match compares an answer with the row and its wordings and returns the
// comparison with the form that fits best; the row itself where they tie.
// A code outweighs a status, and a status a message.
func (e *Error) Match(status int, code, message string) Match {
	compare := func(w Wording) Match {
		return Match{Status: w.Status == status, Code: fits(w.Code, code), Message: fits(w.Message, message)}
	}
	best := compare(Wording{Code: e.Code, Status: e.Status, Message: e.Message})
	for i := range e.Wordings {
		if m := compare(e.Wordings[i]); m.score() > best.score() {
			m.Wording = &e.Wordings[i]
			best = m
		}
	}
	return best
}

// Matches reports whether code and message are those of the row or of one of
// its wordings, whatever the status.
func (e *Error) Matches(code, message string) bool {
	if fits(e.Code, code) && fits(e.Message, message) {
		return true
	}
	for _, w := range e.Wordings {
		if fits(w.Code, code) && fits(w.Message, message) {
			return true
		}
	}
	return false
}

// Fill returns the row's code and message with args in place of their %s, each
// of the two counting from the first; a %s without an arg becomes empty.
func (e *Error) Fill(args ...string) (code, message string) {
	return fill(e.Code, args), fill(e.Message, args)
}

func fill(template string, args []string) string {
	parts := strings.Split(template, slot)
	var b strings.Builder
	b.WriteString(parts[0])
	for i, part := range parts[1:] {
		if i < len(args) {
			b.WriteString(args[i])
		}
		b.WriteString(part)
	}
	return b.String()
}

// fits reports whether text is the template with any text, the empty one too,
// in place of each %s.
func fits(template, text string) bool {
	if !strings.Contains(template, slot) {
		return template == text
	}
	parts := strings.Split(template, slot)
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, last)
}
