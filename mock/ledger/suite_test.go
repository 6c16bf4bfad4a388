package ledger

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/postgrestest"
	"wsexchange/mock/state"
)

// TestBackends runs the same tests over every backend.
func TestBackends(t *testing.T) {
	backends := map[string]func(t *testing.T) Config{
		"memory": func(t *testing.T) Config { return Config{Schema: schema(t)} },
		"sqlite": func(t *testing.T) Config { return Config{Schema: schema(t), Path: file(t)} },
	}
	var cluster *postgrestest.Cluster
	backends["postgresql"] = func(t *testing.T) Config { return Config{Schema: schema(t), Path: cluster.Database(t)} }
	suite := map[string]func(t *testing.T, cfg Config){
		"commits are read after":                    testCommit,
		"what fails leaves nothing":                 testNothing,
		"a writer waits for its turn":               testTurn,
		"readers keep what they began with":         testReaders,
		"ends of writers":                           testEnds,
		"commits of many at once":                   testMany,
		"a commit without changes":                  testWithoutChanges,
		"replaced content":                          testReplace,
		"audit rows are found":                      testAudit,
		"logged transactions":                       testLog,
		"retention":                                 testPrune,
		"nothing is kept for ever unless it is so":  testKeep,
		"after closing":                             testClose,
		"rows that are in memory alone are no rows": testEphemeral,
	}
	for backend, config := range backends {
		t.Run(backend, func(t *testing.T) {
			if backend == "postgresql" {
				cluster = postgrestest.Start(t)
			}
			for name, test := range suite {
				t.Run(name, func(t *testing.T) { test(t, config(t)) })
			}
		})
	}
}

func testCommit(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	before := s.Root()
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "a")(w.Tx()))
	assert.Same(t, before, s.Root(), "nothing is read before the commit")
	require.NoError(t, w.Commit(t.Context(), Records{TransactionID: "{1}"}))
	assert.Equal(t, before.Revision()+1, s.Root().Revision())
	assert.Equal(t, map[int64]string{1: "a"}, notes(s.Root()))
	assert.Equal(t, uint64(1), s.Size().Revision)
}

func testNothing(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	failed := errors.New("failed")
	assert.ErrorIs(t, s.Update(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, put(1, "a")(tx))
		return failed
	}), failed)
	assert.Panics(t, func() {
		_ = s.Update(t.Context(), func(tx *state.Tx) error {
			require.NoError(t, put(1, "a")(tx))
			panic("failed")
		})
	})
	ctx, cancel := context.WithCancel(t.Context())
	assert.ErrorIs(t, s.Update(ctx, func(tx *state.Tx) error {
		require.NoError(t, put(1, "a")(tx))
		cancel()
		return nil
	}), context.Canceled)
	assert.Empty(t, notes(s.Root()))
	assert.Zero(t, s.Root().Revision())
	require.NoError(t, s.Update(t.Context(), put(1, "b")), "the turn was given back")
}

func testTurn(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = s.Begin(ctx)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	writes, reads := s.Waits()
	assert.EqualValues(t, 1, writes.Count)
	assert.Positive(t, writes.Time)
	assert.Zero(t, reads)
	require.NoError(t, s.View(t.Context(), func(tx *state.Tx) error { return tx.Ready(false) }), "readers do not wait")
	w.Rollback()
	w, err = s.Begin(t.Context())
	require.NoError(t, err)
	w.Rollback()
}

func testReaders(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	require.NoError(t, s.View(t.Context(), func(tx *state.Tx) error {
		require.NoError(t, s.Update(t.Context(), put(1, "b")))
		assert.Equal(t, "a", things.Get(tx, 1).Note)
		assert.ErrorIs(t, put(2, "c")(tx), state.ErrReadOnly)
		return nil
	}))
	assert.Equal(t, map[int64]string{1: "b"}, notes(s.Root()))
}

