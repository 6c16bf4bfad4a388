package deploy

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const rulesFile = "prometheus/rules.yml"

// promtool runs promtool, which must be there, and gives what it says.
func promtool(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "promtool", args...).CombinedOutput()
	return string(out), err
}

func TestPrometheus_Configuration(t *testing.T) {
	out, err := promtool(t.Context(), "check", "config", "prometheus.yml")
	assert.NoError(t, err, out)
}

func TestRules_Lint(t *testing.T) {
	out, err := promtool(t.Context(), "check", "rules", "--lint=all", "--lint-fatal", rulesFile)
	assert.NoError(t, err, out)
}

func TestRules_Units(t *testing.T) {
	t.Parallel()
	out, err := promtool(t.Context(), "test", "rules", "prometheus/rules_test.yml")
	assert.NoError(t, err, out)
}

// rule is a recording or an alerting rule.
type rule struct {
	Record, Alert, Expr string
	Labels, Annotations map[string]string
}

// group is a group of rules, which are evaluated in their order.
type group struct {
	Name  string
	Rules []rule
}

func readGroups(t *testing.T) []group {
	t.Helper()
	text, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	var file struct{ Groups []group }
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.NotEmpty(t, file.Groups)
	return file.Groups
}

func readRules(t *testing.T) []rule {
	t.Helper()
	var all []rule
	for _, g := range readGroups(t) {
		all = append(all, g.Rules...)
	}
	return all
}

// order gives the groups as they follow each other. Without it promtool takes
// any order, and an alert may see a record of a minute before.
func order(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, g := range readGroups(t) {
		all = append(all, g.Name)
	}
	return all
}

// Every alert has a rule test of its own.
func TestRules_UnitOfEveryAlert(t *testing.T) {
	text, err := os.ReadFile("prometheus/rules_test.yml")
	require.NoError(t, err)
	var file struct {
		Order []string `yaml:"group_eval_order"`
		Tests []struct {
			Alerts []struct {
				Alertname string
				Expected  []struct{} `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	assert.Equal(t, order(t), file.Order)
	var want, got []string
	for _, r := range readRules(t) {
		if r.Alert != "" {
			want = append(want, r.Alert)
		}
	}
	for _, test := range file.Tests {
		for _, a := range test.Alerts {
			if len(a.Expected) > 0 {
				got = append(got, a.Alertname)
			}
		}
	}
	assert.ElementsMatch(t, want, got)
}

// A ruleTest is what promtool is given: series and what expressions give.
type ruleTest struct {
	Interval string       `yaml:"interval"`
	Series   []series     `yaml:"input_series"`
	Exprs    []expression `yaml:"promql_expr_test"`
}

type series struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

type expression struct {
	Expr string   `yaml:"expr"`
	At   string   `yaml:"eval_time"`
	Want []sample `yaml:"exp_samples"`
}

type sample struct {
	Labels string  `yaml:"labels"`
	Value  float64 `yaml:"value"`
}

// run gives what promtool finds wrong.
func (r *ruleTest) run(t *testing.T) (string, error) {
	t.Helper()
	rules, err := filepath.Abs(rulesFile)
	require.NoError(t, err)
	text, err := yaml.Marshal(map[string]any{
		"rule_files": []string{rules}, "evaluation_interval": "1m", "tests": []*ruleTest{r},
		"group_eval_order": order(t),
	})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "test.yml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return promtool(t.Context(), "test", "rules", file)
}

// names finds the metrics and the metrics of recording rules in a query.
var names = regexp.MustCompile(`\b(?:up\b|[a-z]+:[a-z_]+:[a-z0-9_]+|(?:wsexchange|mockmpf|process|go)_[a-z_]+)`)

// selectors finds the same with their label matchers.
var selectors = regexp.MustCompile(names.String() + `(?:\{[^}]*\})?`)

// counters are the names of what only grows.
var counters = regexp.MustCompile(`^[a-z_]+_(?:total|bucket|sum|count)\{`)

// course makes series of two scrapes: minutes as in the first one, then as many
// in which everything goes on that happened between the two. Only metrics that
// the queries name are in it, and no counter that nothing was counted with. A
// series of the second scrape only begins there. Times are counted from the
// second scrape, because promtool's clock begins at 0.
func course(before, after samples, minutes int, queries string) []series {
	var all []series
	wanted := names.FindAllString(queries, -1)
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	now := float64(time.Now().Unix())
	for _, name := range slices.Sorted(maps.Keys(union(before, after))) {
		metric, _, _ := strings.Cut(name, "{")
		first, known := before[name]
		second, there := after[name]
		growing := counters.MatchString(name)
		if !slices.Contains(wanted, metric) || growing && first == 0 && second == 0 {
			continue
		}
		if strings.HasSuffix(metric, "_timestamp_seconds") {
			first, second = first-now, second-now
		}
		values := fmt.Sprintf("%sx%d ", number(first), minutes)
		if !known { // ax3 is a and 3 more, _x3 is 3 without a value
			values = fmt.Sprintf("_x%d ", minutes+1)
		}
		switch {
		case !there:
			values += fmt.Sprintf("_x%d", minutes)
		case growing:
			values += fmt.Sprintf("%s+%sx%d", number(second), number(max(second-first, 0)), minutes)
		default:
			values += fmt.Sprintf("%sx%d", number(second), minutes)
		}
		all = append(all, series{Series: name, Values: values})
	}
	return all
}

// union has the series of both; the values are of either.
func union(a, b samples) samples {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
