package conformance

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl/hostedexchange"
)

// controllerLogins are pairs as a panel may send them, with the status that
// the gateway answers.
var controllerLogins = []struct {
	name, login, password string
	status                int
}{
	{`DOMAIN\login`, `FABRIKAM\panel`, accountPassword, http.StatusOK},
	{`DOMAIN\login in other letters`, `fabrikam\Panel`, accountPassword, http.StatusOK},
	{"login@dns.domain", "panel@fabrikam.com", accountPassword, http.StatusOK},
	{"userPrincipalName that is not the login", "panel.account@fabrikam.com", accountPassword, http.StatusOK},
	{"login alone", "panel", accountPassword, http.StatusOK},
	{"login percent-encoded", "FABRIKAM%5Cpanel", accountPassword, http.StatusOK},
	{"login and password percent-encoded", "FABRIKAM%5Cpanel", "s3cr%25Tunnel", http.StatusOK},
	{"member through two groups", `FABRIKAM\nested`, accountPassword, http.StatusOK},
	{"member by primary group", `FABRIKAM\primary`, accountPassword, http.StatusOK},
	{"Administrator", `FABRIKAM\Administrator`, administratorPassword, http.StatusOK},
	{"no member", `FABRIKAM\customer`, accountPassword, http.StatusUnauthorized},
	{"disabled account", `FABRIKAM\disabled`, accountPassword, http.StatusUnauthorized},
	{"locked account", `FABRIKAM\locked`, accountPassword, http.StatusUnauthorized},
	{"expired account", `FABRIKAM\expired`, accountPassword, http.StatusUnauthorized},
	{"password to be changed first", `FABRIKAM\stale`, accountPassword, http.StatusUnauthorized},
	{"wrong password", `FABRIKAM\panel`, "wrong", http.StatusUnauthorized},
	{"no password", `FABRIKAM\panel`, "", http.StatusUnauthorized},
	{"unknown account", `FABRIKAM\nobody`, accountPassword, http.StatusUnauthorized},
	{"account of another domain", `CONTOSO\panel`, accountPassword, http.StatusUnauthorized},
}

// TestSamba lets a real domain controller decide who may call.
func TestSamba(t *testing.T) {
	dc := startController(t)
	dc.populate(t)
	for _, security := range []string{"ldaps", "starttls"} {
		t.Run(security, func(t *testing.T) { testLogins(t, dc, security) })
	}
	t.Run("plain", func(t *testing.T) {
		p := startProgram(t, dc.settings("plain")...)
		response, err := post(t, http.DefaultClient, p.address(), `FABRIKAM\panel`, accountPassword)
		require.NoError(t, err)
		assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode, "the controller takes no password without encryption")
		record(controllers, "password without encryption: 503", !t.Failed())
	})
	t.Run("check", func(t *testing.T) { testCheck(t, dc) })
}

// settings make the gateway ask the controller.
func (dc *domainController) settings(security string) []string {
	return []string{
		"--auth.mode", "ldap", "--auth.ldap.servers", dc.address, "--auth.ldap.security", security,
		"--auth.ldap.ca-file", dc.roots, "--auth.ldap.domain", "FABRIKAM",
		"--auth.account-failures", "1000", "--auth.source-failures", "1000", "--log.level", "error",
	}
}

func testLogins(t *testing.T, dc *domainController, security string) {
	p := startProgram(t, dc.settings(security)...)
	for _, c := range controllerLogins {
		t.Run(c.name, func(t *testing.T) {
			response, err := post(t, http.DefaultClient, p.address(), c.login, c.password)
			require.NoError(t, err)
			assert.Equal(t, c.status, response.StatusCode)
			result := map[int]string{http.StatusOK: "let in", http.StatusUnauthorized: "refused"}[c.status]
			record(controllers, c.name+": "+result, !t.Failed())
		})
	}
	address, err := url.Parse(p.address())
	require.NoError(t, err)
	address.User = url.UserPassword(`FABRIKAM\nested`, accountPassword)
	caller := newPanel(t, target{URL: address.String()})
	got, err := caller.he.GetProperties(t.Context(), &hostedexchange.GetProperties{
		LdapPath: new("LDAP://CN=EX1, CN=Computers," + domainBase), PreferredDomainController: new(controller),
		PropertyListXmlString: new("<propertyList><property name=\"dNSHostName\"/></propertyList>"),
	})
	root := caller.ok(got.GetPropertiesResult, err)
	assert.Equal(t, "ex1.fabrikam.com", value(t, root, "/response/data/properties/property"))
}

