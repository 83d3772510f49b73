package run

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDefaultKeyComesFirst(t *testing.T) {
	t.Parallel()
	names := []string{"secondary", "default", "arrears"}
	slices.SortFunc(names, defaultFirst)
	if diff := cmp.Diff([]string{"default", "arrears", "secondary"}, names); diff != "" {
		t.Errorf("order mismatch (-want +got):\n%s", diff)
	}
}
