package main

import "runtime/debug"

// heapGrowth is by how many per cent the heap may grow between two
// collections. A run keeps little and throws away much: at Go's 100 it would
// spend a tenth of its time on collecting.
const heapGrowth = 400

// tune sets the collector for runs, unless the user has.
func tune(lookup func(string) (string, bool)) {
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(heapGrowth)
	}
}
