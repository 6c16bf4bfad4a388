package wsdlgen_test

import (
	"bytes"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/wsdlgen"
	"wsexchange/wsdl"
)

const committed = "../../wsdl"

// The command runs in a process of its own, built without the race detector,
// which would stop over gowsdl's unguarded map.
func TestCommand_WritesWhatIsCommitted(t *testing.T) {
	dir := t.TempDir()
	output, err := exec.CommandContext(t.Context(), "go", "run", "./cmd/wsdlgen", "-dir", dir).CombinedOutput()
	require.NoError(t, err, string(output))
	assert.Empty(t, string(output))
	written := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		require.NoError(t, err)
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(committed, name))
		require.NoError(t, err, "run go generate ./wsdl")
		assert.True(t, bytes.Equal(want, got), "%s is not what its rows give: run go generate ./wsdl", name)
		written++
		return nil
	}))
	assert.Equal(t, 2*len(wsdl.Services()), written)
}

func TestCommitted_HasADescriptionPerService(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(committed, "*.wsdl"))
	require.NoError(t, err)
	assert.Len(t, found, len(wsdl.Services()))
}

func TestClient_RefusesWhatIsNoXML(t *testing.T) {
	for name, document := range map[string]string{"text": "no XML", "cut short": "<definitions"} {
		t.Run(name, func(t *testing.T) {
			before := log.Writer()
			_, err := wsdlgen.Client("service", []byte(document))
			assert.Error(t, err)
			assert.Same(t, before, log.Writer())
		})
	}
}
