package suites

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/emulator"
	"github.com/eci-conform/conform/internal/wire"
)

// hooked is a fault that needs a hook of the emulator, and the case that must
// fail for it.
type hooked struct {
	name string
	by   string // id of the case
	must bool   // it breaks a must clause: an ordinary run fails
	// should says that it breaks a should clause.
	should bool
	edit   func(*contract.Contract)
	wrap   wrapper
	hooks  func() *emulator.Hooks
}

func (f hooked) judge(t *testing.T) judged {
	tr := trial{edit: f.edit, wrap: f.wrap, selects: []string{f.by}, strict: contract.Inferred, seed: 5, patient: 200 * time.Millisecond}
	switch {
	case f.must:
		tr.strict = contract.Must
	case f.should:
		tr.strict = contract.Should
	}
	if f.hooks != nil {
		tr.hooks = f.hooks()
	}
	return tr.judge(t)
}

// caught holds that every fault fails the case that it names.
func caught(t *testing.T, faults []hooked) {
	for _, f := range faults {
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			out := f.judge(t)
			if !slices.Contains(out.failed(strings.Split(f.by, "/")[1]), f.by) {
				for _, r := range out.results {
					t.Errorf("%s: %s %s", r.Case, r.Verdict, r.Reason)
				}
			}
		})
	}
}

// misasked changes requests before the emulator checks them.
func misasked(do func(*emulator.Ask)) func() *emulator.Hooks {
	return func() *emulator.Hooks { return &emulator.Hooks{Ask: do} }
}

// mistold changes the trees of successes of one operation.
func mistold(operation string, do func(*emulator.Ask, *wire.Map)) func() *emulator.Hooks {
	return func() *emulator.Hooks {
		return &emulator.Hooks{Tell: func(a *emulator.Ask, status int, body *wire.Map) int {
			if a.Operation == operation && status == 200 {
				do(a, body)
			}
			return status
		}}
	}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }
