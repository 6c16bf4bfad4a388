package deploy

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Alerts and sections of the runbook are one to one, and each section says what
// the alert means, how to look, and what to do.
func TestRunbook(t *testing.T) {
	text, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	_, alerts, _ := strings.Cut(string(text), "\n## ")
	parts := regexp.MustCompile(`(?m)^### `).Split(alerts, -1)
	var sections []string
	for _, part := range parts[1:] {
		name, body, _ := strings.Cut(part, "\n")
		sections = append(sections, name)
		for _, word := range []string{"**Meaning.**", "**Look.**", "**Do.**"} {
			assert.Contains(t, body, word, name)
		}
		for _, metric := range names.FindAllString(body, -1) {
			assert.Contains(t, exported(t), metric, name)
		}
	}
	var want []string
	for _, r := range readRules(t) {
		if r.Alert == "" {
			continue
		}
		want = append(want, r.Alert)
		assert.Equal(t, "{{ $externalLabels.runbook }}#"+strings.ToLower(r.Alert), r.Annotations["runbook_url"], r.Alert)
		assert.Contains(t, []string{"page", "ticket"}, r.Labels["severity"], r.Alert)
		assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
	}
	assert.ElementsMatch(t, want, sections)
}

// exported gives the metrics that rules and dashboard name, which TestQueries
// holds to the programs.
func exported(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, r := range readRules(t) {
		all = append(append(all, r.Record), names.FindAllString(r.Expr, -1)...)
	}
	for _, p := range readDashboard(t).all() {
		for _, target := range p.Targets {
			all = append(all, names.FindAllString(target.Expr, -1)...)
		}
	}
	return all
}

// Everything that the runbook has operators ask at the admin listener is there.
func TestRunbook_AdminListener(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	var index []struct{ Method, Path string }
	require.NoError(t, json.Unmarshal([]byte(startReloadable(t)[0].administer(http.MethodGet, "/-/")), &index))
	var routes []string
	for _, route := range index {
		path, _, _ := strings.Cut(route.Path, "?")
		routes = append(routes, route.Method+" "+path)
	}
	asked := regexp.MustCompile(`(?m)\badmin '?(/[^ '?`+"`"+`]*)[^ `+"`"+`]*(?: -X (\w+))?`).FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(asked), 8)
	for _, call := range asked {
		path := regexp.MustCompile(`^/debug/pprof/(goroutine|heap)$`).ReplaceAllString(call[1], "/debug/pprof/") // which serves those
		assert.Contains(t, routes, cmp.Or(call[2], http.MethodGet)+" "+path, call[0])
	}
}
