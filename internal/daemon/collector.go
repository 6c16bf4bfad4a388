package daemon

import "runtime/debug"

// collectorPercent is by how much the heap may grow between two collections of
// garbage, in percent. What a gateway keeps is two or three MiB, so the default
// of 100 would have it collect every two MiB, at a tenth of its CPU time; twice
// that costs at most some MiB of memory.
const collectorPercent = 200

// RelaxCollector lets the heap grow a little more than Go's default before
// garbage is collected. A percentage chosen otherwise, by GOGC, stays.
func RelaxCollector() {
	const standard = 100
	if chosen := debug.SetGCPercent(collectorPercent); chosen != standard {
		debug.SetGCPercent(chosen)
	}
}
