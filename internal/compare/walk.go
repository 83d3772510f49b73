package compare

import (
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// walk is one comparison on its way through two bodies.
type walk struct {
	*Comparer
	Pair
	op  *contract.Operation // nil for one that the contract does not know
	out Result
	// bind says that ids here are those of what the two sides made.
	bind bool
	// failed says that the answers are errors, code is A's.
	failed bool
	code   string
}

// maxShown is how much of a value a finding shows, in bytes.
const maxShown = 200

func (w *walk) differ(g Grade, p at, want, got string) {
	if (g == Class || g == Value || g == Order) && w.volatile[w.Operation+p.path] {
		w.out.Left[Volatile]++
		return
	}
	w.out.Findings = append(w.out.Findings, Finding{Grade: g, Pointer: p.pointer, Path: p.path, Want: short(want), Got: short(got)})
}

func (w *walk) leave(why Why) { w.out.Left[why]++ }

func short(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}

// summary is an answer in a few words.
func (w *walk) summary(a Answer) string {
	switch {
	case a.Status == 0:
		return "no answer: " + a.Failure
	case a.Failure != "":
		return fmt.Sprintf("%d, %s", a.Status, a.Failure)
	case a.Status < 400:
		return strconv.Itoa(a.Status)
	}
	v, _, _ := w.read(a, w.contract.Envelope.Error)
	m, _ := v.(*wire.Map)
	return strings.TrimSpace(strconv.Itoa(a.Status) + " " + text(m, "Code"))
}

func text(m *wire.Map, name string) string {
	v, _ := m.Get(name)
	s, _ := v.(string)
	return s
}

// whole compares two answers of the same status.
func (w *walk) whole() {
	f := w.contract.Envelope.Error
	if w.failed = w.A.Status >= 400; !w.failed {
		f = nil
		if w.op != nil {
			f = w.op.Response
			w.bind = w.op.Effect.Kind.Makes()
		}
	}
	a, formA, errA := w.read(w.A, f)
	b, formB, errB := w.read(w.B, f)
	if formA != formB {
		w.differ(Type, at{}.to("header").to("Content-Type"), formA, formB)
	}
	switch {
	case errA != nil && errB != nil:
		w.leave(Unknown)
	case errA != nil || errB != nil:
		w.differ(Type, at{}, readable(errA), readable(errB))
	default:
		m, _ := a.(*wire.Map)
		w.code = text(m, "Code")
		w.value(f, a, b, at{})
	}
}

func readable(err error) string {
	if err != nil {
		return "a body that cannot be read"
	}
	return "a body"
}

// read decodes a body; form is its media type.
func (w *walk) read(a Answer, f *contract.Field) (v any, form string, err error) {
	form, _, err = mime.ParseMediaType(a.ContentType)
	if err != nil {
		form = a.ContentType
	}
	if !strings.HasSuffix(form, "xml") {
		v, err = wire.DecodeJSON(a.Body)
		return v, form, err
	}
	e, err := wire.DecodeXML(a.Body)
	if err != nil {
		return nil, form, err
	}
	var shape *wire.BodyShape
	if f != nil {
		shape = f.BodyShape()
	}
	v, err = e.Value(shape)
	return v, form, err
}

// typeOf is the JSON type of a value.
func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

// value compares what stands at one place. f is nil where the contract knows
// nothing.
func (w *walk) value(f *contract.Field, a, b any, p at) {
	if typeOf(a) != typeOf(b) {
		w.out.Values++
		w.differ(Type, p, typeOf(a), typeOf(b))
		return
	}
	switch a := a.(type) {
	case *wire.Map:
		w.object(f, a, b.(*wire.Map), p)
	case []any:
		w.list(f, a, b.([]any), p)
	default:
		w.scalar(f, a, b, p)
	}
}

func (w *walk) object(f *contract.Field, a, b *wire.Map, p at) {
	for _, name := range a.Keys() {
		av, _ := a.Get(name)
		bv, ok := b.Get(name)
		switch {
		case w.passes(p, name):
		case !ok:
			w.out.Values++
			w.differ(Missing, p.to(name), shown(av), "")
		default:
			w.value(memberOf(f, name), av, bv, p.to(name))
		}
	}
	for _, name := range b.Keys() {
		if _, ok := a.Get(name); !ok && !w.passes(p, name) {
			bv, _ := b.Get(name)
			w.out.Values++
			w.differ(Added, p.to(name), "", shown(bv))
		}
	}
}

// passes leaves out a member that says nothing about the request: what names
// the target, and what pages a list.
func (w *walk) passes(p at, name string) bool {
	switch {
	case w.failed && p.path == "" && name == "HostId":
		w.leave(Own)
	case !w.failed && p.path == "" && w.op != nil && w.op.Effect.Next != "" && name == w.op.Effect.Next:
		w.leave(Paged)
	case !w.failed && p.path == "" && w.op != nil && w.op.Effect.Total != "" && name == w.op.Effect.Total &&
		(w.Paged || w.out.Left[Foreign] > 0 || w.foreignTotal()):
		w.leave(Paged)
	default:
		return false
	}
	return true
}

// shown is a value for people.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return string(wire.EncodeJSON(v))
}

