package store

import (
	"bufio"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// directoryDump gives what controllers replicate.
func directoryDump(t require.TestingT, tx *Tx) string {
	var text strings.Builder
	out := bufio.NewWriter(&text)
	for _, table := range directoryTables {
		require.NoError(t, tx.dumpTable(out, table.name))
	}
	require.NoError(t, out.Flush())
	return text.String()
}

func TestDirectoryTables_AreThoseOfTheSchema(t *testing.T) {
	tx := updating(t)
	for _, table := range directoryTables {
		columns, err := collect(tx, scanText, "SELECT name FROM pragma_table_info('"+table.name+"')")
		require.NoError(t, err)
		assert.ElementsMatch(t, columns, slices.Concat(table.key, table.columns), table.name)
		key, err := collect(tx, scanText, "SELECT name FROM pragma_table_info('"+table.name+"') WHERE pk > 0 ORDER BY pk")
		require.NoError(t, err)
		assert.Equal(t, key, table.key, table.name)
	}
}

// TestWithout_IsTheDirectoryBefore reverts random operations, writes more, and
// compares the directory with that before and after them.
func TestWithout_IsTheDirectoryBefore(t *testing.T) {
	for name, path := range map[string]string{"memory": "", "file": t.TempDir() + "/a.db"} {
		t.Run(name, func(t *testing.T) {
			s := openDirectory(t, Config{TrackChanges: true, Path: path})
			root := testReseller.Child("OU", "Playground")
			require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
				mustCreate(t, tx, root, "organizationalUnit")
				for _, n := range []string{"0", "1"} {
					mustCreate(t, tx, root.Child("CN", n), "group", value("proxyAddresses", "SMTP:"+n+"@x.example"))
				}
				return nil
			}))
			rapid.Check(t, func(r *rapid.T) {
				tx, err := s.Begin(t.Context(), true)
				require.NoError(r, err)
				defer func() { assert.NoError(r, tx.Rollback()) }()
				p := playground{tx: tx, root: root}
				before := directoryDump(r, tx)
				for range rapid.IntRange(1, 12).Draw(r, "steps") {
					p.step(r)
				}
				after := directoryDump(r, tx)
				changes, err := tx.RowChanges()
				require.NoError(r, err)
				reversed := slices.Clone(changes)
				slices.Reverse(reversed)
				require.NoError(r, tx.Without(reversed, func() error {
					assert.Equal(r, before, directoryDump(r, tx))
					left, err := tx.RowChanges()
					assert.Len(r, left, len(changes), "reverting is no change")
					p.step(r)
					return err
				}))
				assert.Equal(r, after, directoryDump(r, tx))
				again, err := tx.RowChanges()
				require.NoError(r, err)
				assert.Equal(r, changes, again)
			})
		})
	}
}

func TestWithout_Fails(t *testing.T) {
	tx := updating(t)
	assert.ErrorContains(t, tx.Without(nil, func() error { return nil }), "does not track")

	s := openDirectory(t, Config{TrackChanges: true})
	failed := errors.New("failed")
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		assert.ErrorIs(t, tx.Without(nil, func() error { return failed }), failed)
		return nil
	}))
	assert.ErrorIs(t, s.View(t.Context(), func(tx *Tx) error {
		return tx.Without([]RowChange{{Table: "link", After: map[string]string{"id": "1"}}}, func() error { return nil })
	}), ErrReadOnly)
}