// testCheck runs "wsexchange check" and reads its lines.
func testCheck(t *testing.T, dc *domainController) {
	path, err := buildOnce()
	require.NoError(t, err)
	const base = "OU=Hosting," + domainBase
	for _, c := range []struct {
		name, login, password string
		args                  []string
		lines                 []string // in this order
		good                  bool
	}{
		{
			"everything is right", `FABRIKAM\panel`, accountPassword, nil,
			[]string{"ok    domain controller", "answers", "lets panel in", "ok    naming context: " + domainBase, "ok    directory.base-dn: " + base, "URL for H-Sphere"},
			true,
		},
		{
			"StartTLS", `FABRIKAM\panel`, accountPassword,
			[]string{"--auth.ldap.security", "starttls"},
			[]string{"ok    domain controller", "lets panel in"},
			true,
		},
		{
			"wrong CA", `FABRIKAM\panel`, accountPassword,
			[]string{"--auth.ldap.ca-file", dc.stranger},
			[]string{"FAIL  domain controller", "unknown authority", "cure:", "auth.ldap.ca-file"},
			false,
		},
		{
			"wrong base DN", `FABRIKAM\panel`, accountPassword,
			[]string{"--directory.base-dn", "OU=Nowhere," + domainBase},
			[]string{"FAIL  directory.base-dn OU=Nowhere," + domainBase, "No Such Object", "cure:", "directory.base-dn"},
			false,
		},
		{
			"dead port", `FABRIKAM\panel`, accountPassword,
			[]string{"--auth.ldap.servers", dc.address + ":9"},
			[]string{"FAIL  domain controller " + dc.address + ":9", "connection refused", "cure:", "port is open"},
			false,
		},
		{
			"wrong password", `FABRIKAM\panel`, "wr0ng one", nil,
			[]string{"FAIL  domain controller", "panel is not let in", "cure:", "password"},
			false,
		},
		{
			"no member", `FABRIKAM\customer`, accountPassword, nil,
			[]string{"FAIL  domain controller", "customer is not let in", "cure:", "membership in Domain Admins"},
			false,
		},
		{
			"locked account", `FABRIKAM\locked`, accountPassword, nil,
			[]string{"FAIL  domain controller", "locked is not let in", "cure:", "account's state"},
			false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"check", "--backend", "embedded", "--emulator.ldap-listen", "", "--directory.base-dn", base}, dc.settings("ldaps")...)
			command := exec.CommandContext(t.Context(), path, append(args, c.args...)...)
			command.Env = append(os.Environ(), "WSEXCHANGE_CHECK_LOGIN="+c.login, "WSEXCHANGE_CHECK_PASSWORD="+c.password)
			out, err := command.CombinedOutput()
			if c.good {
				require.NoError(t, err, "%s", out)
				assert.NotContains(t, string(out), "FAIL")
			} else {
				var exit *exec.ExitError
				require.True(t, errors.As(err, &exit), "%s", out)
				assert.Equal(t, 1, exit.ExitCode())
			}
			rest := string(out)
			for _, line := range c.lines {
				_, after, found := strings.Cut(rest, line)
				if assert.True(t, found, "%q is missing, or not in order, in\n%s", line, out) {
					rest = after
				}
			}
			assert.NotContains(t, string(out), c.password)
			record(controllers, "`wsexchange check`, "+c.name+": "+map[bool]string{true: "ok lines", false: "FAIL line with its cure"}[c.good], !t.Failed())
		})
	}
}
