package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/compare"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Recording is one side of two.
type Recording struct {
	Source
	// Mark is what all names that a run makes up hold; empty for the recording
	// of anything else.
	Mark string
}

// Recordings compares two recordings: requests are matched by what they ask
// for, within the track that they belong to. It fails only where one cannot be
// read.
func Recordings(c *contract.Contract, a, b Recording) (*Report, error) {
	ta, err := read(a.Source, c, a.Mark)
	if err != nil {
		return nil, err
	}
	tb, err := read(b.Source, c, b.Mark)
	if err != nil {
		return nil, err
	}
	p := &pairing{
		contract: c, a: ta, b: tb, comparer: compare.New(c), tally: newTally(),
		names: map[string]*compare.Names{}, waiting: map[string][]*step{}, lent: map[string][]string{}, strangers: map[string]bool{}, parted: map[string]bool{},
	}
	p.Exchanges, p.Polls = a.Len(), ta.polls
	if p.run = a.Mark != "" && b.Mark != ""; p.run {
		if err := p.runs(); err != nil {
			return nil, err
		}
		p.attempts()
	}
	for _, s := range tb.steps {
		key := p.key(tb, s)
		p.waiting[key] = append(p.waiting[key], s)
	}
	p.givens()
	for _, s := range ta.steps {
		if err := p.step(s); err != nil {
			return nil, err
		}
	}
	p.rest()
	return p.close(p.comparer), nil
}

// pairing matches two recordings.
type pairing struct {
	*tally
	contract *contract.Contract
	a, b     *tape
	run      bool // both are runs of the suite
	comparer *compare.Comparer
	names    map[string]*compare.Names // by track: things are lent in another order each time
	waiting  map[string][]*step        // steps of B by key
	lent     map[string][]string       // what B's tracks were lent, in order
	// strangers are what A's tracks were lent: made by whichever came first.
	strangers map[string]bool
	parted    map[string]bool // A's names of what is not the same on both sides any more
}

// key stands for a step's place and what it asks for, without the names of
// things.
func (p *pairing) key(t *tape, s *step) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%q %q %d %q %q", s.Track, s.Role, s.Lane, s.Operation, s.Version)
	for _, q := range p.spell(t, s) {
		fmt.Fprintf(&out, " %q=%q", q.Name, q.Value)
	}
	return out.String()
}

