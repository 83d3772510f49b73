package plan

import (
	"maps"
	"slices"
	"sync"

	"github.com/eci-conform/conform/internal/check"
	"github.com/eci-conform/conform/internal/contract"
)

// absence is which operations the target says that it does not have. It is safe
// for concurrent use.
type absence struct {
	mu     sync.Mutex
	denied map[string]bool // false once the operation was carried out
}

// unknownAction is the condition of the row that says so.
const unknownAction = "request.unknownAction"

// hear takes the answer to a request that nobody has tampered with.
func (n *absence) hear(m *message, a *check.Answer) {
	if m.operation == nil || len(m.Before)+len(m.After) > 0 {
		return
	}
	says := slices.ContainsFunc(a.Rows, func(r *contract.Error) bool { return r.Condition == unknownAction && r.Code == a.Code })
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, heard := n.denied[m.operation.Name]; !says && !a.OK || says && heard {
		return
	}
	if n.denied == nil {
		n.denied = map[string]bool{}
	}
	n.denied[m.operation.Name] = says
}

// Absent lists the operations of which the target has said that there are none,
// and none of which it has carried out.
func (e *Environment) Absent() []string {
	n := &e.absence
	n.mu.Lock()
	defer n.mu.Unlock()
	there := func(op string) bool { return !n.denied[op] }
	return slices.DeleteFunc(slices.Sorted(maps.Keys(n.denied)), there)
}
