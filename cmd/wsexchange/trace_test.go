package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/config"
	"wsexchange/internal/tracing/tracingtest"
)

// TestServe_TraceInLogAndMetrics finds the ids of a trace in the lines of the
// gateway and of the engine.
func TestServe_TraceInLogAndMetrics(t *testing.T) {
	collector := tracingtest.Start(t)
	g := start(t, "--tracing.endpoint", collector.URL, "--log.format=json")
	require.Equal(t, http.StatusOK, g.call("from-the-panel", "").StatusCode)
	assert.Contains(t, g.Metrics(), `wsexchange_spans_dropped_total{reason="export"} 0`)
	require.Equal(t, 0, g.Stop(), g.Log)
	want := map[string]string{
		partGateway: collector.Span(t, "wsexchange", "HostedExchange/GetProperties").SpanID,
		partEngine:  collector.Span(t, "wsexchange", "engine Hosted Exchange::GetProperties").SpanID,
	}
	trace := collector.Span(t, "wsexchange", "HostedExchange/GetProperties").TraceID
	got := map[string]string{}
	for line := range strings.Lines(g.Log.String()) {
		var entry struct {
			Part    string `json:"part"`
			TraceID string `json:"trace_id"`
			SpanID  string `json:"span_id"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if entry.TraceID != "" {
			assert.Equal(t, trace, entry.TraceID)
			got[entry.Part] = entry.SpanID
		}
	}
	assert.Equal(t, want, got, g.Log)
}

// TestServe_NoCollector works as if there were one, and ends.
func TestServe_NoCollector(t *testing.T) {
	g := start(t, "--tracing.endpoint=http://127.0.0.1:1/v1/traces")
	require.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
	require.Equal(t, 0, g.Stop(), g.Log)
	assert.Contains(t, g.Log.String(), "spans were lost")
}

func TestServe_TracingNeedsARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wsexchange.yaml")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	g := start(t, "--config", file)
	require.NoError(t, os.WriteFile(file, []byte("tracing: {ratio: 0.5, headers: a=hidden-one}\n"), 0o600))
	var done struct{ Changed, Restart []config.Change }
	require.Equal(t, http.StatusOK, g.Administer("POST", "/-/reload", &done))
	assert.Empty(t, done.Changed)
	var keys []string
	for _, c := range done.Restart {
		keys = append(keys, c.Key)
	}
	assert.Equal(t, []string{"tracing.headers", "tracing.ratio"}, keys)
	assert.NotContains(t, g.Log.String(), "hidden-one")
}

func TestConfig_TracingIsChecked(t *testing.T) {
	_, errors, status := outputOf(t, []string{"WSEXCHANGE_TRACING_HEADERS=hidden-one"}, "serve", "--config.check",
		"--tracing.endpoint=127.0.0.1:4318", "--tracing.ratio=2")
	assert.Equal(t, 1, status)
	for _, want := range []string{"tracing.endpoint", "tracing.ratio", "tracing.headers"} {
		assert.Contains(t, errors, want)
	}
	assert.NotContains(t, errors, "hidden-one")
}
