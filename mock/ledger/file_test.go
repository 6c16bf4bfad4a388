package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// made returns the path of a closed ledger with one row.
func made(t *testing.T) string {
	t.Helper()
	path := file(t)
	s, err := Open(t.Context(), Config{Schema: schema(t), Path: path})
	require.NoError(t, err)
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	require.NoError(t, s.Close())
	return path
}

// refused opens a file that must be refused, and left as it is.
func refused(t *testing.T, path string) error {
	t.Helper()
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = Open(t.Context(), Config{Schema: schema(t), Path: path})
	require.Error(t, err)
	assert.ErrorContains(t, err, path)
	after, readErr := os.ReadFile(path)
	require.NoError(t, readErr)
	assert.True(t, bytes.Equal(before, after), "the file was changed")
	return err
}

// sqlIn runs statements in a file.
func sqlIn(t *testing.T, path, query string, arguments ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.Exec(query, arguments...)
	require.NoError(t, err)
}

func TestOpen_FindsWhatWasWritten(t *testing.T) {
	path := file(t)
	cfg := Config{Schema: schema(t), Path: path, Engine: "e1"}
	s, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	assert.Regexp(t, `^\{[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\}$`, s.Installation())
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "a")(w.Tx()))
	require.NoError(t, w.Commit(t.Context(), Records{TransactionID: "{1}", Controller: "DC1", Audit: &AuditRow{Procedure: "P"}, Log: &LoggedTransaction{ID: "{1}"}}))
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, things.Put(tx, &thing{ID: 1, Name: "n1", Note: "b"}))
		require.NoError(t, secrets.Put(tx, &thing{Name: "s", Note: "canary"}))
		_, err := tx.Next("thing")
		return err
	}))
	want, installation := lines(t, s.Root()), s.Installation()
	require.NoError(t, s.Close())

	s = mustOpen(t, cfg)
	assert.Equal(t, want, lines(t, s.Root()))
	assert.Equal(t, installation, s.Installation())
	assert.EqualValues(t, 2, s.Root().Revision())
	size := s.Size()
	assert.Positive(t, size.File)
	size.File, size.WAL = 0, 0
	assert.Equal(t, Size{Audit: 1, Log: 1, History: 2, Revision: 2}, size)
	require.NoError(t, s.Record(t.Context(), Records{Audit: &AuditRow{}, Log: &LoggedTransaction{ID: "{1}", State: TransactionAborted}}))
	assert.EqualValues(t, 1, s.Size().Log)
	found, err := s.Audit(t.Context(), AuditQuery{})
	require.NoError(t, err)
	assert.EqualValues(t, 2, found[0].ID)

	kept := s.backend.(*database)
	var changes, engine, id, controller string
	require.NoError(t, kept.readers.QueryRow("SELECT changes, engine, transaction_id, controller FROM revision WHERE number = 1").Scan(&changes, &engine, &id, &controller))
	assert.Equal(t, []string{"e1", "{1}", "DC1"}, []string{engine, id, controller})
	assert.JSONEq(t, `[{"table":"thing","key":"1","after":{"id":1,"name":"n1","note":"a"}}]`, changes)
	require.NoError(t, kept.readers.QueryRow("SELECT changes FROM revision WHERE number = 2").Scan(&changes))
	assert.JSONEq(t, `[{"table":"thing","key":"1","before":{"id":1,"name":"n1","note":"a"},"after":{"id":1,"name":"n1","note":"b"}},`+
		`{"table":"secret","key":"s"},{"table":"counter","key":"thing","after":{"name":"thing","last":1}}]`, changes, "secret rows are named alone")
	var readable string
	require.NoError(t, kept.readers.QueryRow("SELECT value FROM content WHERE tbl = 'thing' AND key = '1'").Scan(&readable))
	assert.JSONEq(t, `{"id":1,"name":"n1","note":"b"}`, readable)
}

func TestOpen_MakesFilesForTheirOwnerAlone(t *testing.T) {
	path := file(t)
	s := mustOpen(t, Config{Schema: schema(t), Path: path})
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	found, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	assert.Contains(t, found, path+"-wal")
	for _, name := range found {
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode(), name)
	}
}

