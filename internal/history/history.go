// Package history keeps what several clients asked of one thing at the same
// time and what each was answered, and says whether some order of the requests
// explains the answers. It is pure: it sends nothing and knows no API.
package history

import (
	"cmp"
	"slices"
	"sync"
)

// Kind is what a request does.
type Kind int

// The kinds of requests.
const (
	Read   Kind = iota // shows the thing
	Write              // sets some of its registers, each to a value
	Remove             // ends it
	Use                // needs it and leaves it as it is
)

// Outcome is what became of a request.
type Outcome int

// The outcomes.
const (
	Done    Outcome = iota // it was carried out
	Refused                // it was not
	Missing                // it was not, because there is no such thing
	Unknown                // nobody knows: it may take effect at any time, or never
)

// Operation is one request and its answer.
type Operation struct {
	Client  int // who sent it, from 0
	Kind    Kind
	Outcome Outcome
	// Set is what a write writes, by register. An empty value stands for none.
	Set map[string]string
	// Present says whether a read showed the thing, Seen what its registers
	// held, and Settled that nothing was under way then: a write may show late,
	// but not later than that.
	Present, Settled bool
	Seen             map[string]string
	Asked, Answered  string // for people

	// Begin is a moment before the request was sent, End one after its answer
	// came: a time in a Log, a number in a History. They say what came before
	// what.
	Begin, End int64
}

// writes reports whether the operation certainly or possibly sets the register.
func (o Operation) writes(register string) bool {
	_, ok := o.Set[register]
	return ok && o.Kind == Write && (o.Outcome == Done || o.Outcome == Unknown)
}

// History is the requests on one thing.
type History struct {
	// Start is what the registers held at first. A register that stands
	// nowhere else is not looked at.
	Start      map[string]string
	Operations []Operation // in the order in which they ended
}

// Log collects a history from several clients at once. Its zero value is ready.
type Log struct {
	mu   sync.Mutex
	done []Operation
}

// Add keeps a request. Its moments are times of one clock.
func (l *Log) Add(o Operation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = append(l.done, o)
}

// History returns what was collected so far, with the moments counted from 1.
func (l *Log) History(start map[string]string) *History {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &History{Start: start, Operations: slices.Clone(l.done)}
	h.count()
	return h
}

// count puts numbers in the place of times. What began when something else
// ended began before that: nobody knows which came first.
func (h *History) count() {
	var moments []*int64
	begins := make(map[*int64]bool, len(h.Operations))
	for i := range h.Operations {
		o := &h.Operations[i]
		moments = append(moments, &o.Begin, &o.End)
		begins[&o.Begin] = true
	}
	slices.SortStableFunc(moments, func(a, b *int64) int {
		if c := cmp.Compare(*a, *b); c != 0 || begins[a] == begins[b] {
			return c
		}
		if begins[a] {
			return -1
		}
		return 1
	})
	for i, m := range moments {
		*m = int64(i + 1)
	}
	slices.SortFunc(h.Operations, func(a, b Operation) int { return cmp.Compare(a.End, b.End) })
}

// Last returns the values that the register may hold when all requests are
// done: those of accepted writes that no other one certainly came after, of
// writes with an unknown outcome, and the first where none was accepted.
// Replaced are the values that another one certainly came after.
func (h *History) Last(register string) (values, replaced []string) {
	final, accepted := []string{}, false
	for _, o := range h.Operations {
		if !o.writes(register) {
			continue
		}
		accepted = accepted || o.Outcome == Done
		if o.Outcome == Done && h.overwritten(o, register) {
			replaced = append(replaced, o.Set[register])
			continue
		}
		final = append(final, o.Set[register])
	}
	if accepted {
		replaced = append(replaced, h.Start[register])
	} else {
		final = append(final, h.Start[register])
	}
	replaced = slices.DeleteFunc(replaced, func(v string) bool { return slices.Contains(final, v) })
	return final, replaced
}

// overwritten says whether an accepted write of the register began after o had
// ended.
func (h *History) overwritten(o Operation, register string) bool {
	return slices.ContainsFunc(h.Operations, func(p Operation) bool {
		return p.Outcome == Done && p.writes(register) && p.Begin > o.End
	})
}

// Open reports whether a write of the register has an unknown outcome, so that
// it may still change.
func (h *History) Open(register string) bool {
	return slices.ContainsFunc(h.Operations, func(o Operation) bool { return o.Outcome == Unknown && o.writes(register) })
}

// Removed returns the first moment at which a removal was answered by success,
// and false where none was.
func (h *History) Removed() (moment int64, ok bool) {
	for _, o := range h.Operations {
		if o.Kind == Remove && o.Outcome == Done && (!ok || o.End < moment) {
			moment, ok = o.End, true
		}
	}
	return moment, ok
}

// UsedAfterRemoval returns the writes and uses that were carried out although
// they began after a removal had been answered.
func (h *History) UsedAfterRemoval() []Operation {
	gone, ok := h.Removed()
	return h.filter(func(o Operation) bool {
		return ok && (o.Kind == Write || o.Kind == Use) && o.Outcome == Done && o.Begin > gone
	})
}

// Revived returns the reads that show the thing although they began after
// another one had shown that it is gone.
func (h *History) Revived() []Operation {
	gone, ok := h.Removed()
	if !ok {
		return nil
	}
	absent := h.filter(func(o Operation) bool { return o.Kind == Read && !o.Present && o.Begin > gone })
	return h.filter(func(o Operation) bool {
		return o.Kind == Read && o.Present &&
			slices.ContainsFunc(absent, func(a Operation) bool { return o.Begin > a.End })
	})
}

func (h *History) filter(keep func(Operation) bool) []Operation {
	return slices.DeleteFunc(slices.Clone(h.Operations), func(o Operation) bool { return !keep(o) })
}
