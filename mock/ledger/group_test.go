package ledger

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// gate is a backend that waits before each write to be told how it ends.
type gate struct {
	memory
	arrived chan int   // number of entries of each batch
	answer  chan error // how it ends
}

func (g *gate) immediate() bool { return false }

func (g *gate) append(ctx context.Context, entries []*entry) error {
	g.arrived <- len(entries)
	if err := <-g.answer; err != nil {
		return err
	}
	return g.memory.append(ctx, entries)
}

func gated(t *testing.T) (*Store, *gate) {
	t.Helper()
	cfg, err := Config{Schema: schema(t)}.complete()
	require.NoError(t, err)
	g := &gate{arrived: make(chan int, 10), answer: make(chan error)}
	s := newStore(cfg, g, cfg.Schema.Root(), "")
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, g
}

// later commits in a goroutine, and returns when the turn is given on.
func later(t *testing.T, s *Store, id int64) chan error {
	t.Helper()
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(id, "x")(w.Tx()))
	outcome := make(chan error, 1)
	go func() { outcome <- w.Commit(t.Context(), Records{}) }()
	return outcome
}

func (s *Store) waits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting)
}

func TestStore_WritesTogetherWhatWaits(t *testing.T) {
	s, g := gated(t)
	first := later(t, s, 1)
	assert.Equal(t, 1, <-g.arrived)
	second, third := later(t, s, 2), later(t, s, 3)
	require.NoError(t, s.View(t.Context(), func(tx *state.Tx) error {
		assert.Zero(t, things.Len(tx), "what is not written is not read")
		return nil
	}))
	require.Eventually(t, func() bool { return s.waits() == 2 }, testPatience, testTick)
	g.answer <- nil
	require.NoError(t, <-first)
	assert.Equal(t, map[int64]string{1: "x"}, notes(s.Root()))
	assert.Equal(t, 2, <-g.arrived, "one batch")
	g.answer <- nil
	require.NoError(t, <-second)
	require.NoError(t, <-third)
	assert.Len(t, notes(s.Root()), 3)
	assert.EqualValues(t, 3, s.Root().Revision())
}

func TestStore_RefusesWhatStandsOnAFailedWrite(t *testing.T) {
	s, g := gated(t)
	good := later(t, s, 1)
	<-g.arrived
	g.answer <- nil
	require.NoError(t, <-good)

	first := later(t, s, 2)
	<-g.arrived
	second := later(t, s, 3)
	require.Eventually(t, func() bool { return s.waits() == 1 }, testPatience, testTick)
	record := make(chan error, 1)
	go func() { record <- s.Record(t.Context(), Records{Audit: &AuditRow{}}) }()
	require.Eventually(t, func() bool { return s.waits() == 2 }, testPatience, testTick)
	w, err := s.Begin(t.Context()) // on the head that will be refused
	require.NoError(t, err)
	assert.NotNil(t, things.Get(w.Tx(), 3))
	require.NoError(t, put(4, "x")(w.Tx()))

	full := errors.New("disk full")
	g.answer <- full
	for _, outcome := range []chan error{first, second, record} {
		err := <-outcome
		assert.ErrorIs(t, err, ErrNotWritten)
		assert.ErrorIs(t, err, full)
	}
	err = w.Commit(t.Context(), Records{})
	assert.ErrorIs(t, err, ErrNotWritten, "a writer that stands on it")
	assert.ErrorIs(t, err, full)
	assert.Equal(t, map[int64]string{1: "x"}, notes(s.Root()))
	assert.EqualValues(t, 1, s.Root().Revision())

	again := later(t, s, 5)
	<-g.arrived
	g.answer <- nil
	require.NoError(t, <-again)
	assert.Equal(t, map[int64]string{1: "x", 5: "x"}, notes(s.Root()))
	assert.EqualValues(t, 2, s.Root().Revision(), "numbers of refused commits are given again")
}

func TestStore_CommitsOnTheWrittenRootOutliveAFailure(t *testing.T) {
	s, g := gated(t)
	w, err := s.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, put(1, "x")(w.Tx()))
	record := make(chan error, 1)
	go func() { record <- s.Record(t.Context(), Records{Audit: &AuditRow{}}) }()
	<-g.arrived
	g.answer <- errors.New("disk full")
	require.ErrorIs(t, <-record, ErrNotWritten)
	done := make(chan error, 1)
	go func() { done <- w.Commit(t.Context(), Records{}) }()
	<-g.arrived
	g.answer <- nil
	require.NoError(t, <-done)
	assert.Len(t, notes(s.Root()), 1)
}

func TestStore_AnEndedContextDoesNotTakeACommitBack(t *testing.T) {
	s, g := gated(t)
	ctx, cancel := context.WithCancel(t.Context())
	w, err := s.Begin(ctx)
	require.NoError(t, err)
	require.NoError(t, put(1, "x")(w.Tx()))
	done := make(chan error, 1)
	go func() { done <- w.Commit(ctx, Records{}) }()
	<-g.arrived
	cancel()
	g.answer <- nil
	require.NoError(t, <-done)
	assert.Len(t, notes(s.Root()), 1)
}

// flaky is a backend that refuses every third batch.
type flaky struct {
	memory
	batches int
}

func (f *flaky) immediate() bool { return false }

func (f *flaky) append(ctx context.Context, entries []*entry) error {
	if f.batches++; f.batches%3 == 0 {
		return errors.New("no")
	}
	return f.memory.append(ctx, entries)
}

func TestStore_AnswersTheTruthUnderFailures(t *testing.T) {
	cfg, err := Config{Schema: schema(t)}.complete()
	require.NoError(t, err)
	s := newStore(cfg, &flaky{}, cfg.Schema.Root(), "")
	var all sync.WaitGroup
	var mu sync.Mutex
	answered := make(map[int64]string)
	for writer := range int64(8) {
		all.Go(func() {
			for i := range int64(100) {
				id := writer*1000 + i
				err := s.Update(t.Context(), put(id, "x"))
				if err == nil {
					mu.Lock()
					answered[id] = "x"
					mu.Unlock()
					continue
				}
				assert.ErrorIs(t, err, ErrNotWritten)
			}
		})
	}
	all.Wait()
	require.NoError(t, s.Close())
	assert.Equal(t, answered, notes(s.Root()))
	assert.EqualValues(t, len(answered), s.Root().Revision())
}

// broken is a backend that panics once.
type broken struct {
	memory
	panicked bool
}

func (b *broken) immediate() bool { return false }

func (b *broken) append(ctx context.Context, entries []*entry) error {
	if !b.panicked {
		b.panicked = true
		panic("row without a key")
	}
	return b.memory.append(ctx, entries)
}

func TestStore_APanicOfTheBackendIsAnError(t *testing.T) {
	cfg, err := Config{Schema: schema(t)}.complete()
	require.NoError(t, err)
	s := newStore(cfg, &broken{}, cfg.Schema.Root(), "")
	err = s.Update(t.Context(), put(1, "a"))
	require.ErrorIs(t, err, ErrNotWritten)
	assert.ErrorContains(t, err, "row without a key")
	require.NoError(t, s.Update(t.Context(), put(1, "b")))
	require.NoError(t, s.Close())
}
