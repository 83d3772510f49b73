package history

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Result says whether some order explains a history.
type Result int

// The results.
const (
	Explained   Result = iota
	Unexplained        // no order does
	Undecided          // the time was too short to tell
)

// Finding is what Check has to say of a history.
type Finding struct {
	Result Result
	// Core are the operations of an unexplained history that no order explains
	// by themselves, whatever the others may have done, in the order in which
	// they began.
	Core []Operation
	// Picture is an HTML page that shows the history; nil where it could not be
	// drawn.
	Picture []byte
}

// Check looks for an order of the operations in which each takes effect as a
// whole between its begin and its end and gets the answer that it got. It gives
// up after about the limit.
func (h *History) Check(limit time.Duration) Finding {
	m := h.machine().model(h.Start)
	found, info := porcupine.CheckOperationsVerbose(m, porcupined(h.Operations), limit)
	f := Finding{Result: resultOf(found)}
	if f.Result == Unexplained {
		f.Core = h.core(limit)
	}
	var page bytes.Buffer
	if err := porcupine.Visualize(m, info, &page); err == nil {
		f.Picture = page.Bytes()
	}
	return f
}

func resultOf(r porcupine.CheckResult) Result {
	switch r {
	case porcupine.Ok:
		return Explained
	case porcupine.Illegal:
		return Unexplained
	}
	return Undecided
}

// porcupined are the operations as porcupine takes them. One whose outcome is
// unknown ends after all others, and is shown as a client of its own.
func porcupined(ops []Operation) []porcupine.Operation {
	var last int64
	clients := 0
	for _, o := range ops {
		last, clients = max(last, o.End), max(clients, o.Client+1)
	}
	out := make([]porcupine.Operation, len(ops))
	for i, o := range ops {
		out[i] = porcupine.Operation{ClientId: o.Client, Input: o, Call: o.Begin, Return: o.End}
		if o.Outcome == Unknown {
			last++
			out[i].ClientId, out[i].Return = clients, last
			clients++
		}
	}
	return out
}

// state is one truth about the thing. States are comparable.
type state struct {
	gone   bool
	values string // of the registers, in order, each behind a separator
}

const separator = "\x1f"

// machine is the thing as porcupine runs it.
type machine struct {
	registers []string // in order
	// loose are changes whose time and outcome are left open: they take effect
	// whenever that explains an answer.
	loose []Operation
}

func (h *History) machine() machine {
	return machine{registers: slices.Sorted(maps.Keys(h.Start))}
}

func (m machine) model(start map[string]string) porcupine.Model {
	nm := porcupine.NondeterministicModel{
		Init: func() []any { return []any{m.pack(start)} },
		Step: func(s, in, _ any) []any { return m.step(s.(state), in.(Operation)) },
		DescribeOperation: func(in, _ any) string {
			o := in.(Operation)
			return o.Asked + " → " + o.Answered
		},
		DescribeState: func(s any) string { return m.describe(s.(state)) },
	}
	return nm.ToModel()
}

func (m machine) pack(values map[string]string) state {
	var b strings.Builder
	for _, name := range m.registers {
		b.WriteString(separator + values[name])
	}
	return state{values: b.String()}
}

func (m machine) unpack(s state) map[string]string {
	values := strings.Split(s.values, separator)[1:]
	out := make(map[string]string, len(m.registers))
	for i, name := range m.registers {
		out[name] = values[i]
	}
	return out
}

// step returns what may be true after the operation; nothing where the
// operation could not have been answered so.
func (m machine) step(s state, o Operation) []any {
	switch {
	case o.Outcome == Missing || o.Kind == Read && !o.Present:
		return m.absent(s)
	case o.Outcome == Refused:
		return []any{s}
	case o.Outcome == Unknown && s.gone:
		return []any{s}
	case o.Outcome == Unknown:
		return []any{s, m.after(s, o)}
	case s.gone:
		return nil
	case o.Kind == Read:
		return m.shown(s, o)
	}
	return []any{m.after(s, o)}
}

// absent is what is true after an answer that says that there is no such thing.
func (m machine) absent(s state) []any {
	removal := func(o Operation) bool { return o.Kind == Remove }
	if s.gone || slices.ContainsFunc(m.loose, removal) {
		return []any{state{gone: true}}
	}
	return nil
}

// shown is what is true after a read that shows the thing.
func (m machine) shown(s state, o Operation) []any {
	if !o.Settled {
		return []any{s}
	}
	values := m.unpack(s)
	for name, value := range values {
		seen, ok := o.Seen[name]
		if !ok || seen == value {
			continue
		}
		wrote := func(o Operation) bool { v, ok := o.Set[name]; return ok && v == seen }
		if !slices.ContainsFunc(m.loose, wrote) {
			return nil
		}
		values[name] = seen
	}
	return []any{m.pack(values)}
}

func (m machine) after(s state, o Operation) state {
	switch o.Kind {
	case Remove:
		return state{gone: true}
	case Write:
		values := m.unpack(s)
		maps.Copy(values, o.Set)
		return m.pack(values)
	}
	return s
}

func (m machine) describe(s state) string {
	if s.gone {
		return "gone"
	}
	return Pairs(m.unpack(s))
}

// Pairs writes values by register, in order: a=1 b=2.
func Pairs(values map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, name+"="+cmp.Or(values[name], "none"))
	}
	return strings.Join(out, " ")
}

// Bounds of the search for the core: what it finds is for people, and each of
// its checks may take this part of the limit.
const (
	coreShare = 64
	coreLimit = 200 * time.Millisecond
)

// core drops what is not needed to see that no order explains the history. What
// only shows is left out; of what changes, it is left open whether and when it
// took effect. Both only make it easier to explain the rest.
func (h *History) core(limit time.Duration) []Operation {
	limit = min(coreLimit, max(limit/coreShare, time.Millisecond))
	rest, m := slices.Clone(h.Operations), h.machine()
	for _, changing := range []bool{false, true} {
		for i := len(rest) - 1; i >= 0; i-- {
			o := rest[i]
			if o.changes() != changing {
				continue
			}
			less, looser := slices.Delete(slices.Clone(rest), i, i+1), m
			if changing {
				looser.loose = append(slices.Clone(m.loose), o)
			}
			if porcupine.CheckOperationsTimeout(looser.model(h.Start), porcupined(less), limit) == porcupine.Illegal {
				rest, m = less, looser
			}
		}
	}
	slices.SortFunc(rest, func(a, b Operation) int { return cmp.Compare(a.Begin, b.Begin) })
	return rest
}

// changes reports whether the operation may change what others see.
func (o Operation) changes() bool {
	return (o.Kind == Write || o.Kind == Remove) && (o.Outcome == Done || o.Outcome == Unknown)
}

// Lines says what was asked and answered, a line for each operation: when it
// began and ended, who sent it.
func Lines(ops []Operation) string {
	lines := make([]string, len(ops))
	for i, o := range ops {
		lines[i] = fmt.Sprintf("%3d to %-3d client %d: %s: %s", o.Begin, o.End, o.Client, o.Asked, o.Answered)
	}
	return strings.Join(lines, "\n")
}
