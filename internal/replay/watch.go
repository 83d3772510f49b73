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

// finish works out what each read depends on.
func (b *builder) finish() *scope {
	w := newWatcher(b)
	for _, r := range b.reads {
		if !r.what.still {
			r.bucket.watch = w.of(r.what)
		}
		rank := 0
		if r.bucket.watch != nil {
			rank = sort.SearchInts(r.bucket.watch.writes, r.before)
		}
		r.bucket.ranks = append(r.bucket.ranks, rank)
	}
	for _, x := range b.writes {
		w.order(x.what)
	}
	b.scope.watches, b.scope.writes = w.all, b.writes
	for _, watch := range w.all {
		for rank, i := range watch.writes {
			b.writes[i].in = append(b.writes[i].in, seat{watch, rank})
		}
	}
	return b.scope
}

// watcher finds the writes that touch a thing.
type watcher struct {
	made map[string]wire.Params
	// lists of writes, in order, by what they touch: see the keys below.
	lists map[string][]int
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
		byKey: map[string]*watch{}, room: maxSeats * (len(b.reads) + len(b.writes)),
	}
	owners := map[string][]string{}
	for i, x := range b.writes {
		w.write(i, x.what, owners)
	}
	return w
}

// write files write i under all that it touches. owners are the ids that go by
// a name, so far.
func (w *watcher) write(i int, what touched, owners map[string][]string) {
	w.add(w.lists, keyResource(""), i)
	w.add(w.lists, keyResource(what.resource), i)
	for _, id := range what.ids {
		w.add(w.lists, keyID(id), i)
		if names, ok := w.made[id]; ok {
			w.name(i, what.resource, names)
		} else {
			w.add(w.vagueID, what.resource, i)
		}
	}
	w.name(i, what.resource, what.names)
	switch {
	case what.made != "":
		for _, name := range what.names {
			key := keyName(what.resource, name)
			owners[key] = append(owners[key], what.made)
		}
	case len(what.ids) == 0 && len(what.names) > 0:
		for _, id := range shared(owners, what) {
			w.add(w.lists, keyID(id), i)
		}
		w.add(w.vagueName, what.resource, i)
	}
}

func (w *watcher) name(i int, resource string, names wire.Params) {
	for _, name := range names {
		w.add(w.lists, keyName(resource, name), i)
	}
}

// shared returns the ids that go by all of the names.
func shared(owners map[string][]string, what touched) []string {
	out := owners[keyName(what.resource, what.names[0])]
	for _, name := range what.names[1:] {
		list := owners[keyName(what.resource, name)]
		out = slices.DeleteFunc(slices.Clone(out), func(id string) bool { return !slices.Contains(list, id) })
	}
	return out
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
		out := w.lists[keyName(what.resource, what.names[0])]
		for _, name := range what.names[1:] {
			out = common(out, w.lists[keyName(what.resource, name)])
		}
		return compacted(append(slices.Clone(out), w.vagueID[what.resource]...))
	}
	return w.lists[keyResource(what.resource)]
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

// order watches the things that a write is on one by one: their writes belong
// in the recorded order.
func (w *watcher) order(what touched) {
	for _, id := range what.ids {
		key := keyResource(what.resource) + keyID(id)
		if len(w.lists[keyID(id)]) > 1 || w.byKey[key] != nil {
			w.memo(key, func() []int { return w.touching(touched{resource: what.resource, ids: []string{id}}) }).ordered = true
		}
	}
}
