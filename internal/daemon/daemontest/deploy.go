package daemontest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"wsexchange/internal/config"
)

// Load reads the configuration that an environment gives, whose variables begin
// with the prefix.
func Load[C any](t testing.TB, prefix string, environ ...string) *C {
	t.Helper()
	loader, err := config.New[C](prefix)
	require.NoError(t, err)
	loaded, err := loader.Load(nil, environ)
	require.NoError(t, err)
	return loaded
}

// Composed gives the environment of a service in a compose file.
func Composed(t testing.TB, file, service string) (environ []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct{ Environment map[string]string }
	}
	require.NoError(t, yaml.Unmarshal(text, &compose))
	for name, value := range compose.Services[service].Environment {
		environ = append(environ, name+"="+value)
	}
	require.NotEmpty(t, environ, service)
	return environ
}
