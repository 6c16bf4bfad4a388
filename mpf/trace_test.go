package mpf_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/internal/secret"
	"wsexchange/mpf"
)

func newTracer() (*tracetest.SpanRecorder, trace.Tracer) {
	recorder := tracetest.NewSpanRecorder()
	return recorder, sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test")
}

// spans gives those that have ended, by name.
func spans(recorder *tracetest.SpanRecorder) map[string]sdktrace.ReadOnlySpan {
	all := map[string]sdktrace.ReadOnlySpan{}
	for _, s := range recorder.Ended() {
		all[s.Name()] = s
	}
	return all
}

func attributesOf(s sdktrace.ReadOnlySpan) map[attribute.Key]string {
	all := map[attribute.Key]string{}
	for _, a := range s.Attributes() {
		all[a.Key] = a.Value.String()
	}
	return all
}

var disableUser = mpf.Target{Namespace: "Hosted Exchange", Procedure: "DisableUser"}

// TestTraced_GoesThroughTheDoor has a chain of caller, client, door and engine
// in one trace.
func TestTraced_GoesThroughTheDoor(t *testing.T) {
	recorder, tracer := newTracer()
	var seen trace.SpanContext
	server := httptest.NewServer(mpf.NewHandler(mpf.SubmitterFunc(func(ctx context.Context, _ *mpf.Request) (*mpf.Response, error) {
		seen = trace.SpanContextFromContext(ctx)
		return &mpf.Response{Err: mpf.ObjectNotFound.New("hidden-one")}, nil
	}), mpf.HandlerConfig{Tracer: tracer}))
	t.Cleanup(server.Close)
	client, err := mpf.NewClient(mpf.ClientConfig{
		URL: server.URL + "/mpf", Credentials: mpf.OfAccount, Account: mpf.Caller{Username: "svc", Password: secret.New("hidden-one")},
	})
	require.NoError(t, err)
	state, err := trace.ParseTraceState("vendor=1")
	require.NoError(t, err)
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, TraceState: state, Remote: true,
	}))
	ctx, call := tracer.Start(ctx, "call")
	request := mpf.Simple(disableUser, nil)
	request.Context.ClientTransactionID = "from-the-panel"
	resp, err := mpf.Traced(client, tracer, server.URL+"/mpf").Submit(ctx, request)
	require.NoError(t, err)
	require.NotNil(t, resp.Err)
	call.End()

	got := spans(recorder)
	require.Len(t, got, 3)
	sent, door := got["MPF Hosted Exchange::DisableUser"], got["POST /mpf"]
	require.NotNil(t, sent)
	require.NotNil(t, door)
	assert.Equal(t, call.SpanContext().SpanID(), sent.Parent().SpanID())
	assert.Equal(t, sent.SpanContext().SpanID(), door.Parent().SpanID())
	assert.Equal(t, door.SpanContext().SpanID(), seen.SpanID())
	assert.Equal(t, trace.TraceID{1}, door.SpanContext().TraceID())
	assert.Equal(t, "vendor=1", door.SpanContext().TraceState().String())
	assert.Equal(t, trace.SpanKindClient, sent.SpanKind())
	assert.Equal(t, trace.SpanKindServer, door.SpanKind())
	for _, s := range []sdktrace.ReadOnlySpan{sent, door} {
		attributes := attributesOf(s)
		assert.Equal(t, "Hosted Exchange", attributes[mpf.SpanNamespace], s.Name())
		assert.Equal(t, "DisableUser", attributes[mpf.SpanProcedure], s.Name())
		assert.Equal(t, "DisableUser", attributes["rpc.method"], s.Name())
		assert.Equal(t, "200", attributes["http.response.status_code"], s.Name())
		assert.Equal(t, "from-the-panel", attributes[mpf.SpanRequestID], s.Name())
		assert.Equal(t, mpf.ObjectNotFound.Code.String(), attributes[mpf.SpanCode], s.Name())
		assert.Equal(t, mpf.ObjectNotFound.ID, attributes[mpf.SpanCause], s.Name())
		assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: mpf.ObjectNotFound.Code.String() + " " + mpf.ObjectNotFound.ID}, s.Status(), s.Name())
		assert.NotContains(t, fmt.Sprint(s.Name(), s.Attributes(), s.Events(), s.Status()), "hidden-one")
	}
	assert.Equal(t, "127.0.0.1", attributesOf(sent)["server.address"])
}

