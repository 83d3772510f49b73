package suites

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/run"
)

// TestRunSpecs is the one test that runs Ginkgo, which it allows once in a
// process: against a target with one fault, so that a failure is seen too.
func TestRunSpecs(t *testing.T) {
	tr := trial{
		selects: []string{"DescribeRegions/**"}, strict: contract.Must, seed: 1,
		edit: gateway("request.badVersion", func(e *contract.Error) { e.Code = "BadVersion" }),
	}
	c, p := loadPlan(t)
	selected, err := p.Select(tr.selects, nil, contract.Inferred)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	file := filepath.Join(t.TempDir(), "junit.xml")
	sum := RunSpecs(context.Background(), Show{Run: tr.options(t, c, selected), Out: &out, JUnit: file})
	if sum.Total != len(selected.Cases) || sum.Fail == 0 || sum.Pass == 0 {
		t.Errorf("RunSpecs() = %+v, want %d cases, some of which fail", sum, len(selected.Cases))
	}
	for _, want := range []string{"DescribeRegions/format/Version/other", "spec/openapi.yaml:", "want 400 InvalidVersion"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the console does not say %q:\n%.2000s", want, out.String())
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(text), "<testcase "); got < sum.Total {
		t.Errorf("the JUnit report has %d cases, want %d", got, sum.Total)
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	_, p := loadPlan(t)
	n := 0
	for _, op := range grouped(p.Cases, operationOf) {
		for _, family := range grouped(op, familyOf) {
			n += len(family)
			for _, k := range family {
				if k.Operation != family[0].Operation || k.Family != family[0].Family {
					t.Errorf("%s stands in the container of %s", k.ID, family[0].ID)
				}
			}
			if len(family) > 2000 {
				t.Errorf("%d cases in one container, more than Ginkgo takes well", len(family))
			}
		}
	}
	if n != len(p.Cases) {
		t.Errorf("%d cases in containers, want %d", n, len(p.Cases))
	}
}

func TestFailureSays(t *testing.T) {
	t.Parallel()
	if got, want := failure(run.Result{Case: "a/b/c/d", Reason: "panic"}), "a/b/c/d: panic"; got != want {
		t.Errorf("failure() = %q, want %q", got, want)
	}
}
