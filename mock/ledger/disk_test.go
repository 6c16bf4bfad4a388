package ledger

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

func TestStore_FullDisk(t *testing.T) {
	s := mustOpen(t, Config{Schema: schema(t), Path: file(t)})
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	kept := s.backend.(*database)
	limit := func(pages int) {
		var set int
		kept.mu.Lock()
		defer kept.mu.Unlock()
		require.NoError(t, kept.conn.QueryRowContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&set))
	}
	limit(1) // becomes the present size
	err := s.Update(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, put(1, "b")(tx))
		return put(2, strings.Repeat("x", 1<<20))(tx)
	})
	require.ErrorIs(t, err, ErrNotWritten)
	assert.ErrorContains(t, err, "full")
	assert.Equal(t, map[int64]string{1: "a"}, notes(s.Root()), "nothing half done")
	assert.ErrorContains(t, s.Writable(t.Context()), "full")
	limit(1 << 20)
	require.NoError(t, s.Writable(t.Context()), "the probe succeeds")
	require.NoError(t, s.Update(t.Context(), put(2, "b")))
	assert.EqualValues(t, 2, s.Root().Revision())
}

func TestStore_RefusedWritesShowUntilAProbeSucceeds(t *testing.T) {
	s := mustOpen(t, Config{Schema: schema(t), Path: file(t)})
	kept := s.backend.(*database)
	readOnly := func(on string) {
		kept.mu.Lock()
		defer kept.mu.Unlock()
		_, err := kept.conn.ExecContext(t.Context(), "PRAGMA query_only = "+on)
		require.NoError(t, err)
	}
	require.NoError(t, s.Writable(t.Context()))
	readOnly("1")
	require.ErrorIs(t, s.Update(t.Context(), put(1, "a")), ErrNotWritten)
	require.ErrorIs(t, s.Record(t.Context(), Records{Audit: &AuditRow{}}), ErrNotWritten)
	assert.ErrorContains(t, s.Writable(t.Context()), "readonly")
	assert.ErrorContains(t, s.Writable(t.Context()), "readonly")
	readOnly("0")
	require.NoError(t, s.Writable(t.Context()))
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	assert.Zero(t, s.Size().Audit)
}

func TestOpen_ReadOnlyFile(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write anything")
	}
	path := made(t)
	require.NoError(t, os.Chmod(path, 0o400))
	assert.ErrorContains(t, refused(t, path), "readonly")
}

func TestStore_NoticesThatItsFileIsGone(t *testing.T) {
	for name, remove := range map[string]func(t *testing.T, path string){
		"deleted":                     func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"without its write-ahead log": func(t *testing.T, path string) { require.NoError(t, os.Remove(path+"-wal")) },
		"replaced": func(t *testing.T, path string) {
			require.NoError(t, os.Rename(made(t), path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mockmpf.db")
			s := mustOpen(t, Config{Schema: schema(t), Path: path})
			require.NoError(t, s.Update(t.Context(), put(1, "a")))
			require.NoError(t, s.Writable(t.Context()))
			remove(t, path)
			assert.ErrorIs(t, s.Writable(t.Context()), ErrReplaced, "before anybody writes")
			err := s.Update(t.Context(), put(1, "b"))
			require.ErrorIs(t, err, ErrNotWritten)
			assert.ErrorIs(t, err, ErrReplaced)
			assert.ErrorContains(t, err, path)
			assert.ErrorIs(t, s.Writable(t.Context()), ErrReplaced)
			assert.ErrorIs(t, s.Backup(t.Context(), file(t)), ErrReplaced)
			assert.Equal(t, map[int64]string{1: "a"}, notes(s.Root()))
			if name == "deleted" {
				assert.NoFileExists(t, path)
			}
		})
	}
}

// TestStore_WritableDoesNotWaitForAWrite asks while a write takes long.
func TestStore_WritableDoesNotWaitForAWrite(t *testing.T) {
	s := mustOpen(t, Config{Schema: schema(t), Path: file(t)})
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	kept := s.backend.(*database)
	kept.mu.Lock() // as a write has it
	defer kept.mu.Unlock()
	answered := make(chan error, 1)
	go func() { answered <- s.Writable(t.Context()) }()
	select {
	case err := <-answered:
		assert.NoError(t, err)
	case <-time.After(testPatience):
		t.Error("it waits for the write")
	}
}

func TestStore_DeletedSecretsAreGoneFromTheDisk(t *testing.T) {
	path := file(t)
	s := mustOpen(t, Config{Schema: schema(t), Path: path})
	canary := "canary-" + strings.Repeat("4711", 300)
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, put(1, "plain-text")(tx))
		for _, name := range []string{"a", "b", "c"} {
			require.NoError(t, secrets.Put(tx, &thing{Name: name, Note: canary}))
		}
		return nil
	}))
	onDisk := func(text string) (names []string) {
		for _, name := range []string{path, path + "-wal"} {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			if bytes.Contains(content, []byte(text)) {
				names = append(names, filepath.Base(name))
			}
		}
		return names
	}
	assert.NotEmpty(t, onDisk("canary-4711"), "the search finds it")
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
		for _, name := range []string{"a", "b", "c"} {
			_, err := secrets.Delete(tx, name)
			require.NoError(t, err)
		}
		return nil
	}))
	assert.Empty(t, onDisk("canary-4711"))
	assert.NotEmpty(t, onDisk("plain-text"))
}

