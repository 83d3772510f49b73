package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/compare"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// step is one request of a recording. Of a read that was asked again and again,
// only the last is one: the others waited for it.
type step struct {
	redact.Record // without bodies
	index         int
	op            *contract.Operation // nil for one that is not known
	writes        bool
	// id is of what it made, next the token of the next page; empty for none.
	id, next string
	overlaps bool
	worn     bool // it has no nonce, or one that was sent before
}

// tape is a recording, taken apart.
type tape struct {
	source Source
	steps  []*step
	polls  int
	// made holds what the recording brought into the world: ids and tokens of
	// the server, names and tokens of the client.
	made map[string]bool
	own  map[string]bool // of a run: what the other run never asked for
	// accepted are the values of parameters of requests that succeeded.
	accepted map[string]bool
	mark     string // what all names that a run makes up hold; empty for none
	// lent is how much each track was lent, outlines what was asked for, without values; nil until
	// somebody wants to know.
	lent     map[string]int
	outlines map[string]bool
}

// read takes a recording apart. mark is that of a run, empty for anything else.
func read(source Source, c *contract.Contract, mark string) (*tape, error) {
	t := &tape{source: source, mark: mark, made: map[string]bool{}, accepted: map[string]bool{}}
	for i := range source.Len() {
		s := &step{Record: source.Entry(i).Record, index: i}
		s.op = c.Operation(s.Operation)
		s.writes = s.op == nil || !s.op.Effect.Kind.Looks()
		for _, p := range s.Params {
			t.accepted[p.Value] = t.accepted[p.Value] || s.Status < 400
		}
		if err := t.bring(s); err != nil {
			return nil, err
		}
		t.steps = append(t.steps, s)
	}
	slices.SortStableFunc(t.steps, func(a, b *step) int { return cmp.Compare(a.Start, b.Start) })
	t.nonces()
	t.overlap()
	t.collapse()
	return t, nil
}

// nonces marks the steps whose nonce is not theirs alone.
func (t *tape) nonces() {
	seen := map[string]bool{"": true}
	for _, s := range t.steps {
		nonce := common(s, "SignatureNonce", "x-acs-signature-nonce")
		s.worn = seen[nonce]
		seen[nonce] = true
	}
}

// bring finds what an exchange brought into the world.
func (t *tape) bring(s *step) error {
	for _, id := range loans(s) {
		t.made[id] = true
	}
	if s.op == nil || s.Status != 200 || s.Failure != redact.NoFailure {
		return nil
	}
	for _, v := range invented(s.op, s.Params) {
		t.made[v] = true
	}
	if s.op.Effect.ID == "" && s.op.Effect.Next == "" {
		return nil
	}
	r, err := t.source.Record(s.index)
	if err != nil {
		return fmt.Errorf("read exchange %d: %w", s.ID, err)
	}
	s.id, s.next = top(s.op, &r, s.op.Effect.ID), top(s.op, &r, s.op.Effect.Next)
	for _, v := range []string{s.id, s.next} {
		if v != "" && !redact.IsPlaceholder(v) {
			t.made[v] = true
		}
	}
	return nil
}

// top is a text at the top of an answer, empty for none.
func top(op *contract.Operation, r *redact.Record, name string) string {
	if name == "" {
		return ""
	}
	m := body(op, r)
	v, _ := m.Get(name)
	text, _ := v.(string)
	return text
}

// body is the object that an answer holds, nil for none.
func body(op *contract.Operation, r *redact.Record) *wire.Map {
	if v, err := wire.DecodeJSON(r.Answer); err == nil {
		m, _ := v.(*wire.Map)
		return m
	}
	e, err := wire.DecodeXML(r.Answer)
	if err != nil {
		return nil
	}
	v, err := e.Value(op.Response.BodyShape())
	if err != nil {
		return nil
	}
	m, _ := v.(*wire.Map)
	return m
}

// variables are the parameters whose values a client makes up: names of what
// it makes, and tokens.
func variables(op *contract.Operation) []*contract.Field {
	var out []*contract.Field
	for _, f := range op.Parameters {
		named := f.Class == contract.ClassName && f.Type == contract.String && op.Effect.Kind.Writes()
		if named || op.Idempotency != nil && op.Idempotency.Parameter == f.Name {
			out = append(out, f)
		}
	}
	return out
}

// invented are the values of the variables, those apart that mean the same
// everywhere.
func invented(op *contract.Operation, params wire.Params) []string {
	var out []string
	for _, f := range variables(op) {
		v, ok := params.Get(f.Name)
		if ok && v != "" && v != f.Default && !slices.Contains(f.Enum, v) && !hidden(v) && f.Check(v) == "" {
			out = append(out, v)
		}
	}
	return out
}

// hidden says whether a placeholder stands in a value.
func hidden(text string) bool { return strings.Contains(text, "REDACTED") }

// about are the things that a step names.
func (t *tape) about(s *step) []string {
	var out []string
	for _, p := range s.Params {
		if fixed(s.op, p.Name) {
			continue
		}
		if t.made[p.Value] {
			out = append(out, p.Value)
			continue
		}
		for _, word := range compare.Words(p.Value) {
			if t.made[word] {
				out = append(out, word)
			}
		}
	}
	if s.id != "" {
		out = append(out, s.id)
	}
	return out
}

// fixed says whether a parameter names nothing.
func fixed(op *contract.Operation, name string) bool {
	if op == nil {
		return false
	}
	f := op.Parameter(contract.Generic(name))
	return f != nil && (f.Class == contract.ClassEnum || f.Class == contract.ClassNumber)
}

