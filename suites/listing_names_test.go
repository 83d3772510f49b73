package suites

import (
	"strings"
	"sync"
	"testing"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
)

// TestNamesDoNotRace: of what a case makes side by side each gets the name that
// it got when the run was recorded, whoever comes first.
func TestNamesDoNotRace(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	names := map[string]string{} // by bucket, the end of the name
	hooks := &emulator.Hooks{Ask: func(a *emulator.Ask) {
		mu.Lock()
		defer mu.Unlock()
		if a.Operation == "CreateDataCache" {
			bucket, _ := a.Params.Get("Bucket")
			name, _ := a.Params.Get("Name")
			names[bucket] = name[strings.LastIndexByte(name, '-')+1:]
		}
	}}
	tr := trial{selects: []string{"DescribeDataCaches/listing/Bucket/default"}, strict: contract.Inferred, seed: 5, hooks: hooks}
	tr.judge(t)
	if names["default"] != "2" || names["default-2"] != "3" {
		t.Errorf("the names by bucket end in %v, want the first in 2 and the second in 3", names)
	}
}
