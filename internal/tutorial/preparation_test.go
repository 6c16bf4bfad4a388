package tutorial

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var shell = regexp.MustCompile("(?s)```sh\n(.*?)```")

// serving is the command of the page that does not end by itself.
const serving = "wsexchange serve"

// TestPreparation plays the commands of the page in an empty folder, down to the
// three settings of H-Sphere, and signs a customer up with them.
func TestPreparation(t *testing.T) {
	text, err := os.ReadFile("../../docs/preparation.md")
	require.NoError(t, err)
	scenes := shell.FindAllStringSubmatch(string(text), -1)
	require.Len(t, scenes, 6)
	s := newStage(t)
	for i, scene := range scenes[:len(scenes)-1] {
		require.NotContains(t, scene[1], serving)
		out := s.play(scene[1])
		if i == 1 {
			assert.Equal(t, 5, strings.Count(out, "ok    "), out)
		}
	}
	for _, open := range []string{"User Input Needed", "Not Installed", "Verify Failed", "Install Failed"} {
		assert.NotContains(t, s.played, open)
	}
	settings := settingsOf(t, string(text))
	assert.Contains(t, s.played, settings["LDAP"])
	s.serve(scenes[len(scenes)-1][1])
	s.signUp(settings)
}

// settingsOf reads H-Sphere's three settings from the page.
func settingsOf(t *testing.T, page string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	for _, row := range regexp.MustCompile("(?m)^\\| (URL|Primary Domain Controller|LDAP) \\| `(.*)` \\|$").FindAllStringSubmatch(page, -1) {
		found[row[1]] = row[2]
	}
	require.Len(t, found, 3)
	return found
}

// stage is a folder with the programs before it in the path.
type stage struct {
	t       *testing.T
	folder  string
	environ []string
	address string // of the gateway, any free port
	played  string // output of the last commands
}

func newStage(t *testing.T) *stage {
	t.Helper()
	programs := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", programs, "wsexchange/cmd/wsexchange", "wsexchange/cmd/provtest").CombinedOutput()
	require.NoError(t, err, string(out))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	return &stage{t: t, folder: t.TempDir(), address: address, environ: append(os.Environ(),
		"PATH="+programs+string(filepath.ListSeparator)+os.Getenv("PATH"), "WSEXCHANGE_LISTEN="+address, "WSEXCHANGE_METRICS_LISTEN=",
		"WSEXCHANGE_EMULATOR_LDAP_LISTEN=", "WSEXCHANGE_EMULATOR_HASH_COST=4",
	)}
}

func (s *stage) command(script string) *exec.Cmd {
	command := exec.CommandContext(s.t.Context(), "sh", "-e", "-c", script)
	command.Dir, command.Env = s.folder, s.environ
	return command
}

func (s *stage) play(script string) string {
	s.t.Helper()
	out, err := s.command(script).CombinedOutput()
	require.NoError(s.t, err, "%s\n%s", script, out)
	s.played = string(out)
	return s.played
}

// serve starts the gateway and waits until it is reached.
func (s *stage) serve(script string) {
	s.t.Helper()
	command := s.command("exec " + script)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	require.NoError(s.t, command.Start())
	s.t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt) // it may have ended
		_ = command.Wait()
	})
	reached := func() bool {
		conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", s.address)
		return err == nil && conn.Close() == nil
	}
	require.Eventually(s.t, reached, time.Minute, 20*time.Millisecond)
}

// pair is a parameter of an operation.
type pair struct{ name, text string }

// call sends an operation as the panel does, and demands that it succeeds.
func (s *stage) call(settings map[string]string, service, operation string, parameters ...pair) string {
	s.t.Helper()
	var body strings.Builder
	body.WriteString(`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><` + operation + ` xmlns="http://provisioning.microsoft.com/webservices">`)
	for _, p := range parameters {
		body.WriteString("<" + p.name + ">")
		require.NoError(s.t, xml.EscapeText(&body, []byte(p.text)))
		body.WriteString("</" + p.name + ">")
	}
	body.WriteString("</" + operation + "></soap:Body></soap:Envelope>")
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	url := strings.Replace(settings["URL"], "127.0.0.1:8080", s.address, 1) + "/" + service + ".asmx"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body.String()))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, response.StatusCode, "%s: %s", operation, answer)
	require.NotContains(s.t, string(answer), "errorContext", operation)
	return string(answer)
}

// signUp makes a customer in the panel's order.
func (s *stage) signUp(settings map[string]string) {
	s.t.Helper()
	base := settings["LDAP"]
	org := pair{"ldapPath", "LDAP://OU=acme," + base}
	pdc, domain := pair{"preferredDomainController", settings["Primary Domain Controller"]}, pair{"smtpDomain", "acme.example"}
	s.call(settings, "HostedExchange", "CreateBusinessOrganization", pair{"container", "LDAP://" + base}, pair{"name", "acme"},
		pair{"mailStoreXmlString", "<mailStore><megabytes>1</megabytes><shared>1</shared></mailStore>"},
		pair{"publicStoreXmlString", "<publicStore><megabytes>1</megabytes></publicStore>"}, domain, pair{"description", "Acme"}, pair{"propertiesXmlString", ""},
		pair{"availablePlansXmlString", "<availablePlans><planName>BaseMail</planName><planName>PlatinumPlusMail</planName></availablePlans>"}, pdc, pair{"sendCredentials", "true"})
	s.call(settings, "ExchangeResourceManager", "ReallocateOrganizationMailNoMove", pair{"organization", org.text},
		pair{"mailStoresXmlString", "<mailStore><megabytes>100</megabytes><shared>1</shared></mailStore>"}, pdc, pair{"sendCredentials", "true"})
	s.call(settings, "ExchangeResourceManager", "ReallocateOrganizationPublic", pair{"organization", org.text}, pair{"megabytes", "10"}, pdc, pair{"sendCredentials", "true"})
	s.call(settings, "HostedExchange", "CreatePublicFolder", org, pair{"megabytes", "10"}, pdc, domain, pair{"sendCredentials", "true"})
	s.call(settings, "HostedExchange", "CreateOrganizationAddressLists", org, domain, pdc, pair{"sendCredentials", "true"})
	s.call(settings, "HostedExchange", "CreateBusinessUser", pair{"container", org.text}, pair{"userPrincipalName", "ann@acme.example"}, pair{"sAMAccountName", "ann"},
		pair{"displayName", "Ann"}, pair{"planName", "PlatinumPlusMail"}, pair{"newPassword", "W0nderland-7"}, pair{"isAdmin", "false"}, pdc)
	stores := s.call(settings, "ExchangeResourceManager", "QueryResourcesByOrganization", org, pair{"organizationGUID", "acme"}, pdc, pair{"sendCredentials", "true"})
	assert.Contains(s.t, stores, "&lt;serverName&gt;EX1&lt;/serverName&gt;")
	assert.Contains(s.t, stores, "&lt;megabytes&gt;101&lt;/megabytes&gt;")
	users := s.call(settings, "ExchangeResourceManager", "QueryConsumersByOrganization", org, pair{"organizationGUID", "acme"}, pdc, pair{"sendCredentials", "true"})
	assert.Contains(s.t, users, "CN=ann@acme.example,OU=acme,"+base)
	host := s.call(settings, "HostedExchange", "GetProperties", pair{"ldapPath", "LDAP://CN=EX1, CN=Computers,DC=contoso,DC=example"}, pdc,
		pair{"propertyListXmlString", `<propertyList><property name="dNSHostName"/></propertyList>`})
	assert.Contains(s.t, host, "ex1.contoso.example")
}
