package tutorial

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const containers = "../../docs/testcontainers"

var fence = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestTestcontainers_Text holds that the code in the text is that of the
// example.
func TestTestcontainers_Text(t *testing.T) {
	text, err := os.ReadFile(containers + ".md")
	require.NoError(t, err)
	code, err := os.ReadFile(containers + "/emulator_test.go")
	require.NoError(t, err)
	found := fence.FindAllStringSubmatch(string(text), -1)
	require.Len(t, found, 2)
	for _, f := range found {
		assert.Contains(t, string(code), f[1])
	}
}

// TestTestcontainers_Compiles builds the example, in a copy of its module that
// follows the versions of this one. The modules that it needs have to be in the
// cache, or within reach.
func TestTestcontainers_Compiles(t *testing.T) {
	folder := t.TempDir()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	for _, name := range []string{"go.mod", "go.sum", "doc.go", "emulator_test.go"} {
		text, err := os.ReadFile(filepath.Join(containers, name))
		require.NoError(t, err)
		moved := strings.ReplaceAll(string(text), "=> ../..", "=> "+root)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(moved), 0o600))
	}
	goTool := func(args ...string) (string, error) {
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir, command.Env = folder, append(os.Environ(), "GOWORK=off")
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := goTool("mod", "download", "github.com/testcontainers/testcontainers-go"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the modules of the example are missing: %s", out)
		}
		t.Skipf("the modules of the example are missing: %s", out)
	}
	out, err := goTool("vet", "-mod=mod", ".")
	assert.NoError(t, err, out)
}
