package main

import (
	"os"
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
	assert.Equal(t, "isapi", load(t, environmentPrefix+"CONFIG=../../deploy/wsexchange.yaml").Backend)
}

func TestDeploy_Compose(t *testing.T) {
	text, err := os.ReadFile("../../deploy/compose.yaml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct{ Environment map[string]string }
	}
	require.NoError(t, yaml.Unmarshal(text, &compose))
	var environ []string
	for name, value := range compose.Services["gateway"].Environment {
		environ = append(environ, name+"="+value)
	}
	assert.Equal(t, []string{"emulator:3890"}, load(t, environ...).Auth.LDAP.Servers)
}