func TestTraced_WithoutATraceThereIsNoSpan(t *testing.T) {
	recorder, tracer := newTracer()
	answer := mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) { return &mpf.Response{}, nil })
	_, err := mpf.Traced(answer, tracer, "").Submit(t.Context(), mpf.Probe())
	require.NoError(t, err)
	assert.Empty(t, recorder.Ended())
}

func TestTraced_ErrorsHaveNames(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("http://mpf1: %w: hidden-one", mpf.ErrUnreachable), "unreachable"},
		{mpf.ErrTimeout, "timeout"},
		{context.Canceled, "cancelled"},
		{assert.AnError, "_OTHER"},
	} {
		recorder, tracer := newTracer()
		ctx, span := tracer.Start(t.Context(), "call")
		_, err := mpf.Traced(mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) { return nil, row.err }), tracer, "").
			Submit(ctx, mpf.Simple(disableUser, nil))
		require.ErrorIs(t, err, row.err)
		span.End()
		sent := spans(recorder)["MPF Hosted Exchange::DisableUser"]
		require.NotNil(t, sent)
		assert.Equal(t, trace.SpanKindInternal, sent.SpanKind())
		assert.Equal(t, sdktrace.Status{Code: codes.Error, Description: row.want}, sent.Status())
		assert.Equal(t, row.want, attributesOf(sent)["error.type"])
		assert.NotContains(t, fmt.Sprint(sent.Attributes()), "hidden-one")
	}
}

// TestFailSpan_TakesKnownCausesOnly keeps out what other engines write where
// ours have a cause.
func TestFailSpan_TakesKnownCausesOnly(t *testing.T) {
	recorder, tracer := newTracer()
	_, span := tracer.Start(t.Context(), "call")
	mpf.FailSpan(span, &mpf.Error{Code: mpf.Fail, Cause: "E-" + strings.Repeat("X", 1000)})
	span.End()
	assert.Equal(t, mpf.Fail.String(), recorder.Ended()[0].Status().Description)
}

func TestDoor_Traceparent(t *testing.T) {
	const good = "00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01"
	for name, row := range map[string]struct {
		header string
		trace  string // "" for a new one
	}{
		"good":      {good, "0102030405060708090a0b0c0d0e0f10"},
		"none":      {"", ""},
		"no hex":    {strings.Replace(good, "0a", "xy", 1), ""},
		"too short": {good[:40], ""},
		"zero":      {"00-00000000000000000000000000000000-0102030405060708-01", ""},
		"version":   {"ff" + good[2:], ""},
		"markup":    {`"><script>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			recorder, tracer := newTracer()
			door := mpf.NewHandler(mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) {
				return &mpf.Response{}, nil
			}), mpf.HandlerConfig{Tracer: tracer})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mpf", strings.NewReader("no XML"))
			r.Header.Set("Content-Type", "text/xml; charset=utf-8")
			r.Header.Set("Traceparent", row.header)
			w := httptest.NewRecorder()
			door.ServeHTTP(w, r)
			require.Equal(t, http.StatusInternalServerError, w.Code)
			require.Len(t, recorder.Ended(), 1)
			span := recorder.Ended()[0]
			assert.Equal(t, codes.Error, span.Status().Code)
			if row.trace == "" {
				assert.False(t, span.Parent().IsValid())
				return
			}
			assert.Equal(t, row.trace, span.SpanContext().TraceID().String())
		})
	}
}
