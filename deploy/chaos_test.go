package deploy

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trouble is what goes wrong in one trial.
type trouble struct {
	name string
	// start gives the programs while all is well.
	start func(*testing.T) []*program
	// happen makes a minute of trouble.
	happen func(*testing.T, []*program)
	// alerts are those that fire when it goes on for half an hour.
	alerts []string
	// standing trouble is there from the start.
	standing bool
}

// alone starts the gateway with the embedded emulator.
func alone(t *testing.T) []*program { return []*program{startGateway(t)} }

func times(n int, f func()) {
	for range n {
		f()
	}
}

var troubles = []trouble{
	{"nothing", alone, func(t *testing.T, p []*program) {
		times(10, func() { require.Equal(t, http.StatusOK, p[0].query()) })
	}, nil, false},
	{"the engine stopped", func(t *testing.T) []*program {
		emulator := startEmulator(t)
		return []*program{startBefore(t, emulator.banner["Engine"]), emulator}
	}, func(t *testing.T, p []*program) {
		p[1].stop()
		times(5, func() { require.Equal(t, http.StatusInternalServerError, p[0].query()) })
	}, []string{"BackEndDown", "EngineFails", "TargetDown", "WsexchangeErrorBudgetBurns", "WsexchangeErrorBudgetBurnsFast"}, false},
	{"an engine that hangs", func(t *testing.T) []*program {
		return []*program{startBefore(t, deaf(t), "--mpf.timeout", "20ms")}
	}, func(t *testing.T, p []*program) {
		times(5, func() { require.Equal(t, http.StatusInternalServerError, p[0].query()) })
	}, []string{"BackEndDown", "EngineFails", "WsexchangeErrorBudgetBurns", "WsexchangeErrorBudgetBurnsFast"}, false},
	{"a storm of wrong passwords", alone, func(t *testing.T, p []*program) {
		times(30, func() { p[0].post("HostedExchange.asmx", "", "wrong") })
		require.Equal(t, http.StatusTooManyRequests, p[0].post("HostedExchange.asmx", "", "wrong"))
	}, []string{"PasswordsGuessed", "SourcesThrottled"}, false},
	{"no domain controller", func(t *testing.T) []*program {
		return []*program{startGateway(t, "--auth.mode", "ldap", "--auth.ldap.servers", "127.0.0.1:1", "--auth.ldap.security", "plain")}
	}, func(t *testing.T, p []*program) {
		times(5, func() { require.GreaterOrEqual(t, p[0].query(), 500) })
	}, []string{"DirectoryUnavailable", "WsexchangeErrorBudgetBurns", "WsexchangeErrorBudgetBurnsFast"}, false},
	{"stores are full", startSmall, func(t *testing.T, p []*program) {
		require.Equal(t, http.StatusOK, p[0].allocate("contoso", 97))
		times(3, func() { require.Equal(t, http.StatusOK, p[0].allocate("alpine", 500)) })
	}, []string{"ErrorCodeFrequent", "NoRoomInStores", "OperationFails", "ProcedureFails", "StoreNearlyFull"}, false},
	{"XML with entities", alone, func(t *testing.T, p []*program) {
		times(5, func() {
			p[0].post("HostedExchange.asmx", `<!DOCTYPE x [<!ENTITY y "z">]><x>&y;</x>`, password)
		})
	}, []string{"XMLRejected"}, false},
	{"a certificate that ends tomorrow", func(t *testing.T) []*program {
		file := certificate(t, 1)
		return []*program{startGateway(t, "--tls.certificate", file, "--tls.key", file)}
	}, func(*testing.T, []*program) {}, []string{"CertificateExpiresSoon"}, true},
	{"a configuration that is refused", startReloadable, func(t *testing.T, p []*program) {
		require.NoError(t, os.WriteFile(p[0].configuration, []byte("no-such-setting: 1\n"), 0o600))
		require.Equal(t, http.StatusBadRequest, p[0].reload())
	}, []string{"ConfigurationRefused"}, false},
}

