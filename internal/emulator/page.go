package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// position is a place in the order of a listing. Resources keep theirs for
// life, so that pages neither skip nor repeat when others come and go.
type position struct {
	seq uint64
	sub string
}

func (p position) after(q position) bool {
	return p.seq > q.seq || p.seq == q.seq && p.sub > q.sub
}

// page returns the part of a listing that the request asks for and the token
// of the next, empty at the end.
func (e *Emulator) page(q *request, found []entry) (page []entry, next string, no *refusal) {
	effect := q.op.Effect
	scope := e.listingScope(q)
	if token := q.input.text(effect.Next); effect.Next != "" && token != "" {
		from, err := readToken(scope, token)
		if err != nil {
			return nil, "", e.violation("badToken", effect.Next)
		}
		found = behind(found, from)
	}
	n := e.pageSize(q)
	if effect.Limit == "" && effect.Next == "" || len(found) <= n {
		return found, "", nil
	}
	return found[:n], writeToken(scope, found[n-1].at), nil
}

// behind returns the entries that follow a position in the listing's order.
func behind(found []entry, from position) []entry {
	for i, it := range found {
		if it.at == from {
			return found[i+1:]
		}
	}
	// It is gone: its successors in the order of creation are next.
	var out []entry
	for _, it := range found {
		if it.at.after(from) {
			out = append(out, it)
		}
	}
	return out
}

func (e *Emulator) pageSize(q *request) int {
	name := q.op.Effect.Limit
	if n, ok := q.input.number(name); ok && n > 0 {
		return n
	}
	f := q.op.Parameter(name)
	if f != nil && f.HasDefault {
		if n, err := strconv.Atoi(f.Default); err == nil {
			return n
		}
	}
	if f != nil && f.Maximum != nil {
		return int(*f.Maximum)
	}
	return e.world.PageSize
}

// listingScope is what a token is good for: this account, region, operation
// and these filters, whatever the size of the page.
func (e *Emulator) listingScope(q *request) []byte {
	effect := q.op.Effect
	in := q.input
	for _, name := range []string{effect.Next, effect.Limit} {
		if name != "" {
			in = in.without(name)
		}
	}
	mac := hmac.New(sha256.New, binary.BigEndian.AppendUint64(nil, e.seed))
	for _, part := range []string{q.owner.ID, q.region.ID, q.op.Name, fingerprintOf(in)} {
		mac.Write([]byte(part + "\x00"))
	}
	return mac.Sum(nil)
}

const sealSize = 12

var errToken = errors.New("read page token: not one of this listing")

func seal(scope, place []byte) []byte {
	mac := hmac.New(sha256.New, scope)
	mac.Write(place)
	return mac.Sum(nil)[:sealSize]
}

func writeToken(scope []byte, at position) string {
	place := append(binary.BigEndian.AppendUint64(nil, at.seq), at.sub...)
	return base64.RawURLEncoding.EncodeToString(append(seal(scope, place), place...))
}

func readToken(scope []byte, token string) (position, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < sealSize+8 || strings.ContainsAny(token, "\r\n") { // which the decoder passes over
		return position{}, errToken
	}
	place := b[sealSize:]
	if !hmac.Equal(b[:sealSize], seal(scope, place)) {
		return position{}, errToken
	}
	return position{binary.BigEndian.Uint64(place), string(place[8:])}, nil
}

func count(n int) json.Number { return json.Number(strconv.Itoa(n)) }
