package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon"
	"wsexchange/internal/daemon/daemontest"
	"wsexchange/internal/tracing"
	"wsexchange/mock"
	"wsexchange/wsdl"
)

var update = flag.Bool("update", false, "write the documents anew")

// golden compares a document with what the code prints.
func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, want, string(got), "the document is not current: go test ./cmd/... -update")
}

func TestDocuments_Configuration(t *testing.T) {
	out, errors, status := outputOf(t, nil, "configuration")
	require.Equal(t, 0, status, errors)
	golden(t, "../../docs/configuration.md", out)
}

// everyMetric gives a registry with all that the gateway can have with a
// configuration, and the handler that counts into it.
func everyMetric(t *testing.T, environ ...string) (*prometheus.Registry, http.Handler) {
	t.Helper()
	cfg := load(t, environ...)
	cfg.Listen, cfg.Auth.Mode, cfg.Emulator.LDAPListen, cfg.Emulator.HashCost = "127.0.0.1:0", "off", "", 4
	logs, err := cfg.logs(io.Discard)
	require.NoError(t, err)
	s := &service{Frame: frame(t, "wsexchange"), logs: logs, logger: logs.Logger(partDaemon), authLogger: logs.Logger(partAuth)}
	require.NoError(t, s.open(t.Context(), cfg))
	t.Cleanup(s.close)
	return s.Registry, s.current.Load().handler
}

