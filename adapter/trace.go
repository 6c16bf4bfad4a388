package adapter

import (
	"net/http"

	otelattribute "go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/mpf"
)

// Attributes of a call's span that no convention names, beside those of mpf.
const (
	spanOutcome = otelattribute.Key("wsexchange.outcome")
	spanRefusal = otelattribute.Key("wsexchange.refusal")
	spanRule    = otelattribute.Key("wsexchange.xml_rule")
	spanResult  = otelattribute.Key("wsexchange.mpf_result")
)

// beginSpan begins the span of the call, in the trace that the caller's headers
// traceparent and tracestate name, or in a new one. What cannot be read there
// counts as absent. Without a tracer nothing happens.
func (k *call) beginSpan() {
	tracer := k.h.config.Tracer
	if tracer == nil {
		return
	}
	r := k.c.Request()
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, k.span = tracer.Start(ctx, k.seen.Service, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		semconv.RPCSystemKey.String("soap"), semconv.RPCService(k.seen.Service), semconv.HTTPRequestMethodPost,
		semconv.URLPath(r.URL.Path), semconv.ClientAddress(k.seen.Remote), mpf.SpanRequestID.String(k.seen.RequestID)))
	k.c.SetRequest(r.WithContext(ctx))
	if in := k.span.SpanContext(); in.IsSampled() {
		k.seen.TraceID, k.seen.SpanID = in.TraceID(), in.SpanID()
	}
}

// endSpan ends the span, with what was observed.
func (k *call) endSpan() {
	if k.span == nil {
		return
	}
	defer k.span.End()
	if !k.span.IsRecording() {
		return
	}
	o := &k.seen
	if o.Operation != "" {
		k.span.SetName(o.Service + "/" + o.Operation)
	}
	for _, a := range []struct {
		key   otelattribute.Key
		value string
	}{
		{semconv.RPCMethodKey, o.Operation},
		{spanOutcome, string(o.Outcome)},
		{spanRefusal, string(o.Refusal)},
		{spanRule, o.Rule},
		{spanResult, string(o.Result)},
		{mpf.SpanNamespace, o.Namespace},
		{mpf.SpanProcedure, o.Procedure},
	} {
		if a.value != "" {
			k.span.SetAttributes(a.key.String(a.value))
		}
	}
	k.span.SetAttributes(semconv.HTTPResponseStatusCode(o.Status),
		semconv.HTTPRequestBodySize(int(o.RequestBytes)), semconv.HTTPResponseBodySize(int(o.ResponseBytes)))
	mpf.FailSpan(k.span, k.failed)
	if o.Outcome == OutcomeOK || k.failed != nil {
		return
	}
	stable := o.stable()
	k.span.SetAttributes(semconv.ErrorTypeKey.String(stable))
	if o.Status >= http.StatusInternalServerError { // others are the caller's mistakes, by the conventions
		k.span.SetStatus(otelcodes.Error, stable)
	}
}

// stable names what went wrong with a call that has no answer, in words from
// closed lists.
func (o *Observation) stable() string {
	switch {
	case o.Result != "" && o.Result != ResultSuccess && o.Result != ResultError:
		return string(o.Result)
	case o.Refusal != "":
		return string(o.Refusal)
	}
	return string(o.Outcome)
}
