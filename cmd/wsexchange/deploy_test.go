package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/internal/daemon/daemontest"
)

func load(t *testing.T, environ ...string) *Config {
	t.Helper()
	return daemontest.Load[Config](t, environmentPrefix, environ...)
}

func TestDeploy_ExampleConfiguration(t *testing.T) {
	assert.Equal(t, "isapi", load(t, environmentPrefix+"CONFIG=../../deploy/wsexchange.yaml").Backend)
}

func TestDeploy_Compose(t *testing.T) {
	environ := daemontest.Composed(t, "../../deploy/compose.yaml", "gateway")
	assert.Equal(t, []string{"emulator:3890"}, load(t, environ...).Auth.LDAP.Servers)
}
