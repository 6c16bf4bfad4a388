package daemontest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Commands runs what every program has: its version, and the sample of its
// configuration, which must be valid as it is.
func Commands(t *testing.T, run Run, name string) {
	t.Helper()
	version, errors, status := Output(t, run, nil, "version")
	require.Equal(t, 0, status, errors)
	require.NotEmpty(t, version)
	out, errors, status := Output(t, run, nil, "--version")
	assert.Equal(t, 0, status, errors)
	assert.Equal(t, name+" version "+version, out)

	sample, errors, status := Output(t, run, nil, "configuration", "--format", "yaml")
	require.Equal(t, 0, status, errors)
	assert.Contains(t, sample, "\n#listen: ")
	file := filepath.Join(t.TempDir(), name+".yaml")
	require.NoError(t, os.WriteFile(file, []byte(sample), 0o600))
	out, errors, status = Output(t, run, nil, "serve", "--config.check", "--config", file)
	assert.Equal(t, 0, status, errors)
	assert.Equal(t, "configuration is valid\n", out)

	_, errors, status = Output(t, run, nil, "configuration", "--format", "toml")
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, `format "toml" is not one of markdown, yaml`)
}
