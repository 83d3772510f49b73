package redact

import "github.com/eci-conform/conform/internal/wire"

// The bounds of what is kept of an exchange, all of them here because each rests
// on the one before: a recorder holds no more than is looked at, what is looked
// at becomes longer, and a cassette takes that and its spelling. Who goes beyond
// one loses the body, never the exchange.
const (
	// MaxBody is how large a body may be, in bytes, as captured and again once
	// it is unpacked.
	MaxBody = 24 << 20
	// MaxKept is how large a body may be, in bytes, once placeholders stand in
	// it: they may be longer than what they stand for.
	MaxKept = 32 << 20
	// MaxRecord is how large the text of a record may be, in bytes.
	MaxRecord = 96 << 20
	// MaxLines is how many lines may stand above a record's bodies.
	MaxLines = 1 << 20
	// maxReplaced is how many values of a body are replaced, and maxSecrets how
	// many of an exchange are looked for everywhere: of either a little text can
	// hold so many that they take all memory. A body with more is replaced whole.
	maxReplaced = 1 << 16
	maxSecrets  = 1 << 12
)

// Limits are the bounds of a session; 0 means the usual one.
type Limits struct {
	Body     int // bytes of a body, as captured and unpacked
	Kept     int // bytes of one with placeholders
	Replaced int // values of a body that are replaced
	Secrets  int // of an exchange, that are looked for
}

// orUsual fills in the usual bounds.
func (l Limits) orUsual() Limits {
	usual := Limits{MaxBody, MaxKept, maxReplaced, maxSecrets}
	for _, at := range []struct{ set, usual *int }{
		{&l.Body, &usual.Body}, {&l.Kept, &usual.Kept}, {&l.Replaced, &usual.Replaced}, {&l.Secrets, &usual.Secrets},
	} {
		if *at.set == 0 {
			*at.set = *at.usual
		}
	}
	return l
}

// dropped is what stands for a body that was not held: it is of no number, since
// nobody knows which bodies are the same.
const dropped = "REDACTED-text-0000"

// Bare is the exchange without what may be too much of it: its bodies, with the
// parameters of a form, and all headers of the answer but its type.
func (c Clean) Bare() Clean {
	if c.record.Via.Form || len(c.record.Body) > 0 {
		c.record.bareRequest()
	}
	c.record.bareAnswer()
	return c
}

// bareRequest leaves out what a client asks for.
func (r *Record) bareRequest() {
	r.Params, r.Via.Form = nil, false
	r.Body, r.UnreadBody = []byte(dropped), UnreadLarge
}

// bareAnswer leaves out what a server can put into an answer.
func (r *Record) bareAnswer() {
	if len(r.Answer) > 0 {
		r.Answer, r.UnreadAnswer = []byte(dropped), UnreadLarge
	}
	var kept wire.Params
	for _, h := range r.Header {
		if h.Name == "Content-Type" {
			kept = append(kept, h)
		}
	}
	r.Header = kept
}