// frame gives what every program has, with everything that can be switched on.
func frame(t *testing.T, program string) *daemon.Frame[Config] {
	t.Helper()
	f, err := daemon.NewFrame(daemon.FrameConfig[Config]{Name: program, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	_, err = tracing.Open(tracing.Config{Program: program, Registerer: f.Registry})
	require.NoError(t, err)
	f.Registry.MustRegister(daemon.NewCertificateGauge(program, time.Now))
	return f
}

// metricsOfEmulator gives what the emulator alone has, with everything that can
// be switched on.
func metricsOfEmulator(t *testing.T) *prometheus.Registry {
	t.Helper()
	registry := frame(t, "mockmpf").Registry
	e, err := mock.Open(t.Context(), mock.Config{HashCost: 4, Registerer: registry, Testing: &mock.Testing{}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return registry
}

// backends are the environments of a gateway with each backend.
func backends() map[string][]string {
	before := []string{
		"WSEXCHANGE_MPF_ENGINES=http://127.0.0.1:1/mpf", "WSEXCHANGE_DIRECTORY_BASE_DN=DC=fabrikam,DC=com", "WSEXCHANGE_AUTH_MODE=off",
		"WSEXCHANGE_MPF_USERNAME=svc", "WSEXCHANGE_MPF_PASSWORD=of-a-service",
	}
	return map[string][]string{
		"embedded": nil, "isapi": append([]string{"WSEXCHANGE_BACKEND=isapi"}, before...), "mpsws": append([]string{"WSEXCHANGE_BACKEND=mpsws"}, before...),
	}
}

// runEveryOperation calls each operation without arguments. Most refuse that,
// which is an outcome too.
func runEveryOperation(t *testing.T, h http.Handler) {
	t.Helper()
	for _, s := range wsdl.Services() {
		for _, op := range s.Operations {
			body := fmt.Sprintf(`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><%s xmlns="http://provisioning.microsoft.com/webservices"/></soap:Body></soap:Envelope>`, op.Name)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/MPSWS/"+s.Name+".asmx", strings.NewReader(body))
			r.Header.Set("Content-Type", "text/xml; charset=utf-8")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			assert.NotEqual(t, http.StatusNotFound, w.Code, op.Name)
		}
	}
}

// own keeps the families of the product: those of the Go runtime, the process
// and the scrape itself are documented where they come from.
func own(families []*dto.MetricFamily) []*dto.MetricFamily {
	return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool {
		return !strings.HasPrefix(f.GetName(), "wsexchange_") && !strings.HasPrefix(f.GetName(), "mockmpf_")
	})
}

func countSeries(families []*dto.MetricFamily) map[string]int {
	series := map[string]int{}
	for _, f := range families {
		series[f.GetName()] = len(f.Metric)
	}
	return series
}

func gather(t *testing.T, registry *prometheus.Registry) []*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	return own(families)
}

// laterSeries are those that begin with their first event.
var laterSeries = []string{
	"wsexchange_operation_errors_total", "wsexchange_mpf_requests_total", "wsexchange_request_duration_seconds",
	"mockmpf_procedure_duration_seconds", "mockmpf_procedures_executing",
}

// TestMetrics_Idle bounds what an idle gateway exposes, the embedded emulator
// included.
func TestMetrics_Idle(t *testing.T) {
	const mostSeries, mostBytes = 1500, 200_000
	for backend, environ := range backends() {
		registry, _ := everyMetric(t, environ...)
		w := httptest.NewRecorder()
		daemon.NewHealth(registry).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		series, size := 0, 0
		for line := range strings.Lines(w.Body.String()) {
			size += len(line)
			if !strings.HasPrefix(line, "#") {
				series++
			}
		}
		assert.LessOrEqual(t, series, mostSeries, backend)
		assert.LessOrEqual(t, size, mostBytes, backend)
		assert.Greater(t, series, 77, backend)
	}
}

func TestDocuments_Metrics(t *testing.T) {
	all := map[string]*dto.MetricFamily{}
	keep := func(families []*dto.MetricFamily) {
		problems, err := promlint.NewWithMetricFamilies(families).Lint()
		require.NoError(t, err)
		assert.Empty(t, problems)
		for _, f := range families {
			if known := all[f.GetName()]; known == nil || len(known.Metric) < len(f.Metric) {
				all[f.GetName()] = f
			}
		}
	}
	for backend, environ := range backends() {
		registry, handler := everyMetric(t, environ...)
		before := countSeries(gather(t, registry))
		runEveryOperation(t, handler)
		families := gather(t, registry)
		for name, count := range countSeries(families) {
			if !slices.Contains(laterSeries, name) {
				assert.Equal(t, before[name], count, "%s: every series of %s is there from the start", backend, name)
			}
		}
		keep(families)
	}
	keep(gather(t, metricsOfEmulator(t)))
	families := slices.SortedFunc(maps.Values(all), func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	golden(t, "../../docs/metrics.md", metricsDocument(families))
}

const metricsHead = `# Metrics

Printed from the code. Both programs serve these at ` + "`/metrics`" + ` of their ` + "`metrics.listen`" + `, as Prometheus
text, OpenMetrics or protobuf; the last two bring exemplars with the ids of request and trace, the last one native histograms.
` + "`wsexchange_…`" + ` is the gateway, ` + "`mockmpf_…`" + ` the emulator: alone, or embedded in the gateway. Beside them
are the usual ` + "`go_…`, `process_…` and `promhttp_…`" + `.

Labels come from closed lists, or from the configuration (engines) or the directory (stores, plans, types);
nothing that a caller sends becomes one. Series exist from the start at zero, with exceptions: those of the
gateway that join an operation or procedure with a code, a failing result or a bucket begin with their first event
(` + "`x unless x offset 10m or increase(x[10m])`" + ` counts that event too); series of the certificate exist where there
is one, and those of faults where the control API is on. The engine is the URL of
the configuration, or ` + "`embedded`" + ` with the embedded backend, whose program has the ` + "`mockmpf_…`" + ` of its emulator too.
`

func metricsDocument(families []*dto.MetricFamily) string {
	var out bytes.Buffer
	out.WriteString(metricsHead)
	program := ""
	for _, f := range families {
		if prefix, _, _ := strings.Cut(f.GetName(), "_"); prefix != program {
			program = prefix
			fmt.Fprintf(&out, "\n## %s\n\n| Name | Type | Labels | Meaning |\n|---|---|---|---|\n", program)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.GetName(), strings.ToLower(f.GetType().String()),
			labelsOf(f), strings.ReplaceAll(f.GetHelp(), "|", `\|`))
	}
	return out.String()
}

// mostValues is how many values of a label are listed.
const mostValues = 12

// labelsOf lists the labels of a family, with their values if they are few.
func labelsOf(f *dto.MetricFamily) string {
	var names []string
	values := map[string][]string{}
	for _, m := range f.Metric {
		for _, l := range m.Label {
			if !slices.Contains(names, l.GetName()) {
				names = append(names, l.GetName())
			}
			if !slices.Contains(values[l.GetName()], l.GetValue()) {
				values[l.GetName()] = append(values[l.GetName()], l.GetValue())
			}
		}
	}
	for i, name := range names {
		names[i] = "`" + name + "`"
		if open := []string{"engine", "server", "store", "plan", "version", "goversion"}; len(values[name]) <= mostValues && !slices.Contains(open, name) {
			names[i] += " (" + strings.Join(values[name], ", ") + ")"
		}
	}
	return strings.Join(names, ", ")
}

func TestCommands(t *testing.T) { daemontest.Commands(t, run, "wsexchange") }
