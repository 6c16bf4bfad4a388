package mpf_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/mpf"
)

// baseEndpoint serves an endpoint and returns its address and the caller that it was
// given last. Callers who authenticate are held to the base held, if it is not "".
func baseEndpoint(t *testing.T, held string) (url string, seen *mpf.Caller) {
	t.Helper()
	seen = new(mpf.Caller)
	config := mpf.HandlerConfig{}
	if held != "" {
		config.Authenticate = func(context.Context, string, string, secret.String) (mpf.Caller, error) {
			return mpf.Caller{Username: "hsadmin", Base: ldappath.MustParseDN(held)}, nil
		}
	}
	server := httptest.NewServer(mpf.NewHandler(mpf.SubmitterFunc(func(ctx context.Context, _ *mpf.Request) (*mpf.Response, error) {
		*seen, _ = mpf.CallerFrom(ctx)
		return &mpf.Response{}, nil
	}), config))
	t.Cleanup(server.Close)
	return server.URL, seen
}

func TestBase_GoesToTheEngine(t *testing.T) {
	url, seen := baseEndpoint(t, "")
	client, err := mpf.NewClient(mpf.ClientConfig{URL: url})
	require.NoError(t, err)
	request := mpf.Simple(mpf.Target{Namespace: "N", Procedure: "P"}, nil)
	for _, name := range []string{"OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", `OU=Müller\, Söhne \+ 100%,DC=fabrikam,DC=com`} {
		base := ldappath.MustParseDN(name)
		_, err = client.Submit(mpf.WithCaller(t.Context(), mpf.Caller{Username: "hsadmin", Base: base}), request)
		require.NoError(t, err)
		assert.True(t, base.Equal(seen.Base), seen.Base.String())
	}
	_, err = client.Submit(t.Context(), request)
	require.NoError(t, err)
	assert.True(t, seen.Base.IsZero())
}

// TestBase_OnlyNarrows has clients name bases beside the one that their account
// is held to.
func TestBase_OnlyNarrows(t *testing.T) {
	const reseller = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	url, seen := baseEndpoint(t, reseller)
	for _, row := range []struct {
		headers []string
		want    string // "" = 400
	}{
		{nil, reseller},
		{[]string{"OU=acme," + reseller}, "OU=acme," + reseller},
		{[]string{strings.ToLower(reseller)}, reseller},
		{[]string{"DC=fabrikam,DC=com"}, reseller},
		{[]string{"OU=Hosting,DC=fabrikam,DC=com"}, reseller},
		{[]string{"OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com"}, ""},
		{[]string{"OU=acme," + reseller, "DC=fabrikam,DC=com"}, ""},
		{[]string{""}, ""},
		{[]string{"acme"}, ""},
		{[]string{"OU=acme"}, ""},
		{[]string{"%zz"}, ""},
		{[]string{"OU=" + strings.Repeat("a", 9000) + "," + reseller}, ""},
	} {
		*seen = mpf.Caller{}
		body := `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
			`<provisioning xmlns="http://maps/specs/prov.xml"><namespace>N</namespace><procedure>P</procedure></provisioning>` +
			`</soap:Header><soap:Body><request/></soap:Body></soap:Envelope>`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		require.NoError(t, err)
		request.SetBasicAuth("hsadmin", "any")
		request.Header.Set("Content-Type", "text/xml; charset=utf-8")
		request.Header[mpf.BaseHeader] = row.headers
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		if row.want == "" {
			assert.Equal(t, http.StatusBadRequest, response.StatusCode, "%.100s", row.headers)
			assert.Empty(t, seen.Username, "nothing is submitted")
			continue
		}
		assert.Equal(t, http.StatusOK, response.StatusCode, row.headers)
		assert.True(t, ldappath.MustParseDN(row.want).Equal(seen.Base), "%s: %s", row.headers, seen.Base)
	}
}
