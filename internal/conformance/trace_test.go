package conformance

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"wsexchange/internal/tracing/tracingtest"
	"wsexchange/mpf"
)

const (
	callersTrace = "0102030405060708090a0b0c0d0e0f10"
	callersSpan  = "0102030405060708"
	collectorKey = "only-for-the-collector"
)

// traceTo gives the flags of a program that sends its spans to a collector.
func traceTo(c *tracingtest.Collector, service string) []string {
	return []string{"--tracing.endpoint", c.URL, "--tracing.service", service, "--tracing.ratio", "0"}
}

// withTrace adds headers of W3C trace context to a call.
func withTrace(c rawCall, traceparent string) rawCall {
	c.headers = append(slices.Clone(c.headers), "traceparent: "+traceparent, "tracestate: vendor=1")
	return c
}

// link is one span of a chain.
type link struct {
	service, name string
	kind          tracepb.Span_SpanKind
}

const (
	serverSpan   = tracepb.Span_SPAN_KIND_SERVER
	clientSpan   = tracepb.Span_SPAN_KIND_CLIENT
	internalSpan = tracepb.Span_SPAN_KIND_INTERNAL
)

// tracedBackends start gateways of each kind. What they give stops the
// programs, which sends the spans.
var tracedBackends = map[string]struct {
	start func(t *testing.T, c *tracingtest.Collector) (to target, stop func())
	chain []link
}{
	"embedded": {
		func(t *testing.T, c *tracingtest.Collector) (target, func()) {
			p := startProgram(t, traceTo(c, "wsexchange")...)
			return p.target, p.stop
		},
		[]link{
			{"wsexchange", "HostedExchange/EnableUser", serverSpan},
			{"wsexchange", "MPF Hosted Exchange::EnableUser", internalSpan},
			{"wsexchange", "engine Hosted Exchange::EnableUser", internalSpan},
			{"wsexchange", "Hosted Exchange::EnableUser", internalSpan},
		},
	},
	"isapi": {
		func(t *testing.T, c *tracingtest.Collector) (target, func()) {
			engine := startEngine(t, traceTo(c, "mockmpf")...)
			p, to := beforeProgram(t, "isapi", engine.banner["Engine"], engine.LDAP, traceTo(c, "wsexchange")...)
			return to, func() { p.stop(); engine.stop() }
		},
		[]link{
			{"wsexchange", "HostedExchange/EnableUser", serverSpan},
			{"wsexchange", "MPF Hosted Exchange::EnableUser", clientSpan},
			{"mockmpf", "POST /mpf/soapisapi.dll", serverSpan},
			{"mockmpf", "engine Hosted Exchange::EnableUser", internalSpan},
			{"mockmpf", "Hosted Exchange::EnableUser", internalSpan},
		},
	},
	"mpsws": {
		func(t *testing.T, c *tracingtest.Collector) (target, func()) {
			inner := startProgram(t, traceTo(c, "inner")...)
			p, to := beforeProgram(t, "mpsws", inner.address()+"/MPSGeneral.asmx", inner.LDAP, traceTo(c, "wsexchange")...)
			return to, func() { p.stop(); inner.stop() }
		},
		[]link{
			{"wsexchange", "HostedExchange/EnableUser", serverSpan},
			{"wsexchange", "MPF Hosted Exchange::EnableUser", clientSpan},
			{"inner", "MPSGeneral/SubmitMpsRequest", serverSpan},
			{"inner", "MPF Hosted Exchange::EnableUser", internalSpan},
			{"inner", "engine Hosted Exchange::EnableUser", internalSpan},
			{"inner", "Hosted Exchange::EnableUser", internalSpan},
		},
	},
}

