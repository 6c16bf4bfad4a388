package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	otelcodes "go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

// traced opens a universe whose spans are recorded.
func traced(t *testing.T, options ...sdktrace.TracerProviderOption) (*enginetest.Universe, *tracetest.SpanRecorder) {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(append(options, sdktrace.WithSpanProcessor(recorder))...)
	return enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Tracer: provider.Tracer("test")}), recorder
}

// outline gives every span that began as "name seq < parent", in the order in
// which they began.
func outline(recorder *tracetest.SpanRecorder) []string {
	names := map[string]string{}
	var lines []string
	for _, s := range recorder.Started() {
		names[s.SpanContext().SpanID().String()] = s.Name()
		seq := ""
		for _, a := range s.Attributes() {
			if a.Key == mpf.SpanExecuteSeq {
				seq = " " + a.Value.String()
			}
		}
		line := s.Name() + seq
		if parent, ok := names[s.Parent().SpanID().String()]; ok {
			line += " < " + parent
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTrace_CallsNestAsTheyAreMade(t *testing.T) {
	u, recorder := traced(t)
	require.Nil(t, u.Run(request(step("Tree", "<name>a</name><levels>1</levels>"), step("Make", "<name>b</name>"))).Err)
	assert.Equal(t, []string{
		"engine Test::Tree",
		"Test::Tree 1 < engine Test::Tree",
		"Test::Make 2 < Test::Tree",
		"Test::Tree 3 < Test::Tree",
		"Test::Make 4 < Test::Tree",
		"Test::Make 5 < engine Test::Tree",
	}, outline(recorder))
	assert.Len(t, recorder.Ended(), 6)
	for _, s := range recorder.Ended() {
		assert.Equal(t, otelcodes.Unset, s.Status().Code, s.Name())
	}
}

func TestTrace_FailuresHaveCodeAndCause(t *testing.T) {
	u, recorder := traced(t)
	require.NotNil(t, u.Run(request(step("Swallow", ""), step("Make", "<name>hidden-one</name><fail/>"))).Err)
	want := sdktrace.Status{Code: otelcodes.Error, Description: mpf.PlanUnknown.Code.String() + " " + mpf.PlanUnknown.ID}
	failed := map[string]int{}
	for _, s := range recorder.Ended() {
		if s.Status().Code == otelcodes.Error {
			assert.Equal(t, want, s.Status(), s.Name())
			failed[s.Name()]++
		}
		assert.NotContains(t, fmt.Sprint(s.Name(), s.Attributes(), s.Events(), s.Status()), "hidden-one")
	}
	assert.Equal(t, map[string]int{"Test::Make": 2, "engine Test::Swallow": 1}, failed, "the one that was handled, the other, and the request")
}

func TestTrace_PanicsEndTheirSpans(t *testing.T) {
	u, recorder := traced(t)
	require.NotNil(t, u.Run(request(step("Panic", ""))).Err)
	require.Len(t, recorder.Ended(), 2)
	for _, s := range recorder.Ended() {
		assert.Equal(t, mpf.InternalError.Code.String()+" "+mpf.InternalError.ID, s.Status().Description)
	}
}

func TestTrace_LinesOfTheLogNameIt(t *testing.T) {
	u, recorder := traced(t)
	require.NotNil(t, u.Run(request(step("Panic", ""))).Err)
	call := recorder.Ended()[0]
	require.Equal(t, "Test::Panic", call.Name())
	assert.Contains(t, u.Log.String(), "trace_id="+call.SpanContext().TraceID().String()+" span_id="+call.SpanContext().SpanID().String())
	u, recorder = traced(t, sdktrace.WithSampler(sdktrace.NeverSample()))
	require.NotNil(t, u.Run(request(step("Panic", ""))).Err)
	assert.Empty(t, recorder.Ended())
	assert.NotContains(t, u.Log.String(), "trace_id")
}
