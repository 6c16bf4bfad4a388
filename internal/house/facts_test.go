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
	factHead = regexp.MustCompile(`(?m)^F\d{3} · `)
	citation = regexp.MustCompile(`\bF\d{3}\b`)
	testName = regexp.MustCompile(`\b(Test|Fuzz|Benchmark)[A-Z]\w*`)
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	area     = regexp.MustCompile(`\| (F\d{3})–(F\d{3}) \| .*\(facts/(\w+\.md)\)`)
)

// TestFacts holds the numbered facts: a number is used once, in the file that
// docs/facts.md gives it to, what code cites is there, and the tests that a fact
// names exist.
func TestFacts(t *testing.T) {
	facts := readFacts(t)
	cited, tests := readCode(t)
	assert.Greater(t, len(facts), 50)
	for number, file := range cited {
		assert.Contains(t, facts, number, "%s cites it", file)
	}
	for number, text := range facts {
		names := testName.FindAllString(text[strings.LastIndex(text, " · ")+1:], -1)
		assert.NotEmpty(t, names, "%s names no test", number)
		for _, name := range names {
			assert.Contains(t, tests, name, "%s names a test that does not exist", number)
		}
	}
}

// readFacts gives the paragraphs by number.
func readFacts(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../docs/facts/*.md")
	require.NoError(t, err)
	index, err := os.ReadFile("../../docs/facts.md")
	require.NoError(t, err)
	first, last := map[string]string{}, map[string]string{}
	for _, m := range area.FindAllStringSubmatch(string(index), -1) {
		first[m[3]], last[m[3]] = m[1], m[2]
	}
	facts := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		text := string(raw)
		starts := factHead.FindAllStringIndex(text, -1)
		for i, at := range starts {
			end := len(text)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			number := text[at[0] : at[0]+4]
			assert.NotContains(t, facts, number, "%s is used twice, again in %s", number, file)
			name := filepath.Base(file)
			assert.True(t, first[name] <= number && number <= last[name], "%s is no number of %s", number, name)
			facts[number] = strings.TrimSpace(text[at[0]:end])
		}
	}
	return facts
}

// readCode gives the numbers that Go files cite, each with a file, and the
// names of all tests.
func readCode(t *testing.T) (cited map[string]string, tests map[string]bool) {
	t.Helper()
	cited, tests = map[string]string{}, map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(path, "/house/") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, number := range citation.FindAllString(string(raw), -1) {
			cited[number] = path
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(raw), -1) {
			tests[m[1]] = true
		}
		return nil
	})
	require.NoError(t, err)
	return cited, tests
}
