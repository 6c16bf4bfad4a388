package ledger

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/postgrestest"
	"wsexchange/mock/state"
)

// TestPostgres has what only a ledger of several engines has.
func TestPostgres(t *testing.T) {
	cluster := postgrestest.Start(t)
	for name, test := range map[string]func(*testing.T, *postgrestest.Cluster){
		"a reader is not older than an answer":         testFreshness,
		"engines follow changes of every kind":         testFollowing,
		"writers of several engines take turns":        testTurnsOfEngines,
		"a lost answer of a commit is asked for":       testLostAnswer,
		"a commit that was cut off is made again":      testCutOff,
		"who lost the lock and was overtaken fails":    testOvertaken,
		"a database that lost commits is read again":   testLostCommits,
		"one that fell behind reads everything":        testBehind,
		"engines are named and known to live":          testOwners,
		"what is not an emulator's database":           testForeign,
		"a large commit":                               testLarge,
		"two engines begin with one empty database":    testBeginning,
		"a silent owner of the lock does not keep it":  testSilent,
		"texts that PostgreSQL does not take":          testTexts,
		"a URL that is none":                           testURLs,
		"content is read beside engines":               testRead,
		"a closed engine does not wait for a database": testClosing,
	} {
		t.Run(name, func(t *testing.T) { test(t, cluster) })
	}
	t.Run("a restart", func(t *testing.T) { testRestart(t, cluster) })
}

// engines opens a database of its own as several engines do.
func engines(t *testing.T, c *postgrestest.Cluster, count int) (url string, all []*Store) {
	t.Helper()
	url = c.Database(t)
	for i := range count {
		all = append(all, mustOpen(t, Config{Schema: schema(t), Path: url, Engine: fmt.Sprintf("e%d", i+1)}))
	}
	return url, all
}

// fresh returns the notes of a store's current content.
func fresh(t *testing.T, s *Store) map[int64]string {
	t.Helper()
	root, err := s.Current(t.Context())
	require.NoError(t, err)
	return notes(root)
}

func testFreshness(t *testing.T, c *postgrestest.Cluster) {
	_, all := engines(t, c, 3)
	for i := range int64(100) {
		at := all[i%3]
		require.NoError(t, at.Update(t.Context(), put(1, fmt.Sprint(i))))
		for _, s := range all {
			require.Equal(t, fmt.Sprint(i), fresh(t, s)[1])
		}
	}
}

func testFollowing(t *testing.T, c *postgrestest.Cluster) {
	_, all := engines(t, c, 2)
	a, b := all[0], all[1]
	require.NoError(t, a.Update(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, put(1, "one")(tx))
		require.NoError(t, put(2, "two")(tx))
		require.NoError(t, secrets.Put(tx, &thing{Name: "s", Note: "x"}))
		_, err := tx.Next("thing")
		return err
	}))
	assert.Equal(t, map[int64]string{1: "one", 2: "two"}, fresh(t, b))
	require.NoError(t, b.Update(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, things.Put(tx, &thing{ID: 1, Name: "n3"}))
		require.NoError(t, things.Put(tx, &thing{ID: 2, Name: "n1"}), "a unique value goes from one row to another")
		_, err := secrets.Delete(tx, "s")
		require.NoError(t, err)
		n, err := tx.Next("thing")
		assert.EqualValues(t, 2, n)
		return err
	}))
	root, err := a.Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, lines(t, b.Root()), lines(t, root))
	require.NoError(t, a.Update(t.Context(), func(tx *state.Tx) error {
		_, err := things.Delete(tx, 1)
		return err
	}))
	require.NoError(t, a.Update(t.Context(), put(3, "again")))
	assert.Equal(t, map[int64]string{2: "", 3: "again"}, fresh(t, b))
	require.Eventually(t, func() bool { return b.Root().Revision() == a.Root().Revision() }, testPatience, testTick, "without being asked, too")
}

