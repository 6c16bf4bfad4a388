package main

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon/daemontest"
)

var update = flag.Bool("update", false, "write the documents anew")

func TestDocuments_Configuration(t *testing.T) {
	const file = "../../docs/configuration-mockmpf.md"
	want, errors, status := outputOf(t, nil, "configuration")
	require.Equal(t, 0, status, errors)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "the document is not current: go test ./cmd/mockmpf -update")
}

func TestCommands(t *testing.T) { daemontest.Commands(t, run, "mockmpf") }
