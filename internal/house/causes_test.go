package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	causeRow = regexp.MustCompile(`(?m)^\t(\w+)\s+= cause\(`)
	exported = regexp.MustCompile(`\b[A-Z]\w*`)
)

// TestCauses_AreRaised holds that every way to fail in mpf/causes.go has code
// that fails so: docs/errors.md, which is printed from it, promises nothing
// else.
func TestCauses_AreRaised(t *testing.T) {
	rows, err := os.ReadFile("../../mpf/causes.go")
	require.NoError(t, err)
	used := map[string]bool{}
	for _, folder := range []string{"adapter", "cmd", "mock", "mpf"} {
		err := filepath.WalkDir("../../"+folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || d.Name() == "causes.go" {
				return err
			}
			code, err := os.ReadFile(path)
			for _, name := range exported.FindAllString(string(code), -1) {
				used[name] = true
			}
			return err
		})
		require.NoError(t, err)
	}
	causes := causeRow.FindAllStringSubmatch(string(rows), -1)
	assert.Greater(t, len(causes), 50)
	for _, c := range causes {
		assert.True(t, used[c[1]], "nothing raises %s", c[1])
	}
}
