package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/adapter"
	"wsexchange/mock"
	"wsexchange/mock/engine"
)

// TestRows asks for every operation of the gateway whether the emulator has its
// procedure, open to callers, with every element that the gateway can send, and
// whether the gateway can send every element that the procedure needs.
func TestRows(t *testing.T) {
	e, err := mock.Open(t.Context(), mock.Config{HashCost: 4})
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	calls := adapter.Calls()
	require.Len(t, calls, 77)
	for _, c := range calls {
		if c.Target.IsZero() {
			continue
		}
		procedure, ok := e.Engine.Procedure(c.Target)
		if !assert.True(t, ok, "%s.%s: there is no %s", c.Service, c.Operation, c.Target) {
			continue
		}
		assert.Equal(t, engine.Public, procedure.Access, c.Target.String())
		arguments := map[string]bool{}
		for _, a := range procedure.Arguments {
			arguments[a.Name] = true
			if a.Required {
				assert.Contains(t, c.Elements, a.Name, "%s needs it", c.Target)
			}
		}
		for _, element := range c.Elements {
			assert.True(t, arguments[element], "%s does not know %s", c.Target, element)
		}
	}
}
