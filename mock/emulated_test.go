package mock_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock"
)

var updateEmulated = flag.Bool("update-emulated", false, "print docs/emulated.md anew")

// TestEmulatedDocument holds the page to the rows.
func TestEmulatedDocument(t *testing.T) {
	const file = "../docs/emulated.md"
	var want bytes.Buffer
	require.NoError(t, mock.WriteEmulated(&want))
	if *updateEmulated {
		require.NoError(t, os.WriteFile(file, want.Bytes(), 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want.String(), string(got), "the page is not current: go test ./mock -run Emulated -update-emulated")
	assert.NotContains(t, want.String(), "|  |", "a row without fidelity or summary")
}