func testEnds(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "a")(w.Tx()))
	w.Rollback()
	w.Rollback()
	assert.ErrorIs(t, w.Commit(t.Context(), Records{}), state.ErrTxDone)
	assert.ErrorIs(t, put(1, "a")(w.Tx()), state.ErrTxDone)
	w, err = s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.Commit(t.Context(), Records{}))
	w.Rollback()
	assert.ErrorIs(t, w.Commit(t.Context(), Records{}), state.ErrTxDone)
	assert.Empty(t, notes(s.Root()))
	require.NoError(t, s.Update(t.Context(), put(1, "b")), "the turn was given back once")
}

func testMany(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	const writers, each = 8, 25
	var all sync.WaitGroup
	for writer := range int64(writers) {
		all.Go(func() {
			for i := range int64(each) {
				id := 1 + writer*each + i
				assert.NoError(t, s.Update(t.Context(), put(id, "x")))
				assert.NotNil(t, things.Get(s.Root().Read(state.Env{}), id), "a writer reads what it was answered")
				assert.NoError(t, s.Record(t.Context(), Records{Audit: &AuditRow{Procedure: "P"}}))
			}
		})
	}
	all.Wait()
	assert.Len(t, notes(s.Root()), writers*each)
	assert.EqualValues(t, writers*each, s.Root().Revision())
	assert.EqualValues(t, writers*each, s.Size().Audit)
}

func testWithoutChanges(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, w.Commit(t.Context(), Records{Audit: &AuditRow{TransactionID: "{1}"}}))
	assert.Zero(t, s.Root().Revision())
	assert.Zero(t, s.Size().History)
	found, err := s.Audit(t.Context(), AuditQuery{})
	require.NoError(t, err)
	assert.Len(t, found, 1)
	require.NoError(t, s.Record(t.Context(), Records{}), "of nothing")
}

func testReplace(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	require.NoError(t, s.Update(t.Context(), put(2, "b")))
	kept := s.Root()
	require.NoError(t, s.Update(t.Context(), put(2, "c")))
	require.NoError(t, s.Update(t.Context(), put(3, "d")))
	require.NoError(t, s.Replace(t.Context(), kept))
	assert.Equal(t, map[int64]string{1: "a", 2: "b"}, notes(s.Root()))
	assert.EqualValues(t, 5, s.Root().Revision(), "revisions go on")
	require.NoError(t, s.Update(t.Context(), put(4, "e")))
	assert.ErrorContains(t, s.Replace(t.Context(), schema(t).Root()), "another schema")
}

func testAudit(t *testing.T, cfg Config) {
	cfg.Env.Now = ticking()
	s := mustOpen(t, cfg)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i, row := range []AuditRow{
		{TransactionID: "{1}", ClientID: "c1", Organization: "Alpha", Namespace: "N", Procedure: "P", Request: "<a/>", Steps: "<s/>", Caller: "ann"},
		{TransactionID: "{2}", ClientID: "{1}", Organization: "ALPHA", Namespace: "N", Procedure: "Q", Code: 0x80070005, Description: "no"},
		{TransactionID: "{3}", Organization: "Beta", Namespace: "M", Procedure: "P", Duration: 1500 * time.Microsecond},
	} {
		row.At = start.Add(time.Duration(i) * time.Hour)
		require.NoError(t, s.Record(t.Context(), Records{Audit: &row}))
	}
	denied := uint32(0x80070005)
	for name, c := range map[string]struct {
		query AuditQuery
		want  []string
	}{
		"all, newest first": {AuditQuery{}, []string{"{3}", "{2}", "{1}"}},
		"at most":           {AuditQuery{Limit: 2}, []string{"{3}", "{2}"}},
		"from":              {AuditQuery{From: start.Add(time.Hour)}, []string{"{3}", "{2}"}},
		"to":                {AuditQuery{To: start.Add(time.Hour)}, []string{"{1}"}},
		"organization":      {AuditQuery{Organization: "alpha"}, []string{"{2}", "{1}"}},
		"namespace":         {AuditQuery{Namespace: "M"}, []string{"{3}"}},
		"procedure":         {AuditQuery{Procedure: "P"}, []string{"{3}", "{1}"}},
		"transaction":       {AuditQuery{TransactionID: "{1}"}, []string{"{1}"}},
		"any id":            {AuditQuery{AnyID: "{1}"}, []string{"{2}", "{1}"}},
		"code":              {AuditQuery{Code: &denied}, []string{"{2}"}},
		"failed":            {AuditQuery{Failed: true}, []string{"{2}"}},
		"nothing":           {AuditQuery{Namespace: "X"}, nil},
	} {
		found, err := s.Audit(t.Context(), c.query)
		require.NoError(t, err)
		var ids []string
		for _, row := range found {
			ids = append(ids, row.TransactionID)
		}
		assert.Equal(t, c.want, ids, name)
	}
	found, err := s.Audit(t.Context(), AuditQuery{TransactionID: "{1}"})
	require.NoError(t, err)
	assert.Equal(t, []AuditRow{{
		ID: 1, TransactionID: "{1}", ClientID: "c1", Organization: "Alpha", Namespace: "N", Procedure: "P",
		Request: "<a/>", Steps: "<s/>", Caller: "ann", At: start,
	}}, found)
	require.NoError(t, s.Record(t.Context(), Records{Audit: &AuditRow{TransactionID: "{4}"}}))
	found, err = s.Audit(t.Context(), AuditQuery{TransactionID: "{4}"})
	require.NoError(t, err)
	assert.False(t, found[0].At.IsZero(), "the time is set")
}

