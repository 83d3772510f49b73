package report

import (
	"slices"
	"strings"
	"testing"
)

func TestReadSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	const note = "1 of 3 cases; the run was cut short"
	for _, tt := range []struct {
		name, run string
		want      bool
	}{
		{"cut short", `{"planned":3}`, true},
		{"whole", `{"planned":1}`, false},
		{"of a version that did not say", `{}`, false},
	} {
		rep, err := Read("r", strings.NewReader(`{"case":"A/b/c/d","level":"must","verdict":"pass","run":`+tt.run+"}\n"))
		if err != nil {
			t.Fatalf("%s: Read: %v", tt.name, err)
		}
		if got := slices.Contains(rep.Notes, note); got != tt.want {
			t.Errorf("%s: Read() notes %q, want %q in them: %v", tt.name, rep.Notes, note, tt.want)
		}
	}
}