// overlap marks the steps that were under way while a change of the same thing
// was, and the reads of everything during any change: what they showed was
// chance. So is what is seen of a thing after two changes of it at a time.
func (t *tape) overlap() {
	var open []*step
	raced, lanes := map[string]bool{}, map[string]int{}
	for _, s := range t.steps {
		open = slices.DeleteFunc(open, func(o *step) bool { return o.end() <= s.Start })
		names := t.about(s)
		if s.writes && s.Lane > 0 {
			byLanes(s, names, lanes, raced)
		}
		s.overlaps = slices.ContainsFunc(names, func(name string) bool { return raced[name] })
		for _, o := range open {
			if (s.writes || o.writes) && t.meet(s, o) {
				s.overlaps, o.overlaps = true, true
				if s.writes && o.writes {
					race(raced, names, t.about(o))
				}
			}
		}
		open = append(open, s)
	}
}

// byLanes remembers what two clients of one case changed, which work at the same
// time even where their requests happened to come one after another. seen are
// the lanes by what they changed before.
func byLanes(s *step, names []string, seen map[string]int, raced map[string]bool) {
	for _, name := range names {
		if lane := seen[name]; lane > 0 && lane != s.Lane {
			raced[name] = true
		}
		seen[name] = s.Lane
	}
}

// race remembers what two changes at a time have in common.
func race(raced map[string]bool, a, b []string) {
	for _, name := range a {
		raced[name] = raced[name] || slices.Contains(b, name)
	}
}

func (s *step) end() time.Duration { return s.Start + s.Duration }

// meet says whether two steps are about the same thing.
func (t *tape) meet(a, b *step) bool {
	if a.op == nil || b.op == nil {
		return false
	}
	if t.wide(a) || t.wide(b) {
		if t.mark != "" && a.Track != b.Track {
			return false // other cases' things are not looked at
		}
		return a.op.Effect.Kind != contract.ListsRegions && b.op.Effect.Kind != contract.ListsRegions
	}
	names := t.about(b)
	return slices.ContainsFunc(t.about(a), func(name string) bool { return slices.Contains(names, name) })
}

// wide says whether a step reads whatever there is.
func (t *tape) wide(s *step) bool { return !s.writes && len(t.about(s)) == 0 }

// collapse leaves of each read that was asked again, with nothing else at its
// place between, the last.
func (t *tape) collapse() {
	last := map[redact.Place]*step{}
	drop := map[*step]bool{}
	for _, s := range t.steps {
		at := s.Place
		at.Lent = ""
		if before := last[at]; before != nil && !s.writes && again(before, s) {
			drop[before] = true
			if s.Lent == "" {
				s.Lent = before.Lent
			}
		}
		last[at] = s
	}
	t.polls = len(drop)
	t.steps = slices.DeleteFunc(t.steps, func(s *step) bool { return drop[s] })
}

func again(a, b *step) bool {
	return a.Operation == b.Operation && a.Version == b.Version && a.Via == b.Via &&
		a.Signature == b.Signature && a.Status == b.Status && slices.Equal(a.Params, b.Params)
}

// answer is what a record holds of the answer.
func answer(r *redact.Record) compare.Answer {
	out := compare.Answer{Status: r.Status, Failure: string(r.Failure), Body: r.Answer}
	for _, h := range r.Header {
		if strings.EqualFold(h.Name, "Content-Type") {
			out.ContentType = h.Value
		}
	}
	return out
}

// full reads a step with its bodies.
func (t *tape) full(s *step) (*redact.Record, error) {
	r, err := t.source.Record(s.index)
	if err != nil {
		return nil, fmt.Errorf("read exchange %d: %w", s.ID, err)
	}
	return &r, nil
}

// standing says whether an answer tells of the moment or the account, and not
// of the request: too fast, too many, or still at work.
func standing(c *contract.Contract, op *contract.Operation, r *redact.Record) bool {
	switch class(c, op, r) {
	case contract.ClassThrottling, contract.ClassQuota, contract.ClassBusy:
		return true
	}
	return false
}

// class is the class of the error that an answer is, empty for none. Coming too
// fast has answers that no table knows.
func class(c *contract.Contract, op *contract.Operation, r *redact.Record) string {
	if r.Status < 400 {
		return ""
	}
	if c.Throttled(r.Status, errorCode(r)) {
		return contract.ClassThrottling
	}
	if row := rowOf(c, op, r); row != nil {
		return c.Class(row)
	}
	return ""
}

// rowOf is the row that an answer is of, in any of its forms; nil for none. Of
// those with its status and code it is the one that has its message.
func rowOf(c *contract.Contract, op *contract.Operation, r *redact.Record) *contract.Error {
	if r.Status < 400 {
		return nil
	}
	code, message := told(r)
	if rows := contract.Worded(c.RowsLike(op, r.Status, code), r.Status, code, message); len(rows) > 0 {
		return rows[0]
	}
	return nil
}

func errorCode(r *redact.Record) string {
	code, _ := told(r)
	return code
}

// told is what the answer of a refusal says, empty where it cannot be read.
func told(r *redact.Record) (code, message string) {
	if v, err := wire.DecodeJSON(r.Answer); err == nil {
		m, _ := v.(*wire.Map)
		return member(m, "Code"), member(m, "Message")
	}
	e, err := wire.DecodeXML(r.Answer)
	if err != nil {
		return "", ""
	}
	for _, child := range e.Children {
		switch child.Name {
		case "Code":
			code = child.Text
		case "Message":
			message = child.Text
		}
	}
	return code, message
}