// spell is the parameters of a step as they are matched, sorted. Names that were
// replaced come last, and are all alike.
func (p *pairing) spell(t *tape, s *step) wire.Params {
	open := map[string]bool{}
	if s.op != nil {
		for _, f := range variables(s.op) {
			open[f.Name] = true
		}
	}
	out := make(wire.Params, len(s.Params))
	for i, q := range s.Params {
		out[i] = wire.Param{Name: q.Name, Value: t.spell(q.Value)}
		if open[q.Name] {
			out[i].Value = "?"
		}
		if hidden(q.Name) {
			out[i].Name = "\xff"
		}
	}
	slices.SortStableFunc(out, func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// spell is a value without the names of things.
func (t *tape) spell(value string) string {
	switch {
	case hidden(value):
		return "*"
	case t.made[value]:
		return "?"
	}
	out := value
	if t.mark != "" {
		out = strings.NewReplacer(t.mark, "?", strings.ToUpper(t.mark), "?").Replace(lentNames.ReplaceAllString(value, "?"))
	}
	for _, word := range compare.Words(value) {
		if t.made[word] {
			out = strings.ReplaceAll(out, word, "?")
		}
	}
	if out == value && t.own[value] {
		return "?"
	}
	return out
}

// givens lists what the tracks were lent.
func (p *pairing) givens() {
	for _, s := range p.a.steps {
		for _, id := range loans(s) {
			p.strangers[id] = true
		}
	}
	for _, s := range p.b.steps {
		p.lent[s.Track] = append(p.lent[s.Track], loans(s)...)
	}
}

// loans are the ids that a step's track was given.
func loans(s *step) []string {
	var out []string
	for _, loan := range strings.FieldsFunc(s.Lent, func(c rune) bool { return c == ',' }) {
		_, rest, _ := strings.Cut(loan, ":")
		id, _, _ := strings.Cut(rest, "@")
		out = append(out, id)
	}
	return out
}

// borrow binds what A's track was lent to what B's was.
func (p *pairing) borrow(s *step) *compare.Names {
	names := p.names[s.Track]
	if names == nil {
		names = compare.NewNames()
		if p.a.mark != "" && p.b.mark != "" {
			names.Parts(p.a.mark, p.b.mark)
		}
		p.names[s.Track] = names
	}
	for _, id := range loans(s) {
		if theirs := p.lent[s.Track]; len(theirs) > 0 {
			names.Rebind(id, theirs[0])
			p.lent[s.Track] = theirs[1:]
		}
	}
	return names
}

// step compares one step of A with its like in B.
func (p *pairing) step(s *step) error {
	names := p.borrow(s)
	other, sent := p.match(s, names)
	switch {
	case other == nil && (s.Role != "" || p.unlike(p.a, p.b, s)):
		p.skipped[Lonely]++
	case other == nil:
		p.Unmatched = append(p.Unmatched, Exchange{"A", s.ID, s.Operation, s.Track})
	default:
		return p.pair(s, other, names, sent)
	}
	return nil
}

// match takes the first step of B that asks for the same and says for what A's
// names stand.
func (p *pairing) match(s *step, names *compare.Names) (*step, map[string]string) {
	key := p.key(p.a, s)
	for i, other := range p.waiting[key] {
		if other == nil {
			continue
		}
		if sent, ok := together(s, other, names); ok {
			p.waiting[key][i] = nil
			return other, sent
		}
	}
	return nil, nil
}

// together says whether two requests are the same under the names so far, and
// adds to the names what is new in them.
func together(a, b *step, names *compare.Names) (map[string]string, bool) {
	sent := map[string]string{}
	theirs := shyLast(b.Params)
	for i, q := range shyLast(a.Params) {
		to := theirs[i].Value
		if !hidden(q.Value) {
			sent[q.Value] = to
		}
		if names.Text(q.Value) == to {
			continue
		}
		known, ok := names.Forth(q.Value)
		_, taken := names.Back(to)
		if ok && known != to || !ok && taken && q.Value != to {
			return nil, false
		}
	}
	for from, to := range sent {
		if from != to {
			names.Bind(from, to)
		}
	}
	return sent, true
}

// shyLast are parameters with those last whose names were replaced.
func shyLast(params wire.Params) wire.Params {
	if !slices.ContainsFunc(params, func(q wire.Param) bool { return hidden(q.Name) }) {
		return params
	}
	out := params.Clone()
	slices.SortStableFunc(out, func(a, b wire.Param) int {
		switch {
		case hidden(a.Name) == hidden(b.Name):
			return 0
		case hidden(a.Name):
			return 1
		}
		return -1
	})
	return out
}

func (p *pairing) pair(s, other *step, names *compare.Names, sent map[string]string) error {
	a, err := p.a.full(s)
	if err != nil {
		return err
	}
	b, err := p.b.full(other)
	if err != nil {
		return err
	}
	if s.writes && s.Status != other.Status {
		defer p.part(s)
	}
	switch {
	case s.op == nil:
		p.skipped[Strange]++
	case s.overlaps || other.overlaps:
		p.skipped[Overlap]++
		adopt(s, other, names)
	case p.apart(s):
		p.skipped[Apart]++
		adopt(s, other, names)
	case p.run && (s.Failure != "" || other.Failure != ""):
		p.skipped[Unanswered]++
		adopt(s, other, names)
	case s.Status != other.Status && (p.standing(s.op, a) || p.standing(s.op, b)):
		p.skipped[Standing]++
	default:
		p.compared(a, b, p.comparer.Answers(compare.Pair{
			Operation: s.Operation, A: answer(a), B: answer(b), Names: names, Sent: sent, Bound: p.run, Same: sameLent,
			Paged: paged(s.op, s.Params) || p.run && (s.next != "" || other.next != ""), Strangers: p.strangers,
		}))
		adopt(s, other, names)
	}
	return nil
}

// standing says whether an answer tells of the moment and not of the request.
// In a run, whether a thing is done with what it was told is of the moment too:
// the operation's own rows are about that.
func (p *pairing) standing(op *contract.Operation, r *redact.Record) bool {
	if standing(p.contract, op, r) {
		return true
	}
	row := rowOf(p.contract, op, r)
	if !p.run || row == nil || !slices.Contains(op.Errors, row) {
		return false
	}
	c := p.contract.Condition(row.Condition)
	return c != nil && c.Kind == "state"
}

// part remembers that a change came about on one side alone: what is seen of the
// same things from then on is not the same.
func (p *pairing) part(s *step) {
	for _, name := range p.a.about(s) {
		p.parted[name] = true
	}
}

// apart says whether a step is about such things.
func (p *pairing) apart(s *step) bool {
	return slices.ContainsFunc(p.a.about(s), func(name string) bool { return p.parted[name] })
}

// adopt binds the ids of what two steps made, and the tokens of the next page.
func adopt(a, b *step, names *compare.Names) {
	if a.id != "" && b.id != "" {
		names.Bind(a.id, b.id)
	}
	if a.next != "" && b.next != "" {
		names.Bind(a.next, b.next)
	}
}

// paged says whether a request asks for a part of a list.
func paged(op *contract.Operation, params wire.Params) bool {
	_, limited := params.Get(op.Effect.Limit)
	_, further := params.Get(op.Effect.Next)
	return limited || further
}

// rest is what B has and A has not.
func (p *pairing) rest() {
	var alone []Exchange
	left := map[*step]bool{}
	for _, list := range p.waiting {
		for _, s := range list {
			left[s] = s != nil
		}
	}
	for _, s := range p.b.steps {
		if left[s] && s.Role == "" && !p.unlike(p.b, p.a, s) {
			alone = append(alone, Exchange{"B", s.ID, s.Operation, s.Track})
		}
	}
	p.Unmatched = append(p.Unmatched, alone...)
}
