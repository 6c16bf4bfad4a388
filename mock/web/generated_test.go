package web_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/a-h/templ/generator"
	parser "github.com/a-h/templ/parser/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"mvdan.cc/gofumpt/format"
)

// TestTemplates_AreGenerated holds that *_templ.go is what generation makes of the
// templates.
func TestTemplates_AreGenerated(t *testing.T) {
	templates := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".templ" {
			return err
		}
		templates++
		file, err := parser.Parse(path)
		require.NoError(t, err)
		var made bytes.Buffer
		_, err = generator.Generate(file, &made, generator.WithVersion(version(t)), generator.WithFileName(filepath.ToSlash(path)))
		require.NoError(t, err)
		want, err := format.Source(made.Bytes(), format.Options{LangVersion: "go1.26", ModulePath: "wsexchange"})
		require.NoError(t, err)
		got, err := os.ReadFile(strings.TrimSuffix(path, ".templ") + "_templ.go")
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s: run go generate ./mock/web", path)
		return nil
	}))
	assert.Greater(t, templates, 3)
}

// version is that of the module by which the files were generated.
func version(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "github.com/a-h/templ" {
			return fields[1]
		}
	}
	require.FailNow(t, "go.mod has no templ")
	return ""
}
