package ledger

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/mock/state"
)

// TestProperty_TheFileHoldsWhatMemoryHolds makes the same random commits in
// memory and in a file, which is closed and opened between them.
func TestProperty_TheFileHoldsWhatMemoryHolds(t *testing.T) {
	made := schema(t)
	rapid.Check(t, func(r *rapid.T) {
		memory := mustOpen(t, Config{Schema: made})
		cfg := Config{Schema: made, Path: filepath.Join(t.TempDir(), "mockmpf.db"), Synchronous: "OFF"}
		kept, err := Open(t.Context(), cfg)
		require.NoError(r, err)
		roots := []*state.Root{made.Root()}
		for range rapid.IntRange(1, 12).Draw(r, "commits") {
			switch rapid.IntRange(0, 5).Draw(r, "kind") {
			case 0:
				require.NoError(r, kept.Close())
				kept, err = Open(t.Context(), cfg)
				require.NoError(r, err)
			case 1:
				root := copied(t, rapid.SampledFrom(roots).Draw(r, "root")) // of rows that neither has
				require.NoError(r, memory.Replace(t.Context(), root))
				require.NoError(r, kept.Replace(t.Context(), root))
			default:
				change := changes(r)
				require.Equal(r, memory.Update(t.Context(), change), kept.Update(t.Context(), change))
				roots = append(roots, kept.Root())
			}
			require.Equal(r, memory.Root().Revision(), kept.Root().Revision())
		}
		require.NoError(r, kept.Close())
		kept, err = Open(t.Context(), cfg)
		require.NoError(r, err)
		require.Equal(r, lines(t, memory.Root()), lines(t, kept.Root()))
		require.Equal(r, memory.Root().Revision(), kept.Root().Revision())
		require.NoError(r, kept.Close())
	})
}

// copied returns a root of the same rows in other places of memory.
func copied(t *testing.T, root *state.Root) *state.Root {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, Export(t.Context(), Content(root), &text))
	made, err := Import(t.Context(), root.Schema(), &text)
	require.NoError(t, err)
	return made
}

// changes draws what a transaction does: writes of a few rows, some of which
// are refused or taken back.
func changes(r *rapid.T) func(*state.Tx) error {
	drawn := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) write {
		return write{rapid.Int64Range(0, 20).Draw(r, "id"), rapid.StringN(0, 5, 20).Draw(r, "name"), rapid.Bool().Draw(r, "deleted"), rapid.Bool().Draw(r, "back")}
	}), 0, 10).Draw(r, "writes")
	return func(tx *state.Tx) error {
		for _, w := range drawn {
			before := tx.Keep()
			if err := w.in(tx); err != nil {
				return fmt.Errorf("write %d: %w", w.ID, err)
			}
			if w.Back {
				tx.Back(before)
			}
		}
		return nil
	}
}

type write struct {
	ID            int64
	Name          string
	Deleted, Back bool
}

func (w write) in(tx *state.Tx) error {
	if w.Deleted {
		_, err := secrets.Delete(tx, w.Name)
		if err == nil {
			_, err = things.Delete(tx, w.ID)
		}
		return err
	}
	if err := secrets.Put(tx, &thing{Name: w.Name, ID: w.ID}); err != nil {
		return err
	}
	if _, err := tx.Next("write"); err != nil {
		return err
	}
	return things.Put(tx, &thing{ID: w.ID, Name: w.Name, Note: w.Name})
}
