package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const limit = 5 * time.Second

// at gives an operation its moments.
func at(begin, end int64, o Operation) Operation {
	o.Begin, o.End = begin, end
	o.Asked = fmt.Sprintf("%d-%d", begin, end)
	return o
}

func write(pairs ...string) Operation {
	set := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		set[pairs[i]] = pairs[i+1]
	}
	return Operation{Kind: Write, Set: set}
}

func read(pairs ...string) Operation {
	return Operation{Kind: Read, Present: true, Settled: true, Seen: write(pairs...).Set}
}

func with(o Operation, outcome Outcome) Operation {
	o.Outcome = outcome
	return o
}

func absent() Operation { return Operation{Kind: Read} }
func remove() Operation { return Operation{Kind: Remove} }
func use() Operation    { return Operation{Kind: Use} }

func TestCheck(t *testing.T) {
	t.Parallel()
	moving := read("a", "7")
	moving.Settled = false
	tests := []struct {
		name string
		ops  []Operation
		want Result
		core []string
	}{
		{name: "nothing"},
		{name: "one after another", ops: []Operation{at(1, 2, write("a", "1")), at(3, 4, read("a", "1"))}},
		{name: "stale", ops: []Operation{at(1, 2, write("a", "1")), at(3, 4, read("a", "0")), at(5, 6, write("b", "1"))},
			want: Unexplained, core: []string{"1-2", "3-4"}},
		{name: "either of two", ops: []Operation{at(1, 4, write("a", "1")), at(2, 3, write("a", "2")), at(5, 6, read("a", "1"))}},
		{name: "torn", ops: []Operation{
			at(1, 4, write("a", "1", "b", "1")), at(2, 3, write("a", "2", "b", "2")), at(5, 6, read("a", "1", "b", "2")),
			at(7, 8, write("a", "3")), at(9, 10, read("a", "3")),
		}, want: Unexplained, core: []string{"1-4", "2-3", "5-6"}},
		{name: "lost", ops: []Operation{at(1, 3, write("a", "1")), at(2, 4, write("b", "1")), at(5, 6, read("a", "1", "b", "0"))},
			want: Unexplained, core: []string{"2-4", "5-6"}},
		{name: "back and forth", ops: []Operation{
			at(1, 9, write("a", "1")), at(2, 3, read("a", "1")), at(4, 5, read("a", "0")),
		}, want: Unexplained, core: []string{"2-3", "4-5"}},
		{name: "refused has no effect", ops: []Operation{at(1, 2, with(write("a", "1"), Refused)), at(3, 4, read("a", "1"))},
			want: Unexplained, core: []string{"3-4"}},
		{name: "unknown may have had", ops: []Operation{at(1, 2, with(write("a", "1"), Unknown)), at(3, 4, read("a", "1"))}},
		{name: "unknown may have none", ops: []Operation{at(1, 2, with(write("a", "1"), Unknown)), at(3, 4, read("a", "0"))}},
		{name: "unknown late", ops: []Operation{
			at(1, 2, with(write("a", "1"), Unknown)), at(3, 4, read("a", "0")), at(5, 6, read("a", "1")),
		}},
		{name: "not settled", ops: []Operation{at(1, 2, moving), at(3, 4, read("a", "0"))}},
		{name: "used when gone", ops: []Operation{at(1, 2, remove()), at(3, 4, use())}, want: Unexplained, core: []string{"1-2", "3-4"}},
		{name: "used while going", ops: []Operation{at(1, 3, remove()), at(2, 4, use())}},
		{name: "removed twice", ops: []Operation{at(1, 3, remove()), at(2, 4, remove())}, want: Unexplained, core: []string{"1-3", "2-4"}},
		{name: "one removes", ops: []Operation{at(1, 3, remove()), at(2, 4, with(remove(), Missing)), at(5, 6, absent())}},
		{name: "missing though there", ops: []Operation{at(1, 2, with(use(), Missing))}, want: Unexplained, core: []string{"1-2"}},
		{name: "removal unknown", ops: []Operation{at(1, 2, with(remove(), Unknown)), at(3, 4, read("a", "0")), at(5, 6, absent())}},
		{name: "back again", ops: []Operation{at(1, 2, remove()), at(3, 4, absent()), at(5, 6, read("a", "0"))},
			want: Unexplained, core: []string{"1-2", "5-6"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &History{Start: map[string]string{"a": "0", "b": "0"}, Operations: tt.ops}
			got := h.Check(limit)
			var core []string
			for _, o := range got.Core {
				core = append(core, o.Asked)
			}
			if diff := cmp.Diff(tt.core, core); got.Result != tt.want || diff != "" {
				t.Errorf("Check() = %v, want %v; core mismatch (-want +got):\n%s", got.Result, tt.want, diff)
			}
			if !strings.Contains(string(got.Picture), "<html") {
				t.Error("there is no picture")
			}
		})
	}
}