func testTurnsOfEngines(t *testing.T, c *postgrestest.Cluster) {
	const writers, each = 3, 30
	_, all := engines(t, c, 3)
	var done sync.WaitGroup
	for _, s := range all {
		for range writers {
			done.Go(func() {
				for range each {
					assert.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
						n, err := tx.Next("thing")
						if err != nil {
							return err
						}
						return put(n, "x")(tx)
					}))
				}
			})
		}
	}
	done.Wait()
	for _, s := range all {
		assert.Len(t, fresh(t, s), len(all)*writers*each, "none was lost or made twice")
		assert.EqualValues(t, len(all)*writers*each, s.Root().Revision())
	}
}

// cutter is a way to a server that is cut at a COMMIT: before the server has it,
// or before its answer.
type cutter struct {
	t      *testing.T
	l      net.Listener
	server string
	cut    atomic.Int32 // 0: none; 1: before; 2: after
	cuts   atomic.Int32
	all    sync.WaitGroup
}

const (
	cutBefore = 1
	cutAfter  = 2
)

func newCutter(t *testing.T, c *postgrestest.Cluster, url string) (*cutter, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	k := &cutter{t: t, l: l, server: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port))}
	k.all.Go(k.serve)
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		k.all.Wait()
	})
	return k, strings.Replace(url, k.server, l.Addr().String(), 1)
}

func (k *cutter) serve() {
	for {
		client, err := k.l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", k.server)
		if !assert.NoError(k.t, err) {
			_ = client.Close()
			continue
		}
		k.all.Go(func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		})
		k.all.Go(func() {
			k.forward(client, server)
			_ = server.Close()
		})
	}
}

func (k *cutter) forward(client, server net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		cut := int32(0)
		if bytes.Contains(buffer[:n], []byte("commit")) || bytes.Contains(buffer[:n], []byte("COMMIT")) {
			cut = k.cut.Swap(0)
		}
		if cut != 0 {
			k.cuts.Add(1)
			_ = client.Close()
		}
		if cut == cutBefore {
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if cut == cutAfter {
			return
		}
	}
}

func testCut(t *testing.T, c *postgrestest.Cluster, where int32) {
	url := c.Database(t)
	other := mustOpen(t, Config{Schema: schema(t), Path: url})
	k, through := newCutter(t, c, url)
	s := mustOpen(t, Config{Schema: schema(t), Path: through})
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	for i := range int64(3) {
		k.cut.Store(where)
		w, err := s.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, put(2+i, "b")(w.Tx()))
		require.NoError(t, w.Commit(t.Context(), Records{Audit: &AuditRow{TransactionID: fmt.Sprint(i)}}))
		require.EqualValues(t, 1+i, k.cuts.Load())
		assert.Len(t, fresh(t, other), int(2+i))
		found, err := other.Audit(t.Context(), AuditQuery{TransactionID: fmt.Sprint(i)})
		require.NoError(t, err)
		assert.Len(t, found, 1, "written once")
	}
	assert.EqualValues(t, 4, s.Root().Revision())
	k.cut.Store(where)
	require.NoError(t, s.Record(t.Context(), Records{Audit: &AuditRow{TransactionID: "r"}}))
	found, err := other.Audit(t.Context(), AuditQuery{TransactionID: "r"})
	require.NoError(t, err)
	assert.Len(t, found, 1, "records alone are written once, too")
}

func testLostAnswer(t *testing.T, c *postgrestest.Cluster) { testCut(t, c, cutAfter) }

func testCutOff(t *testing.T, c *postgrestest.Cluster) { testCut(t, c, cutBefore) }

// endSessions ends the connections of an engine that have, or wait for, its lock.
func endSessions(t *testing.T, c *postgrestest.Cluster, url string) {
	t.Helper()
	postgrestest.Exec(t, url, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND pid <> pg_backend_pid()"+
		" AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mode = 'ExclusiveLock'")
}

