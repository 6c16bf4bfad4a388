package adaptertest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/adapter"
	"wsexchange/adapter/adaptertest"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

const call = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
	`<EnableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>LDAP://CN=ann,DC=fabrikam,DC=com</ldapPath>` +
	`<preferredDomainController>dc1.fabrikam.com</preferredDomainController></EnableUser></soap:Body></soap:Envelope>`

func TestStart(t *testing.T) {
	requests := make(chan *mpf.Request, 1)
	engine := mpf.SubmitterFunc(func(_ context.Context, r *mpf.Request) (*mpf.Response, error) {
		requests <- r
		return &mpf.Response{Data: xmldoc.Element("data", xmldoc.TextElement("path", "LDAP://CN=ann,DC=fabrikam,DC=com"))}, nil
	})
	further := 0
	g := adaptertest.Start(t, engine, adaptertest.Config(func(c *adapter.Config) {
		c.Observe = func(adapter.Observation) { further++ }
	}))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.Service("HostedExchange"), strings.NewReader(call))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.Header.Set("SOAPAction", `"http://provisioning.microsoft.com/webservices/EnableUser"`)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Contains(t, string(body), "EnableUserResponse")
	assert.Equal(t, "req-1", (<-requests).Context.ClientTransactionID)

	seen := g.Wait(1)
	assert.Equal(t, "EnableUser", seen[0].Operation)
	assert.Equal(t, adapter.OutcomeOK, seen[0].Outcome)
	assert.Equal(t, seen, g.Observations())
	assert.Equal(t, 1, further)
}
