package emulator

import (
	"strconv"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// checkParameters decodes the operation's parameters and holds them against
// the contract: what is required, then what is written wrongly, then values,
// then rules between parameters, then the regions that they name.
func checkParameters(e *Emulator, q *request) *refusal {
	if q.op == nil {
		return nil
	}
	node, faults := wire.Decode(q.raw, q.plan.shape)
	q.input = input(wire.Encode(node, q.plan.shape))
	for _, check := range parameterChecks {
		if no := check(e, q, faults); no != nil {
			return no
		}
	}
	return nil
}

var parameterChecks = []func(*Emulator, *request, []wire.Fault) *refusal{
	checkOwner, checkRequired, checkFaults, checkValues, checkRules, checkRegions,
}

// checkOwner holds the parameters that claim to speak for an account, which no
// page lists, against the key's.
func checkOwner(e *Emulator, q *request, _ []wire.Fault) *refusal {
	if q.owner == nil {
		return nil
	}
	id, byID := q.raw.Get(e.world.Undocumented.OwnerID)
	name, byName := q.raw.Get(e.world.Undocumented.OwnerAccount)
	switch {
	case id != "" && name != "":
		return refuse(e.gatewayRow("request.badOwner"))
	case byID && id != "" && id != q.owner.Number:
		return refuse(e.gatewayRow("request.badOwnerId"))
	case byName && name != "" && name != q.owner.ID:
		return refuse(e.gatewayRow("request.badOwnerAccount"))
	}
	return nil
}

func checkRequired(e *Emulator, q *request, faults []wire.Fault) *refusal {
	for _, f := range q.op.Parameters {
		if no := e.requireField(q, f, f.Name, faults); no != nil {
			return no
		}
	}
	return nil
}

// requireField asks for f at the concrete path, and for what is required below
// it where it is given.
func (e *Emulator) requireField(q *request, f *contract.Field, path string, faults []wire.Fault) *refusal {
	if !q.input.has(path) && !faulty(faults, path) {
		if e.requires(f) {
			return e.violation("missing", path)
		}
		return nil
	}
	switch f.Type {
	case contract.Object:
		return e.requireMembers(q, f, path, faults)
	case contract.Array:
		for i := range q.input.count(path) {
			if no := e.requireMembers(q, f.Items, path+"."+strconv.Itoa(i+1), faults); no != nil {
				return no
			}
		}
	}
	return nil
}

func (e *Emulator) requireMembers(q *request, f *contract.Field, path string, faults []wire.Fault) *refusal {
	if f.Type != contract.Object {
		return nil
	}
	for _, m := range f.Members {
		if no := e.requireField(q, m, path+"."+m.Name, faults); no != nil {
			return no
		}
	}
	return nil
}

func (e *Emulator) requires(f *contract.Field) bool {
	return f.Required && !(e.lenient && f.Lenient)
}

// faulty says whether something at path was sent that could not be decoded: it
// is wrong, not missing.
func faulty(faults []wire.Fault, path string) bool {
	for _, f := range faults {
		if f.Kind != wire.Unknown && under(f.Name, path) {
			return true
		}
	}
	return false
}

func checkFaults(e *Emulator, q *request, faults []wire.Fault) *refusal {
	for _, f := range faults {
		if p := q.op.Parameter(f.Path); p != nil && p.AllowEmpty && f.Value == "" {
			continue
		}
		if kind := violationOfFault(f.Kind); kind != "" {
			return e.violation(kind, f.Name)
		}
	}
	return nil
}

// violationOfFault returns the kind of violation, empty for a fault that is
// none: the API ignores names that it does not know.
func violationOfFault(k wire.FaultKind) string {
	switch k {
	case wire.Unknown:
		return ""
	case wire.Duplicate:
		return "duplicate"
	case wire.Gap, wire.ZeroIndex, wire.LeadingZero, wire.BadIndex:
		return "index"
	default:
		return "type"
	}
}

func checkValues(e *Emulator, q *request, _ []wire.Fault) *refusal {
	for _, f := range q.op.Parameters {
		if no := e.checkCounts(q, f, f.Name); no != nil {
			return no
		}
	}
	for _, p := range q.input {
		f := q.op.Parameter(contract.Generic(p.Name))
		if f == nil {
			continue
		}
		if keyword := f.Check(p.Value); keyword != "" && !(keyword == "nonEmpty" && e.lenient && f.Lenient) {
			return e.violation(violationOfKeyword(keyword), p.Name)
		}
	}
	return nil
}

func violationOfKeyword(keyword string) string {
	switch keyword {
	case "nonEmpty":
		return "empty"
	case "format":
		return "type"
	case "minItems":
		return "missing"
	default:
		return keyword
	}
}

// checkCounts holds the lists at and below f against their bounds.
func (e *Emulator) checkCounts(q *request, f *contract.Field, path string) *refusal {
	switch f.Type {
	case contract.Array:
		n := q.input.count(path)
		if f.MaxItems != nil && n > *f.MaxItems {
			return e.tooMany(q, path)
		}
		for i := range n {
			if no := e.checkCounts(q, f.Items, path+"."+strconv.Itoa(i+1)); no != nil {
				return no
			}
		}
	case contract.Object:
		for _, m := range f.Members {
			if no := e.checkCounts(q, m, path+"."+m.Name); no != nil {
				return no
			}
		}
	}
	return nil
}

// tooMany answers a list that is too long; some operations have a row of their
// own for tags.
func (e *Emulator) tooMany(q *request, path string) *refusal {
	if row := e.contract.RowOf(q.op, contract.ClassTags); row != nil && (path == e.world.Tagging.Tags || path == e.world.Tagging.Keys) {
		return refuse(row)
	}
	return e.violation("maxItems", path)
}

func checkRules(e *Emulator, q *request, _ []wire.Fault) *refusal {
	for _, r := range q.op.Rules {
		holds := rules[r.Kind]
		if holds == nil {
			continue
		}
		if name, ok := holds(r, q.input); !ok {
			return e.violation(r.Violation, name)
		}
	}
	return nil
}

// checkRegions asks that every region exists and settles where the operation
// works; the world's first region is where it works unless it is told.
func checkRegions(e *Emulator, q *request, _ []wire.Fault) *refusal {
	q.region = e.world.Regions[0]
	for _, generic := range e.bound[contract.RegionBinding] {
		for _, path := range q.input.concrete(generic) {
			id := q.input.text(path)
			if id == "" {
				continue
			}
			r := e.world.regions[id]
			if r == nil {
				return e.violation("unknownRegion", path)
			}
			if path == e.world.Parameters.Region {
				q.region = r
			}
		}
	}
	return nil
}

func isIndex(s string) bool {
	_, err := strconv.ParseUint(s, 10, 31)
	return err == nil
}
