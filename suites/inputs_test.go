package suites

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

func TestInputsAreValid(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	in, err := LoadInputs(c, fixtures.Inputs, "inputs")
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range c.Operations {
		for name, params := range map[string]wire.Params{"minimal": in[op.Name].Minimal, "maximal": in[op.Name].Maximal} {
			checkInput(t, op, name, params)
		}
		for _, f := range op.Leaves() {
			if f.Parent != nil && f.Parent.Type == contract.Map {
				continue
			}
			if len(below(in[op.Name].Maximal, top(f.Path)))+len(below(in[op.Name].Others, top(f.Path))) == 0 && !f.AllowEmpty && f.Path != op.Effect.Next && op.Effect.Kind != contract.Deletes {
				t.Errorf("%s: no input has a value for %s", op.Name, f.Path)
			}
		}
	}
}

func checkInput(t *testing.T, op *contract.Operation, name string, params wire.Params) {
	t.Helper()
	for _, f := range op.Parameters {
		if f.Required && len(below(params, f.Name)) == 0 {
			t.Errorf("%s: %s lacks %s", op.Name, name, f.Name)
		}
	}
	for _, p := range params {
		f := fieldOf(op, p.Name)
		if isTemplate(p.Value) || f.Type == contract.Map {
			continue
		}
		if keyword := f.Check(p.Value); keyword != "" {
			t.Errorf("%s: %s: %s=%q breaks %s", op.Name, name, p.Name, p.Value, keyword)
		}
	}
}

func TestLoadInputsSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	op := c.Operations[0].Name
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":       {"minimal: {}\nsome: {}\n", `in/` + op + `.yaml:2: unknown key "some", want minimal, maximal, others, with or without`},
		"unknown parameter": {"minimal:\n  Regionid: x\n", `in/` + op + `.yaml:2: ` + op + ` has no parameter "Regionid"`},
		"no text":           {"minimal:\n  RegionId: [x]\n", `in/` + op + `.yaml:2: parameter RegionId: want one text`},
		"no mapping":        {"minimal: x\n", `in/` + op + `.yaml:1: want a mapping`},
		"no choice":         {"with:\n  RegionId: {}\n", `in/` + op + `.yaml:2: "RegionId" is not PARAMETER=VALUE of a parameter of ` + op},
		"empty":             {"", `in/` + op + `.yaml:1: empty, want minimal and maximal`},
	} {
		_, err := LoadInputs(c, fstest.MapFS{"in/" + op + ".yaml": {Data: []byte(test.text)}}, "in")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: LoadInputs() error:\n%v\nwant one with:\n%s", name, err, test.want)
		}
	}
}

func TestPlanWithoutInput(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	_, err := Plan(c, Inputs{})
	want := "plan " + c.Operations[0].Name + ": no valid input"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Plan() error %v, want one with %q", err, want)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Tag.12.Key": "Tag.N.Key", "RegionId": "RegionId", "Image.1": "Image.N", "A.1.B.2": "A.N.B.N"} {
		if got := contract.Generic(name); got != want {
			t.Errorf("contract.Generic(%q) = %q, want %q", name, got, want)
		}
	}
	if got, want := first("A.N.B.N"), "A.1.B.1"; got != want {
		t.Errorf("first() = %q, want %q", got, want)
	}
	if within("ImageCacheId", "Image") || !within("Image.1", "Image") || !within("Image", "Image") {
		t.Error("within() takes a longer name for one below")
	}
}