// startSmall starts the gateway with an emulator whose mail stores hold 100
// megabytes each, and two organizations in it.
func startSmall(t *testing.T) []*program {
	folder, err := programs()
	require.NoError(t, err)
	seed, err := exec.CommandContext(t.Context(), filepath.Join(folder, "mockmpf"), "seed").Output()
	require.NoError(t, err)
	require.Contains(t, string(seed), "megabytes: 1000000,")
	file := filepath.Join(t.TempDir(), "seed.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(seed), "megabytes: 1000000,", "megabytes: 100,")), 0o600))
	p := startGateway(t, "--emulator.seed", file)
	for _, name := range []string{"contoso", "alpine"} {
		require.Equal(t, http.StatusOK, p.call("Managed Active Directory", "CreateOrganization",
			"<name>"+name+"</name><container>"+reseller+"</container><policyName>customer</policyName>"))
	}
	return []*program{p}
}

// allocate asks for space in a mail store for an organization.
func (p *program) allocate(organization string, megabytes int) int {
	return p.call("Exchange Resource Manager", "AllocateOrganization", fmt.Sprintf(
		"<organization>LDAP://OU=%s,%s</organization><mailStore><megabytes>%d</megabytes><shared>1</shared></mailStore>",
		organization, strings.TrimPrefix(reseller, "LDAP://"), megabytes))
}

const token = "0123456789abcdef"

// startReloadable starts the gateway with a configuration file and a listener
// for administrators.
func startReloadable(t *testing.T) []*program {
	file := filepath.Join(t.TempDir(), "wsexchange.yaml")
	require.NoError(t, os.WriteFile(file, []byte("admin: {listen: \"127.0.0.1:0\", token: "+token+"}\n"), 0o600))
	p := startGateway(t, "--config", file)
	p.configuration = file
	return []*program{p}
}

// reload asks for a reload and gives the status of HTTP.
func (p *program) reload() int {
	status, _ := p.ask(http.MethodPost, "/-/reload")
	return status
}

// administer gives what the admin listener answers.
func (p *program) administer(method, path string) string {
	status, text := p.ask(method, path)
	require.Equal(p.t, http.StatusOK, status, text)
	return text
}

func (p *program) ask(method, path string) (status int, text string) {
	request, err := http.NewRequestWithContext(p.t.Context(), method, strings.TrimSuffix(p.banner["Admin"], "/-/ready")+path, nil)
	require.NoError(p.t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	return response.StatusCode, string(body)
}

// TestTroubles makes trouble with real programs and lets promtool go on with
// what they exported: minutes in which all is well, then minutes of trouble.
func TestTroubles(t *testing.T) {
	var rules strings.Builder
	for _, r := range readRules(t) {
		rules.WriteString(r.Expr + "\n")
	}
	for _, trial := range troubles {
		t.Run(trial.name, func(t *testing.T) {
			t.Parallel()
			programs := trial.start(t)
			before := scrapeAll(programs)
			trial.happen(t, programs)
			test := &ruleTest{Interval: "1m", Series: course(before, scrapeAll(programs), 30, rules.String())}
			firing := expression{Expr: `group by (alertname) (ALERTS{alertstate="firing"})`, At: "58m"}
			for _, name := range slices.Sorted(slices.Values(trial.alerts)) {
				firing.Want = append(firing.Want, sample{Labels: `{alertname="` + name + `"}`, Value: 1})
			}
			test.Exprs = []expression{firing}
			if !trial.standing {
				test.Exprs = append(test.Exprs, expression{Expr: firing.Expr, At: "29m"})
			}
			out, err := test.run(t)
			assert.NoError(t, err, out)
		})
	}
}

func scrapeAll(programs []*program) samples {
	all := samples{}
	for _, p := range programs {
		for name, value := range p.scrape() {
			all[name] = value
		}
	}
	return all
}