func TestLast(t *testing.T) {
	t.Parallel()
	h := &History{Start: map[string]string{"a": "0", "b": "0", "c": "0"}, Operations: []Operation{
		at(1, 2, write("a", "1")), at(3, 6, write("a", "2")), at(4, 5, write("a", "3", "b", "3")),
		at(7, 8, with(write("a", "4"), Refused)), at(9, 10, with(write("c", "5"), Unknown)), at(1, 3, write("a", "9")),
	}}
	type last struct{ Values, Replaced []string }
	tests := map[string]last{
		"a": {[]string{"2", "3"}, []string{"1", "9", "0"}},
		"b": {[]string{"3"}, []string{"0"}},
		"c": {[]string{"5", "0"}, nil},
	}
	for register, want := range tests {
		values, replaced := h.Last(register)
		if diff := cmp.Diff(want, last{values, replaced}); diff != "" {
			t.Errorf("Last(%s) mismatch (-want +got):\n%s", register, diff)
		}
	}
	if h.Open("a") || !h.Open("c") {
		t.Error("Open() is wrong")
	}
}

func TestAfterRemoval(t *testing.T) {
	t.Parallel()
	h := &History{Operations: []Operation{
		at(1, 5, write("a", "1")), at(2, 4, remove()), at(3, 6, use()), at(7, 8, use()), at(7, 9, with(use(), Missing)),
		at(5, 10, read()), at(11, 12, absent()), at(13, 14, read()), at(12, 15, read()),
	}}
	names := func(ops []Operation) string {
		var out []string
		for _, o := range ops {
			out = append(out, o.Asked)
		}
		return strings.Join(out, " ")
	}
	if got := names(h.UsedAfterRemoval()); got != "7-8" {
		t.Errorf("UsedAfterRemoval() = %s, want 7-8", got)
	}
	if got := names(h.Revived()); got != "13-14" {
		t.Errorf("Revived() = %s, want 13-14", got)
	}
}

// Histories of a register behind a lock are explained, however they are mixed;
// with one read changed to what nobody wrote they are not.
func TestRandomHistoriesAreExplained(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		values, ops := map[string]string{"a": "0", "b": "0"}, []Operation(nil)
		for i := range int64(24) {
			o := read("a", values["a"], "b", values["b"])
			if r.IntN(2) == 0 {
				o = write([]string{"a", "b"}[r.IntN(2)], fmt.Sprint(i))
				for name, value := range o.Set {
					values[name] = value
				}
			}
			o.Client = int(i) % 8
			// Each takes effect at 100·i, somewhere within its time.
			ops = append(ops, at(100*i-r.Int64N(350), 100*i+1+r.Int64N(350), o))
		}
		ops = append(ops, at(10000, 10001, read("a", values["a"], "b", values["b"])))
		h := &History{Start: map[string]string{"a": "0", "b": "0"}, Operations: ops}
		if got := h.Check(limit); got.Result != Explained {
			t.Errorf("seed %d: Check() = %v, want it explained:\n%s", seed, got.Result, Lines(got.Core))
		}
		ops[len(ops)-1] = at(10000, 10001, read("a", "nobody's", "b", values["b"]))
		got := h.Check(limit) // how small the core gets is a matter of time
		if got.Result != Unexplained || !slices.ContainsFunc(got.Core, func(o Operation) bool { return o.Seen["a"] == "nobody's" }) {
			t.Errorf("seed %d: Check() = %v, want the last read unexplained:\n%s", seed, got.Result, Lines(got.Core))
		}
	}
}

func TestLogCountsMoments(t *testing.T) {
	t.Parallel()
	var l Log
	l.Add(at(100, 900, write("a", "1")))
	l.Add(at(200, 300, read()))
	l.Add(at(300, 400, read()))
	var got [][2]int64
	for _, o := range l.History(nil).Operations {
		got = append(got, [2]int64{o.Begin, o.End})
	}
	want := [][2]int64{{2, 4}, {3, 5}, {1, 6}} // the third began when the second ended: before its end
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("History() mismatch (-want +got):\n%s", diff)
	}
}