func TestOpen_RefusesAFileInUse(t *testing.T) {
	path := file(t)
	_ = mustOpen(t, Config{Schema: schema(t), Path: path})
	for _, name := range []string{path, path + "-link"} {
		if name != path {
			require.NoError(t, os.Symlink(path, name))
		}
		_, err := Open(t.Context(), Config{Schema: schema(t), Path: name})
		var locked *LockedError
		require.ErrorAs(t, err, &locked)
		assert.Equal(t, &LockedError{Path: path, PID: os.Getpid()}, locked)
	}
	assert.ErrorContains(t, Restore(t.Context(), made(t), path), "is in use by process")
}

func TestOpen_RefusesWhatIsNotItsFile(t *testing.T) {
	t.Run("empty", func(t *testing.T) {
		path := file(t)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		assert.ErrorIs(t, refused(t, path), ErrEmptyFile)
	})
	t.Run("text", func(t *testing.T) {
		path := file(t)
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("not a database\n"), 1000), 0o600))
		assert.ErrorIs(t, refused(t, path), ErrNotSQLite)
	})
	t.Run("a directory", func(t *testing.T) {
		_, err := Open(t.Context(), Config{Schema: schema(t), Path: t.TempDir()})
		assert.ErrorContains(t, err, "not a regular file")
	})
	t.Run("a missing directory", func(t *testing.T) {
		_, err := Open(t.Context(), Config{Schema: schema(t), Path: filepath.Join(t.TempDir(), "no", "file")})
		assert.ErrorIs(t, err, fs.ErrNotExist)
	})
	t.Run("another program's", func(t *testing.T) {
		path := file(t)
		sqlIn(t, path, "CREATE TABLE bookmarks (id INTEGER)")
		assert.ErrorIs(t, refused(t, path), ErrOtherProgram)
	})
	t.Run("another program's with tables of the same names", func(t *testing.T) {
		path := file(t)
		sqlIn(t, path, "CREATE TABLE installation (name, value); CREATE TABLE content (id); CREATE TABLE revision (id)")
		assert.ErrorIs(t, refused(t, path), ErrOtherProgram)
	})
	t.Run("the first format", func(t *testing.T) {
		path := file(t)
		sqlIn(t, path, "CREATE TABLE goose_db_version (id INTEGER); CREATE TABLE object (id INTEGER)")
		err := refused(t, path)
		assert.ErrorIs(t, err, ErrFormat)
		assert.ErrorContains(t, err, "format 1, the first, which was never released; this program reads format 2")
	})
	t.Run("a newer format", func(t *testing.T) {
		path := made(t)
		sqlIn(t, path, "UPDATE installation SET value = '7' WHERE name = 'format'")
		err := refused(t, path)
		assert.ErrorIs(t, err, ErrFormat)
		assert.ErrorContains(t, err, "format 7 is newer than format 2, which this program reads")
	})
	t.Run("a format without meaning", func(t *testing.T) {
		path := made(t)
		sqlIn(t, path, "UPDATE installation SET value = 'x' WHERE name = 'format'")
		assert.ErrorIs(t, refused(t, path), ErrDamaged)
	})
	t.Run("a write-ahead log without its database", func(t *testing.T) {
		path := file(t)
		require.NoError(t, os.WriteFile(path+"-wal", []byte("x"), 0o600))
		_, err := Open(t.Context(), Config{Schema: schema(t), Path: path})
		assert.ErrorContains(t, err, "-wal is there without its database")
		assert.NoFileExists(t, path)
	})
}

