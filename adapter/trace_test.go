package adapter

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	otelattribute "go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/mpf"
)

const (
	traceID     = "0102030405060708090a0b0c0d0e0f10"
	traceparent = "00-" + traceID + "-0102030405060708-01"
)

// tracedCall sends a call with headers to a gateway with a tracer.
func tracedCall(t *testing.T, e *engine, change func(*Config, *http.Request)) (sdktrace.ReadOnlySpan, string) {
	t.Helper()
	recorder, log := tracetest.NewSpanRecorder(), &bytes.Buffer{}
	config := testConfig(t, e)
	config.Logger = slog.New(slog.NewTextHandler(log, nil))
	config.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")
	r := post("HostedExchange", envelope(operationElement("EnableUser", enableOne)))
	r.Header.Set("X-Request-Id", "from-the-panel")
	change(&config, r)
	serve(newHandler(t, config), r)
	require.Len(t, recorder.Ended(), 1)
	span := recorder.Ended()[0]
	assert.NotContains(t, fmt.Sprint(span.Name(), span.Attributes(), span.Events(), span.Status()), testPassword)
	return span, log.String()
}

func spanAttributes(s sdktrace.ReadOnlySpan) map[otelattribute.Key]string {
	all := map[otelattribute.Key]string{}
	for _, a := range s.Attributes() {
		all[a.Key] = a.Value.String()
	}
	return all
}

func TestTrace_SpanOfACall(t *testing.T) {
	span, log := tracedCall(t, &engine{}, func(_ *Config, r *http.Request) {
		r.Header.Set("Traceparent", traceparent)
		r.Header.Set("Tracestate", "vendor=1")
	})
	assert.Equal(t, "HostedExchange/EnableUser", span.Name())
	assert.Equal(t, trace.SpanKindServer, span.SpanKind())
	assert.Equal(t, traceID, span.SpanContext().TraceID().String())
	assert.Equal(t, "0102030405060708", span.Parent().SpanID().String())
	assert.Equal(t, "vendor=1", span.SpanContext().TraceState().String())
	assert.Equal(t, otelcodes.Unset, span.Status().Code)
	attributes := spanAttributes(span)
	for key, want := range map[otelattribute.Key]string{
		"rpc.system": "soap", "rpc.service": "HostedExchange", "rpc.method": "EnableUser",
		"http.request.method": "POST", "http.response.status_code": "200", "url.path": "/MPSWS/HostedExchange.asmx",
		mpf.SpanNamespace: "Hosted Exchange", mpf.SpanProcedure: "EnableUser", mpf.SpanRequestID: "from-the-panel",
		spanOutcome: "ok", spanResult: "success",
	} {
		assert.Equal(t, want, attributes[key], key)
	}
	assert.NotContains(t, attributes, mpf.SpanCode)
	assert.Contains(t, log, "trace_id="+traceID+" span_id="+span.SpanContext().SpanID().String())
}

func TestTrace_Failures(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*Config, *http.Request, *engine)
		kind   string // error.type
		status sdktrace.Status
	}{
		"procedure": {
			func(_ *Config, _ *http.Request, e *engine) {
				e.answer = func(*mpf.Request) (*mpf.Response, error) {
					return &mpf.Response{Err: mpf.ObjectNotFound.New("x")}, nil
				}
			},
			mpf.ObjectNotFound.Code.String(),
			sdktrace.Status{Code: otelcodes.Error, Description: mpf.ObjectNotFound.Code.String() + " " + mpf.ObjectNotFound.ID},
		},
		"engine": {
			func(_ *Config, _ *http.Request, e *engine) {
				e.answer = func(*mpf.Request) (*mpf.Response, error) { return nil, mpf.ErrUnreachable }
			},
			"unreachable",
			sdktrace.Status{Code: otelcodes.Error, Description: "unreachable"},
		},
		"panic": {
			func(_ *Config, _ *http.Request, e *engine) {
				e.answer = func(*mpf.Request) (*mpf.Response, error) { panic(testPassword) }
			},
			"other",
			sdktrace.Status{Code: otelcodes.Error, Description: "other"},
		},
		"password": {
			func(_ *Config, r *http.Request, _ *engine) { r.SetBasicAuth("x", "wrong") },
			"unauthorized",
			sdktrace.Status{},
		},
		"content type": {
			func(_ *Config, r *http.Request, _ *engine) { r.Header.Set("Content-Type", "text/plain") },
			"transport",
			sdktrace.Status{},
		},
		"size": {
			func(c *Config, _ *http.Request, _ *engine) { c.Limits.Bytes = 10 },
			"transport",
			sdktrace.Status{Code: otelcodes.Error, Description: "transport"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := &engine{}
			span, _ := tracedCall(t, e, func(c *Config, r *http.Request) { row.change(c, r, e) })
			assert.Equal(t, row.kind, spanAttributes(span)["error.type"])
			assert.Equal(t, row.status, span.Status())
			assert.False(t, span.Parent().IsValid())
		})
	}
}

func TestTrace_StrangeHeadersArePassedOver(t *testing.T) {
	for _, header := range []string{"", "x", traceparent[:54], "00-" + strings.Repeat("0", 32) + traceparent[35:], "ff" + traceparent[2:], strings.Repeat("0", 10000)} {
		span, _ := tracedCall(t, &engine{}, func(_ *Config, r *http.Request) { r.Header.Set("Traceparent", header) })
		assert.False(t, span.Parent().IsValid(), "%.60q", header)
		assert.True(t, span.SpanContext().IsValid())
	}
}

func TestTrace_WithoutTracerThereIsNone(t *testing.T) {
	var seen Observation
	log := &bytes.Buffer{}
	config := testConfig(t, &engine{})
	config.Observe, config.Logger = func(o Observation) { seen = o }, slog.New(slog.NewTextHandler(log, nil))
	r := post("HostedExchange", envelope(operationElement("EnableUser", enableOne)))
	r.Header.Set("Traceparent", traceparent)
	require.Equal(t, http.StatusOK, serve(newHandler(t, config), r).Code)
	assert.False(t, seen.TraceID.IsValid())
	assert.NotContains(t, log.String(), "trace_id")
}

func TestTrace_ExemplarsNameIt(t *testing.T) {
	registry := prometheus.NewRegistry()
	config := testConfig(t, &engine{})
	config.Registerer = registry
	config.Tracer = sdktrace.NewTracerProvider().Tracer("test")
	config.Now = func() time.Time { return time.Date(2005, 3, 1, 12, 0, 0, 0, time.UTC) }
	r := post("HostedExchange", envelope(operationElement("EnableUser", enableOne)))
	r.Header.Set("Traceparent", traceparent)
	r.Header.Set("X-Request-Id", strings.Repeat("x", 64))
	require.Equal(t, http.StatusOK, serve(newHandler(t, config), r).Code)
	families, err := registry.Gather()
	require.NoError(t, err)
	found := 0
	for _, f := range families {
		for _, m := range f.Metric {
			for _, b := range m.GetHistogram().GetBucket() {
				for _, label := range b.GetExemplar().GetLabel() {
					if label.GetName() == "trace_id" {
						assert.Equal(t, traceID, label.GetValue())
						found++
					}
				}
			}
		}
	}
	assert.Equal(t, 2, found, "the call's and the engine's time")
}