// TestTrace makes one call within a trace and finds all of it at the collector,
// from whichever process it came; then calls outside of a trace, which leave
// nothing.
func TestTrace(t *testing.T) {
	for name, backend := range tracedBackends {
		t.Run(name, func(t *testing.T) {
			collector := tracingtest.Start(t)
			to, stop := backend.start(t, collector)
			_, status := callOnce(t, to, withTrace(plainCall(enableNobodyBody), "00-"+callersTrace+"-"+callersSpan+"-01"))
			require.Equal(t, http.StatusOK, status)
			for _, c := range []rawCall{
				plainCall(newPassword),
				withTrace(plainCall(newPassword), "00-"+callersTrace+"-"+callersSpan),          // cut off
				withTrace(plainCall(newPassword), "00-"+callersTrace+"-0000000000000000-01"),   // no span
				withTrace(plainCall(newPassword), "00-"+callersTrace+"-"+callersSpan+"-00"),    // not to be recorded
				withTrace(plainCall(newPassword), "zz-"+callersTrace+"-"+callersSpan+"-01-xy"), // nonsense
			} {
				_, status = callOnce(t, to, c)
				require.Equal(t, http.StatusOK, status)
			}
			stop()

			parent := callersSpan
			for _, want := range backend.chain {
				span := collector.Span(t, want.service, want.name)
				assert.Equal(t, want.kind, span.Kind, want.name)
				assert.Equal(t, parent, span.ParentID, want.name)
				assert.True(t, span.Failed, want.name)
				assert.Equal(t, mpf.ObjectNotFound.Code.String(), span.Attributes["mpf.code"], want.name)
				assert.Equal(t, mpf.ObjectNotFound.Code.String()+" "+mpf.ObjectNotFound.ID, span.Status, want.name)
				parent = span.SpanID
			}
			for _, span := range collector.Spans() {
				assert.Equal(t, callersTrace, span.TraceID, span.Name)
				assert.Equal(t, "vendor=1", span.TraceState, span.Name)
			}
			for _, secret := range []string{enginePassword, "Fabrikam-1234", engineLogin, collectorKey} {
				assert.NotContains(t, string(collector.Raw()), secret)
			}
		})
	}
}

// plans is a call whose procedure calls others, with the caller's password in
// the request.
const plans = `<GetPlans xmlns="` + services + `"><preferredDomainController>` + controller + `</preferredDomainController><sendCredentials>true</sendCredentials>` +
	`<planTypeName>ExchMailbox</planTypeName><categoryName/><statusTypeName>Enabled</statusTypeName></GetPlans>`

// TestTrace_CallsNest has the calls of a procedure that calls others.
func TestTrace_CallsNest(t *testing.T) {
	t.Setenv("WSEXCHANGE_TRACING_HEADERS", "Authorization=Bearer%20"+collectorKey)
	collector := tracingtest.Start(t)
	p := startProgram(t, "--tracing.endpoint", collector.URL)
	body, status := callOnce(t, p.target, withTrace(plainCall(plans), "nonsense"))
	require.Equal(t, http.StatusOK, status, body)
	p.stop()
	assert.NotContains(t, string(collector.Raw()), enginePassword)
	require.NotEmpty(t, collector.Headers())
	assert.Equal(t, "Bearer "+collectorKey, collector.Headers()[0].Get("Authorization"))

	byID := map[string]tracingtest.Span{}
	root := collector.Span(t, "wsexchange", "HostedExchange/GetPlans")
	assert.Empty(t, root.ParentID, "a new trace")
	depth, calls := 0, 0
	for _, span := range collector.Spans() {
		byID[span.SpanID] = span
	}
	for _, span := range collector.Spans() {
		assert.Equal(t, root.TraceID, span.TraceID)
		assert.False(t, span.Failed, span.Name)
		assert.Equal(t, "wsexchange", span.Service)
		if span.Attributes["mpf.execute_seq"] != "" {
			calls++
		}
		levels := 0
		for at := span; at.ParentID != ""; at = byID[at.ParentID] {
			require.Contains(t, byID, at.ParentID, at.Name)
			levels++
		}
		depth = max(depth, levels)
	}
	assert.Greater(t, calls, 1)
	assert.Greater(t, depth, 3, "call, request, engine, procedure, and what that calls")
}
