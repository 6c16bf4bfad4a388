package adapter

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// series gives the value of every counter by name and labels.
func series(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, l.GetValue())
			}
			key := f.GetName() + " " + strings.Join(labels, " ")
			switch f.GetType() {
			case dto.MetricType_COUNTER:
				values[key] = m.Counter.GetValue()
			case dto.MetricType_HISTOGRAM:
				values[key] = float64(m.Histogram.GetSampleCount())
			default:
				values[key] = m.Gauge.GetValue()
			}
		}
	}
	return values
}

func TestMetrics_CountEveryOutcome(t *testing.T) {
	registry := prometheus.NewRegistry()
	e := &engine{}
	config := testConfig(t, e)
	config.Registerer = registry
	h := newHandler(t, config)

	before := series(t, registry)
	operations := 0
	for _, s := range h.list {
		operations += len(s.operations) + 1
	}
	zero := 0
	for name, value := range before {
		assert.Zero(t, value, name)
		if strings.HasPrefix(name, "wsexchange_requests_total ") {
			zero++
		}
	}
	assert.Equal(t, operations*len(Outcomes()), zero, "every series is there from the start")

	good := envelope(operationElement("EnableUser", enableOne))
	serve(h, post("HostedExchange", good))
	e.answer = func(*mpf.Request) (*mpf.Response, error) { return &mpf.Response{Err: mpf.PasswordRefused.New()}, nil }
	serve(h, post("HostedExchange", good))
	e.answer = func(*mpf.Request) (*mpf.Response, error) {
		return &mpf.Response{Err: &mpf.Error{Code: 0x87654321}}, nil
	}
	serve(h, post("HostedExchange", good))
	e.answer = func(*mpf.Request) (*mpf.Response, error) { return nil, mpf.ErrUnreachable }
	serve(h, post("HostedExchange", good))
	serve(h, post("HostedExchange", "<!DOCTYPE a><a/>"))
	serve(h, post("HostedExchange", envelope(operationElement("EnableUser", "<a><b/></a>"))))
	serve(h, post("HostedExchange", good, func(r *http.Request) { r.Header.Del("Authorization") }))

	after := series(t, registry)
	for name, want := range map[string]float64{
		"wsexchange_requests_total EnableUser ok HostedExchange":               1,
		"wsexchange_requests_total EnableUser mpf_error HostedExchange":        2,
		"wsexchange_requests_total EnableUser server_fault HostedExchange":     1,
		"wsexchange_requests_total EnableUser client_fault HostedExchange":     1,
		"wsexchange_requests_total unknown client_fault HostedExchange":        1,
		"wsexchange_requests_total unknown unauthorized HostedExchange":        1,
		"wsexchange_request_duration_seconds EnableUser HostedExchange":        5,
		"wsexchange_backend_duration_seconds ":                                 4,
		"wsexchange_request_size_bytes ":                                       7,
		"wsexchange_requests_in_flight ":                                       0,
		"wsexchange_xml_rejections_total " + xmldoc.RuleDoctype:                1,
		"wsexchange_translation_errors_total " + string(RefusedEnvelope):       1,
		"wsexchange_translation_errors_total " + string(RefusedBinding):        1,
		"wsexchange_mpf_errors_total 0x800708c5":                               1,
		"wsexchange_mpf_requests_total Hosted Exchange EnableUser success":     1,
		"wsexchange_mpf_requests_total Hosted Exchange EnableUser error":       2,
		"wsexchange_mpf_requests_total Hosted Exchange EnableUser unreachable": 1,
		"wsexchange_mpf_errors_total " + otherCode:                             1,
	} {
		assert.Equal(t, want, after[name], name)
	}
	var further []string
	for name := range after {
		if _, known := before[name]; !known && !strings.HasPrefix(name, "wsexchange_operation_errors_total ") {
			further = append(further, name)
		}
	}
	assert.ElementsMatch(t, []string{
		"wsexchange_request_duration_seconds EnableUser HostedExchange", "wsexchange_request_duration_seconds unknown HostedExchange",
		"wsexchange_mpf_requests_total Hosted Exchange EnableUser error", "wsexchange_mpf_requests_total Hosted Exchange EnableUser unreachable",
	}, further, "series that begin with their first event")

	config.Timeout = time.Minute
	other, err := h.Reconfigured(config)
	require.NoError(t, err)
	serve(other, post("HostedExchange", good))
	assert.Equal(t, 5.0, series(t, registry)["wsexchange_backend_duration_seconds "], "another configuration, the same metrics")
}

func TestMetrics_ExemplarsNameTheRequest(t *testing.T) {
	registry := prometheus.NewRegistry()
	config := testConfig(t, &engine{})
	config.Registerer = registry
	h := newHandler(t, config)
	serve(h, post("HostedExchange", envelope(operationElement("EnableUser", enableOne)), func(r *http.Request) {
		r.Header.Set("X-Request-Id", "from-the-panel")
	}))
	families, err := registry.Gather()
	require.NoError(t, err)
	found := 0
	for _, f := range families {
		for _, m := range f.Metric {
			for _, b := range m.GetHistogram().GetBucket() {
				if label := b.GetExemplar().GetLabel(); len(label) == 1 && label[0].GetValue() == "from-the-panel" {
					found++
				}
			}
		}
	}
	assert.Equal(t, 2, found, "of the call, and of its request")
}

func TestResultOf(t *testing.T) {
	assert.Equal(t, ResultSuccess, resultOf(&mpf.Response{}, nil))
	assert.Equal(t, ResultError, resultOf(&mpf.Response{Err: mpf.PasswordRefused.New()}, nil))
	assert.Equal(t, ResultOther, resultOf(nil, nil))
	assert.Equal(t, ResultOther, resultOf(nil, assert.AnError))
	known := Results()
	for _, row := range resultsOfErrors {
		assert.Equal(t, row.result, resultOf(nil, fmt.Errorf("engine: %w", row.is)))
		assert.Contains(t, known, row.result)
	}
}

func TestLog_MarksSlowCalls(t *testing.T) {
	var out strings.Builder
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	config := testConfig(t, &engine{})
	config.Logger = slog.New(slog.NewTextHandler(&out, nil))
	config.Now = func() time.Time { clock = clock.Add(time.Second); return clock }
	config.Slow = time.Minute
	serve(newHandler(t, config), post("HostedExchange", envelope(operationElement("EnableUser", enableOne))))
	assert.NotContains(t, out.String(), "slow=")
	config.Slow = time.Second
	serve(newHandler(t, config), post("HostedExchange", envelope(operationElement("EnableUser", enableOne))))
	assert.Contains(t, out.String(), "level=WARN")
	assert.Contains(t, out.String(), "slow=true")
}

func TestMetrics_PassTheLinter(t *testing.T) {
	registry := prometheus.NewRegistry()
	config := testConfig(t, &engine{})
	config.Registerer = registry
	newHandler(t, config)
	families, err := registry.Gather()
	require.NoError(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)

	_, err = New(config)
	assert.Error(t, err, "metrics are registered once")
}
