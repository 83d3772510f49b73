package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// list compares two lists: items that have something to be told by are
// compared with their like, all others in order.
func (w *walk) list(f *contract.Field, a, b []any, p at) {
	var item *contract.Field
	if f != nil {
		item = f.Items
	}
	kind := w.listed(p)
	if kind != nil && distinct(a, []string{kind.IDMember}) && distinct(b, []string{kind.IDMember}) {
		w.keyed(keying{item, p, []string{kind.IDMember}, kind}, a, b)
		return
	}
	if key := w.naturalKey(item, a, b); key != nil {
		w.keyed(keying{item: item, at: p, members: key}, a, b)
		return
	}
	if w.shuffled(item, a, b) {
		w.out.Values += len(a)
		w.differ(Order, p, shown(a), shown(b))
		return
	}
	for i := range max(len(a), len(b)) {
		q := p.item(strconv.Itoa(i))
		switch {
		case i >= len(b):
			w.out.Values++
			w.differ(Missing, q, shown(a[i]), "")
		case i >= len(a):
			w.out.Values++
			w.differ(Added, q, "", shown(b[i]))
		default:
			w.value(item, a[i], b[i], q)
		}
	}
}

// listed is the resource whose items stand at a place, nil for none.
func (w *walk) listed(p at) *contract.Resource {
	if w.failed || w.op == nil || w.op.Effect.Kind != contract.Reads || p.path != "/"+strings.ReplaceAll(w.op.Effect.Items, ".", "/") {
		return nil
	}
	return w.contract.Resource(w.op.Effect.Resource)
}

// shuffled says whether two lists of plain values hold the same in another
// order.
func (w *walk) shuffled(f *contract.Field, a, b []any) bool {
	if f == nil || len(a) != len(b) || len(f.Members) > 0 {
		return false
	}
	as, bs := make([]string, len(a)), make([]string, len(b))
	for i := range a {
		as[i], bs[i] = w.Names.Text(shown(a[i])), shown(b[i])
	}
	if slices.Equal(as, bs) {
		return false
	}
	slices.Sort(as)
	slices.Sort(bs)
	return slices.Equal(as, bs)
}

// naturalKey is the members that tell the items of a list apart: its ids and
// names, where all items of both sides have them and no two are alike.
func (w *walk) naturalKey(f *contract.Field, a, b []any) []string {
	if f == nil {
		return nil
	}
	var out []string
	for _, m := range f.Members {
		if m.Class == contract.ClassID || m.Class == contract.ClassName && m.Type == contract.String {
			out = append(out, m.Name)
		}
	}
	if len(out) == 0 || !distinct(a, out) || !distinct(b, out) {
		return nil
	}
	return out
}

func distinct(items []any, members []string) bool {
	seen := map[string]bool{}
	for _, v := range items {
		m, ok := v.(*wire.Map)
		if !ok {
			return false
		}
		var key strings.Builder
		for _, name := range members {
			value, ok := m.Get(name)
			if _, isText := value.(string); !ok || !isText {
				return false
			}
			fmt.Fprintf(&key, "%q", value)
		}
		if seen[key.String()] {
			return false
		}
		seen[key.String()] = true
	}
	return true
}

// keying is how the items of a list are told apart.
type keying struct {
	item    *contract.Field
	at      at
	members []string
	kind    *contract.Resource // nil where they are no resources
}

// key returns what an item is told by.
func (k keying) key(v any, name func(string) string) string {
	m, _ := v.(*wire.Map)
	var out strings.Builder
	for _, member := range k.members {
		fmt.Fprintf(&out, "%q", name(text(m, member)))
	}
	return out.String()
}

// byID says whether ids are among what items are told by.
func (k keying) byID() bool {
	return k.kind != nil || slices.ContainsFunc(k.members, func(member string) bool {
		f := k.item.Member(member)
		return f != nil && f.Class == contract.ClassID
	})
}

// keyed compares items with their like.
func (w *walk) keyed(k keying, a, b []any) {
	theirs := map[string]int{}
	for i, v := range b {
		theirs[k.key(v, func(s string) string { return s })] = i
	}
	var order []int
	paired := map[int]bool{}
	for i, v := range a {
		p := k.at.item(strconv.Itoa(i))
		j, ok := theirs[k.key(v, w.Names.Text)]
		if !ok || paired[j] || w.Bound && w.foreign(k, Missing, v) {
			w.alone(k, Missing, v, p)
			continue
		}
		paired[j] = true
		order = append(order, j)
		w.item(k, v, b[j], p)
	}
	for j, v := range b {
		if !paired[j] {
			w.alone(k, Added, v, k.at.item(strconv.Itoa(j)))
		}
	}
	switch {
	case slices.IsSorted(order):
	case w.Bound && k.byID():
		w.leave(Paged)
	default:
		w.differ(Order, k.at, fmt.Sprintf("%d items in A's order", len(order)), "another order")
	}
}

