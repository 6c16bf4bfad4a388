package deploy

import (
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
		assert.Equal(t, "docs/runbook.md#"+strings.ToLower(r.Alert), r.Annotations["runbook_url"], r.Alert)
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
