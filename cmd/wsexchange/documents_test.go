package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
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

	"wsexchange/adapter"
	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/mpf"
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

// everyMetric gives a registry with all that the gateway can have, and the
// handler that counts into it.
func everyMetric(t *testing.T) (*prometheus.Registry, http.Handler) {
	t.Helper()
	cfg := load(t)
	cfg.Emulator.LDAPListen, cfg.Emulator.HashCost = "", 4
	logs, err := cfg.logs(io.Discard)
	require.NoError(t, err)
	registry := daemon.NewRegistry("wsexchange")
	b, err := openBackend(t.Context(), cfg, logs, registry)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.close()) })
	_, err = auth.NewMetrics(registry)
	require.NoError(t, err)
	_, err = daemon.NewReloader(daemon.ReloaderConfig[Config]{Registerer: registry, Prefix: "wsexchange"})
	require.NoError(t, err)
	registry.MustRegister(
		newEngineCollector(func() []mpf.EngineState { return []mpf.EngineState{{Name: "http://mpf1/mpf/soapisapi.dll"}} }),
		daemon.NewCertificateGauge("wsexchange", time.Now),
	)
	s := &service{logs: logs, registry: registry}
	handler, err := adapter.New(s.adapterConfig(cfg, b, nil))
	require.NoError(t, err)
	return registry, handler
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

func TestDocuments_Metrics(t *testing.T) {
	registry, handler := everyMetric(t)
	families, err := registry.Gather()
	require.NoError(t, err)
	before := countSeries(own(families))
	runEveryOperation(t, handler)
	families, err = registry.Gather()
	require.NoError(t, err)
	families = own(families)
	assert.Equal(t, before, countSeries(families), "every series is there from the start")
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)

	alone, err := daemon.NewRegistry("mockmpf").Gather() // what the emulator alone has besides
	require.NoError(t, err)
	families = append(families, own(alone)...)
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	golden(t, "../../docs/metrics.md", metricsDocument(families))
}

const metricsHead = `# Metrics

Printed from the code. Both programs serve these at ` + "`/metrics`" + ` of their ` + "`metrics.listen`" + `, as Prometheus
text, OpenMetrics or protobuf; the last two bring exemplars with the request id, the last one native histograms.
` + "`wsexchange_…`" + ` is the gateway, ` + "`mockmpf_…`" + ` the emulator: alone, or embedded in the gateway. Beside them
are the usual ` + "`go_…`, `process_…` and `promhttp_…`" + `.

Labels come from closed lists, or from the configuration (engines) or the directory (stores, plans, types);
nothing that a caller sends becomes one. Every series exists from the start at zero. Series of the certificate
and of engines exist where there is a certificate, and a backend other than the embedded one.
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
