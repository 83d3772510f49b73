package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/eci-conform/conform/internal/cassette"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/secretscan"
)

// unsafeSuffix ends the name of a recording in which something may be secret:
// nobody shall take it for one that can be shared.
const unsafeSuffix = ".unsafe"

// reviewed is what a second look at a cassette has found.
type reviewed struct {
	hits       []secretscan.Hit
	revealed   []string // places with a secret of the session
	unread     []string // bodies of which nothing is kept, and why
	overlooked int      // secrets that were not looked for
}

// review looks through a cassette that was written: for what looks like a
// secret, and for the secrets of its session, which may have come to light
// only after something was written.
func review(path string, session *redact.Session) (reviewed, error) {
	r := reviewed{overlooked: session.Overlooked()}
	c, err := cassette.Open(path)
	if err != nil {
		return r, err
	}
	defer c.Close()
	if h := c.Header(); session.Shows(h.Profile) || session.Shows(h.Target) {
		r.revealed = append(r.revealed, "the header")
	}
	for i := range c.Len() {
		x, err := c.Record(i)
		if err != nil {
			return r, err
		}
		for _, place := range session.Reveals(&x) {
			r.revealed = append(r.revealed, fmt.Sprintf("exchange %d (line %d), %s", x.ID, c.Entry(i).Line, place))
		}
		r.note(&x)
	}
	r.hits, err = scanFile(path)
	return r, err
}

// note keeps what is to be told of an exchange.
func (r *reviewed) note(x *redact.Record) {
	if x.UnreadBody != redact.Read {
		r.unread = append(r.unread, fmt.Sprintf("the request of exchange %d is %s", x.ID, x.UnreadBody.Text()))
	}
	if x.UnreadAnswer != redact.Read {
		r.unread = append(r.unread, fmt.Sprintf("the answer of exchange %d is %s", x.ID, x.UnreadAnswer.Text()))
	}
}

func (r *reviewed) unsafe() bool { return len(r.hits)+len(r.revealed) > 0 }

// reason says why the cassette is not safe, or nothing.
func (r *reviewed) reason() error {
	var all []error
	if n := len(r.revealed); n > 0 {
		all = append(all, fmt.Errorf("what was found to be secret later stands in clear in %s, the first in %s", counted(n, "place"), r.revealed[0]))
	}
	if n := len(r.hits); n > 0 {
		all = append(all, fmt.Errorf("%s may be secret, the first on line %d; conform cassette scan shows where", counted(n, "text"), r.hits[0].Line))
	}
	return errors.Join(all...)
}

// maxTold is how many of a kind are told.
const maxTold = 5

// tell says what a recording does not hold, and what may be left in it.
func (r *reviewed) tell(w io.Writer) {
	if n := len(r.unread); n > 0 {
		more := ""
		if n > maxTold {
			more = fmt.Sprintf("; and %d more", n-maxTold)
		}
		fmt.Fprintf(w, "%s could not be read, and nothing of it is kept: %s%s\n", counts(n, "body", "bodies"), strings.Join(r.unread[:min(n, maxTold)], "; "), more)
	}
	if r.overlooked > 0 {
		fmt.Fprintf(w, "%s too short or too usual to be looked for: replaced where it belongs, and nowhere else\n", counts(r.overlooked, "secret is", "secrets are"))
	}
}

// counts is a number of things with a plural of their own.
func counts(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
