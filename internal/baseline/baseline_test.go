package baseline

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/spec"
)

var load = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

func theContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

func somePlan() *plan.Plan {
	var p plan.Plan
	for _, id := range []string{"A/auth/x/1", "A/auth/x/2", "A/format/y/1", "B/auth/x/1"} {
		p.Cases = append(p.Cases, &plan.Case{ID: id})
	}
	return &p
}

func read(t testing.TB, text string) *Baseline {
	t.Helper()
	b, err := Load("b.yaml", []byte(text))
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return b
}

func TestLoad(t *testing.T) {
	t.Parallel()
	got := read(t, `# what we live with
- case: A/auth/**     # all of it
  reason: no ACS3 yet
  issue: 1234
- {case: "*/format/*/*", clause: common#envelope/error.status, pointer: /status, reason: r, until: 2026-12-31}
`)
	want := []*Entry{
		{Case: "A/auth/**", Reason: "no ACS3 yet", Issue: "1234", Place: contract.Place{File: "b.yaml", Line: 2}},
		{Case: "*/format/*/*", Clause: "common#envelope/error.status", Pointer: "/status", Reason: "r", Until: "2026-12-31",
			Place: contract.Place{File: "b.yaml", Line: 5}},
	}
	if diff := cmp.Diff(want, got.Entries); diff != "" {
		t.Errorf("Load() mismatch (-want +got):\n%s", diff)
	}
	for _, empty := range []string{"", "# nothing\n", "[]", "~"} {
		if b := read(t, empty); len(b.Entries) != 0 {
			t.Errorf("Load(%q) = %d entries, want none", empty, len(b.Entries))
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"no YAML", "- case: [", "b.yaml: line 1"},
		{"no list", "case: x", "b.yaml:1: want a list of entries"},
		{"no entry", "- x", "b.yaml:1: want an entry"},
		{"no case", "- {reason: r, issue: 1}", "b.yaml:1: case is missing"},
		{"no reason", "\n- case: x\n  issue: 1", "b.yaml:2: reason is missing"},
		{"a blank reason", "- case: x\n  reason: ' '\n  issue: 1", "b.yaml:2: reason: want a text"},
		{"neither until nor issue", "- {case: x, reason: r}", "b.yaml:1: until or issue is missing"},
		{"no date", "- case: x\n  reason: r\n  until: tomorrow", `b.yaml:3: until "tomorrow": want a date`},
		{"no day", "- {case: x, reason: r, until: 2026-02-30}", `b.yaml:1: until "2026-02-30": want a date`},
		{"no pointer", "- {case: x, reason: r, issue: 1, pointer: status}", `b.yaml:1: pointer "status": want a JSON pointer`},
		{"an unknown key", "- {case: x, reson: r, issue: 1}", `b.yaml:1: unknown key "reson"`},
		{"a key given twice", "- {case: x, case: y, reason: r, issue: 1}", "b.yaml:1: case is given twice"},
		{"a key without a value", "- {case: x, reason: , issue: 1}", "b.yaml:1: reason: want a text"},
		{"a list for a text", "- {case: [x], reason: r, issue: 1}", "b.yaml:1: case: want a text"},
		{"all at once", "- {case: x}\n- {reason: r, issue: 1}", "b.yaml:2: case is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := Load("b.yaml", []byte(tt.text))
			if err == nil || b != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load() = %v, %v; want an error with %q", b, err, tt.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("- {case: x, reason: r, until: 2026-12-31}"))
	f.Add([]byte("- &a {case: x, reason: r, issue: 1}\n- *a"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := Load("b.yaml", text)
		if err != nil {
			return
		}
		for _, e := range b.Entries {
			if e.Case == "" || e.Reason == "" || e.Until == "" && e.Issue == "" {
				t.Fatalf("Load(%q) took %+v", text, e)
			}
		}
		out, err := b.Encode("x")
		if err != nil {
			t.Fatal(err)
		}
		again, err := Load("b.yaml", out)
		if diff := cmp.Diff(b, again, cmpopts.IgnoreFields(Entry{}, "Place"), cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("Load(Encode()) = %v (-want +got):\n%s", err, diff)
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c := theContract(t)
	tests := []struct{ name, entry, want string }{
		{"a case", "case: A/auth/x/1", ""},
		{"a glob and a clause", "case: auth, clause: common#envelope/**", ""},
		{"a clause that is in no page", "case: auth, clause: '**/unlisted'", ""},
		{"a stray case", "case: A/auth/x/3", `b.yaml:1: case "A/auth/x/3": no case matches; nearest: A/auth/x/1, A/auth/x/2`},
		{"a stray family", "case: A/outh/**", "nearest: A/auth/**"},
		{"a case like no other", "case: Nonsense/nowhere", "no case matches; see conform plan"},
		{"a stray clause", "case: auth, clause: common#envelope/eror.status", `clause "common#envelope/eror.status": no clause matches; nearest: common#envelope/error.status`},
		{"a clause like no other", "case: auth, clause: nonsense/nowhere", "no clause matches; see conform coverage"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := read(t, "- {"+tt.entry+", reason: r, issue: 1}").Check(somePlan(), c)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Check() = %v, want %q", err, tt.want)
			}
		})
	}
	var none *Baseline
	if err := none.Check(somePlan(), c); err != nil {
		t.Errorf("Check() of no baseline = %v", err)
	}
}

func TestExcuse(t *testing.T) {
	t.Parallel()
	const common = "reason: r, issue: 1"
	b := read(t, `- {case: A/auth/x/1, clause: a#b/c, `+common+`}
- {case: A/auth/x/2, pointer: /body/Code, `+common+`}
- {case: B, clause: "a#b/*", pointer: /status, `+common+`}
- {case: A/format/y/1, reason: r, until: 2026-07-01}
`)
	tests := []struct {
		id, clause, pointer string
		day                 string
		excused, lapsed     bool
	}{
		{"A/auth/x/1", "a#b/c", "/status", "2026-01-01", true, false},
		{"A/auth/x/1", "a#b/d", "/status", "2026-01-01", false, false},
		{"A/auth/x/2", "any", "/body/Code", "2026-01-01", true, false},
		{"A/auth/x/2", "any", "/body/Code/x", "2026-01-01", true, false},
		{"A/auth/x/2", "any", "/body/CodeX", "2026-01-01", false, false},
		{"B/auth/x/1", "a#b/d", "/status", "2026-01-01", true, false},
		{"B/auth/x/1", "a#b/d", "/body", "2026-01-01", false, false},
		{"A/format/y/1", "any", "", "2026-07-01", true, false},
		{"A/format/y/1", "any", "", "2026-07-02", false, true},
		{"C/auth/x/1", "a#b/c", "/status", "2026-01-01", false, false},
	}
	for _, tt := range tests {
		day, err := time.Parse(time.DateOnly, tt.day)
		if err != nil {
			t.Fatal(err)
		}
		x := b.Case(tt.id, day)
		f := check.Finding{Clause: tt.clause, Pointer: tt.pointer}
		if excused, lapsed := x.Excuse(f) != nil, x.Expired(f) != nil; excused != tt.excused || lapsed != tt.lapsed {
			t.Errorf("%+v: excused %v, lapsed %v", tt, excused, lapsed)
		}
	}
}

func TestUntilIsADayOfTheClock(t *testing.T) {
	t.Parallel()
	b := read(t, "- {case: A, reason: r, until: 2026-07-01}")
	east := time.FixedZone("east", 8*3600)
	if x := b.Case("A/auth/x/1", time.Date(2026, 7, 1, 23, 0, 0, 0, east)); x.Excuse(check.Finding{}) == nil {
		t.Error("the entry excuses nothing on its last evening")
	}
	if x := b.Case("A/auth/x/1", time.Date(2026, 7, 2, 1, 0, 0, 0, east)); x.Excuse(check.Finding{}) != nil {
		t.Error("the entry excuses on the day after")
	}
}

func TestEveryClauseIsItsOwnGlob(t *testing.T) {
	t.Parallel()
	for _, k := range theContract(t).Clauses {
		if strings.ContainsAny(k.ID, "*?") {
			t.Errorf("clause %s reads as a glob: a baseline could not name it", k.ID)
		}
	}
}
