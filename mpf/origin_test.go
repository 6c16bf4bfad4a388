package mpf_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mpf"
)

// originDoor is a door that tells the origin of what it was given.
func originDoor(t *testing.T) (url string, seen *mpf.Origin) {
	t.Helper()
	seen = new(mpf.Origin)
	server := httptest.NewServer(mpf.NewHandler(mpf.SubmitterFunc(func(ctx context.Context, _ *mpf.Request) (*mpf.Response, error) {
		*seen = mpf.OriginFrom(ctx)
		return &mpf.Response{}, nil
	}), mpf.HandlerConfig{}))
	t.Cleanup(server.Close)
	return server.URL, seen
}

func TestOrigin_GoesThroughTheDoor(t *testing.T) {
	url, seen := originDoor(t)
	client, err := mpf.NewClient(mpf.ClientConfig{URL: url})
	require.NoError(t, err)
	request := mpf.Simple(mpf.Target{Namespace: "N", Procedure: "P"}, nil)
	want := mpf.Origin{Service: "HostedExchange", Operation: "EnableUser"}
	_, err = client.Submit(mpf.WithOrigin(t.Context(), want), request)
	require.NoError(t, err)
	assert.Equal(t, want, *seen)
	assert.Equal(t, "HostedExchange.EnableUser", seen.String())
	_, err = client.Submit(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, mpf.Origin{}, *seen)
	assert.Empty(t, seen.String())
}

func TestOrigin_StrangeHeadersArePassedOver(t *testing.T) {
	url, seen := originDoor(t)
	for header, want := range map[string]string{
		"A.B": "A.B", "A": "", ".B": "", "A.": "", "A.B.C": "", "A.B-->": "", `A."B"`: "", "A." + strings.Repeat("x", 65): "",
	} {
		*seen = mpf.Origin{}
		body := `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>` +
			`<provisioning xmlns="http://maps/specs/prov.xml"><namespace>N</namespace><procedure>P</procedure></provisioning>` +
			`</soap:Header><soap:Body><request/></soap:Body></soap:Envelope>`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "text/xml; charset=utf-8")
		request.Header.Set(mpf.OperationHeader, header)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode, header)
		assert.Equal(t, want, seen.String(), header)
	}
}