func testLog(t *testing.T, cfg Config) {
	cfg.Env.Now = ticking()
	s := mustOpen(t, cfg)
	_, err := s.LoggedTransaction(t.Context(), "{1}")
	var missing *state.NotFoundError
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, &state.NotFoundError{Kind: "transaction", Value: "{1}"}, missing)

	running := LoggedTransaction{ID: "{1}", ClientID: "c", Caller: "ann", Namespace: "N", Procedure: "P", QueueID: "{q}", Request: "<a/>"}
	require.NoError(t, s.Record(t.Context(), Records{Log: &running}))
	require.NoError(t, s.Record(t.Context(), Records{Log: &LoggedTransaction{ID: "{2}", State: TransactionAborted, Code: 0x80070005}}))
	left, err := s.RunningTransactions(t.Context())
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, "{1}", left[0].ID)
	assert.True(t, left[0].Ended.IsZero())
	assert.Equal(t, TransactionRunning, left[0].State)

	ended := left[0]
	ended.State = TransactionCommitted
	ended.Steps = []LoggedStep{{Seq: 1, Namespace: "N", Procedure: "P", State: "done", RollbackData: "<r/>"}, {Seq: 2, Procedure: "Q"}}
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "a")(w.Tx()))
	require.NoError(t, w.Commit(t.Context(), Records{TransactionID: "{1}", Log: &ended}))
	got, err := s.LoggedTransaction(t.Context(), "{1}")
	require.NoError(t, err)
	assert.False(t, got.Ended.IsZero())
	assert.Equal(t, left[0].Started, got.Started)
	steps, err := s.LoggedSteps(t.Context(), "{1}")
	require.NoError(t, err)
	require.Len(t, steps, 2)
	assert.False(t, steps[0].At.IsZero())
	steps[0].At = time.Time{}
	assert.Equal(t, ended.Steps[0], steps[0])
	aborted, err := s.LoggedTransactions(t.Context(), TransactionAborted)
	require.NoError(t, err)
	require.Len(t, aborted, 1)
	assert.EqualValues(t, 0x80070005, aborted[0].Code)
	assert.EqualValues(t, 2, s.Size().Log)
	none, err := s.LoggedSteps(t.Context(), "{9}")
	require.NoError(t, err)
	assert.Empty(t, none)
}

