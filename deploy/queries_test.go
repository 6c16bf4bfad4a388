package deploy

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const dashboardFile = "grafana/wsexchange.json"

// panel is a panel of the dashboard, or a row with panels in it.
type panel struct {
	ID      int
	Type    string
	Title   string
	Targets []struct{ Expr string }
	Panels  []panel
	GridPos struct{ H, W, X, Y int }
}

// dashboard is what the tests read of the file.
type dashboard struct {
	UID, Title string
	Panels     []panel
	Templating struct {
		List []struct{ Name, Type string }
	}
}

func readDashboard(t *testing.T) *dashboard {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(text, &d))
	return &d
}

func (d *dashboard) all() []panel {
	var all []panel
	for _, p := range d.Panels {
		all = append(append(all, p), p.Panels...)
	}
	return all
}

// variables are the values that the tests give to Grafana's variables.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$__range", "10m", "$__interval", "1m",
	"$job", ".+", "$instance", ".+", "$service", ".+")

// Panels have titles and numbers of their own, lie within the page and do not
// overlap, and no variable is used that is not declared.
func TestDashboard_Panels(t *testing.T) {
	d := readDashboard(t)
	var ids []int
	taken := map[[2]int]string{}
	for _, p := range d.all() {
		assert.NotEmpty(t, p.Title)
		assert.NotContains(t, ids, p.ID, p.Title)
		ids = append(ids, p.ID)
		assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				assert.Empty(t, taken[cell], "%s overlaps", p.Title)
				taken[cell] = p.Title
			}
		}
		assert.True(t, p.Type == "row" || len(p.Targets) > 0, "%s shows nothing", p.Title)
		for _, target := range p.Targets {
			for _, used := range regexp.MustCompile(`\$[a-z]\w*`).FindAllString(variables.Replace(target.Expr), -1) {
				t.Errorf("%s: the variable %s is unknown", p.Title, used)
			}
		}
	}
}

// ofOne finds the operation or procedure that series are of.
var ofOne = regexp.MustCompile(`(?:operation|procedure)="([^"]*)"`)

// TestQueries gives promtool what the programs export, as if everything that is
// counted went on happening, and looks whether every query of the dashboard,
// every recording rule, and every selector of an alert finds something.
func TestQueries(t *testing.T) {
	t.Parallel()
	emulator, secured := startEmulator(t), certificate(t, 90)
	found := startGateway(t, "--tls.certificate", secured, "--tls.key", secured).scrape()
	for _, p := range []*program{emulator, startBefore(t, "http://127.0.0.1:1/mpf/soapisapi.dll")} {
		for name, value := range p.scrape() {
			found[strings.Replace(name, `"wsexchange:9464"`, `"isapi:9464"`, 1)] = value
		}
	}
	grown := samples{}
	for name, value := range found {
		if part := ofOne.FindStringSubmatch(name); part != nil && part[1] != "EnableUser" {
			delete(found, name) // one of many alike: promtool takes no query over so many samples
			continue
		}
		grown[name] = value
		if counters.MatchString(name) {
			grown[name] = value + 1
		}
	}
	queries := map[string]string{}
	for _, p := range readDashboard(t).all() {
		for _, target := range p.Targets {
			queries[variables.Replace(target.Expr)] = p.Title
		}
	}
	for _, r := range readRules(t) {
		if r.Record != "" {
			queries[r.Expr] = r.Record
			continue
		}
		for _, selector := range selectors.FindAllString(r.Expr, -1) {
			queries[selector] = r.Alert
		}
	}
	var everything strings.Builder
	test := &ruleTest{Interval: "1m"}
	for query, of := range queries {
		everything.WriteString(query + "\n")
		test.Exprs = append(test.Exprs, expression{
			Expr: "count(" + query + ") > bool 0 # " + of, At: "15m", Want: []sample{{Labels: "{}", Value: 1}},
		})
	}
	for _, r := range readRules(t) {
		everything.WriteString(r.Expr + "\n")
	}
	slices.SortFunc(test.Exprs, func(a, b expression) int { return strings.Compare(a.Expr, b.Expr) })
	test.Series = course(found, grown, 10, everything.String())
	out, err := test.run(t)
	assert.NoError(t, err, out)
}
