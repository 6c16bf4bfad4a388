package mock_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock"
	"wsexchange/mock/store"
)

// TestBeside opens a database beside an emulator that works on it: a transaction
// that runs there is not taken for the rest of a crash.
func TestBeside(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	working, err := mock.Open(t.Context(), mock.Config{Database: database, HashCost: 4})
	require.NoError(t, err)
	require.NoError(t, working.Store.LogBegin(t.Context(), store.LoggedTransaction{ID: "{running}", Caller: "ann"}))
	for _, c := range []struct {
		beside bool
		want   store.TransactionState
	}{{true, store.TransactionRunning}, {false, store.TransactionAborted}} {
		other, err := mock.Open(t.Context(), mock.Config{Database: database, HashCost: 4, Beside: c.beside})
		require.NoError(t, err)
		require.NoError(t, other.Close())
		require.NoError(t, working.Store.View(t.Context(), func(tx *store.Tx) error {
			got, err := tx.LoggedTransaction("{running}")
			assert.Equal(t, c.want, got.State)
			return err
		}))
	}
	require.NoError(t, working.Close())
}
