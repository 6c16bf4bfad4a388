package adapter

import (
	"net/http"
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
	fail(mpf.ReleaseTooMuch)
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
		"0x800708c5 one EnableUser HostedExchange":                     2,
		mpf.ReleaseTooMuch.String() + " one EnableUser HostedExchange": 1,
		"other one EnableUser HostedExchange":                          1,
		"timeout one EnableUser HostedExchange":                        1,
		"0x80070005 gateway EnableUser HostedExchange":                 1,
	}, got)
	for name := range before {
		assert.NotContains(t, name, "wsexchange_operation_errors_total", "nothing has failed yet")
	}

	config.Engines = []string{"two"}
	_, err = h.Reconfigured(config)
	require.NoError(t, err)
	for name := range series(t, registry) {
		assert.NotContains(t, name, " one EnableUser", "an engine that is gone leaves no series")
	}
	assert.Contains(t, series(t, registry), "wsexchange_operation_errors_total 0x80070005 gateway EnableUser HostedExchange")
}

// TestMetrics_IdleGatewayIsSmall holds the bound of series that nobody has
// called for: the counters of operations are there, what belongs to a code, a
// result or a bucket is not.
func TestMetrics_IdleGatewayIsSmall(t *testing.T) {
	registry := prometheus.NewRegistry()
	config := testConfig(t, &engine{})
	config.Registerer = registry
	h := newHandler(t, config)
	idle := series(t, registry)
	assert.LessOrEqual(t, len(idle), 800)
	for _, s := range h.list {
		for _, op := range s.contract.Operations {
			for _, outcome := range Outcomes() {
				assert.Contains(t, idle, "wsexchange_requests_total "+op.Name+" "+string(outcome)+" "+s.contract.Name)
			}
		}
	}
}
