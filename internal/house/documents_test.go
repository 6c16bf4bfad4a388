package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)
	// span is a code span that may be a path of this repository: a folder and
	// what is in it, without placeholders.
	span = regexp.MustCompile("`([a-z.]+(?:/[\\w.*-]+)+)/?`")
)

// TestDocuments_NameWhatExists holds links to files, and the paths in code
// spans, of the documents for people who read this repository.
func TestDocuments_NameWhatExists(t *testing.T) {
	const root = "../.."
	documents := []string{root + "/README.md", root + "/CONTRIBUTING.md"}
	for _, pattern := range []string{"/docs/*.md", "/docs/*/*.md"} {
		found, err := filepath.Glob(root + pattern)
		require.NoError(t, err)
		documents = append(documents, found...)
	}
	folders := topFolders(t, root)
	links, paths := 0, 0
	for _, document := range documents {
		raw, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(string(raw), -1) {
			links++
			_, err := os.Stat(filepath.Join(filepath.Dir(document), m[1]))
			assert.NoError(t, err, "%s links to it", document)
		}
		for _, m := range span.FindAllStringSubmatch(string(raw), -1) {
			if first, _, _ := strings.Cut(m[1], "/"); !folders[first] {
				continue
			}
			paths++
			found, err := filepath.Glob(filepath.Join(root, m[1]))
			require.NoError(t, err)
			assert.NotEmpty(t, found, "%s names %s", document, m[1])
		}
	}
	assert.Greater(t, links, 20)
	assert.Greater(t, paths, 20)
}

func topFolders(t *testing.T, root string) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	folders := map[string]bool{}
	for _, e := range entries {
		folders[e.Name()] = e.IsDir() && e.Name() != "bin" && e.Name() != "dist"
	}
	return folders
}

// TestArchitecture_NamesEveryPackage holds that a newcomer finds each package
// in docs/architecture.md, those for tests too. The namespaces of the emulator
// are one row there.
func TestArchitecture_NamesEveryPackage(t *testing.T) {
	raw, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	for _, pattern := range []string{"*", "adapter/*", "cmd/*", "internal/*", "mock/*", "mock/*/*test", "mock/control/*", "mock/ldap/*", "internal/*/*test"} {
		found, err := filepath.Glob("../../" + pattern + "/*.go")
		require.NoError(t, err)
		for _, file := range found {
			folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "../../")
			assert.True(t, strings.Contains(string(raw), "`"+folder+"`"), "it says nothing of %s", folder)
		}
	}
}

// TestDocuments_NameTests holds that the tests by which documents prove their
// claims exist.
func TestDocuments_NameTests(t *testing.T) {
	_, tests := readCode(t)
	for document, least := range map[string]int{"passwords": 20, "connections": 10, "base": 10, "security": 15} {
		raw, err := os.ReadFile("../../docs/" + document + ".md")
		require.NoError(t, err)
		names := testName.FindAllString(string(raw), -1)
		assert.GreaterOrEqual(t, len(names), least, document)
		for _, name := range names {
			assert.Contains(t, tests, name, document)
		}
	}
}
