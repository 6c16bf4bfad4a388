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

// scene is a file to write, or a command to run with lines that it prints.
var scene = regexp.MustCompile("(?s)`mytest/([a-z_]+\\.go)`\n\n```go\n(.*?)```|```console\n\\$ go test \\./mytest\n(.*?)```")

// TestTutorial does what the tutorial says, in a folder of its own.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile("../../docs/tutorial.md")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	folder, err := os.MkdirTemp("testdata", "mytest")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(folder)) })
	scenes := scene.FindAllStringSubmatch(string(text), -1)
	require.Len(t, scenes, 8)
	for _, s := range scenes {
		if name, content := s[1], s[2]; name != "" {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
			continue
		}
		play(t, folder, strings.Split(strings.TrimSpace(s[3]), "\n"))
	}
}

func play(t *testing.T, folder string, want []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "./"+folder).CombinedOutput()
	assert.Equal(t, want[0] == "ok", err == nil, string(out))
	for _, line := range want {
		assert.Contains(t, string(out), line)
	}
}
