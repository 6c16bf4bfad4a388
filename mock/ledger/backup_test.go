package ledger

import (
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

func TestStore_BackupWhileItRuns(t *testing.T) {
	cfg := Config{Schema: schema(t), Path: file(t)}
	s := mustOpen(t, cfg)
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	w, err := s.Begin(t.Context()) // a writer does not stop it
	require.NoError(t, err)
	copied := file(t)
	require.NoError(t, s.Backup(t.Context(), copied))
	w.Rollback()
	info, err := os.Stat(copied)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())
	assert.ErrorIs(t, s.Backup(t.Context(), copied), fs.ErrExist)
	require.NoError(t, s.Update(t.Context(), put(2, "b")))

	restored := file(t)
	require.NoError(t, Restore(t.Context(), copied, restored))
	assert.ErrorIs(t, Restore(t.Context(), copied, restored), fs.ErrExist)
	assert.NoFileExists(t, copied+"-wal")
	again := mustOpen(t, Config{Schema: cfg.Schema, Path: restored})
	assert.Equal(t, map[int64]string{1: "a"}, notes(again.Root()))
	assert.Equal(t, s.Installation(), again.Installation())
	assert.EqualValues(t, 1, again.Root().Revision())
}

func TestStore_BackupOfMemory(t *testing.T) {
	assert.ErrorIs(t, mustOpen(t, Config{Schema: schema(t)}).Backup(t.Context(), file(t)), ErrInMemory)
}

func TestRestore_RefusesWhatCannotBeOpened(t *testing.T) {
	to := file(t)
	assert.ErrorIs(t, Restore(t.Context(), file(t), to), fs.ErrNotExist)
	newer := made(t)
	sqlIn(t, newer, "UPDATE installation SET value = '7' WHERE name = 'format'")
	assert.ErrorIs(t, Restore(t.Context(), newer, to), ErrFormat)
	damaged := made(t)
	content, err := os.ReadFile(damaged)
	require.NoError(t, err)
	copy(content[2*4096:], make([]byte, 4096))
	require.NoError(t, os.WriteFile(damaged, content, 0o600))
	assert.ErrorIs(t, Restore(t.Context(), damaged, to), ErrDamaged)
	assert.NoFileExists(t, to)
	require.NoError(t, os.WriteFile(to+"-wal", []byte("x"), 0o600))
	assert.ErrorContains(t, Restore(t.Context(), made(t), to), "belongs to another database")
	assert.NoFileExists(t, to)
}

func TestReplace_AWholeImport(t *testing.T) {
	cfg := Config{Schema: schema(t), Path: file(t)}
	s, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, s.Update(t.Context(), put(1_000_000, "old")))
	tx := cfg.Schema.Root().Begin(state.Env{})
	for i := range int64(MaxHistory + 5) {
		require.NoError(t, put(i, "new")(tx))
	}
	require.NoError(t, s.Replace(t.Context(), tx.Root(0)))
	want := lines(t, s.Root())
	var changes string
	require.NoError(t, s.backend.(*database).readers.QueryRow("SELECT changes FROM revision WHERE number = 2").Scan(&changes))
	assert.JSONEq(t, `[{"table":"thing","rows":10006}]`, changes, "of very large commits the rows are counted")
	require.NoError(t, s.Close())
	s = mustOpen(t, cfg)
	assert.Equal(t, want, lines(t, s.Root()))
}
