package mail

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

var (
	testClock = time.Date(2004, 5, 6, 7, 8, 9, 0, time.UTC)
	testBase  = ldappath.MustParseDN("DC=fabrikam,DC=com")
)

// updating returns a transaction with a small domain.
func updating(tb testing.TB) *state.Tx {
	tb.Helper()
	schema, err := state.NewSchema(append(append(directory.Tables(), Tables()...), state.Counters())...)
	require.NoError(tb, err)
	n := uint64(0)
	tx := schema.Root().Begin(state.Env{
		Now:     func() time.Time { return testClock },
		NewGUID: func() (g [16]byte) { n++; binary.BigEndian.PutUint64(g[:], n); return g },
		Deleted: []func(*state.Tx, int64) error{ObjectDeleted},
	})
	_, err = directory.In(tx).CreateDomainRoot(testBase, "FABRIKAM", "S-1-5-21-1-2-3")
	require.NoError(tb, err)
	return tx
}

func mustCreate(tb testing.TB, tx *state.Tx, dn ldappath.DN, class string) *directory.Object {
	tb.Helper()
	o, err := directory.In(tx).Create(dn, class, nil)
	require.NoError(tb, err)
	return o
}

// again returns the content of a transaction as the ledger would load it.
func again(tb testing.TB, tx *state.Tx) *state.Tx {
	tb.Helper()
	root := tx.Root(1)
	loaded := root.Schema().Root().Begin(state.Env{})
	require.NoError(tb, root.Rows(func(table, _ string, value []byte) error {
		known, err := loaded.Load(table, value)
		require.True(tb, known, table)
		return err
	}))
	require.Empty(tb, differing(tb, root, loaded.Root(1)))
	return loaded.Fork()
}

// differing returns the rows that two roots do not write in the same way.
func differing(tb testing.TB, a, b *state.Root) []string {
	tb.Helper()
	rows := make(map[string]string)
	require.NoError(tb, a.Rows(func(table, key string, value []byte) error {
		rows[table+" "+key] = string(value)
		return nil
	}))
	var all []string
	require.NoError(tb, b.Rows(func(table, key string, value []byte) error {
		if rows[table+" "+key] != string(value) {
			all = append(all, table+" "+key+" "+string(value))
		}
		delete(rows, table+" "+key)
		return nil
	}))
	for name, value := range rows {
		all = append(all, name+" "+value)
	}
	return all
}
