// Package roomtest helps tests of the rooms of the state: an empty state in a
// transaction, its rows as the ledger has them and as people see them.
package roomtest

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// Clock is where the clock of Begin begins.
var Clock = time.Date(2004, 5, 6, 7, 8, 9, 0, time.UTC)

// Begin returns a transaction over the tables, which are empty, with env. A
// clock that env does not have stands at Clock; GUIDs count up.
func Begin(tb testing.TB, env state.Env, tables ...[]state.Declaration) *state.Tx {
	tb.Helper()
	schema, err := state.NewSchema(append(slices.Concat(tables...), state.Counters())...)
	require.NoError(tb, err)
	if env.Now == nil {
		env.Now = func() time.Time { return Clock }
	}
	n := uint64(1 << 62)
	env.NewGUID = func() (g [16]byte) {
		n++
		binary.BigEndian.PutUint64(g[:], n)
		return g
	}
	return schema.Root().Begin(env)
}

// Rows returns the rows of a transaction as JSON, by table and key with a
// blank between.
func Rows(tb require.TestingT, tx *state.Tx) map[string]string {
	rows := make(map[string]string)
	require.NoError(tb, tx.Fork().Root(0).Rows(func(table, key string, value []byte) error {
		rows[table+" "+key] = string(value)
		return nil
	}))
	return rows
}

// Reload returns a transaction over the rows of another as they are loaded from
// a ledger, in the reverse order of tables, and requires that they are the same.
func Reload(tb testing.TB, tx *state.Tx) *state.Tx {
	tb.Helper()
	root := tx.Fork().Root(0)
	var rows [][2]string
	require.NoError(tb, root.Rows(func(table, _ string, value []byte) error {
		rows = append(rows, [2]string{table, string(value)})
		return nil
	}))
	loaded := root.Schema().Root().Begin(state.Env{Now: tx.Now})
	for _, row := range slices.Backward(rows) {
		known, err := loaded.Load(row[0], []byte(row[1]))
		require.NoError(tb, err, row)
		require.True(tb, known, row[0])
	}
	require.Equal(tb, Rows(tb, tx), Rows(tb, loaded))
	return loaded
}

// Described returns what a transaction has changed: the values that attributes
// have now, by object.
func Described(tx *state.Tx) map[string]map[string][]string {
	objects := make(map[string]map[string][]string)
	for _, c := range state.Describe(tx.Began().Read(state.Env{}), tx, tx.Changes()) {
		objects[c.Object] = make(map[string][]string)
		for _, a := range c.Attributes {
			objects[c.Object][a.Name] = a.After
		}
	}
	return objects
}