func testPrune(t *testing.T, cfg Config) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	cfg.Env.Now = func() time.Time { return now }
	s := mustOpen(t, cfg)
	for i := range int64(3) {
		require.NoError(t, s.Update(t.Context(), put(i, "a")))
	}
	require.NoError(t, s.Record(t.Context(), Records{
		Audit: &AuditRow{TransactionID: "{1}"}, Log: &LoggedTransaction{ID: "{1}", State: TransactionCommitted},
	}))
	require.NoError(t, s.Record(t.Context(), Records{Log: &LoggedTransaction{ID: "{2}"}}))
	now = now.Add(DefaultKeepHistory)
	removed, err := s.Prune(t.Context(), now)
	require.NoError(t, err)
	assert.Zero(t, removed)
	require.NoError(t, s.Record(t.Context(), Records{
		Audit: &AuditRow{TransactionID: "{3}"}, Log: &LoggedTransaction{ID: "{3}", State: TransactionAborted},
	}))
	removed, err = s.Prune(t.Context(), now.Add(time.Second))
	require.NoError(t, err)
	want := Pruned{Log: 1}
	if cfg.Path != "" {
		want.History = 2 // the last one stays
	}
	assert.Equal(t, want, removed)
	removed, err = s.Prune(t.Context(), now.Add(DefaultKeepAudit-DefaultKeepHistory+time.Second))
	require.NoError(t, err)
	assert.Equal(t, Pruned{Audit: 1, Log: 1}, removed)
	left, err := s.RunningTransactions(t.Context())
	require.NoError(t, err)
	assert.Len(t, left, 1, "what runs stays")
	size := s.Size()
	assert.EqualValues(t, 1, size.Audit)
	assert.EqualValues(t, 1, size.Log)
	assert.Len(t, notes(s.Root()), 3, "content stays")
	require.NoError(t, s.Update(t.Context(), put(9, "a")))
	assert.EqualValues(t, 4, s.Root().Revision())
}

func testKeep(t *testing.T, cfg Config) {
	cfg.KeepAudit, cfg.KeepHistory = -1, -1
	s := mustOpen(t, cfg)
	require.NoError(t, s.Record(t.Context(), Records{Audit: &AuditRow{}, Log: &LoggedTransaction{ID: "{1}", State: TransactionAborted}}))
	removed, err := s.Prune(t.Context(), time.Now().AddDate(100, 0, 0))
	require.NoError(t, err)
	assert.Zero(t, removed)
}

func testClose(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "a")(w.Tx()))
	closed, late := make(chan error, 1), make(chan error, 1)
	go func() { late <- s.Update(t.Context(), put(2, "b")) }()
	for writes, _ := s.Waits(); writes.Count == 0; writes, _ = s.Waits() {
		time.Sleep(time.Millisecond)
	}
	go func() { closed <- s.Close() }()
	require.ErrorIs(t, <-late, ErrClosed, "who waits is refused")
	require.NoError(t, w.Commit(t.Context(), Records{Audit: &AuditRow{}}), "who writes is waited for")
	require.NoError(t, <-closed)
	require.NoError(t, s.Close())
	assert.ErrorIs(t, s.Update(t.Context(), put(2, "b")), ErrClosed)
	assert.ErrorIs(t, s.View(t.Context(), func(*state.Tx) error { return nil }), ErrClosed)
	assert.ErrorIs(t, s.Record(t.Context(), Records{Audit: &AuditRow{}}), ErrClosed)
	_, err = s.Audit(t.Context(), AuditQuery{})
	assert.ErrorIs(t, err, ErrClosed)
	_, err = s.Prune(t.Context(), time.Now())
	assert.ErrorIs(t, err, ErrClosed)
	assert.ErrorIs(t, s.Backup(t.Context(), file(t)), ErrClosed)
	assert.ErrorIs(t, s.Writable(t.Context()), ErrClosed)
	assert.Equal(t, map[int64]string{1: "a"}, notes(s.Root()))
}

func testEphemeral(t *testing.T, cfg Config) {
	s := mustOpen(t, cfg)
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error { return passing.Put(tx, &thing{Name: "x"}) }))
	assert.NotNil(t, passing.Get(s.Root().Read(state.Env{}), "x"), "they are published")
	assert.Zero(t, s.Root().Revision(), "without a revision")
	require.NoError(t, s.Update(t.Context(), put(1, "a")))
	assert.NotNil(t, passing.Get(s.Root().Read(state.Env{}), "x"))
}
