package ledger

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// cpu is the processor time that the process has used.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkCommit is one small changed row with an audit row and a row of the
// transaction log, by one writer and by eight at once.
func BenchmarkCommit(b *testing.B) {
	for name, path := range map[string]func() string{
		"memory": func() string { return "" },
		"sqlite": func() string { return file(b) },
	} {
		for _, writers := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("%s/writers=%d", name, writers), func(b *testing.B) {
				s := mustOpen(b, Config{Schema: schema(b), Path: path()})
				b.ReportAllocs()
				before := cpu(b)
				b.ResetTimer()
				var all sync.WaitGroup
				for writer := range writers {
					all.Go(func() {
						for i := writer; i < b.N; i += writers {
							commitOne(b, s, i)
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64(cpu(b)-before)/float64(b.N)/1000, "cpu-µs/op")
			})
		}
	}
}

func commitOne(b *testing.B, s *Store, i int) {
	w, err := s.Begin(b.Context())
	if err != nil {
		b.Error(err)
		return
	}
	err = put(int64(i%10_000), "note of some forty characters, and more of it")(w.Tx())
	if err == nil {
		err = w.Commit(b.Context(), recordsOf(i))
	}
	if err != nil {
		b.Error(err)
	}
}

var requestText = "<request>" + strings.Repeat("<property name=\"x\">value</property>", 10) + "</request>"

// BenchmarkOpen is a store in memory from a root.
func BenchmarkOpen(b *testing.B) {
	made := schema(b)
	root := made.Root()
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(b.Context(), Config{Schema: made, Root: root})
		require.NoError(b, err)
		require.NoError(b, s.Close())
	}
}

// BenchmarkLoad is a file with 100 000 rows of some 300 bytes.
func BenchmarkLoad(b *testing.B) {
	cfg := Config{Schema: schema(b), Path: file(b), Synchronous: "OFF"}
	s, err := Open(b.Context(), cfg)
	require.NoError(b, err)
	tx := cfg.Schema.Root().Begin(state.Env{})
	const rows = 100_000
	for i := range int64(rows) {
		require.NoError(b, put(i, requestText[:250])(tx))
	}
	require.NoError(b, s.Replace(b.Context(), tx.Root(0)))
	require.NoError(b, s.Close())
	before := cpu(b)
	b.ReportAllocs()
	for b.Loop() {
		s, err := Open(b.Context(), cfg)
		require.NoError(b, err)
		require.NoError(b, s.Close())
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/rows/1000, "µs/row")
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N)/rows/1000, "cpu-µs/row")
}

// BenchmarkAppend is what the file alone costs, in batches.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := mustOpen(b, Config{Schema: schema(b), Path: file(b)})
			entries := make([]*entry, 0, b.N+size)
			root := s.Root()
			for i := range b.N + size - 1 {
				tx := root.Begin(state.Env{})
				require.NoError(b, put(int64(i%10_000), "note of some forty characters, and more of it")(tx))
				e := &entry{number: uint64(i + 1), at: time.Now(), changes: tx.Changes(), records: recordsOf(i).at(time.Now())}
				root = tx.Root(e.number)
				entries = append(entries, e)
			}
			before := cpu(b)
			b.ResetTimer()
			for at := 0; at < b.N; at += size {
				require.NoError(b, s.backend.append(b.Context(), entries[at:at+size]))
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N)/1000, "cpu-µs/op")
		})
	}
}

func recordsOf(i int) Records {
	id := fmt.Sprintf("{00000000-0000-4000-8000-%012d}", i)
	return Records{
		TransactionID: id, Controller: "DC1",
		Audit: &AuditRow{TransactionID: id, ClientID: id, Caller: "EXAMPLE\\admin", Organization: "Alpha", Namespace: "Hosted Exchange", Procedure: "CreateMailbox", Request: requestText},
		Log:   &LoggedTransaction{ID: id, Caller: "EXAMPLE\\admin", Procedure: "CreateMailbox", State: TransactionCommitted, Request: requestText},
	}
}
