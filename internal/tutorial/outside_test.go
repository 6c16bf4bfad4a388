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

// outside are the commands of the two ways to import the module elsewhere.
var outside = regexp.MustCompile("(?s)```sh\n((?:export|go mod init).*?)```")

// TestTutorial_Outside plays both, in modules of their own. What they need
// besides has to be in the cache, or within reach.
func TestTutorial_Outside(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the module twice more")
	}
	text, err := os.ReadFile("../../docs/tutorial.md")
	require.NoError(t, err)
	ways := outside.FindAllStringSubmatch(string(text), -1)
	require.Len(t, ways, 2)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	proxy := filepath.Join(t.TempDir(), "goproxy")
	out, err := exec.CommandContext(t.Context(), root+"/scripts/module.sh", "v0.1.0-test", proxy).CombinedOutput()
	require.NoError(t, err, string(out))
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	require.NoError(t, err)
	known := filepath.Join(strings.TrimSpace(string(cache)), "cache", "download")
	name := regexp.MustCompile(`(?m)^module (\S+)`).FindStringSubmatch(string(out))
	require.NotNil(t, name, string(out))
	places := strings.NewReplacer("/path/of/the/repository", root,
		"file:///path/of/dist/goproxy,", "file://"+proxy+",file://"+known+",", "wsexchange.example/gateway", name[1])
	for i, way := range ways {
		folder := t.TempDir()
		for _, s := range scene.FindAllStringSubmatch(string(text), -1) {
			if s[1] == "" || s[1] == "fault_test.go" {
				continue
			}
			content := s[2]
			if i == 1 {
				content = regexp.MustCompile(`"\S+/(adapter|mock)/`).ReplaceAllString(content, `"`+name[1]+"/$1/")
			}
			require.NoError(t, os.WriteFile(filepath.Join(folder, s[1]), []byte(content), 0o600))
		}
		play := exec.CommandContext(t.Context(), "bash", "-e", "-c", places.Replace(way[1]))
		play.Dir, play.Env = folder, append(os.Environ(), "GOWORK=off")
		out, err := play.CombinedOutput()
		assert.NoError(t, err, string(out))
		assert.Contains(t, string(out), "ok  \texample.com/mytest", way[1])
	}
}
