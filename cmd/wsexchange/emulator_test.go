package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEmulator_BesideARunningGateway runs the commands of the embedded
// backend's database; mock/maintain tests what they do.
func TestEmulator_BesideARunningGateway(t *testing.T) {
	folder := t.TempDir()
	database, copied, restored := filepath.Join(folder, "emulator.db"), filepath.Join(folder, "copy.db"), filepath.Join(folder, "restored.db")
	g := start(t, "--emulator.database", database)
	of := func(database string, args ...string) (stdout, stderr string, status int) {
		return outputOf(t, []string{"WSEXCHANGE_EMULATOR_DATABASE=" + database}, append([]string{"emulator"}, args...)...)
	}
	rows := func(database string) string {
		out, errors, status := of(database, "export")
		require.Equal(t, 0, status, errors)
		_, rest, _ := strings.Cut(out, "\n")
		return rest
	}
	_, errors, status := of(database, "backup", copied)
	require.Equal(t, 0, status, errors)
	_, errors, status = of(restored, "restore", copied)
	require.Equal(t, 0, status, errors)
	want := rows(database)
	assert.Contains(t, want, "hsadmin")
	assert.Equal(t, want, rows(restored))
	_, errors, status = of(database, "seed", "--organizations=1")
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "is in use by process ")
	require.Equal(t, 0, g.Stop(), g.Log)
	_, errors, status = of(database, "seed", "--organizations=1", "--users=2")
	assert.Equal(t, 0, status, errors)
	exported := filepath.Join(folder, "state.jsonl")
	_, errors, status = of(database, "export", exported)
	require.Equal(t, 0, status, errors)
	_, errors, status = of(restored, "import", exported)
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "--replace")
	_, errors, status = of(restored, "import", exported, "--replace")
	require.Equal(t, 0, status, errors)
	assert.Equal(t, rows(database), rows(restored))
}

func TestEmulator_Help(t *testing.T) {
	out, errors, status := outputOf(t, nil, "emulator")
	require.Equal(t, 0, status, errors)
	for _, name := range []string{"backup", "restore", "export", "import", "seed"} {
		assert.Contains(t, out, "\n  "+name+" ", name)
		help, errors, status := outputOf(t, nil, "emulator", name, "--help")
		require.Equal(t, 0, status, errors)
		assert.Contains(t, help, "--emulator.database", name)
		assert.NotContains(t, help, "--auth.mode", name)
	}
	_, errors, status = outputOf(t, nil, "emulator", "backpu")
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "unknown command")
}
