package client

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// parseTime reads a Timestamp.
func parseTime(s string) (time.Time, error) { return time.Parse("2006-01-02T15:04:05Z", s) }

// sent holds the parameters of a request against what the user gave.
func (t *trial) sent(r *result, n int) {
	if n >= len(r.tries) || r.tries[n].In == nil {
		return // told already
	}
	at := "/requests/" + strconv.Itoa(n)
	want, empty := flatten(r.order.input)
	arrived, faults := wire.Decode(r.tries[n].Params, t.op.Shape())
	got := arrived.Leaves()
	for _, f := range faults {
		t.misshapen(f, at, empty)
	}
	t.missing(want, got, at)
	t.added(want, got, at)
}

// misshapen tells of a parameter that the operation cannot read.
func (t *trial) misshapen(f wire.Fault, at string, empty []string) {
	for _, name := range empty {
		if f.Name == name && f.Value == "" {
			return
		}
	}
	at += "/" + pointer(f.Name)
	if t.underEmpty(f.Name, empty) {
		t.find("parameters.emptyList", at, "nothing, or an empty text", f.Kind.String()+" "+strconv.Quote(f.Value))
		return
	}
	if f.Kind == wire.BadBoolean && isBoolean(f.Value) { // no page speaks of its case
		t.mild("parameters.sent", at, strings.ToLower(f.Value), strconv.Quote(f.Value))
		return
	}
	if f.Kind == wire.Unknown {
		t.find("parameters.absent", at, "no parameter that "+t.op.Name+" does not have", strconv.Quote(f.Value))
		return
	}
	t.find("parameters.sent", at, "a name and value as documented", f.Kind.String()+": "+strconv.Quote(f.Value))
}

func isBoolean(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func (t *trial) underEmpty(name string, empty []string) bool {
	return slices.ContainsFunc(empty, func(list string) bool { return strings.HasPrefix(name, list+".") })
}

// missing tells of what was given and did not arrive as it is.
func (t *trial) missing(want, got wire.Params, at string) {
	for _, p := range want {
		value, ok := got.Get(p.Name)
		switch {
		case ok && value == p.Value:
		case isBoolean(p.Value) && strings.EqualFold(value, p.Value): // told already
		case !ok && p.Value == "":
			t.find("parameters.empty", at+"/"+pointer(p.Name), "an empty text", "nothing")
		case !ok:
			t.find("parameters.sent", at+"/"+pointer(p.Name), strconv.Quote(p.Value), "nothing")
		default:
			t.find("parameters.sent", at+"/"+pointer(p.Name), strconv.Quote(p.Value), strconv.Quote(value))
		}
	}
}

// added tells of what arrived and was not given. The region that the client
// was set up with, and a token, are its own to add.
func (t *trial) added(want, got wire.Params, at string) {
	for _, p := range got {
		if _, ok := want.Get(p.Name); ok || p.Name == t.op.token() || t.isRegion(p) {
			continue
		}
		t.find("parameters.absent", at+"/"+pointer(p.Name), "nothing", strconv.Quote(p.Value))
	}
}

func (t *trial) isRegion(p wire.Param) bool {
	f := t.op.Parameter(p.Name)
	return f != nil && f.Binding == contract.RegionBinding && p.Value == t.floor.Region
}

// pointer escapes a name for a JSON pointer.
func pointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// same holds the repetitions of a request against the first one.
func (t *trial) same(r *result) {
	first := canonical(r.tries)
	for i, try := range r.tries {
		if i == 0 || try.In == nil || first == nil {
			continue
		}
		at := fmt.Sprintf("/requests/%d/", i)
		for _, p := range union(first, try.Params) {
			a, inFirst := first.Get(p)
			b, inThis := try.Params.Get(p)
			if a != b || inFirst != inThis {
				t.find("retry.same", at+pointer(p), "as in the first request: "+quoted(a, inFirst), quoted(b, inThis))
			}
		}
	}
}

func canonical(tries []*Try) wire.Params {
	if len(tries) == 0 || tries[0].In == nil {
		return nil
	}
	return tries[0].Params
}

func quoted(s string, there bool) string {
	if !there {
		return "nothing"
	}
	return strconv.Quote(s)
}

// union is the names of both, each once, in order.
func union(a, b wire.Params) []string {
	var names []string
	for _, p := range append(slices.Clone(a), b...) {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
