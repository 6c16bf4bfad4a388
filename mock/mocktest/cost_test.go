package mocktest_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/mock/mocktest"
)

// BenchmarkStart starts emulators and holds them all, and tells beside the
// wall time what each took of the processor and takes of the memory.
func BenchmarkStart(b *testing.B) {
	mocktest.Start(b) // makes the demo data
	memory, processor := residentBytes(b), processorTime(b)
	for b.Loop() {
		mocktest.Start(b)
	}
	b.ReportMetric(float64(processorTime(b)-processor)/float64(b.N), "cpu-ns/op")
	b.ReportMetric((residentBytes(b)-memory)/float64(b.N), "held-B/op")
}

// processorTime is what the program has used so far, in nanoseconds.
func processorTime(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// residentBytes is the program's memory, that outside of Go's heap included,
// which is where SQLite has its own.
func residentBytes(b *testing.B) float64 {
	b.Helper()
	runtime.GC()
	statm, err := os.ReadFile("/proc/self/statm")
	require.NoError(b, err)
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	require.NoError(b, err)
	return float64(pages * os.Getpagesize())
}
