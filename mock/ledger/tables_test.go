package ledger

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// thing is a row of the tests' tables.
type thing struct {
	ID   int64     `json:"id"`
	Name string    `json:"name"`
	Note string    `json:"note,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

var (
	things = state.Declare(state.Spec[int64, thing]{
		Name: "thing", Key: func(r *thing) int64 { return r.ID }, Compare: cmp.Compare[int64], Replicated: true,
	})
	_       = state.Unique(things, "name", cmp.Compare[string], func(r *thing, add func(string)) { add(strings.ToLower(r.Name)) })
	secrets = state.Declare(state.Spec[string, thing]{
		Name: "secret", Key: func(r *thing) string { return r.Name }, Compare: cmp.Compare[string], Secret: true,
	})
	passing = state.Declare(state.Spec[string, thing]{
		Name: "passing", Key: func(r *thing) string { return r.Name }, Compare: cmp.Compare[string], Ephemeral: true,
	})
)

func schema(t testing.TB) *state.Schema {
	t.Helper()
	made, err := state.NewSchema(state.Counters(), things, secrets, passing)
	require.NoError(t, err)
	return made
}

// ticking is a clock that goes on by a second each time it is asked.
func ticking() func() time.Time {
	var asked atomic.Int64
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time { return start.Add(time.Duration(asked.Add(1)) * time.Second) }
}

func mustOpen(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "mockmpf.db") }

// put returns a change of one row.
func put(id int64, note string) func(*state.Tx) error {
	return func(tx *state.Tx) error {
		return things.Put(tx, &thing{ID: id, Name: fmt.Sprintf("n%d", id), Note: note})
	}
}

// notes returns the notes of all things by their ids.
func notes(root *state.Root) map[int64]string {
	all := make(map[int64]string)
	for row := range things.All(root.Read(state.Env{})) {
		all[row.ID] = row.Note
	}
	return all
}

// lines returns all rows of a root as text.
func lines(t testing.TB, root *state.Root) []string {
	t.Helper()
	all := []string{}
	require.NoError(t, root.Rows(func(table, key string, value []byte) error {
		all = append(all, table+" "+key+" "+string(value))
		return nil
	}))
	return all
}

// How long, and how often, tests look for what another goroutine does.
const (
	testPatience = 10 * time.Second
	testTick     = time.Millisecond
)