func TestStore_SecretsThatAReaderHoldsAreWipedLater(t *testing.T) {
	for name, next := range map[string]func(*testing.T, *Store){
		"by the next write": func(t *testing.T, s *Store) { require.NoError(t, s.Update(t.Context(), put(1, "b"))) },
		"by the next sweep": func(t *testing.T, s *Store) {
			_, err := s.Prune(t.Context(), time.Now())
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) { testWipedLater(t, next) })
	}
}

func testWipedLater(t *testing.T, next func(*testing.T, *Store)) {
	path := file(t)
	s := mustOpen(t, Config{Schema: schema(t), Path: path})
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error { return secrets.Put(tx, &thing{Name: "a", Note: "canary"}) }))
	kept := s.backend.(*database)
	reader, err := kept.readers.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var rows int
	require.NoError(t, reader.QueryRow("SELECT count(*) FROM content").Scan(&rows))
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
		_, err := secrets.Delete(tx, "a")
		return err
	}))
	assert.NotZero(t, onDisk(t, path, "canary"))
	require.NoError(t, reader.Rollback())
	next(t, s)
	assert.Zero(t, onDisk(t, path, "canary"))
}

// TestOpen_WipesTheSecretsThatACrashLeft opens what a process left that ended
// before it emptied the write-ahead log.
func TestOpen_WipesTheSecretsThatACrashLeft(t *testing.T) {
	path, crashed := file(t), file(t)
	s := mustOpen(t, Config{Schema: schema(t), Path: path})
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error { return secrets.Put(tx, &thing{Name: "a", Note: "canary"}) }))
	reader, err := s.backend.(*database).readers.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Rollback()) }()
	var rows int
	require.NoError(t, reader.QueryRow("SELECT count(*) FROM content").Scan(&rows))
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error { return secrets.Put(tx, &thing{Name: "a"}) }))
	for _, end := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + end)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(crashed+end, content, 0o600))
	}
	require.NotZero(t, onDisk(t, crashed, "canary"))
	_ = mustOpen(t, Config{Schema: schema(t), Path: crashed})
	assert.Zero(t, onDisk(t, crashed, "canary"))
}

// TestStore_OverwrittenSecretsAreGoneFromTheDisk has rows of many sizes, so
// that pages are split and joined, and long ones have pages of their own.
func TestStore_OverwrittenSecretsAreGoneFromTheDisk(t *testing.T) {
	path := file(t)
	s := mustOpen(t, Config{Schema: schema(t), Path: path})
	const rows = 200
	order := rand.New(rand.NewPCG(1, 2))
	name := func(i int) string { return fmt.Sprintf("s%03d", i) }
	for _, i := range order.Perm(rows) {
		require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
			return secrets.Put(tx, &thing{Name: name(i), Note: strings.Repeat("x", order.IntN(900)) + "canary" + strings.Repeat("y", order.IntN(5000))})
		}))
	}
	assert.NotZero(t, onDisk(t, path, "canary"), "the search finds it")
	for n, i := range order.Perm(rows) {
		require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
			if n%3 == 0 {
				_, err := secrets.Delete(tx, name(i))
				return err
			}
			return secrets.Put(tx, &thing{Name: name(i), Note: strings.Repeat("z", order.IntN(2000))})
		}))
	}
	assert.Zero(t, onDisk(t, path, "canary"))
}

// onDisk counts a text in the files of a database.
func onDisk(t *testing.T, path, text string) (found int) {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		found += bytes.Count(content, []byte(text))
	}
	return found
}
