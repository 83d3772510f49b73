package baseline

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eci-conform/conform/internal/check"
)

func TestRevised(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)
	f := func(clause, got string) check.Finding { return check.Finding{Clause: clause, Want: "4xx", Got: got} }
	tests := []struct {
		name, old, want string
		judged          []Judged
	}{
		{"nothing at all", "", "", nil},
		{"what failed, by case and clause", "", `
- {case: A/auth/x/1, clause: a#c, reason: "want 4xx, got 200", issue: unfiled}
- {case: A/auth/x/1, clause: a#d, reason: "want 4xx, got x y", issue: unfiled}
- {case: B/auth/x/1, clause: a#c, reason: "want 4xx, got nothing", issue: unfiled}`,
			[]Judged{{Case: "B/auth/x/1", Open: []check.Finding{f("a#c", "")}},
				{Case: "A/auth/x/1", Open: []check.Finding{f("a#d", "x\n\ty"), f("a#c", "200"), f("a#c", "201")}}}},
		{"what still fails stays as it is", "- {case: A, reason: mine, issue: 7}", "- {case: A, reason: mine, issue: 7}",
			[]Judged{{Case: "A/auth/x/1"}}},
		{"what is fixed goes", "- {case: A/auth/x/1, reason: mine, issue: 7}", "", []Judged{{Case: "A/auth/x/1", Fixed: true}}},
		{"a glob is split", "- {case: A, clause: a#c, reason: mine, until: 2026-08-01}", `
- {case: A/auth/x/2, clause: a#c, reason: mine, until: 2026-08-01}
- {case: A/format/y/1, clause: a#c, reason: mine, until: 2026-08-01}`,
			[]Judged{{Case: "A/auth/x/1", Fixed: true}, {Case: "A/auth/x/2"}}},
		{"what is over begins anew", "- {case: A/auth/*/*, reason: mine, until: 2026-07-01}", `
- {case: A/auth/x/1, clause: a#c, reason: "want 4xx, got 200", issue: unfiled}
- {case: A/auth/x/2, reason: mine, until: 2026-07-01}`,
			[]Judged{{Case: "A/auth/x/1", Open: []check.Finding{f("a#c", "200")}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, tt.old).Revised(somePlan(), tt.judged, now)
			opts := []cmp.Option{cmpopts.IgnoreFields(Entry{}, "Place"), cmpopts.EquateEmpty()}
			if diff := cmp.Diff(read(t, tt.want), got, opts...); diff != "" {
				t.Errorf("Revised() mismatch (-want +got):\n%s", diff)
			}
			text, err := got.Encode("a target")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, read(t, string(text)), opts...); diff != "" {
				t.Errorf("Load(Encode()) mismatch (-want +got):\n%s\n%s", diff, text)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	b := read(t, `- {case: "A/b/c: d/#e", reason: "want \"4xx\", got 'x': # y", issue: "007"}`)
	text, err := b.Encode("http://127.0.0.1:1\n- case: x")
	if err != nil {
		t.Fatal(err)
	}
	want := `# Known departures of http://127.0.0.1:1 - case: x, as conform run --write-baseline found them.
# Give each entry a reason of your own, and an issue or a last day (until) in
# place of "unfiled".
- case: 'A/b/c: d/#e'
  reason: 'want "4xx", got ''x'': # y'
  issue: "007"
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("Encode() mismatch (-want +got):\n%s", diff)
	}
	long := fresh(Judged{Case: "c", Open: []check.Finding{{Want: strings.Repeat("ü", 1000), Got: "\xff"}}})[0]
	if n := len([]rune(long.Reason)); n > 2*maxText || !strings.HasSuffix(long.Reason, "got \uFFFD") {
		t.Errorf("the reason of a long finding has %d characters: %s", n, long.Reason)
	}
}
