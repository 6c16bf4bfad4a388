package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/store"
)

func opened(t testing.TB, cfg store.Config) *store.Store {
	t.Helper()
	cfg.HashCost = 4
	s, err := store.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func dumped(t testing.TB, s *store.Store) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, s.Dump(t.Context(), &b))
	return b.String()
}

func addUser(t testing.TB, s *store.Store, name string) {
	t.Helper()
	dn := ldappath.MustParseDN("CN=Users,DC=fabrikam,DC=com").Child("CN", name)
	require.NoError(t, s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Create(dn, "user", store.Attributes{{Name: "sAMAccountName", Values: []string{name}}})
		return err
	}))
}

func TestImage(t *testing.T) {
	for name, path := range map[string]string{"in memory": "", "on a file": filepath.Join(t.TempDir(), "a.db")} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, store.Config{Path: path, TrackChanges: true})
			require.NoError(t, s.Seed(t.Context(), store.DefaultSeed()))
			addUser(t, s, "ann")
			before := dumped(t, s)
			image, err := s.Image(t.Context())
			require.NoError(t, err)
			addUser(t, s, "bob")
			changed := dumped(t, s)
			require.NotEqual(t, before, changed)

			require.NoError(t, s.Restore(t.Context(), image))
			assert.Equal(t, before, dumped(t, s))
			addUser(t, s, "bob")
			assert.Contains(t, dumped(t, s), `"bob"`)

			other := opened(t, store.Config{Image: image})
			assert.Equal(t, before, dumped(t, other))
			addUser(t, other, "cid")
			assert.NotContains(t, dumped(t, s), `"cid"`, "stores from one image are apart")

			require.NoError(t, s.Restore(t.Context(), image), "an image is good more than once")
			assert.Equal(t, before, dumped(t, s))
		})
	}
}

func TestImage_IsRefused(t *testing.T) {
	s := opened(t, store.Config{})
	assert.ErrorContains(t, s.Restore(t.Context(), store.Image{}), "empty")
	image, err := s.Image(t.Context())
	require.NoError(t, err)
	_, err = store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "x.db"), Image: image})
	assert.ErrorContains(t, err, "only a store in memory")
	assert.NotContains(t, image.String(), "SQLite")
}

func TestTx_RowChanges(t *testing.T) {
	s := opened(t, store.Config{TrackChanges: true})
	require.NoError(t, s.Seed(t.Context(), store.DefaultSeed()))
	addUser(t, s, "ann")
	require.NoError(t, s.Update(t.Context(), func(tx *store.Tx) error {
		o, err := tx.BySAM("ann")
		require.NoError(t, err)
		changes, err := tx.RowChanges()
		require.NoError(t, err)
		assert.Empty(t, changes, "those of the transaction before are gone")
		require.NoError(t, tx.Set(o, "description", "first"))
		assert.Error(t, tx.Savepoint(func() error {
			require.NoError(t, tx.Set(o, "description", "second"))
			return assert.AnError
		}))
		require.NoError(t, tx.SetPassword(o, "Fabrikam-1234"))
		changes, err = tx.RowChanges()
		require.NoError(t, err)
		tables := make(map[string]bool)
		for _, c := range changes {
			tables[c.Table] = true
			assert.NotContains(t, c.After, "hash")
			if c.Table == "attribute_value" && c.After["attribute"] == "description" {
				assert.Equal(t, "first", c.After["value"])
				assert.Nil(t, c.Before)
			}
		}
		assert.True(t, tables["attribute_value"])
		assert.True(t, tables["password"])
		return nil
	}))
}

func BenchmarkOpen_Image(b *testing.B) {
	s := opened(b, store.Config{})
	require.NoError(b, s.Seed(b.Context(), store.DefaultSeed()))
	image, err := s.Image(b.Context())
	require.NoError(b, err)
	b.ReportMetric(float64(image.Size()), "imagebytes")
	for b.Loop() {
		clone, err := store.Open(b.Context(), store.Config{Image: image, Now: time.Now})
		require.NoError(b, err)
		require.NoError(b, clone.Close())
	}
}

func BenchmarkStore_Restore(b *testing.B) {
	s := opened(b, store.Config{TrackChanges: true})
	require.NoError(b, s.Seed(b.Context(), store.DefaultSeed()))
	image, err := s.Image(b.Context())
	require.NoError(b, err)
	for b.Loop() {
		require.NoError(b, s.Restore(b.Context(), image))
	}
}
