package house

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unwanted are modules that this one does without, with the reason.
var unwanted = map[string]string{
	"github.com/knadh/koanf":   "internal/config fills structs itself",
	"github.com/moby/buildkit": "the tests of the Dockerfile read it themselves, see deploy/instruction_test.go",
}

func TestModules(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	for module, reason := range unwanted {
		assert.NotContains(t, string(text), module, reason)
	}
}
