package seed

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// What an engine of several has read of another's commits is what that one has:
// every row can be taken out by its key as the ledger writes it, and put again.
func TestRows_AreAdoptedAsTheyWereWritten(t *testing.T) {
	root, err := Root(t.Context(), environment(), *Demo())
	require.NoError(t, err)
	var rows, gone []state.StoredRow
	require.NoError(t, root.Rows(func(table, key string, value []byte) error {
		rows = append(rows, state.StoredRow{Table: table, Key: key, Value: slices.Clone(value)})
		gone = append(gone, state.StoredRow{Table: table, Key: key})
		return nil
	}))
	tx := root.Begin(environment())
	require.NoError(t, tx.Adopt(gone))
	assert.Empty(t, tx.Changes())
	for table, count := range tx.Fork().Root(1).Count() {
		assert.Zero(t, count, table)
	}
	slices.Reverse(rows)
	require.NoError(t, tx.Adopt(rows))
	want, got := new(strings.Builder), new(strings.Builder)
	require.NoError(t, root.Dump(want))
	require.NoError(t, tx.Root(2).Dump(got))
	assert.Equal(t, want.String(), got.String())
}