func testOvertaken(t *testing.T, c *postgrestest.Cluster) {
	url, all := engines(t, c, 2)
	a, b := all[0], all[1]
	require.NoError(t, a.Update(t.Context(), put(1, "a")))
	w, err := a.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "lost")(w.Tx()))
	endSessions(t, c, url)
	require.NoError(t, b.Update(t.Context(), put(1, "b")))
	err = w.Commit(t.Context(), Records{Audit: &AuditRow{TransactionID: "lost"}})
	require.ErrorIs(t, err, ErrNotWritten)
	require.ErrorContains(t, err, "another engine has committed")
	assert.Equal(t, "b", fresh(t, a)[1])
	found, err := b.Audit(t.Context(), AuditQuery{TransactionID: "lost"})
	require.NoError(t, err)
	assert.Empty(t, found)

	w, err = a.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "kept")(w.Tx()))
	endSessions(t, c, url)
	require.NoError(t, w.Commit(t.Context(), Records{}), "who was not overtaken goes on")
	assert.Equal(t, "kept", fresh(t, b)[1])
	require.NoError(t, b.Update(t.Context(), put(1, "b again")), "the lock was given back")
}

func testRestart(t *testing.T, c *postgrestest.Cluster) {
	_, all := engines(t, c, 3)
	var (
		done     sync.WaitGroup
		mu       sync.Mutex
		answered = make(map[int64]string)
		refused  atomic.Int64
	)
	stop := make(chan struct{})
	for i, s := range all {
		done.Go(func() {
			for id := int64(i+1) * 100_000; ; id++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := s.Update(t.Context(), put(id, "x")); err != nil {
					assert.ErrorIs(t, err, ErrNotWritten)
					refused.Add(1)
					continue
				}
				mu.Lock()
				answered[id] = "x"
				mu.Unlock()
			}
		})
	}
	for range 2 {
		time.Sleep(200 * time.Millisecond) // of load
		c.Restart(t)
	}
	time.Sleep(200 * time.Millisecond)
	close(stop)
	done.Wait()
	for _, s := range all {
		assert.Equal(t, answered, fresh(t, s))
	}
	t.Logf("%d commits answered, %d refused", len(answered), refused.Load())
}

func testLostCommits(t *testing.T, c *postgrestest.Cluster) {
	url, all := engines(t, c, 2)
	require.NoError(t, all[0].Update(t.Context(), put(1, "a")))
	require.NoError(t, all[0].Update(t.Context(), put(1, "lost")))
	assert.Equal(t, "lost", fresh(t, all[1])[1])
	postgrestest.Exec(t, url, `DELETE FROM revision WHERE number = 2; UPDATE content SET revision = 1, value = '{"id":1,"name":"n1","note":"a"}'`)
	assert.Equal(t, "a", fresh(t, all[1])[1], "of a lower number")
	require.NoError(t, all[1].Update(t.Context(), put(2, "b")))
	assert.Equal(t, map[int64]string{1: "a", 2: "b"}, fresh(t, all[0]), "of the same number with another mark")
}

func testBehind(t *testing.T, c *postgrestest.Cluster) {
	_, all := engines(t, c, 2)
	a, b := all[0], all[1]
	require.NoError(t, a.Update(t.Context(), put(1, "a")))
	fresh(t, b)
	old := b.position()
	require.NoError(t, a.Update(t.Context(), func(tx *state.Tx) error {
		_, err := things.Delete(tx, 1)
		return err
	}))
	require.NoError(t, a.Update(t.Context(), put(2, "b")))
	got, err := b.shared.follow(t.Context(), old)
	require.NoError(t, err)
	assert.Equal(t, map[int64]string{2: "b"}, notes(got.root))
	removed, err := a.Prune(t.Context(), time.Now().Add(100*24*time.Hour))
	require.NoError(t, err)
	assert.EqualValues(t, 2, removed.History)
	got, err = b.shared.follow(t.Context(), old)
	require.NoError(t, err)
	assert.Equal(t, map[int64]string{2: "b"}, notes(got.root), "what has gone is not told any more")
	assert.EqualValues(t, 3, got.number)
}

