package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

func samplePlan() *Plan {
	must, inferred := &contract.Clause{Level: contract.Must}, &contract.Clause{Level: contract.Inferred}
	return &Plan{Cases: []*Case{
		{ID: "UpdateImageCache/parameter/ClientToken/maxLength+1", Clause: must},
		{ID: "UpdateImageCache/parameter/Tag.N.Key/maxLength+1", Clause: inferred},
		{ID: "UpdateImageCache/format/json/success", Clause: must},
		{ID: "DeleteImageCache/parameter/ImageCacheId/missing", Clause: must},
	}}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		globs, skips []string
		level        contract.Level
		want         []int
	}{
		{"all", nil, nil, contract.Inferred, []int{0, 1, 2, 3}},
		{"an operation", []string{"UpdateImageCache"}, nil, contract.Inferred, []int{0, 1, 2}},
		{"a family", []string{"parameter"}, nil, contract.Inferred, []int{0, 1, 3}},
		{"part of a segment", []string{"*ImageCache"}, []string{"Update*"}, contract.Inferred, []int{3}},
		{"a star stays in its segment", []string{"UpdateImageCache/*/*/maxLength+1"}, nil, contract.Inferred, []int{0, 1}},
		{"two stars cross", []string{"UpdateImageCache/**"}, nil, contract.Inferred, []int{0, 1, 2}},
		{"two stars in front", []string{"**/missing"}, nil, contract.Inferred, []int{3}},
		{"an id", []string{"UpdateImageCache/parameter/Tag.N.Key/maxLength+1"}, nil, contract.Inferred, []int{1}},
		{"a question mark", []string{"UpdateImageCache/form?t/json/success"}, nil, contract.Inferred, []int{2}},
		{"a level", nil, nil, contract.Should, []int{0, 2, 3}},
		{"everything skipped", nil, []string{"**"}, contract.Inferred, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := samplePlan()
			got, err := p.Select(tt.globs, tt.skips, tt.level)
			if err != nil {
				t.Fatal(err)
			}
			var want, ids []string
			for _, i := range tt.want {
				want = append(want, p.Cases[i].ID)
			}
			for _, c := range got.Cases {
				ids = append(ids, c.ID)
			}
			if diff := cmp.Diff(want, ids); diff != "" {
				t.Errorf("Select() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSelectRefusesWhatMatchesNothing(t *testing.T) {
	t.Parallel()
	for glob, near := range map[string]string{
		"UpdateImageCahce":                      "UpdateImageCache",
		"UpdateImageCache/*":                    "nearest: UpdateImageCache/*/**",
		"UpdateImageCach/**":                    "nearest: UpdateImageCache/**",
		"**/Paramter/*/*":                       "nearest: **/parameter/*/*",
		"UpdateImageCache/nonsense/**":          "see conform plan",
		"nonsense":                              "see conform plan",
		"DeleteImageCache/parameter/ImageCache": "DeleteImageCache/parameter/ImageCacheId",
	} {
		for _, args := range [][2][]string{{{glob}, nil}, {nil, {glob}}} {
			_, err := samplePlan().Select(args[0], args[1], contract.Inferred)
			if err == nil || !strings.Contains(err.Error(), near) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Select(%q) error = %v, want one line that names %s", glob, err, near)
			}
		}
	}
	if _, err := (&Plan{}).Select([]string{"x"}, nil, contract.Inferred); err == nil {
		t.Error("Select() of an empty plan succeeded")
	}
}

func TestMatchLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[ab]{0,3}(/[ab]{0,3}){0,3}`).Draw(t, "id")
		if !Match(id+"/", id+"/") || !Match("**", id) {
			t.Fatalf("Match(%q) does not match itself, or ** does not", id)
		}
		if Match("*/x", id+"/x") != !strings.Contains(id, "/") {
			t.Fatalf("Match(*/x, %q): a star crossed a segment, or stopped short of it", id+"/x")
		}
	})
}

func TestFingerprintTellsProbesApart(t *testing.T) {
	t.Parallel()
	base := func() *Probe { return &Probe{Operation: "Op", Params: wire.Params{{Name: "A", Value: "1"}}} }
	edit := []Edit{{Name: "e"}}
	changed := map[string]func(*Probe){
		"operation": func(p *Probe) { p.Operation = "Other" },
		"a value":   func(p *Probe) { p.Params = wire.Params{{Name: "A", Value: "$name"}} },
		"a name":    func(p *Probe) { p.Params = wire.Params{{Name: "A=1 B", Value: ""}} },
		"one more":  func(p *Probe) { p.Params = append(p.Params, p.Params[0]) },
		"method":    func(p *Probe) { p.Method = "POST" },
		"form":      func(p *Probe) { p.Form = true },
		"scheme":    func(p *Probe) { p.Scheme = wire.ACS3 },
		"format":    func(p *Probe) { p.Format = "XML" },
		"no format": func(p *Probe) { p.NoFormat = true },
		"before":    func(p *Probe) { p.Before = edit },
		"after":     func(p *Probe) { p.After = edit },
	}
	seen := map[string]string{base().Fingerprint(): "the base"}
	for name, change := range changed {
		p := base()
		change(p)
		if other := seen[p.Fingerprint()]; other != "" {
			t.Errorf("%s and %s share the fingerprint %s", name, other, p.Fingerprint())
		}
		seen[p.Fingerprint()] = name
	}
	same := base()
	same.Method, same.Format, same.Scheme, same.Change = "GET", "JSON", wire.V1, "said otherwise"
	if same.Fingerprint() != base().Fingerprint() {
		t.Error("what is the default makes another fingerprint when it is written out")
	}
}
