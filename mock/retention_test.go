package mock_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/state"
)

const day = 24 * time.Hour

// TestEmulator_SweepsWhileNothingIsQueued lets months pass in an emulator that
// runs and has nothing to do.
func TestEmulator_SweepsWhileNothingIsQueued(t *testing.T) {
	for name, row := range map[string]struct {
		audit, history, deleted time.Duration // settings
		weeks, months           string        // rows after 8 and after 100 days
	}{
		"by default": {90 * day, 7 * day, 60 * day, "audit 1, transactions 0, history 1, deleted 1", "audit 0, transactions 0, history 1, deleted 0"},
		"otherwise":  {day, 20 * day, 7 * day, "audit 0, transactions 1, history 4, deleted 0", "audit 0, transactions 0, history 1, deleted 0"},
		"never":      {0, 0, 0, "audit 1, transactions 1, history 3, deleted 1", "audit 1, transactions 1, history 3, deleted 1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				registry := prometheus.NewPedanticRegistry()
				var passed atomic.Int64 // nanoseconds
				e, err := mock.Open(t.Context(), mock.Config{
					Now:      func() time.Time { return time.Now().Add(time.Duration(passed.Load())) },
					Database: filepath.Join(t.TempDir(), "emulator.db"), HashCost: 4, Registerer: registry,
					KeepAudit: mock.Kept(row.audit), KeepHistory: mock.Kept(row.history), KeepDeleted: mock.Kept(row.deleted),
				})
				require.NoError(t, err)
				defer func() { require.NoError(t, e.Close()) }()
				for _, note := range []string{"a", "b"} {
					require.NoError(t, e.Store.Update(t.Context(), func(tx *state.Tx) error { return createAndDelete(tx, note == "a") }))
				}
				require.NoError(t, e.Store.Record(t.Context(), ledger.Records{
					Audit: &ledger.AuditRow{TransactionID: "{1}"}, Log: &ledger.LoggedTransaction{ID: "{1}", State: ledger.TransactionCommitted},
				}))
				ctx, stop := context.WithCancel(t.Context())
				ran := make(chan error)
				go func() { ran <- e.Run(ctx) }()
				has := func(when, want string) {
					t.Helper()
					var text strings.Builder
					text.WriteString("# HELP mockmpf_database_rows Rows of what the sweep shortens: the audit log, the transaction log, the history of commits, and the deleted objects.\n" +
						"# TYPE mockmpf_database_rows gauge\n")
					for part := range strings.SplitSeq(want, ", ") {
						of, rows, _ := strings.Cut(part, " ")
						text.WriteString(`mockmpf_database_rows{of="` + of + `"} ` + rows + "\n")
					}
					assert.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(text.String()), "mockmpf_database_rows"), when)
				}
				for _, at := range []struct {
					after time.Duration
					want  string
				}{
					{time.Hour, "audit 1, transactions 1, history 3, deleted 1"}, {8 * day, row.weeks}, {100 * day, row.months},
				} {
					passed.Store(int64(at.after))
					time.Sleep(time.Minute) // of the worker's timers
					has("after "+at.after.String(), at.want)
				}
				stop()
				require.NoError(t, <-ran)
			})
		})
	}
}

// createAndDelete makes an account, or deletes it.
func createAndDelete(tx *state.Tx, create bool) error {
	name := ldappath.MustParseDN("CN=gone,CN=Users,DC=fabrikam,DC=com")
	if create {
		_, err := directory.In(tx).Create(name, "user", nil)
		return err
	}
	o, err := directory.In(tx).Get(name)
	if err != nil {
		return err
	}
	return directory.In(tx).Delete(o)
}

func TestMetrics_SizeOfTheDatabase(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	e, err := mock.Open(t.Context(), mock.Config{Database: filepath.Join(t.TempDir(), "emulator.db"), HashCost: 4, Registerer: registry})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	families, err := registry.Gather()
	require.NoError(t, err)
	sizes := map[string]float64{}
	for _, f := range families {
		if f.GetName() == "mockmpf_database_bytes" {
			for _, m := range f.GetMetric() {
				sizes[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
			}
		}
	}
	size := e.Store.Size()
	assert.Equal(t, map[string]float64{"database": float64(size.File), "wal": float64(size.WAL)}, sizes)
	assert.Positive(t, size.File)
}
