package suites

import "testing"

func TestCoverageHasNoHole(t *testing.T) {
	t.Parallel()
	c, p := loadPlan(t)
	for _, clause := range Coverage(c, p).Open() {
		t.Errorf("%s (%s): no case judges it, and no reason is given", clause.ID, clause.Place)
	}
}
