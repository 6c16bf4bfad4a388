package ledger

import (
	"io/fs"
	"os"
	"path/filepath"
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

// TestBackupFile_WhileItIsInUse copies and reads a file between two writes,
// neither of which has left the write-ahead log.
func TestBackupFile_WhileItIsInUse(t *testing.T) {
	cfg := Config{Schema: schema(t), Path: file(t)}
	s := mustOpen(t, cfg)
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	w, err := s.Begin(t.Context()) // a writer does not stop it
	require.NoError(t, err)
	copied := file(t)
	require.NoError(t, BackupFile(t.Context(), cfg.Path, copied))
	read, err := ReadFile(t.Context(), cfg.Schema, cfg.Path)
	require.NoError(t, err)
	require.NoError(t, put(2, "b")(w.Tx()))
	require.NoError(t, w.Commit(t.Context(), Records{}))
	assert.Equal(t, map[int64]string{1: "a"}, notes(read.Root()))
	assert.Equal(t, s.Installation(), read.Installation())
	assert.EqualValues(t, 1, read.Root().Revision())
	assert.ErrorIs(t, BackupFile(t.Context(), cfg.Path, copied), fs.ErrExist)
	info, err := os.Stat(copied)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())
	again := mustOpen(t, Config{Schema: cfg.Schema, Path: copied})
	assert.Equal(t, map[int64]string{1: "a"}, notes(again.Root()))
	assert.Equal(t, map[int64]string{1: "a", 2: "b"}, notes(s.Root()))
	require.NoError(t, s.Update(t.Context(), put(3, "c")), "writing goes on")
}

func TestRestore_TakesRelativePaths(t *testing.T) {
	t.Chdir(filepath.Dir(made(t)))
	require.NoError(t, BackupFile(t.Context(), "mockmpf.db", "copy"))
	require.NoError(t, Restore(t.Context(), "copy", "restored"))
	require.NoError(t, BackupFile(t.Context(), "restored", "file:copy"), "a name, no URI")
	read, err := ReadFile(t.Context(), schema(t), "file:copy")
	require.NoError(t, err)
	assert.Equal(t, map[int64]string{1: "a"}, notes(read.Root()))
	s := mustOpen(t, Config{Schema: schema(t), Path: "restored"})
	require.NoError(t, os.Symlink("restored", "link"))
	assert.ErrorContains(t, Restore(t.Context(), "copy", "link"), "is in use by process")
	require.NoError(t, s.Update(t.Context(), put(2, "b")))
}

func TestReadFile_OfAFileThatNobodyHasOpen(t *testing.T) {
	path := made(t)
	read, err := ReadFile(t.Context(), schema(t), path)
	require.NoError(t, err)
	assert.Equal(t, map[int64]string{1: "a"}, notes(read.Root()))
	found, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	assert.Equal(t, []string{path, path + ".lock"}, found)
}

func TestReadFile_RefusesWhatCannotBeOpened(t *testing.T) {
	refuses := func(path string, want error) {
		_, err := ReadFile(t.Context(), schema(t), path)
		assert.ErrorIs(t, err, want)
		assert.ErrorContains(t, err, path)
	}
	refuses(file(t), fs.ErrNotExist)
	newer := made(t)
	sqlIn(t, newer, "UPDATE installation SET value = '7' WHERE name = 'format'")
	refuses(newer, ErrFormat)
	older := made(t)
	sqlIn(t, older, "UPDATE installation SET value = '1' WHERE name = 'format'")
	refuses(older, ErrFormat)
	damaged := made(t)
	sqlIn(t, damaged, "UPDATE content SET value = '{'")
	refuses(damaged, ErrDamaged)
	others := file(t)
	sqlIn(t, others, "CREATE TABLE bookmarks (id INTEGER)")
	refuses(others, ErrOtherProgram)
	assert.ErrorIs(t, BackupFile(t.Context(), others, file(t)), ErrOtherProgram)
	assert.ErrorIs(t, BackupFile(t.Context(), file(t), file(t)), fs.ErrNotExist)
}

func TestStore_BackupOfMemory(t *testing.T) {
	assert.ErrorIs(t, mustOpen(t, Config{Schema: schema(t)}).Backup(t.Context(), file(t)), ErrInMemory)
}

func TestRestore_RefusesWhatCannotBeOpened(t *testing.T) {
	to := file(t)
	assert.ErrorIs(t, Restore(t.Context(), file(t), to), fs.ErrNotExist)
	assert.ErrorContains(t, Restore(t.Context(), "/no/such/backup", to), "/no/such/backup: ")
	assert.ErrorContains(t, Restore(t.Context(), made(t), "/no/such/database"), "/no/such/database: ")
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
