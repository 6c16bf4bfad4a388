package mock_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock"
	"wsexchange/mock/seed"
)

// An IP address means the controller that has its listener there alone, any
// other the first one.
func TestControllers_ByAddress(t *testing.T) {
	content := seed.Default()
	content.Domain.Controllers = []string{"dc1.fabrikam.com", "dc2.fabrikam.com", "dc3.fabrikam.com"}
	e, err := mock.Open(t.Context(), mock.Config{
		Seed: &content, LDAPListen: "127.0.0.1:0",
		Controllers: map[string]string{"dc2.fabrikam.com": "127.0.0.2:0", "dc3.fabrikam.com": "127.0.0.1:0"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	for value, want := range map[string]string{
		"127.0.0.2": "dc2.fabrikam.com", "127.0.0.2:389": "dc2.fabrikam.com", `\\127.0.0.2`: "dc2.fabrikam.com", "::ffff:127.0.0.2": "dc2.fabrikam.com",
		"127.0.0.1": "dc1.fabrikam.com", "192.0.2.1": "dc1.fabrikam.com", "": "dc1.fabrikam.com",
		`\\DC3`: "dc3.fabrikam.com", " dc2 ": "dc2.fabrikam.com", "dc4": "",
	} {
		got, err := e.Engine.ControllerNamed(t.Context(), value)
		require.NoError(t, err, value)
		assert.Equal(t, want, got, value)
	}
}