// anyText is for what stands in an object whose members the caller names.
var anyText = &contract.Field{Type: contract.String, Class: contract.ClassText}

func memberOf(f *contract.Field, name string) *contract.Field {
	switch {
	case f == nil:
		return nil
	case f.Member(name) != nil:
		return f.Member(name)
	case f.Type == contract.Map && f.Items != nil:
		return f.Items
	case f.Type == contract.Map || f == anyText:
		return anyText
	}
	return nil
}

// scalar compares two values of one type as their class has it.
func (w *walk) scalar(f *contract.Field, a, b any, p at) {
	sa, sb := shown(a), shown(b)
	switch {
	case hidden(sa) || hidden(sb):
		w.leave(Secret)
	case f == nil:
		w.leave(Unknown)
	case p.path == "/RequestId":
		w.id(sa, sb, p, false)
	case w.failed && p.path == "/Code":
		w.plain(Code, p, sa, sb)
	case w.failed && p.path == "/Message" && w.reworded(sa, sb):
		w.leave(Wording)
	case w.failed && p.path == "/Recommend":
		w.leave(Own)
	case f.Class == contract.ClassID:
		w.id(sa, sb, p, w.bind)
	case f.Class == contract.ClassTime:
		w.out.Values++
		if timeShape(sa) != timeShape(sb) {
			w.differ(Class, p, sa, sb)
		}
	case f.Class == contract.ClassNumber && w.op != nil && w.op.Effect.Kind == contract.ShowsUsage:
		w.leave(Account)
	case f.Class == contract.ClassNumber:
		w.out.Values++
		if _, same := wire.Equal(a, b); !same {
			w.differ(Value, p, sa, sb)
		}
	case f.Class == contract.ClassEnum:
		w.plain(Value, p, sa, sb)
	default:
		w.text(sa, sb, p)
	}
}

// reworded says whether two messages differ where the contract leaves room for
// any text: both are of one row.
func (w *walk) reworded(a, b string) bool {
	if a == b {
		return false
	}
	return slices.ContainsFunc(w.contract.RowsFor(w.op), func(row *contract.Error) bool {
		return row.Matches(w.code, a) && row.Matches(w.code, b)
	})
}

func (w *walk) plain(g Grade, p at, a, b string) {
	w.out.Values++
	if a != b {
		w.differ(g, p, a, b)
	}
}

// text compares what a person wrote: as JSON where it is that, else with the
// names that B has for things.
func (w *walk) text(a, b string, p at) {
	if strings.HasPrefix(a, "{") && strings.HasPrefix(b, "{") {
		va, errA := wire.DecodeJSON([]byte(a))
		vb, errB := wire.DecodeJSON([]byte(b))
		if errA == nil && errB == nil {
			w.value(anyText, va, vb, p)
			return
		}
	}
	a = w.Names.Text(a)
	if w.Same != nil && w.Same(a, b) {
		a = b
	}
	w.plain(Value, p, a, b)
}

// id compares two ids: by what they stand for where that is known, else by
// their shape.
func (w *walk) id(a, b string, p at, bind bool) {
	w.out.Values++
	want, known := w.Names.Forth(a)
	if !known {
		want, known = w.Sent[a]
	}
	_, other := w.Names.Back(b)
	switch {
	case a == b && !known:
	case known:
		if b != want {
			w.differ(Value, p, want, b)
		}
	case other && bind && w.Bound:
		w.leave(Foreign) // the two were given and made the same in another order
	case other && bind:
		w.differ(Value, p, "an id that is new", b)
	case !sameID(a, b):
		w.differ(Class, p, a, b)
	case bind:
		w.Names.Bind(a, b)
	}
}
