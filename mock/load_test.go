package mock_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/mock"
	"wsexchange/mock/seed"
)

// BenchmarkLoad opens a file with mailboxes, and reports beside the time what
// their content takes of the heap. Making a large file takes a while.
func BenchmarkLoad(b *testing.B) {
	for _, size := range growthSizes() {
		b.Run(fmt.Sprintf("mailboxes=%d", size), func(b *testing.B) {
			cfg := mock.Config{Database: filepath.Join(b.TempDir(), "emulator.db")}
			made, _, err := mock.OpenStore(b.Context(), cfg, true)
			require.NoError(b, err)
			inventory := seed.Inventory{Organizations: (size + usersOfOneOrg - 1) / usersOfOneOrg, Users: size}
			require.NoError(b, inventory.Generate(b.Context(), made.Update, nil))
			require.NoError(b, made.Close())
			made = nil
			before, held := heapBytes(), uint64(0)
			processor := processorTime(b)
			b.ResetTimer()
			for range b.N {
				store, _, err := mock.OpenStore(b.Context(), cfg, false)
				require.NoError(b, err)
				b.StopTimer()
				processor -= processorTime(b) // what follows is not of the load
				held = heapBytes() - before
				runtime.KeepAlive(store)
				require.NoError(b, store.Close())
				processor += processorTime(b)
				b.StartTimer()
			}
			b.StopTimer()
			b.ReportMetric(float64(processorTime(b)-processor)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(held)/float64(size), "held-B/mailbox")
		})
	}
}

func heapBytes() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
