package store

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateEmpty = flag.Bool("update-empty", false, "make empty.db.gz anew if the migrations have changed")

// TestEmptyDatabase holds the embedded database to what the migrations make.
func TestEmptyDatabase(t *testing.T) {
	migrated := runMigrations(t)
	want := schemaAndRows(t, migrated)
	require.Contains(t, want, "CREATE TABLE object")
	if *updateEmpty && embedded(t) != want {
		require.NoError(t, os.WriteFile("empty.db.gz", packed(t, migrated), 0o644))
		t.Log("empty.db.gz is new")
		return
	}
	assert.Equal(t, want, embedded(t), "make generate makes empty.db.gz anew")
}

// runMigrations makes a database with goose, from nothing.
func runMigrations(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file::memory:")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	require.NoError(t, migrate(t.Context(), db))
	// When they ran tells nothing about a database that is copied.
	_, err = db.ExecContext(t.Context(), "UPDATE goose_db_version SET tstamp = '2000-01-01 00:00:00'; VACUUM")
	require.NoError(t, err)
	return db
}

// embedded shows the embedded database, "" if it is none.
func embedded(t *testing.T) string {
	t.Helper()
	image, err := empty()
	if err != nil {
		return ""
	}
	db, err := image.open(t.Context(), "file::memory:")
	require.NoError(t, err)
	defer func() { assert.NoError(t, db.Close()) }()
	return schemaAndRows(t, db)
}

// schemaAndRows shows everything in a database as text.
func schemaAndRows(t *testing.T, db *sql.DB) string {
	t.Helper()
	db.SetMaxOpenConns(1)
	var text strings.Builder
	show := func(query string) (first []string) {
		rows, err := db.QueryContext(t.Context(), query)
		require.NoError(t, err)
		defer func() { assert.NoError(t, rows.Close()) }()
		columns, err := rows.Columns()
		require.NoError(t, err)
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			require.NoError(t, rows.Scan(into...))
			first = append(first, fmt.Sprint(values[0]))
			fmt.Fprintf(&text, "%v\n", values)
		}
		require.NoError(t, rows.Err())
		return first
	}
	show("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
	for _, table := range show("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") {
		show("SELECT * FROM " + table + " ORDER BY 1")
	}
	return text.String()
}

// packed gives a database as empty.db.gz has it.
func packed(t *testing.T, db *sql.DB) []byte {
	t.Helper()
	held, err := openSession(t.Context(), db)
	require.NoError(t, err)
	defer func() { assert.NoError(t, held.close()) }()
	var content []byte
	require.NoError(t, held.raw(func(c connection) (err error) {
		content, err = c.Serialize()
		return err
	}))
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// TestMigrated tells from the migrations that have run whether goose is needed.
func TestMigrated(t *testing.T) {
	files, err := fs.Sub(migrations, "migrations")
	require.NoError(t, err)
	for change, want := range map[string]bool{
		"SELECT 1": true,
		"DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)": false,
		"DELETE FROM goose_db_version WHERE version_id = 2":                                              false,
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)":                        false,
		"DROP TABLE goose_db_version":                                                                    false,
	} {
		db := runMigrations(t)
		_, err = db.ExecContext(t.Context(), change)
		require.NoError(t, err)
		done, err := migrated(t.Context(), db, files)
		require.NoError(t, err)
		assert.Equal(t, want, done, change)
	}
}

// TestOpen_File makes a file, leaves one alone that is there, and fills an
// empty one.
func TestOpen_File(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.db")
	for range 2 {
		s, err := Open(t.Context(), Config{Path: path, HashCost: 4})
		require.NoError(t, err)
		if err := s.Seed(t.Context(), DefaultSeed()); err != nil {
			assert.ErrorIs(t, err, ErrAlreadySeeded)
		}
		require.NoError(t, s.Close())
	}
	s, err := Open(t.Context(), Config{Path: path, HashCost: 4})
	require.NoError(t, err)
	require.ErrorIs(t, s.Seed(t.Context(), DefaultSeed()), ErrAlreadySeeded)
	require.NoError(t, s.Close())
	require.NoError(t, createFile(path))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing but the database stays")

	nothing := filepath.Join(folder, "b.db")
	require.NoError(t, os.WriteFile(nothing, nil, 0o600))
	s, err = Open(t.Context(), Config{Path: nothing, HashCost: 4})
	require.NoError(t, err)
	assert.NoError(t, s.Seed(t.Context(), DefaultSeed()))
	require.NoError(t, s.Close())

	_, err = Open(t.Context(), Config{Path: filepath.Join(folder, "missing", "c.db")})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestStore_CloseTwice(t *testing.T) {
	for name, path := range map[string]string{"in memory": "", "on a file": filepath.Join(t.TempDir(), "a.db")} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), Config{Path: path, HashCost: 4})
			require.NoError(t, err)
			require.NoError(t, s.View(t.Context(), func(*Tx) error { return nil }))
			require.NoError(t, s.Close())
			assert.NoError(t, s.Close())
			nothing := func(*Tx) error { return nil }
			assert.ErrorIs(t, s.Update(t.Context(), nothing), ErrClosed)
			assert.ErrorIs(t, s.View(t.Context(), nothing), ErrClosed)
			_, err = s.Image(t.Context())
			assert.ErrorIs(t, err, ErrClosed)
		})
	}
}

// TestView_OpensWhatItNeeds keeps to one read session as long as one is enough.
func TestView_OpensWhatItNeeds(t *testing.T) {
	s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "a.db"), HashCost: 4})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	nothing := func(*Tx) error { return nil }
	for range 2 * readers {
		require.NoError(t, s.View(t.Context(), nothing))
	}
	assert.Equal(t, 1, s.readDB.Stats().OpenConnections)
	require.NoError(t, s.View(t.Context(), func(*Tx) error { return s.View(t.Context(), nothing) }))
	assert.Equal(t, 2, s.readDB.Stats().OpenConnections)
}
