package main

import "runtime/debug"

// heapGrowth is by how many per cent the heap may grow between two
// collections. A run keeps little and throws away much: at Go's 100 it would
// spend a tenth of its time on collecting, and heapEnough bounds what it grows
// to.
const heapGrowth = 1000

// heapEnough is the size in bytes from which on the collector works for room
// instead of time: a target that sends junk by the megabyte must not fill the
// machine.
const heapEnough = 384 << 20

// tune sets the collector for runs, unless the user has.
func tune(lookup func(string) (string, bool)) {
	if _, set := lookup("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(heapEnough)
	}
	if _, set := lookup("GOGC"); !set {
		debug.SetGCPercent(heapGrowth)
	}
}
