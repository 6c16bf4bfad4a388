package deploy

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
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

// enableUser is a call that fails: there is no such user.
const enableUser = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
	`<EnableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>LDAP://CN=nobody,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com</ldapPath></EnableUser>` +
	`</soap:Body></soap:Envelope>`

// TestQueries gives promtool what the programs export, as if everything that is
// counted went on happening, and looks whether every query of the dashboard,
// every recording rule, and every selector of an alert finds something.
func TestQueries(t *testing.T) {
	t.Parallel()
	secured := certificate(t, 90)
	emulator := startControlled(t, "--tls.certificate", secured, "--tls.key", secured)
	found := startGateway(t, "--tls.certificate", secured, "--tls.key", secured).scrape()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer refusing.Close()
	embedded, remote := startGateway(t), startBefore(t, refusing.URL)
	for _, p := range []*program{embedded, remote} { // series that begin with their first event
		p.post("HostedExchange.asmx", enableUser, password)
	}
	for _, p := range []*program{emulator, embedded, remote} {
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

// firstTable is the panel that a person looks at first.
const firstTable = "Which operation fails, with which code, at which engine, since when"

// TestDashboard_WhichOperationFails asks the first table what real programs
// made of failures that began a while ago.
func TestDashboard_WhichOperationFails(t *testing.T) {
	t.Parallel()
	hanging := deaf(t)
	for name, row := range map[string]struct {
		start  func(*testing.T) *program
		fail   func(*program)
		labels string
	}{
		"an engine that hangs": {
			func(t *testing.T) *program { return startBefore(t, hanging, "--mpf.timeout", "20ms") },
			func(p *program) { p.query() },
			`code="timeout",engine="` + hanging + `",operation="SubmitMpsRequest",service="MPSGeneral"`,
		},
		"a procedure that fails": {
			func(t *testing.T) *program { return startGateway(t) },
			func(p *program) { p.call("No such namespace", "QueryPlans", "") },
			`code="0x82100001",engine="embedded",operation="SubmitMpsRequest",service="MPSGeneral"`,
		},
		"a call that the gateway refuses": {
			func(t *testing.T) *program { return startGateway(t) },
			func(p *program) {
				p.post("HostedExchange.asmx", `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`+
					`<DisableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>LDAP://CN=a,DC=elsewhere,DC=org</ldapPath></DisableUser>`+
					`</soap:Body></soap:Envelope>`, password)
			},
			`code="0x80070005",engine="gateway",operation="DisableUser",service="HostedExchange"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := row.start(t)
			before := p.scrape()
			row.fail(p)
			after := p.scrape()
			const began, now = 31, 35 // minutes: course goes on with the trouble from there
			failures := after["wsexchange_operation_errors_total{"+p.target()+","+row.labels+"}"]
			require.Equal(t, 1.0, failures, "counted once")
			test := &ruleTest{Interval: "1m"}
			var queries string
			for _, shown := range readDashboard(t).all() {
				if shown.Title != firstTable {
					continue
				}
				require.Len(t, shown.Targets, 3)
				for i, want := range []float64{5, 60_000 * began, 60_000 * now} {
					query := variables.Replace(shown.Targets[i].Expr)
					queries += query
					if i == 0 {
						query = "round(" + query + ")" // increase goes beyond the samples
					}
					test.Exprs = append(test.Exprs, expression{Expr: query, At: "35m", Want: []sample{{Labels: "{" + row.labels + "}", Value: want}}})
				}
			}
			require.NotEmpty(t, test.Exprs, "the panel is there")
			test.Series = course(before, after, 30, queries)
			out, err := test.run(t)
			assert.NoError(t, err, out)
		})
	}
}
