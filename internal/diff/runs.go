package diff

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// runs prepares the recordings of two runs of the suite, in which each case is
// compared by its own exchanges. Names that a run makes up hold its mark. What
// else is a run's own is what was made and lent, and what only one of the two
// ever asked for: cut and altered ids, nonces in the wrong place.
func (p *pairing) runs() error {
	asked := map[*tape]map[string]bool{p.a: values(p.a), p.b: values(p.b)}
	for t, other := range map[*tape]*tape{p.a: p.b, p.b: p.a} {
		t.made, t.own = map[string]bool{}, map[string]bool{}
		for value := range asked[t] {
			t.own[value] = !asked[other][value]
		}
		for _, s := range t.steps {
			for _, id := range append(loans(s), s.id, s.next) {
				t.made[id] = id != ""
			}
			if err := t.minted(p.contract, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// minted finds the ids that the service gave to parts of things: those that a
// listing shows and nobody asked for.
func (t *tape) minted(c *contract.Contract, s *step) error {
	if s.op == nil || s.op.Effect.Kind != contract.Reads || s.Status != 200 {
		return nil
	}
	kind := c.Resource(s.op.Effect.Resource)
	list := s.op.Response.Member(s.op.Effect.Items)
	if kind == nil || list == nil || list.Items == nil {
		return nil
	}
	r, err := t.full(s)
	if err != nil {
		return err
	}
	shown, _ := body(s.op, r).Get(s.op.Effect.Items)
	items, _ := shown.([]any)
	for _, item := range items {
		m, _ := item.(*wire.Map)
		for _, f := range list.Items.Members {
			if f.Class == contract.ClassID && !echoes(c.Operation(kind.Create), f.Name) {
				t.made[member(m, f.Name)] = member(m, f.Name) != ""
			}
		}
	}
	return nil
}

// echoes says whether a member shows a parameter of an operation.
func echoes(op *contract.Operation, member string) bool {
	return slices.ContainsFunc(op.Effect.Echo, func(e contract.Echo) bool { return e.Member == member })
}

func values(t *tape) map[string]bool {
	out := map[string]bool{}
	for _, s := range t.steps {
		for _, q := range s.Params {
			out[q.Value] = true
		}
	}
	return out
}

// attempts leaves out what a case of one run did more often than that of the
// other: it began again because what it was to see had passed. The last times
// are those that it went by.
func (p *pairing) attempts() {
	count := func(t *tape) map[string]int {
		out := map[string]int{}
		for _, s := range t.steps {
			out[p.key(t, s)]++
		}
		return out
	}
	inA, inB := count(p.a), count(p.b)
	p.drop(p.a, inA, inB, true)
	p.drop(p.b, inB, inA, false)
}

// drop takes out the first of those steps that the other side has fewer of. They
// are counted where they are A's.
func (p *pairing) drop(t *tape, mine, other map[string]int, counted bool) {
	kept := t.steps[:0:0]
	for _, s := range t.steps {
		key := p.key(t, s)
		if theirs := other[key]; theirs > 0 && mine[key] > theirs {
			mine[key]--
			if counted {
				p.skipped[Again]++
			}
			continue
		}
		kept = append(kept, s)
	}
	t.steps = kept
}

// unlike says whether a case went on in another way in the two runs: it was lent
// more in one of them, or asks for the same in both with other values, by what
// it was given or saw.
func (p *pairing) unlike(t, other *tape, s *step) bool {
	return p.run && (t.loans(s.Track) != other.loans(s.Track) || other.asks(outlineOf(&s.Record)))
}

// loans is how much a track was lent.
func (t *tape) loans(track string) int {
	if t.lent == nil {
		t.lent = map[string]int{}
		for _, s := range t.steps {
			t.lent[s.Track] += len(loans(s))
		}
	}
	return t.lent[track]
}

// asks says whether the recording has a request of that outline.
func (t *tape) asks(outline string) bool {
	if t.outlines == nil {
		t.outlines = map[string]bool{}
		for i := range t.source.Len() {
			t.outlines[outlineOf(&t.source.Entry(i).Record)] = true
		}
	}
	return t.outlines[outline]
}

// outlineOf is a request of a case without its values.
func outlineOf(r *redact.Record) string {
	out := fmt.Sprintf("%q %q %d %q", r.Track, r.Role, r.Lane, r.Operation)
	for _, q := range r.Params {
		out += " " + q.Name
	}
	return out
}

// lentNames are the names that a run gives what it makes to be lent: by whom
// and how many there were before says nothing.
var lentNames = regexp.MustCompile(`conform-[0-9a-z-]+-lent[0-9]+`)

// sameLent says whether two texts differ in nothing but names of what is lent.
func sameLent(a, b string) bool {
	return lentNames.ReplaceAllString(a, "lent") == lentNames.ReplaceAllString(b, "lent") && lentNames.MatchString(a)
}