// alone is an item that one side has and the other has not. It counts where
// both sides are known to have it.
func (w *walk) alone(k keying, g Grade, v any, p at) {
	if w.foreign(k, g, v) {
		w.leave(Foreign)
		return
	}
	if w.Paged && (k.kind != nil || w.Bound) {
		w.leave(Paged)
		return
	}
	w.out.Values++
	w.out.Unsettled = w.out.Unsettled || k.kind != nil
	if g == Missing {
		w.differ(g, p, shown(v), "")
	} else {
		w.differ(g, p, "", shown(v))
	}
}

// foreign says whether an item is of something that the two sides do not share.
func (w *walk) foreign(k keying, g Grade, v any) bool {
	if w.op == nil || w.op.Effect.Kind != contract.Reads && w.op.Effect.Kind != contract.ListsTags || k.at.path != "/"+strings.ReplaceAll(items(w.op), ".", "/") {
		return false
	}
	m, _ := v.(*wire.Map)
	for _, member := range k.members {
		f := k.item.Member(member)
		if f == nil || f.Class != contract.ClassID {
			continue
		}
		known := false
		if g == Missing {
			_, known = w.Names.Forth(text(m, member))
		} else {
			_, known = w.Names.Back(text(m, member))
		}
		if !known {
			return true
		}
	}
	return false
}

// items is the path of an operation's list: of the effect, or the one list that
// the answer has.
func items(op *contract.Operation) string {
	if op.Effect.Items != "" || op.Response == nil {
		return op.Effect.Items
	}
	for _, m := range op.Response.Members {
		if m.Type == contract.Array {
			return m.Name
		}
	}
	return ""
}

// foreignTotal says whether the two lists hold what only one side has.
func (w *walk) foreignTotal() bool {
	return w.total(w.A, w.Names.Forth) || w.total(w.B, w.Names.Back)
}

func (w *walk) total(a Answer, known func(string) (string, bool)) bool {
	kind := w.contract.Resource(w.op.Effect.Resource)
	v, _, err := w.read(a, w.op.Response)
	m, _ := v.(*wire.Map)
	if kind == nil || err != nil {
		return false
	}
	list, _ := m.Get(w.op.Effect.Items)
	all, _ := list.([]any)
	return slices.ContainsFunc(all, func(v any) bool {
		item, _ := v.(*wire.Map)
		_, ok := known(text(item, kind.IDMember))
		return !ok
	})
}

// item compares two items of a list. Of a resource, what changes by itself is
// not compared, nor anything while A's is at work.
func (w *walk) item(k keying, a, b any, p at) {
	ma, okA := a.(*wire.Map)
	mb, okB := b.(*wire.Map)
	if k.kind == nil || !okA || !okB {
		w.value(k.item, a, b, p)
		return
	}
	if w.Strangers[text(ma, k.kind.IDMember)] {
		w.leave(Foreign)
		return
	}
	stateA, stateB := k.kind.State(text(ma, k.kind.StateMember)), k.kind.State(text(mb, k.kind.StateMember))
	if stateA != nil && !stateA.Stable || w.Bound && stateB != nil && !stateB.Stable {
		w.leave(Moving)
		return
	}
	w.out.Unsettled = w.out.Unsettled || stateB != nil && !stateB.Stable
	_, known := w.Names.Forth(text(ma, k.kind.IDMember))
	outer := w.bind
	w.bind = known
	if known {
		w.moving(k, ma, mb)
	}
	still := w.still(k.kind, ma)
	w.out.Left[Moving] += ma.Len() - still.Len()
	w.object(k.item, still, w.still(k.kind, mb), p)
	w.bind = outer
}

// moving learns the ids among what changes by itself: they are not compared,
// but may be asked for.
func (w *walk) moving(k keying, a, b *wire.Map) {
	for _, name := range k.kind.Volatile {
		f := k.item.Member(name)
		if f == nil || f.Class != contract.ClassID {
			continue
		}
		if x, y := text(a, name), text(b, name); x != "" && y != "" {
			w.Names.Bind(x, y)
		}
	}
}

// still is an item without what changes by itself, its state apart.
func (w *walk) still(kind *contract.Resource, m *wire.Map) *wire.Map {
	out := &wire.Map{}
	for _, name := range m.Keys() {
		if name == kind.StateMember || !slices.Contains(kind.Volatile, name) {
			v, _ := m.Get(name)
			out.Set(name, v)
		}
	}
	return out
}
