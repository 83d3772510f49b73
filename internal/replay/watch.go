package replay

import (
	"slices"
	"sort"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// maxSeats bounds how many writes all watches of a scope hold, for each
// exchange; beyond that, all things of a kind are watched as one.
const maxSeats = 64

// finish works out what each read depends on, and what the time of each change
// is.
func (b *builder) finish() {
	w := newWatcher(b)
	for _, r := range b.reads {
		if r.bucket.ranks == nil {
			r.bucket.watches = w.reading(r.what)
			r.bucket.ranks = make([][]int, len(r.bucket.watches))
		}
		for i, watch := range r.bucket.watches {
			r.bucket.ranks[i] = append(r.bucket.ranks[i], sort.SearchInts(watch.writes, r.before))
		}
	}
	for _, c := range b.changes {
		if watch := w.changing(c); watch != nil {
			c.bucket.times[c.at] = []seat{{watch, sort.SearchInts(watch.writes, c.before)}}
		}
	}
	b.scope.watches, b.scope.writes = w.all, b.writes
	for _, watch := range w.all {
		for rank, i := range watch.writes {
			b.writes[i].in = append(b.writes[i].in, seat{watch, rank})
		}
	}
}

// reading are the watches on what a read sees.
func (w *watcher) reading(what touched) []*watch {
	if what.still {
		return nil
	}
	out := []*watch{w.of(what)}
	if len(w.wide) > 0 && what.resource != "" {
		out = append(out, w.memo("wide", func() []int { return w.wide }))
	}
	return out
}

// changing is the watch on what the answer to a change depends on, nil for
// nothing: on what it names, or has to be alone with; for a refusal that may
// have been for how things were, on all of the kind.
func (w *watcher) changing(c change) *watch {
	what := c.what
	switch {
	case c.bucket.op.Operation == nil:
		return nil
	case len(what.from) > 0:
		what.ids = what.from
	case len(what.ids) > 0:
	case c.refused && !c.timeless:
		what.names = nil
	case len(what.keys) == 0 && (c.refused || what.makes):
		return nil
	default:
		what.names = what.keys
	}
	return w.of(what)
}

// watcher finds the writes that touch a thing.
type watcher struct {
	made map[string]wire.Params
	// lists of writes, in order, by what they touch: see the keys below.
	lists map[string][]int
	// wide are writes of which nobody knows what they touch.
	wide []int
	// vague are writes of things known by id only, and of things known by
	// name only, by resource: what else they touch nobody knows.
	vagueID, vagueName map[string][]int
	byKey              map[string]*watch
	all                []*watch
	seats, room        int
}

func keyID(id string) string { return "i\x00" + id }
func keyName(resource string, name wire.Param) string {
	return "n\x00" + resource + "\x00" + name.Name + "\x00" + name.Value
}
func keyResource(resource string) string { return "r\x00" + resource }
func (w *watcher) add(lists map[string][]int, k string, i int) {
	if list := lists[k]; len(list) == 0 || list[len(list)-1] != i {
		lists[k] = append(list, i)
	}
}

func newWatcher(b *builder) *watcher {
	w := &watcher{
		made: b.made, lists: map[string][]int{}, vagueID: map[string][]int{}, vagueName: map[string][]int{},
		byKey: map[string]*watch{}, room: maxSeats * (len(b.reads) + len(b.changes)),
	}
	for i, x := range b.writes {
		w.write(i, x.what)
	}
	return w
}

// write files write i under all that it touches.
func (w *watcher) write(i int, what touched) {
	w.add(w.lists, keyResource(""), i)
	w.add(w.lists, keyResource(what.resource), i)
	if what.wide {
		w.wide = append(w.wide, i)
	}
	if what.byName {
		w.add(w.vagueName, what.resource, i)
	}
	w.name(i, what.resource, what.names)
	ids := what.ids
	if what.made != "" {
		ids = append(slices.Clone(ids), what.made)
	}
	for _, id := range ids {
		w.add(w.lists, keyID(id), i)
		if names, ok := w.made[id]; ok {
			w.name(i, what.resource, names)
		} else {
			w.add(w.vagueID, what.resource, i)
		}
	}
}

func (w *watcher) name(i int, resource string, names wire.Params) {
	for _, name := range names {
		w.add(w.lists, keyName(resource, name), i)
	}
}

// of returns the watch for what a read sees.
func (w *watcher) of(what touched) *watch {
	if w.seats > w.room {
		what.ids, what.names = nil, nil
	}
	var key strings.Builder
	key.WriteString(keyResource(what.resource))
	for _, id := range what.ids {
		key.WriteString(keyID(id))
	}
	if len(what.ids) == 0 {
		for _, name := range what.names {
			key.WriteString(keyName("", name))
		}
	}
	return w.memo(key.String(), func() []int { return w.touching(what) })
}

func (w *watcher) memo(key string, list func() []int) *watch {
	if known, ok := w.byKey[key]; ok {
		return known
	}
	watch := &watch{index: len(w.all), writes: list()}
	w.seats += len(watch.writes)
	w.all = append(w.all, watch)
	w.byKey[key] = watch
	return watch
}

// touching returns the writes on all that is named: by ids, or by names that
// one thing goes by, or by nothing but its kind.
func (w *watcher) touching(what touched) []int {
	switch {
	case len(what.ids) > 0:
		var out []int
		for _, id := range what.ids {
			out = append(out, w.lists[keyID(id)]...)
			if _, ok := w.made[id]; !ok {
				out = append(out, w.vagueName[what.resource]...)
			}
		}
		return compacted(out)
	case len(what.names) > 0:
		return compacted(append(w.named(what), w.vagueID[what.resource]...))
	}
	return w.lists[keyResource(what.resource)]
}

// named returns the writes on things that may go by all of the names.
func (w *watcher) named(what touched) []int {
	var lists [][]int
	for _, name := range what.names {
		if name.Value == anyName {
			continue
		}
		list := w.lists[keyName(what.resource, name)]
		if unnamed := w.lists[keyName(what.resource, wire.Param{Name: name.Name, Value: anyName})]; len(unnamed) > 0 {
			list = compacted(slices.Concat(list, unnamed))
		}
		lists = append(lists, list)
	}
	if len(lists) == 0 {
		return slices.Clone(w.lists[keyResource(what.resource)])
	}
	slices.SortFunc(lists, func(a, b []int) int { return len(a) - len(b) })
	out := slices.Clone(lists[0])
	for _, list := range lists[1:] {
		out = common(out, list)
	}
	return out
}

func compacted(list []int) []int {
	slices.Sort(list)
	return slices.Compact(list)
}

// common returns what is in both sorted lists.
func common(a, b []int) []int {
	var out []int
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); ok {
			out = append(out, x)
		}
	}
	return out
}
