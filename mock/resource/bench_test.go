package resource

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// filledPool has that many mailboxes, a hundred in each organization.
func filledPool(b *testing.B, mailboxes int) *state.Root {
	b.Helper()
	pool := openPool(b)
	for i := range max(mailboxes/10_000, 1) {
		mustResource(b, pool, MailStore, fmt.Sprint("M", i), 1<<30, true)
	}
	var share int64
	for n := range mailboxes {
		if n%100 == 0 {
			a, err := pool.Allocate(poolGUID(n/100), int64(n/10_000)+1, 2000)
			require.NoError(b, err)
			share = a.ID
		}
		_, err := pool.AddConsumer(Consumer{AllocationID: share, Kind: MailboxConsumer, GUID: poolGUID(1<<32 + n), Kilobytes: 10000})
		require.NoError(b, err)
	}
	return pool.tx.Root(1)
}

// The 100 000th mailbox costs what the 1 000th does.
func BenchmarkAddConsumer(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			pool := In(filledPool(b, size).Begin(state.Env{}))
			a, err := pool.Allocate(poolGUID(1<<40), 1, 1<<20)
			require.NoError(b, err)
			for n := 0; b.Loop(); n++ {
				_, err := pool.AddConsumer(Consumer{AllocationID: a.ID, Kind: MailboxConsumer, GUID: poolGUID(1<<41 + n), Kilobytes: 1})
				require.NoError(b, err)
			}
		})
	}
}

// A question about one organization of a hundred mailboxes costs the same
// among ten organizations and a thousand.
func BenchmarkConsumers(b *testing.B) {
	for _, size := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			pool := In(filledPool(b, size).Read(state.Env{}))
			for b.Loop() {
				found, err := pool.Consumers(poolGUID(5), MailboxConsumer)
				require.NoError(b, err)
				require.Len(b, found, 100)
			}
		})
	}
}

// Memory of a mailbox, with everything that the resource manager keeps of it.
func BenchmarkMemory(b *testing.B) {
	const size = 100_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		root := filledPool(b, size)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/size, "B/mailbox")
		runtime.KeepAlive(root)
	}
}
