package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const enableNobody = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
	`<EnableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>LDAP://CN=x,DC=fabrikam,DC=com</ldapPath></EnableUser></soap:Body></soap:Envelope>`

// An engine that does not answer in time is left out like one that is down.
func TestServe_EngineThatHangsIsLeftOut(t *testing.T) {
	asked := make(chan struct{}, 2)
	engine := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see the client go
		asked <- struct{}{}
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
