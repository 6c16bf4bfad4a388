package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// flipped starts a proxy in front of the service that renames one element in
// its answers; an empty name leaves them as they are.
func flipped(t *testing.T, to target, element, other string) target {
	t.Helper()
	address, err := url.Parse(to.URL)
	require.NoError(t, err)
	behind := &url.URL{Scheme: address.Scheme, Host: address.Host}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host // the WSDL shall name the proxy
		},
		ModifyResponse: func(response *http.Response) error {
			body, err := io.ReadAll(response.Body)
			if err != nil || element == "" || response.Request.Method != http.MethodPost {
				response.Body = io.NopCloser(bytes.NewReader(body))
				return err
			}
			// In strings that are returned, "<" and ">" are references.
			for _, around := range [][2]string{{"<", ">"}, {"</", ">"}, {"<", " "}, {"<", "/>"}, {"&lt;", "&gt;"}, {"&lt;/", "&gt;"}} {
				body = bytes.ReplaceAll(body, []byte(around[0]+element+around[1]), []byte(around[0]+other+around[1]))
			}
			response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			response.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	own, err := url.Parse(server.URL)
	require.NoError(t, err)
	address.Host = own.Host
	return target{URL: address.String(), LDAP: to.LDAP}
}

// runCheck runs one check of this package against a service, in a process of
// its own since it is to fail.
func runCheck(t *testing.T, name string, to target) (string, error) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), program, "-test.run", "^"+name+"$", "-test.v")
	command.Env = append(os.Environ(), "WSEXCHANGE_TARGET="+to.URL, "WSEXCHANGE_TARGET_LDAP="+to.LDAP)
	out, err := command.CombinedOutput()
	return string(out), err
}

// TestBrokenAnswers shows that the checks can fail: one element with another
// name in the answers turns each of them red.
func TestBrokenAnswers(t *testing.T) {
	if os.Getenv("WSEXCHANGE_TARGET") != "" {
		t.Skip("breaks the answers of a program of its own only")
	}
	for _, c := range []struct {
		check, element, other string
		red, green            string // what the output holds
	}{
		{"TestAxisRequests", "", "", "", "--- PASS: TestAxisRequests/HostedExchange.EnableUser"},
		{
			"TestAxisRequests", "EnableUserResult", "EnableUserResponse",
			"--- FAIL: TestAxisRequests/HostedExchange.EnableUser", "--- PASS: TestAxisRequests/HostedExchange.DisableUser",
		},
		{
			"TestGoClients", "DeleteContactResult", "deleteContactResult",
			"--- FAIL: TestGoClients/ManagedActiveDirectory.DeleteContact_valid", "--- PASS: TestGoClients/ManagedActiveDirectory.CreateContact_valid",
		},
		{
			"TestZeep", "GetPlanDetailResult", "GetPlanResult",
			"HostedExchange.GetPlanDetail valid FAIL", "--- FAIL: TestZeep",
		},
		{"TestCustomerLife", "serverName", "ServerName", "--- FAIL: TestCustomerLife", "life_test.go"},
	} {
		t.Run(c.check+" "+c.element, func(t *testing.T) {
			if c.check == "TestZeep" {
				need(t, "/usr/lib/python3/dist-packages/zeep/__init__.py", "python3-zeep")
			}
			to := startProgram(t, "--emulator.hash-cost", "4").target
			out, err := runCheck(t, c.check, flipped(t, to, c.element, c.other))
			assert.Equal(t, c.red == "", err == nil, out)
			assert.Contains(t, out, c.red)
			assert.Contains(t, out, c.green)
		})
	}
}
