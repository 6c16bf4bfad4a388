package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRename renames the module in a copy of the repository. The copy builds,
// its tests compile, and tests pass that know the module's name.
func TestRename(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything once more")
	}
	root := t.TempDir()
	copied := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c",
		`cd .. && git ls-files -z --cached --others --exclude-standard | xargs -0 tar -c | tar -x -C "$0"`, root)
	out, err := copied.CombinedOutput()
	require.NoError(t, err, string(out))
	run := func(args ...string) (string, error) {
		command := exec.CommandContext(t.Context(), args[0], args[1:]...)
		command.Dir, command.Env = root, append(os.Environ(), "GOWORK=off")
		out, err := command.CombinedOutput()
		return string(out), err
	}
	for _, wrong := range []string{"", "exchange", "exchange/gateway", "git.example.com", "git.example.com/a b", "https://git.example.com/a"} {
		text, err := run("make", "rename", "MODULE="+wrong)
		assert.Error(t, err)
		assert.Contains(t, text, "is not a module path", wrong)
	}
	const name = "git.example.com/team/exchange"
	text, err := run("make", "rename", "MODULE="+name)
	require.NoError(t, err, text)
	for _, step := range [][]string{
		{"go", "build", "./..."},
		{"go", "vet", "./..."},
		{"go", "test", "./internal/house", "./internal/version", "./deploy/sbom", "./wsdl"},
		{"make", "build", "VERSION=v9.9.9"},
	} {
		text, err := run(step...)
		require.NoError(t, err, "%s: %s", strings.Join(step, " "), text)
	}
	text, err = run(filepath.Join(root, "bin", "wsexchange"), "version")
	require.NoError(t, err)
	assert.Equal(t, "v9.9.9", strings.TrimSpace(text), "the linker finds the variable of the version")
}