func TestOpen_RefusesDamage(t *testing.T) {
	t.Run("a row that is not JSON", func(t *testing.T) {
		path := made(t)
		sqlIn(t, path, "UPDATE content SET value = '{' WHERE tbl = 'thing' AND key = '1'")
		err := refused(t, path)
		assert.ErrorIs(t, err, ErrDamaged)
		assert.ErrorContains(t, err, `table thing, key "1"`)
	})
	t.Run("an unknown table", func(t *testing.T) {
		path := made(t)
		sqlIn(t, path, "INSERT INTO content VALUES ('other', 'k', 1, '{}')")
		assert.ErrorContains(t, refused(t, path), `table "other" is not known to this program`)
	})
	t.Run("a row under two keys", func(t *testing.T) {
		path := made(t)
		sqlIn(t, path, "INSERT INTO content SELECT tbl, '2', revision, value FROM content")
		assert.ErrorContains(t, refused(t, path), "rows with the key of another row: 1")
	})
	t.Run("two rows with one value of a unique index", func(t *testing.T) {
		path := made(t)
		sqlIn(t, path, `INSERT INTO content VALUES ('thing', '2', 1, '{"id":2,"name":"N1"}')`)
		assert.ErrorContains(t, refused(t, path), `table thing, key "2"`)
	})
	t.Run("a page", func(t *testing.T) {
		path := made(t)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		found := false
		for page := 1; page < len(whole)/4096; page++ { // all but the first
			damaged := bytes.Clone(whole)
			copy(damaged[page*4096:], bytes.Repeat([]byte{0xfe}, 64))
			require.NoError(t, os.WriteFile(path, damaged, 0o600))
			assert.ErrorIs(t, refused(t, path), ErrDamaged, "page %d", page+1)
			found = true
		}
		assert.True(t, found)
	})
	t.Run("half a file", func(t *testing.T) {
		path := made(t)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, whole[:len(whole)/2], 0o600))
		assert.ErrorIs(t, refused(t, path), ErrDamaged)
	})
}

func TestOpen_WhatIsLeftOfAnUnfinishedFileDoesNotMatter(t *testing.T) {
	path := file(t)
	require.NoError(t, os.WriteFile(path+".new", []byte("half"), 0o600))
	_ = mustOpen(t, Config{Schema: schema(t), Path: path})
	assert.NoFileExists(t, path+".new")
}

func TestOpen_ChangesTheFormatStepByStep(t *testing.T) {
	path := made(t)
	var log bytes.Buffer
	cfg, err := Config{Schema: schema(t), Path: path, Logger: slog.New(slog.NewTextHandler(&log, nil))}.complete()
	require.NoError(t, err)
	renamed := func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `UPDATE content SET value = replace(value, '"note":"a"', '"note":"b"')`)
		return err
	}
	failing := formats{current: Format + 2, steps: map[int]step{
		Format:     renamed,
		Format + 1: func(context.Context, *sql.Conn) error { return errors.New("cannot") },
	}}
	_, _, _, err = openDatabase(t.Context(), cfg, failing)
	require.ErrorContains(t, err, "from format 3 to 4: cannot")
	id, err := identify(t.Context(), path)
	require.NoError(t, err)
	assert.Equal(t, Format, id.format, "all steps or none")

	log.Reset()
	newer := formats{current: Format + 1, steps: map[int]step{Format: renamed}}
	s, root, _, err := openDatabase(t.Context(), cfg, newer)
	require.NoError(t, err)
	assert.Equal(t, map[int64]string{1: "b"}, notes(root))
	require.NoError(t, s.close())
	assert.FileExists(t, path+".v2-backup")
	assert.FileExists(t, path+".v2-backup-2", "of the second try")
	assert.Contains(t, log.String(), path+".v2-backup-2")
	assert.Contains(t, log.String(), "from=2 format=3")
	assert.ErrorContains(t, refused(t, path), "format 3 is newer than format 2")

	_, _, _, err = openDatabase(t.Context(), cfg, formats{current: Format + 3})
	assert.ErrorContains(t, err, "format 3 cannot be brought to format 5")
	old := mustOpen(t, Config{Schema: cfg.Schema, Path: path + ".v2-backup"})
	assert.Equal(t, map[int64]string{1: "a"}, notes(old.Root()))
}

func TestConfig(t *testing.T) {
	made := schema(t)
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"no schema":        {Config{}, "no schema"},
		"root and file":    {Config{Schema: made, Root: made.Root(), Path: "x"}, "only a ledger in memory is opened with a root"},
		"another's root":   {Config{Schema: made, Root: schema(t).Root()}, "another schema"},
		"synchronous":      {Config{Schema: made, Synchronous: "maybe"}, `synchronous "maybe" is not OFF, NORMAL, FULL or EXTRA`},
		"nothing is wrong": {Config{Schema: made, Synchronous: "extra"}, ""},
	} {
		_, err := Open(t.Context(), c.cfg)
		if c.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		assert.ErrorContains(t, err, c.want, name)
	}
	s := mustOpen(t, Config{Schema: made})
	env := s.Env()
	assert.NotEqual(t, env.NewGUID(), env.NewGUID())
	assert.WithinDuration(t, time.Now(), env.Now(), time.Minute)
}
