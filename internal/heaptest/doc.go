// Package heaptest measures, in tests, how much heap something hostile takes
// above idle, garbage that is not collected yet included:
//
//	heaptest.Each(t, names, allowance, func(t *testing.T, name string) (uint64, string) {
//		peak := heaptest.Start()
//		// do it, and call peak.Take now and then
//		return peak.AboveIdle(), "what came of it"
//	})
//
// Each case runs in a process of its own, so that the garbage of one is not
// counted for another.
package heaptest
