package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"wsexchange/internal/config"
)

func load(t *testing.T, environ ...string) *Config {
	t.Helper()
	loader, err := config.New[Config](environmentPrefix)
	require.NoError(t, err)
	loaded, err := loader.Load(nil, environ)
	require.NoError(t, err)
	return loaded
}

func TestDeploy_ExampleConfiguration(t *testing.T) {
	assert.Equal(t, "/var/lib/mockmpf/emulator.db", load(t, environmentPrefix+"CONFIG=../../deploy/mockmpf.yaml").Database)
}

func TestDeploy_Compose(t *testing.T) {
	text, err := os.ReadFile("../../deploy/compose.yaml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct{ Environment map[string]string }
	}
	require.NoError(t, yaml.Unmarshal(text, &compose))
	var environ []string
	for name, value := range compose.Services["emulator"].Environment {
		environ = append(environ, name+"="+value)
	}
	assert.Equal(t, "/data/emulator.db", load(t, environ...).Database)
}

// TestDeploy_Units holds the units' exposure, which systemd counts from 0 to
// 10, to 1.5 at most.
func TestDeploy_Units(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("systemd-analyze is missing: the Debian package systemd brings it")
		}
		t.Skip("systemd-analyze is missing: install the Debian package systemd")
	}
	for _, program := range []string{"mockmpf", "wsexchange"} {
		out, err := exec.CommandContext(t.Context(), analyze, "security", "--no-pager", "--offline=true", "--threshold=15",
			"../../deploy/systemd/"+program+".service").CombinedOutput()
		assert.NoError(t, err, "%s: %s", program, out)
	}
}
