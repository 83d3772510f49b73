package emulator

import (
	"strconv"
	"strings"

	"github.com/eci-conform/conform/internal/wire"
)

// input is a decoded set of parameters as flat leaves in canonical form: lists
// count from 1 without gaps, maps have plain keys. It is never changed in
// place.
type input wire.Params

// get returns the value at a concrete path such as Tag.1.Key.
func (in input) get(path string) (string, bool) { return wire.Params(in).Get(path) }

// text returns the value at path, or the empty text.
func (in input) text(path string) string {
	v, _ := in.get(path)
	return v
}

// number returns the integer at path; false where there is none.
func (in input) number(path string) (int, bool) {
	n, err := strconv.Atoi(in.text(path))
	return n, err == nil
}

// has says whether path or anything below it is given.
func (in input) has(path string) bool {
	for _, p := range in {
		if under(p.Name, path) {
			return true
		}
	}
	return false
}

// count returns how many elements the list at path has.
func (in input) count(path string) int {
	n := 0
	for _, p := range in {
		rest, ok := strings.CutPrefix(p.Name, path+".")
		if !ok {
			continue
		}
		index, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(index); err == nil && i > n {
			n = i
		}
	}
	return n
}

// list returns the elements of the list of scalars at path.
func (in input) list(path string) []string {
	out := make([]string, 0, in.count(path))
	for i := range cap(out) {
		out = append(out, in.text(path+"."+strconv.Itoa(i+1)))
	}
	return out
}

// below returns the leaves under path, named from there.
func (in input) below(path string) wire.Params {
	var out wire.Params
	for _, p := range in {
		if rest, ok := strings.CutPrefix(p.Name, path+"."); ok {
			out = append(out, wire.Param{Name: rest, Value: p.Value})
		}
	}
	return out
}

// without returns the leaves that are not at or below path.
func (in input) without(path string) input {
	var out input
	for _, p := range in {
		if !under(p.Name, path) {
			out = append(out, p)
		}
	}
	return out
}

// only returns the leaves at or below path.
func (in input) only(path string) input {
	var out input
	for _, p := range in {
		if under(p.Name, path) {
			out = append(out, p)
		}
	}
	return out
}

// with returns in with the values of change in place of its own: of wholes,
// which are lists and maps, all that stood there goes; of the rest, value by
// value.
func (in input) with(change input, wholes []string) input {
	out := in
	for _, path := range wholes {
		if change.has(path) {
			out = out.without(path)
		}
	}
	for _, p := range change {
		out = append(out.without(p.Name), p)
	}
	return out
}

// concrete returns the paths that a generic one such as Tag.N.Key stands for.
func (in input) concrete(generic string) []string {
	before, after, ok := cutIndex(generic)
	if !ok {
		return []string{generic}
	}
	var out []string
	for i := range in.count(before) {
		out = append(out, in.concrete(before+"."+strconv.Itoa(i+1)+after)...)
	}
	return out
}

// cutIndex cuts a generic path around its first N: Tag.N.Key gives Tag and
// .Key.
func cutIndex(path string) (before, after string, ok bool) {
	if before, ok = strings.CutSuffix(path, ".N"); ok && !strings.Contains(before, ".N.") {
		return before, "", true
	}
	if before, after, ok = strings.Cut(path, ".N."); ok {
		return before, "." + after, true
	}
	return path, "", false
}

func under(name, path string) bool {
	return name == path || len(name) > len(path) && name[len(path)] == '.' && name[:len(path)] == path
}