func testOwners(t *testing.T, c *postgrestest.Cluster) {
	url, all := engines(t, c, 1)
	b, err := Open(t.Context(), Config{Schema: schema(t), Path: url, Engine: "e2"})
	require.NoError(t, err)
	assert.Equal(t, all[0].Installation(), b.Installation())
	assert.NotEqual(t, all[0].Owner(), b.Owner())
	require.NoError(t, b.Record(t.Context(), Records{
		Audit: &AuditRow{TransactionID: "{1}"}, Log: &LoggedTransaction{ID: "{1}"},
	}))
	found, err := all[0].Audit(t.Context(), AuditQuery{})
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, "e2", found[0].Engine)
	running, err := all[0].RunningTransactions(t.Context())
	require.NoError(t, err)
	require.Len(t, running, 1)
	assert.Equal(t, b.Owner(), running[0].Owner)
	abandoned, err := all[0].Abandoned(t.Context())
	require.NoError(t, err)
	assert.False(t, abandoned(b.Owner()))
	assert.False(t, abandoned(all[0].Owner()))
	require.NoError(t, b.Close())
	require.Eventually(t, func() bool {
		abandoned, err := all[0].Abandoned(t.Context())
		require.NoError(t, err)
		return abandoned(b.Owner()) && !abandoned(all[0].Owner())
	}, testPatience, testTick)
}

func testForeign(t *testing.T, c *postgrestest.Cluster) {
	open := func(url string) error {
		s, err := Open(t.Context(), Config{Schema: schema(t), Path: url})
		if err == nil {
			require.NoError(t, s.Close())
		}
		return err
	}
	url := c.Database(t)
	postgrestest.Exec(t, url, "CREATE TABLE customers (id int)")
	err := open(url)
	require.ErrorIs(t, err, ErrOtherProgram)
	assert.ErrorContains(t, err, "customers")
	assert.ErrorContains(t, err, url)

	url = c.Database(t)
	postgrestest.Exec(t, url, "CREATE TABLE installation (a int); CREATE TABLE content (a int); CREATE TABLE revision (a int)")
	assert.ErrorIs(t, open(url), ErrOtherProgram)

	url = c.Database(t)
	require.NoError(t, open(url))
	postgrestest.Exec(t, url, "UPDATE installation SET value = '99' WHERE name = 'format'")
	err = open(url)
	require.ErrorIs(t, err, ErrFormat)
	assert.ErrorContains(t, err, "99")
	postgrestest.Exec(t, url, "UPDATE installation SET value = '1' WHERE name = 'format'; INSERT INTO revision VALUES (1, 'm', now(), '', '', '', '[]'); "+
		`INSERT INTO content VALUES ('thing', '1', 1, '{"id": "no number"}')`)
	assert.ErrorIs(t, open(url), ErrDamaged)
	postgrestest.Exec(t, url, "UPDATE content SET tbl = 'unheard'")
	assert.ErrorContains(t, open(url), "unheard")
}

func testLarge(t *testing.T, c *postgrestest.Cluster) {
	_, all := engines(t, c, 2)
	require.NoError(t, all[0].Update(t.Context(), func(tx *state.Tx) error {
		for i := range int64(MaxHistory + 10) {
			if err := put(i, "x")(tx); err != nil {
				return err
			}
		}
		return nil
	}))
	assert.Len(t, fresh(t, all[1]), MaxHistory+10)
}

func testBeginning(t *testing.T, c *postgrestest.Cluster) {
	url := c.Database(t)
	var all sync.WaitGroup
	installations := make([]string, 3)
	for i := range installations {
		all.Go(func() {
			s, err := Open(t.Context(), Config{Schema: schema(t), Path: url})
			if !assert.NoError(t, err) {
				return
			}
			installations[i] = s.Installation()
			tx := s.cfg.Schema.Root().Begin(state.Env{})
			assert.NoError(t, put(int64(i), "seed")(tx))
			empty := func(tx *state.Tx) bool { return things.Len(tx) == 0 }
			assert.NoError(t, s.ReplaceIf(t.Context(), tx.Root(0), empty))
			assert.Len(t, fresh(t, s), 1, "one of them filled it")
			assert.NoError(t, s.Close())
		})
	}
	all.Wait()
	assert.NotEmpty(t, installations[0])
	assert.Equal(t, installations[0], installations[1])
	assert.Equal(t, installations[0], installations[2])
}

