package adapter

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mpf"
)

// TestMetrics_OperationCodeAndEngine finds which operation fails with which
// code at which engine.
func TestMetrics_OperationCodeAndEngine(t *testing.T) {
	registry := prometheus.NewRegistry()
	e := &engine{}
	config := testConfig(t, e)
	balancer, err := mpf.NewBalancer(mpf.BalancerConfig{Engines: []mpf.Engine{{Name: "one", Submitter: e}}})
	require.NoError(t, err)
	config.Submitter, config.Engines, config.Registerer = balancer, []string{"one"}, registry
	h := newHandler(t, config)
	before := series(t, registry)

	good := envelope(operationElement("EnableUser", enableOne))
	fail := func(code mpf.HRESULT) {
		e.answer = func(*mpf.Request) (*mpf.Response, error) { return &mpf.Response{Err: &mpf.Error{Code: code}}, nil }
		serve(h, post("HostedExchange", good))
	}
	serve(h, post("HostedExchange", good))
	fail(mpf.PasswordPolicy)
	fail(mpf.PasswordPolicy)
	fail(mpf.ReleaseTooMuch) // never of this service
	fail(0x87654321)
	e.answer = func(*mpf.Request) (*mpf.Response, error) { return nil, mpf.ErrTimeout }
	serve(h, post("HostedExchange", good))
	scope := strings.Replace(enableOne, "DC=com", "DC=org", 1)
	require.NotEqual(t, enableOne, scope)
	serve(h, post("HostedExchange", envelope(operationElement("EnableUser", scope))))
	serve(h, post("HostedExchange", envelope(operationElement("EnableUser", "<a><b/></a>")))) // the caller's fault
	serve(h, post("HostedExchange", good, func(r *http.Request) { r.Header.Del("Authorization") }))

	after := series(t, registry)
	got := map[string]float64{}
	for name, value := range after {
		if labels, ok := strings.CutPrefix(name, "wsexchange_operation_errors_total "); ok && value > 0 {
			got[labels] = value
		}
	}
	assert.Equal(t, map[string]float64{
		"0x800708c5 one EnableUser HostedExchange":     2,
		"other one EnableUser HostedExchange":          2,
		"timeout one EnableUser HostedExchange":        1,
		"0x80070005 gateway EnableUser HostedExchange": 1,
	}, got)
	assert.Len(t, after, len(before), "no call makes a series of its own")

	config.Engines = []string{"one", "two"}
	_, err = h.Reconfigured(config)
	require.NoError(t, err)
	assert.Contains(t, series(t, registry), "wsexchange_operation_errors_total 0x800708c5 two EnableUser HostedExchange")
}

// TestOperationErrors_Lists holds the lists to the table of
// codes and to the services.
func TestOperationErrors_Lists(t *testing.T) {
	known := allCodes()
	for service, codes := range codesOfService {
		assert.Subset(t, known, codes, service)
		for _, code := range codesOfAll {
			assert.True(t, service == "MPSGeneral" || !slices.Contains(codes, code), "%s: %s is twice there", service, code)
		}
	}
	assert.Subset(t, known, codesOfAll)
	h := newHandler(t, testConfig(t, &engine{}))
	for _, s := range h.list {
		assert.Contains(t, codesOfService, s.contract.Name)
	}
	assert.Len(t, codesOfService, len(h.list))
}
