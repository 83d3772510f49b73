package suites

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eci-conform/conform/fixtures"
	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/plan"
	"github.com/eci-conform/conform/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// loaded is read once: neither contract nor plan changes in a run.
var loaded = sync.OnceValues(func() (*plan.Plan, error) {
	c, err := theContract()
	if err != nil {
		return nil, err
	}
	in, err := LoadInputs(c, fixtures.Inputs, "inputs")
	if err != nil {
		return nil, err
	}
	return Plan(c, in)
})

var theContract = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load(spec.Name, spec.OpenAPI) })

func loadContract(t testing.TB) *contract.Contract {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatalf("load contract: %v", err)
	}
	return c
}

func loadPlan(t testing.TB) (*contract.Contract, *plan.Plan) {
	t.Helper()
	p, err := loaded()
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return loadContract(t), p
}

func TestPlanGolden(t *testing.T) {
	t.Parallel()
	_, p := loadPlan(t)
	var b strings.Builder
	for _, c := range p.Cases {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", c.ID, c.Clause.Level, c.Clause.ID)
	}
	const file = "testdata/plan.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("Plan() mismatch; run go test ./suites -update if it is meant (-want +got):\n%s", diff)
	}
}

func TestPlanSize(t *testing.T) {
	t.Parallel()
	c, p := loadPlan(t)
	if got := len(p.Cases); got < 1500 {
		t.Errorf("Plan() has %d cases, want at least 1500", got)
	}
	seen := map[string]int{}
	for _, k := range p.Cases {
		seen[k.Operation+"/"+k.Family]++
	}
	for _, op := range c.Operations {
		for _, family := range []string{"parameter", "auth", "format"} {
			if seen[op.Name+"/"+family] == 0 {
				t.Errorf("Plan() has no case of %s/%s", op.Name, family)
			}
		}
	}
}

func TestPlanUnique(t *testing.T) {
	t.Parallel()
	_, p := loadPlan(t)
	ids, prints := map[string]bool{}, map[string]string{}
	for _, c := range p.Cases {
		if ids[c.ID] {
			t.Errorf("case %s twice", c.ID)
		}
		ids[c.ID] = true
		if c.Probe == nil {
			continue
		}
		if other, ok := prints[c.Probe.Fingerprint()]; ok {
			t.Errorf("%s and %s send the same bytes", c.ID, other)
		}
		prints[c.Probe.Fingerprint()] = c.ID
	}
}

func TestPlanExplains(t *testing.T) {
	t.Parallel()
	_, p := loadPlan(t)
	for _, c := range p.Cases {
		if c.Promise == "" || len(c.Steps) < 2 || c.Run == nil || c.Clause == nil {
			t.Errorf("case %s: promise %q, steps %q: cannot be explained", c.ID, c.Promise, c.Steps)
		}
		if strings.ContainsAny(c.ID, " *?[]\t") || strings.Count(c.ID, "/") != 3 {
			t.Errorf("case id %q is not four words between slashes", c.ID)
		}
	}
}
