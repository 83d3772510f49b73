package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eci-conform/conform/internal/redact"
	"github.com/eci-conform/conform/internal/wire"
)

// Miss is a request that nothing in the recording answers. It holds no secret.
type Miss struct {
	// Session is whose request it was: sessions count from 1 by their first
	// request. 0 where the request could not be read.
	Session   int         `json:"session"`
	Operation string      `json:"operation"`
	Why       string      `json:"why"`
	Params    wire.Params `json:"params,omitempty"`
	// Nearest are the recorded requests of the same operation that differ
	// least, at most three.
	Nearest []Near `json:"nearest,omitempty"`
}

// Near is a recorded request that is much like one that was asked for.
type Near struct {
	ID int `json:"id"` // of the exchange
	// Differences say in which parameters it differs; none where it is the
	// same request, whose answer belongs to another time.
	Differences []string `json:"differences,omitempty"`
}

// maxNear is how many recordings a miss names.
const maxNear = 3

// String says it in one sentence.
func (m Miss) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", cmp.Or(m.Operation, "request without Action"), m.Why)
	for i, n := range m.Nearest {
		b.WriteString([]string{". Nearest: ", "; "}[min(i, 1)])
		b.WriteString(n.String())
	}
	return b.String()
}

// String says which exchange it is and in what it differs.
func (n Near) String() string {
	if len(n.Differences) == 0 {
		return fmt.Sprintf("exchange %d is the same request", n.ID)
	}
	return fmt.Sprintf("exchange %d differs in %s", n.ID, strings.Join(n.Differences, " and "))
}

// nearest compares a request with all recorded ones of its operation.
// The client's names count as those that were recorded, unless the request is
// unknown for just these.
func (p *Player) nearest(q *asked, told redact.Record, unknown bool) []Near {
	var best []scored
	told.Params = own(told.Params)
	asked := told
	told.Params = p.ours(q, told.Params)
	for _, b := range p.candidates(q) {
		e := p.source.Entry(b.entries[0])
		limit := 1 << 30
		if len(best) == maxNear {
			limit = best[maxNear-1].distance
		}
		d := distance(told.Params, own(e.Params), limit)
		if e.Version != told.Version {
			d++
		}
		if d >= limit {
			continue
		}
		best = append(best, scored{b, d})
		slices.SortStableFunc(best, func(a, b scored) int { return cmp.Compare(a.distance, b.distance) })
		best = best[:min(len(best), maxNear)]
	}
	out := make([]Near, len(best))
	for i, s := range best {
		e := p.source.Entry(s.bucket.entries[0])
		out[i] = Near{ID: e.ID, Differences: differences(told, &e.Record)}
		if unknown && len(out[i].Differences) == 0 {
			out[i].Differences = differences(asked, &e.Record)
		}
		if unknown && len(out[i].Differences) == 0 {
			out[i].Differences = p.conflicts(q, s.bucket)
		}
	}
	return out
}

// conflicts names the placeholders that stand for another value in this session
// than the request has.
func (p *Player) conflicts(q *asked, b *bucket) []string {
	n := q.session.names()
	f := p.reader.asked(q.op, q.version, q.params)
	if n == nil || len(f.vars) != len(b.vars) {
		return nil
	}
	var out []string
	for i, v := range b.vars {
		recorded, ok := n.of(f.vars[i])
		if b.mask[i] == markHidden && (ok && recorded != v.value || !ok && n.isBound(v)) {
			out = append(out, fmt.Sprintf("%s: not the value that stands for %s so far", v.kind, shown(v.value)))
		}
	}
	return out
}

type scored struct {
	bucket   *bucket
	distance int
}

// candidates are the recorded requests of the operation, of all accounts that
// the client may be.
func (p *Player) candidates(q *asked) []*bucket {
	if q.session == nil {
		return nil
	}
	q.session.mu.Lock()
	defer q.session.mu.Unlock()
	if len(q.session.threads) == 1 {
		return q.session.threads[0].scope.byOp[q.op.name]
	}
	var out []*bucket
	for _, t := range q.session.threads {
		out = append(out, t.scope.byOp[q.op.name]...)
	}
	return out
}

// anyName stands for a name that is new in the session, or that nobody knows.
const anyName = "\x00"

// ours are the parameters with the recording's names for the client's.
func (p *Player) ours(q *asked, params wire.Params) wire.Params {
	out := params.Clone()
	n := q.session.names()
	if n == nil {
		return out
	}
	for i, param := range out {
		out[i].Value = n.toRecorded(param.Value)
		if to, ok := n.of(variable{param.Name, param.Value}); ok && q.op.vars[param.Name] {
			out[i].Value = to
		}
		if out[i].Value == param.Value && q.op.vars[param.Name] && n.isNew(variable{param.Name, param.Value}) {
			out[i].Value = anyName
		}
	}
	return out
}

// names are what the client calls things, as far as it is known which account
// it is; nil where it is nobody.
func (s *session) names() *names {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.threads) == 0 {
		return nil
	}
	return &s.threads[0].names
}

// distance counts the parameters in which two sorted lists differ, up to a
// limit. A parameter that only one has weighs as much as another value.
func distance(a, b wire.Params, limit int) int {
	n := 0
	walk(a, b, func(x, y *wire.Param) bool {
		if x == nil || y == nil || !sameValue(x.Value, y.Value) {
			n++
		}
		return n < limit
	})
	return n
}

// sameValue compares with a recorded value as far as can be: placeholders stand
// for anything.
func sameValue(a, recorded string) bool {
	return a == recorded || a == anyName || replaced(recorded) && (replaced(a) || fits(recorded, a)) || plainJSON(a) == plainJSON(recorded)
}

// walk calls pair for each name of two sorted lists, with nil where one of
// them has none, until it returns false.
func walk(a, b wire.Params, pair func(x, y *wire.Param) bool) {
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = strings.Compare(a[0].Name, b[0].Name)
		}
		var x, y *wire.Param
		if order <= 0 {
			x, a = &a[0], a[1:]
		}
		if order >= 0 {
			y, b = &b[0], b[1:]
		}
		if !pair(x, y) {
			return
		}
	}
}

// maxDifferences is how many a miss tells of one recording.
const maxDifferences = 4

// differences names the parameters in which a request differs from a recorded
// one.
func differences(told redact.Record, e *redact.Record) []string {
	var out []string
	if told.Version != e.Version {
		out = append(out, fmt.Sprintf("Version: %s, recorded %s", shown(told.Version), shown(e.Version)))
	}
	more := 0
	walk(told.Params, own(e.Params), func(x, y *wire.Param) bool {
		d := ""
		switch {
		case x == nil:
			d = fmt.Sprintf("%s: missing, recorded %s", y.Name, shown(y.Value))
		case y == nil:
			d = fmt.Sprintf("%s: %s, recorded without", x.Name, shown(x.Value))
		case !sameValue(x.Value, y.Value):
			d = fmt.Sprintf("%s: %s, recorded %s", x.Name, shown(x.Value), shown(y.Value))
		default:
			return true
		}
		if len(out) == maxDifferences {
			more++
			return true
		}
		out = append(out, d)
		return true
	})
	if more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return out
}

// maxShown is how much of a value is shown, in characters.
const maxShown = 60

func shown(value string) string {
	if value == anyName {
		return "a new name"
	}
	if r := []rune(value); len(r) > maxShown {
		value = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", value)
}
