package emulator

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// label is one tag.
type label struct{ key, value string }

// tagsOf returns the tags that stand in values under a path.
func (t *tagging) tagsOf(in input, path string) []label {
	out := make([]label, 0, in.count(path))
	for _, p := range in.concrete(path + ".N") {
		out = append(out, label{in.text(p + "." + t.Key), in.text(p + "." + t.Value)})
	}
	return out
}

// setTags replaces a record's tags.
func (e *Emulator) setTags(r *record, labels []label) {
	path := r.means.Parameters[meanTags]
	in := r.input.without(path)
	for i, l := range labels {
		at := path + "." + strconv.Itoa(i+1) + "."
		in = append(in, wire.Param{Name: at + e.world.Tagging.Key, Value: l.key}, wire.Param{Name: at + e.world.Tagging.Value, Value: l.value})
	}
	r.input, r.view = in, nil
}

// tagged is the shelf and the records that a tag operation works on.
type tagged struct {
	kind    *contract.Resource
	means   *resource
	cell    *cell
	records []*record
}

// taggedKind returns the kind of resource that the request's type stands for,
// or nil: there are types that this API does not make.
func (e *Emulator) taggedKind(q *request) *contract.Resource {
	for _, kind := range e.contract.Resources {
		if kind.TagType == q.input.text(e.world.Tagging.Type) {
			return kind
		}
	}
	return nil
}

// tagTargets locks the cell and returns the records that the request names; it
// refuses one that names none. The caller unlocks.
func (e *Emulator) tagTargets(q *request) (*tagged, *refusal) {
	t := &tagged{kind: e.taggedKind(q), cell: e.cell(q.owner.ID, q.region.ID)}
	t.cell.mu.Lock()
	var s *shelf
	if t.kind != nil {
		t.means = e.world.Resources[t.kind.Name]
		s = t.cell.shelf(t.kind.Name, q.now, e.settle)
	}
	for _, path := range q.input.concrete(e.world.Tagging.IDs + ".N") {
		var r *record
		if s != nil {
			r = s.byID[q.input.text(path)]
		}
		if r == nil {
			return t, e.violation("notFound", path)
		}
		t.records = append(t.records, r)
	}
	return t, nil
}

// tag adds tags to resources: to all that are named, or to none.
func tag(e *Emulator, q *request) (*wire.Map, *refusal) {
	t, no := e.tagTargets(q)
	defer t.cell.mu.Unlock()
	if no != nil {
		return nil, no
	}
	more := e.world.Tagging.tagsOf(q.input, e.world.Tagging.Tags)
	after := make([][]label, len(t.records))
	for i, r := range t.records {
		after[i] = merge(e.world.Tagging.tagsOf(r.input, r.means.Parameters[meanTags]), more)
		if len(after[i]) > e.world.Tagging.Limit {
			return nil, refuse(e.contract.RowOf(q.op, contract.ClassTags))
		}
	}
	for i, r := range t.records {
		e.setTags(r, after[i])
	}
	return &wire.Map{}, nil
}

// merge adds labels; a key that is there already gets the new value.
func merge(had, more []label) []label {
	out := slices.Clone(had)
	for _, l := range more {
		if i := slices.IndexFunc(out, func(o label) bool { return o.key == l.key }); i >= 0 {
			out[i] = l
			continue
		}
		out = append(out, l)
	}
	return out
}

// untag takes the named tags off resources, or all of them where the request
// names none and says so.
func untag(e *Emulator, q *request) (*wire.Map, *refusal) {
	t, no := e.tagTargets(q)
	defer t.cell.mu.Unlock()
	if no != nil {
		return nil, no
	}
	names := e.world.Tagging
	keys := q.input.list(names.Keys)
	all := len(keys) == 0 && q.input.text(names.All) == "true"
	for _, r := range t.records {
		labels := names.tagsOf(r.input, r.means.Parameters[meanTags])
		e.setTags(r, slices.DeleteFunc(labels, func(l label) bool { return all || slices.Contains(keys, l.key) }))
	}
	return &wire.Map{}, nil
}

// listTags lists tags, of the named resources or of all that carry the wanted
// tags, by resource and then key.
func listTags(e *Emulator, q *request) (*wire.Map, *refusal) {
	names := e.world.Tagging
	wanted := names.tagsOf(q.input, names.Tags)
	return e.listing(q, e.labels(q, wanted))
}

func (e *Emulator) labels(q *request, wanted []label) []entry {
	kind := e.taggedKind(q)
	if kind == nil {
		return nil
	}
	ids := q.input.list(e.world.Tagging.IDs)
	c := e.cell(q.owner.ID, q.region.ID)
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []entry
	for _, r := range c.shelf(kind.Name, q.now, e.settle).list {
		if len(ids) == 0 || slices.Contains(ids, r.id) {
			out = append(out, e.labelsOf(q, r, wanted)...)
		}
	}
	return out
}

// labelsOf returns the record's tags if it carries all the wanted ones, and of
// those only the wanted ones where any are.
func (e *Emulator) labelsOf(q *request, r *record, wanted []label) []entry {
	labels := e.world.Tagging.tagsOf(r.input, r.means.Parameters[meanTags])
	slices.SortFunc(labels, func(a, b label) int { return strings.Compare(a.key, b.key) })
	var out []entry
	hits := 0
	for _, l := range labels {
		if len(wanted) > 0 && !e.wants(q, wanted, l) {
			continue
		}
		hits++
		out = append(out, entry{position{r.seq, l.key}, e.drawLabel(q, r, l)})
	}
	if hits < len(wanted) {
		return nil
	}
	return out
}

// wants says whether one of the wanted tags is this; a wanted tag without a
// value is met by any value.
func (e *Emulator) wants(q *request, wanted []label, l label) bool {
	for i, w := range wanted {
		path := e.world.Tagging.Tags + "." + strconv.Itoa(i+1) + "." + e.world.Tagging.Value
		if w.key == l.key && (w.value == l.value || !q.input.has(path)) {
			return true
		}
	}
	return false
}

func (e *Emulator) drawLabel(q *request, r *record, l label) *wire.Map {
	m := &wire.Map{}
	for _, f := range q.plan.item.Members {
		switch e.world.Tagging.Members[f.Name] {
		case "id":
			m.Set(f.Name, r.id)
		case "type":
			m.Set(f.Name, r.kind.TagType)
		case "key":
			m.Set(f.Name, l.key)
		case "value":
			m.Set(f.Name, l.value)
		}
	}
	return m
}