// An engine that has the lock and is stopped, or cut off, does not say that it
// lives: the server ends its session, and others go on.
func testSilent(t *testing.T, c *postgrestest.Cluster) {
	url, all := engines(t, c, 1)
	p := all[0].shared.(*postgres)
	conn, err := pgx.ConnectConfig(t.Context(), p.config)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock($1, 1), set_config('idle_session_timeout', '300', false)", p.turns)
	require.NoError(t, err)
	b := mustOpen(t, Config{Schema: schema(t), Path: url})
	require.NoError(t, b.Update(t.Context(), put(1, "b")))
	require.Error(t, conn.Ping(t.Context()))
	require.NoError(t, conn.Close(t.Context()))
	w, err := b.Begin(t.Context())
	require.NoError(t, err)
	defer w.Rollback()
	var timeout string
	bp := b.shared.(*postgres)
	require.NoError(t, bp.session.QueryRow(t.Context(), "SHOW idle_session_timeout").Scan(&timeout))
	assert.Equal(t, "10s", timeout, "while it has the lock")
}

func testTexts(t *testing.T, c *postgrestest.Cluster) {
	_, all := engines(t, c, 2)
	require.NoError(t, all[0].Record(t.Context(), Records{
		Audit: &AuditRow{TransactionID: "{1}", Description: "a\x00b\xffc"},
		Log:   &LoggedTransaction{ID: "{1}", Request: "a\x00b\xffc", State: TransactionAborted, Steps: []LoggedStep{{Procedure: "\x00"}}},
	}))
	found, err := all[0].Audit(t.Context(), AuditQuery{})
	require.NoError(t, err)
	assert.Equal(t, "ab\ufffdc", found[0].Description)
	require.NoError(t, all[0].Update(t.Context(), put(1, "a\x00b\xffc")))
	assert.Equal(t, "a\x00b\ufffdc", fresh(t, all[1])[1])
}

func testURLs(t *testing.T, c *postgrestest.Cluster) {
	const canary = "ca%nary"
	for name, url := range map[string]string{
		"password that is not escaped": "postgres://me:" + canary + "@127.0.0.1/x",
		"unknown parameter":            "postgres://me:canary@127.0.0.1/x?sslmode=none",
		"port":                         "postgres://me:canary@127.0.0.1:canary/x",
		"wrong database":               fmt.Sprintf("postgres://me:canary@127.0.0.1:%d/x", c.Port),
		"password as a parameter":      fmt.Sprintf("postgres://me@127.0.0.1:%d/x?password=canary", c.Port),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		_, err := Open(ctx, Config{Schema: schema(t), Path: url})
		cancel()
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "nary", name)
	}
	assert.Equal(t, "postgres://me:xxxxx@h1,h2/db?target_session_attrs=read-write", Redacted("postgres://me:pass@h1,h2/db?target_session_attrs=read-write"))
	assert.Equal(t, "/a/file", Redacted("/a/file"))
}

func testRead(t *testing.T, c *postgrestest.Cluster) {
	url, all := engines(t, c, 1)
	require.NoError(t, all[0].Update(t.Context(), put(1, "a")))
	read, err := ReadFile(t.Context(), schema(t), url)
	require.NoError(t, err)
	assert.Equal(t, lines(t, all[0].Root()), lines(t, read.Root()))
	assert.Equal(t, all[0].Installation(), read.Installation())
	_, err = ReadFile(t.Context(), schema(t), c.Database(t))
	require.Error(t, err, "an empty database is left empty")
	assert.ErrorContains(t, err, "nothing")
}

func testClosing(t *testing.T, c *postgrestest.Cluster) {
	url, _ := engines(t, c, 1)
	s, err := Open(t.Context(), Config{Schema: schema(t), Path: url})
	require.NoError(t, err)
	p := s.shared.(*postgres)
	conn, err := pgx.ConnectConfig(t.Context(), p.config)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock($1, 1)", p.turns)
	require.NoError(t, err)
	waiting := make(chan error, 1)
	go func() { waiting <- s.Update(t.Context(), put(1, "a")) }()
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.tenure.passing != nil
	}, testPatience, testTick)
	require.NoError(t, s.View(t.Context(), func(*state.Tx) error { return nil }), "readers do not wait for the lock")
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-waiting, ErrClosed)
	require.NoError(t, conn.Close(t.Context()))
}
