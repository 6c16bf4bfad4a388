package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/mocktest"
)

const enableNobody = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
	`<EnableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>LDAP://CN=x,DC=fabrikam,DC=com</ldapPath></EnableUser></soap:Body></soap:Envelope>`

// An engine that does not answer in time is left out like one that is down.
func TestServe_EngineThatHangsIsLeftOut(t *testing.T) {
	asked := make(chan struct{}, 2)
	engine := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)                     // else the server does not see the client go
		if strings.Contains(string(body), "EnableUser") { // not a probe
			asked <- struct{}{}
		}
		<-r.Context().Done()
	}))
	defer engine.Close()
	g := start(t, "--backend=isapi", "--mpf.engines", engine.URL, "--mpf.timeout=100ms",
		"--auth.mode=off", "--directory.base-dn=DC=fabrikam,DC=com", "--mpf.username=FABRIKAM\\svc", passwordFile(t))
	assert.Equal(t, "the name of one", g.Banner["Primary Domain Controller"])
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.Banner["URL"]+"/HostedExchange.asmx", strings.NewReader(enableNobody))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusInternalServerError, response.StatusCode)
	assert.Contains(t, string(body), "did not answer in time")
	assert.Len(t, asked, 1, "nothing is sent twice")
	assert.Contains(t, g.Metrics(), `wsexchange_engine_available{engine="`+engine.URL+`"} 0`)
}

// between are the arguments of a gateway in front of engines of the demo data.
func between(t *testing.T, engines ...string) []string {
	t.Helper()
	return []string{
		"--backend=isapi", "--mpf.engines=" + strings.Join(engines, ","), "--auth.mode=file", usersFile(t),
		"--directory.base-dn=OU=Hosting,DC=fabrikam,DC=com", "--mpf.probe=50ms", "--mpf.exclusion=1ms",
	}
}

// Two engines of which each has a directory of its own are no installation:
// what is made through one is not found through the other.
func TestServe_RefusesEnginesThatShareNothing(t *testing.T) {
	one, other := mocktest.Start(t), mocktest.Start(t)
	args := between(t, one.URL, other.URL)
	_, stderr, status := outputOf(t, nil, append([]string{"serve", "--listen=127.0.0.1:0", "--metrics.listen="}, args...)...)
	assert.Equal(t, 1, status)
	for _, want := range []string{"do not share one installation", one.URL + " to " + one.Installation(), other.URL + " belongs to " + other.Installation()} {
		assert.Contains(t, stderr, want)
	}
	stdout, _, status := outputOf(t, nil, append([]string{"check"}, args...)...)
	assert.Equal(t, 1, status)
	assert.Contains(t, stdout, "FAIL  installation: the engines do not share one installation: "+other.URL)

	stdout, _, _ = outputOf(t, nil, append([]string{"check"}, between(t, one.URL, strings.Replace(one.URL, "127.0.0.1", "localhost", 1))...)...)
	assert.Contains(t, stdout, "ok    installation: the engines share "+one.Installation())
}

// endpointOf serves an emulator at an address, until it is closed.
func endpointOf(t *testing.T, e *mocktest.Emulator, address string) *httptest.Server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	require.NoError(t, err)
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: e.Handler(xmldoc.Limits{})}}
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// Whether an engine lives is known without a call: from its probe in readiness,
// metrics and log, with one line when it goes and one when it returns.
func TestServe_ProbesEngines(t *testing.T) {
	emulator := mocktest.Start(t)
	one, other := endpointOf(t, emulator, "127.0.0.1:0"), endpointOf(t, emulator, "127.0.0.1:0")
	both, alone := start(t, between(t, one.URL, other.URL)...), start(t, between(t, one.URL)...)
	status, text := both.Health("/-/ready")
	require.Equal(t, http.StatusOK, status, text)
	available := func(g *gateway, want string) func() bool {
		return func() bool {
			return strings.Contains(g.Metrics(), `wsexchange_engine_available{engine="`+one.URL+`"} `+want)
		}
	}
	assert.True(t, available(both, "1")())

	address := one.Listener.Addr().String()
	one.CloseClientConnections()
	one.Close()
	require.Eventually(t, available(both, "0"), 10*time.Second, 10*time.Millisecond)
	require.Eventually(t, available(alone, "0"), 10*time.Second, 10*time.Millisecond)
	for range 4 { // more than the exclusion
		time.Sleep(60 * time.Millisecond)
		status, text = alone.Health("/-/ready")
		assert.Equal(t, http.StatusServiceUnavailable, status, "the only one is dead")
		assert.Contains(t, text, "connection refused")
	}
	status, text = both.Health("/-/ready")
	assert.Equal(t, http.StatusOK, status, "the other one lives")
	assert.Contains(t, text, `"engine `+one.URL+`"`)
	assert.Contains(t, text, "connection refused")

	endpointOf(t, emulator, address)
	require.Eventually(t, available(both, "1"), 10*time.Second, 10*time.Millisecond)
	log := both.Log.String()
	assert.Equal(t, 1, strings.Count(log, "engine is left out"), log)
	assert.Equal(t, 3, strings.Count(log, "engine is in use"), log)
	assert.Contains(t, both.Metrics(), `wsexchange_engine_probe_success{engine="`+other.URL+`"} 1`)
}
