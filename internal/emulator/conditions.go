package emulator

import (
	"sort"

	"github.com/eci-conform/conform/internal/contract"
)

// condDryRun is the condition that a request brings about by a parameter that
// the world says nobody documents.
const condDryRun = "request.dryRun"

// worldConditions say which conditions hold for what a request names.
var worldConditions = map[string]func(*region, references) bool{
	"vswitch.exhausted":      vswitchExhausted,
	"vswitch.otherZone":      vswitchInOtherZone,
	"securityGroup.otherVpc": groupInOtherVPC,
	"zone.notOnSale":         zoneNotOnSale,
	"zone.noStock":           zoneWithoutStock,
	"eipPool.exhausted":      poolExhausted,
}

// worldRefusal returns the first row of the operation's table whose condition
// holds for the things that the request names.
func worldRefusal(q *request, refs references) *refusal {
	for _, row := range q.op.Errors {
		holds := worldConditions[row.Condition]
		if holds != nil && holds(q.region, refs) {
			return refuse(row, q.region.ID)
		}
	}
	return nil
}

// vswitchExhausted holds when none of the vSwitches has an address left: the
// first with one is used.
func vswitchExhausted(_ *region, refs references) bool {
	for _, v := range refs[bindingVSwitch] {
		if v.Free > 0 {
			return false
		}
	}
	return len(refs[bindingVSwitch]) > 0
}

func vswitchInOtherZone(_ *region, refs references) bool {
	for _, z := range refs[bindingZone] {
		for _, v := range refs[bindingVSwitch] {
			if v.Zone != z.ID {
				return true
			}
		}
	}
	return false
}

func groupInOtherVPC(_ *region, refs references) bool {
	for _, g := range refs[bindingSecurityGroup] {
		for _, v := range refs[bindingVSwitch] {
			if v.VPC != g.VPC {
				return true
			}
		}
	}
	return false
}

func zoneNotOnSale(r *region, refs references) bool {
	for _, z := range refs.zones(r) {
		if z.NotOnSale {
			return true
		}
	}
	return false
}

func zoneWithoutStock(r *region, refs references) bool {
	for _, z := range refs.zones(r) {
		if z.NoStock {
			return true
		}
	}
	return false
}

func poolExhausted(_ *region, refs references) bool {
	for _, p := range refs[bindingAddressPool] {
		if p.Free == 0 {
			return true
		}
	}
	return false
}

// standingRefusal returns the first row, of the operation's table or of the
// gateway's, whose condition the account's standing names.
func (e *Emulator) standingRefusal(q *request) *refusal {
	if q.owner == nil || len(q.owner.standing) == 0 {
		return nil
	}
	for _, table := range [][]*contract.Error{q.op.Errors, e.contract.Gateway.Errors} {
		for _, row := range table {
			if q.owner.standing[row.Condition] && !e.hasStage(row.Condition) {
				return refuse(row, e.reason(q.op, row.Condition))
			}
		}
	}
	return nil
}

// hasStage says whether a condition is the business of a stage of its own.
func (e *Emulator) hasStage(condition string) bool {
	c := e.contract.Condition(condition)
	return c != nil && (c.Class == contract.ClassThrottling || c.Class == contract.ClassPermission)
}

// reason fills a row's %s for which nobody documents a text.
func (e *Emulator) reason(op *contract.Operation, condition string) string {
	c := e.contract.Condition(condition)
	switch {
	case c != nil && c.Class == contract.ClassQuota:
		return op.Effect.Resource
	case c != nil && c.Summary != "":
		return c.Summary
	}
	return condition
}

// stateRow returns the operation's row for a condition, or nil.
func stateRow(op *contract.Operation, condition string) *contract.Error {
	for _, row := range op.Errors {
		if row.Condition == condition {
			return row
		}
	}
	return nil
}

// dryRefusal ends a request that only wanted to know whether it would pass.
func (e *Emulator) dryRefusal(q *request) *refusal {
	name := e.world.Undocumented.DryRun
	if v, _ := q.raw.Get(name); name == "" || v != "true" {
		return nil
	}
	if row := stateRow(q.op, condDryRun); row != nil {
		return refuse(row)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
