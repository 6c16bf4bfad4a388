package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows is an export without its first line, which names the installation.
func rows(t *testing.T, database string) string {
	t.Helper()
	out, errors, status := outputOf(t, nil, "export", "--database", database)
	require.Equal(t, 0, status, errors)
	_, rest, ok := strings.Cut(out, "\n")
	require.True(t, ok)
	return rest
}

// TestMaintenance_BesideARunningProcess makes copies of the database of another
// process, which has written and goes on writing.
func TestMaintenance_BesideARunningProcess(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mockmpf")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	database, copied := filepath.Join(t.TempDir(), "emulator.db"), filepath.Join(t.TempDir(), "copy.db")
	_, banner := launch(t, program, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--ldap.listen", "", "--metrics.listen", "", "--log.level", "error", "--database", database,
	}, controlled(t)...))
	answer, err := createUser(t, banner["Engine"])
	require.NoError(t, err)
	require.Nil(t, answer.Err)

	_, errors, status := outputOf(t, nil, "backup", copied, "--database", database)
	require.Equal(t, 0, status, errors)
	now := rows(t, database)
	assert.Contains(t, now, "ann@fabrikam.com")
	assert.Equal(t, now, rows(t, copied))
	_, errors, status = outputOf(t, nil, "backup", copied, "--database", database)
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "file exists")
	for _, args := range [][]string{{"restore", copied}, {"seed", "--organizations=1"}} {
		_, errors, status = outputOf(t, nil, append(args, "--database", database)...)
		assert.Equal(t, 1, status, args[0])
		assert.Contains(t, errors, "is in use by process ", args[0])
	}
	again, err := createUser(t, banner["Engine"])
	require.NoError(t, err, "it goes on")
	assert.NotNil(t, again.Err, "the user is there")
}

// TestMaintenance_SettingsOfTheProgram takes the database from a configuration
// file and from the environment.
func TestMaintenance_SettingsOfTheProgram(t *testing.T) {
	folder := t.TempDir()
	database, copied, restored := filepath.Join(folder, "emulator.db"), filepath.Join(folder, "copy.db"), filepath.Join(folder, "restored.db")
	file := filepath.Join(folder, "mockmpf.yaml")
	require.NoError(t, os.WriteFile(file, []byte("database: "+database+"\n"), 0o600))
	_, errors, status := outputOf(t, nil, "seed", "--config", file, "--organizations=2", "--users=10")
	require.Equal(t, 0, status, errors)
	assert.Contains(t, errors, "seed: 2 of 2 organizations, 10 of 10 users\n")
	out, errors, status := outputOf(t, []string{"MOCKMPF_DATABASE=" + database}, "backup", copied)
	require.Equal(t, 0, status, errors)
	assert.Contains(t, out, copied)
	_, errors, status = outputOf(t, []string{"MOCKMPF_DATABASE=" + restored}, "restore", copied)
	require.Equal(t, 0, status, errors)
	assert.Equal(t, rows(t, database), rows(t, restored))

	_, errors, status = outputOf(t, nil, "backup", filepath.Join(folder, "other"))
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "mockmpf: no database is configured")
	_, errors, status = outputOf(t, nil, "backup", "x", "--databse=y")
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "--database")
}

func TestMaintenance_HelpShowsWhatMatters(t *testing.T) {
	for _, name := range []string{"backup", "restore", "export", "import", "seed"} {
		out, errors, status := outputOf(t, nil, name, "--help")
		require.Equal(t, 0, status, errors)
		for _, flag := range []string{"--config", "--database", "--seed"} {
			assert.Contains(t, out, flag, name)
		}
		assert.NotContains(t, out, "--ldap.listen", name)
	}
}
