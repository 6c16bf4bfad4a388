package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon/daemontest"
)

func load(t *testing.T, environ ...string) *Config {
	t.Helper()
	return daemontest.Load[Config](t, environmentPrefix, environ...)
}

func TestDeploy_ExampleConfiguration(t *testing.T) {
	assert.Equal(t, "/var/lib/mockmpf/emulator.db", load(t, environmentPrefix+"CONFIG=../../deploy/mockmpf.yaml").Database)
}

func TestDeploy_Compose(t *testing.T) {
	assert.Equal(t, "/data/emulator.db", load(t, daemontest.Composed(t, "../../deploy/compose.yaml", "emulator")...).Database)
}

// TestDeploy_UnitsReload wants "systemctl reload" for both programs.
func TestDeploy_UnitsReload(t *testing.T) {
	for _, program := range []string{"mockmpf", "wsexchange"} {
		unit, err := os.ReadFile("../../deploy/systemd/" + program + ".service")
		require.NoError(t, err)
		assert.Contains(t, string(unit), "\nExecReload=/bin/kill -HUP $MAINPID\n", program)
		assert.Contains(t, string(unit), "\nType=notify\n", program)
		assert.Regexp(t, "\nRestrictAddressFamilies=.*AF_UNIX", string(unit), "%s reports by a socket", program)
	}
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
