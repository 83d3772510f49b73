package emulator

import (
	"encoding/json"

	"github.com/eci-conform/conform/internal/contract"
	"github.com/eci-conform/conform/internal/wire"
)

// listRegions lists the regions of the world that pass the filters.
func listRegions(e *Emulator, q *request) (*wire.Map, *refusal) {
	filters := q.filters()
	var found []entry
	for i, r := range e.world.Regions {
		view := e.drawRegion(r, q.plan.item)
		if passes(view, filters) {
			found = append(found, entry{position{seq: uint64(i)}, view})
		}
	}
	return e.listing(q, found)
}

func (e *Emulator) drawRegion(r *region, item *contract.Field) *wire.Map {
	m := &wire.Map{}
	for _, f := range item.Members {
		switch e.world.RegionMembers[f.Name] {
		case "id":
			m.Set(f.Name, r.ID)
		case "endpoint":
			m.Set(f.Name, r.Endpoint)
		case "zones":
			m.Set(f.Name, zoneNames(r, func(z zone) bool { return !z.NotOnSale }))
		case "recommended":
			m.Set(f.Name, zoneNames(r, func(z zone) bool { return z.Recommended }))
		case "unavailable":
			m.Set(f.Name, zoneNames(r, func(z zone) bool { return z.NotOnSale }))
		}
	}
	return m
}

func zoneNames(r *region, want func(zone) bool) []any {
	out := []any{}
	for _, z := range r.Zones {
		if want(z) {
			out = append(out, z.ID)
		}
	}
	return out
}

// listUsage says how much of its quotas the account uses in the region.
func listUsage(e *Emulator, q *request) (*wire.Map, *refusal) {
	attributes := &wire.Map{}
	for _, name := range sortedKeys(e.world.Usage) {
		u := e.world.Usage[name]
		switch {
		case u.Quota != "":
			attributes.Set(name, count(q.owner.quota(u.Quota, e.world.Resources[u.Quota])))
		case u.Used != "":
			attributes.Set(name, count(e.used(q, u.Used)))
		default:
			attributes.Set(name, json.Number(u.Fixed))
		}
	}
	out := &wire.Map{}
	for _, m := range q.op.Response.Members {
		if m.Type == contract.Map || m.Type == contract.Object {
			out.Set(m.Name, attributes)
		}
	}
	return out, nil
}

func (e *Emulator) used(q *request, kind string) int {
	c := e.cell(q.owner.ID, q.region.ID)
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.shelf(kind, q.now, e.settle).list)
}
