package store

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSmoke(t *testing.T) {
	start := time.Now()
	for range 10 {
		s, err := Open(t.Context(), Config{HashCost: 4})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	t.Log("open memory", time.Since(start)/10)
	start = time.Now()
	s, err := Open(t.Context(), Config{HashCost: 4, Path: t.TempDir() + "/a b?.db"})
	require.NoError(t, err)
	t.Log("open file", time.Since(start))
	require.NoError(t, s.Close())
}

func TestSmokeSeed(t *testing.T) {
	s, err := Open(t.Context(), Config{HashCost: 4})
	require.NoError(t, err)
	start := time.Now()
	require.NoError(t, s.Seed(t.Context(), DefaultSeed()))
	t.Log("seed", time.Since(start))
	require.NoError(t, s.Dump(t.Context(), os.Stdout))
	require.NoError(t, s.Close())
}
