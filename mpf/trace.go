package mpf

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	otelattribute "go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

// Attributes of spans that no convention names. Spans hold neither data nor
// credentials.
const (
	SpanNamespace     = otelattribute.Key("mpf.namespace")
	SpanProcedure     = otelattribute.Key("mpf.procedure")
	SpanCode          = otelattribute.Key("mpf.code")  // "0x" and eight digits
	SpanCause         = otelattribute.Key("mpf.cause") // Cause.ID
	SpanExecuteSeq    = otelattribute.Key("mpf.execute_seq")
	SpanTransactionID = otelattribute.Key("mpf.transaction_id")
	// SpanRequestID is the gateway's id of the SOAP call: the
	// ClientTransactionID of a request.
	SpanRequestID = otelattribute.Key("wsexchange.request_id")
)

// rpcSystem is what spans call the protocol between the gateway and an engine.
var rpcSystem = semconv.RPCSystemKey.String("mpf")

// longestSpanName bounds names that callers choose, in bytes.
const longestSpanName = 128

// SpanName gives the target as the name of a span, cut short.
func (t Target) SpanName() string {
	if t.IsZero() {
		return "request"
	}
	name := t.String()
	return name[:min(len(name), longestSpanName)]
}

// FailSpan marks a span as that of something which failed with e; nil leaves it
// as it is. The span gets the code and the cause, not the description, which
// can hold what callers sent.
func FailSpan(span trace.Span, e *Error) {
	if e == nil || !span.IsRecording() {
		return
	}
	stable := e.Code.String()
	span.SetAttributes(SpanCode.String(stable), semconv.ErrorTypeKey.String(stable))
	if slices.ContainsFunc(causes, func(c *Cause) bool { return c.Is(e) }) { // engines of others write what they like
		span.SetAttributes(SpanCause.String(e.Cause))
		stable += " " + e.Cause
	}
	span.SetStatus(otelcodes.Error, stable)
}

// spanErrors names the errors of a Submitter.
var spanErrors = []struct {
	err  error
	name string
}{
	{ErrUnreachable, "unreachable"},
	{ErrTimeout, "timeout"},
	{ErrConnectionLost, "connection_lost"},
	{ErrNotAuthenticated, "not_authenticated"},
	{ErrFault, "fault"},
	{ErrProtocol, "protocol"},
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "cancelled"},
}

// failSpanOf marks a span as that of a request without an answer.
func failSpanOf(span trace.Span, err error) {
	name := "_OTHER"
	for _, row := range spanErrors {
		if errors.Is(err, row.err) {
			name = row.name
			break
		}
	}
	span.SetAttributes(semconv.ErrorTypeKey.String(name))
	span.SetStatus(otelcodes.Error, name)
}

// tracedSubmitter makes spans of requests.
type tracedSubmitter struct {
	next       Submitter
	tracer     trace.Tracer
	kind       trace.SpanKind
	attributes []otelattribute.KeyValue
}

// Traced gives a Submitter that makes a span of every request whose context is
// in a recorded trace; others, such as those of health checks, it passes on. The
// address is the engine's URL, or "" for one in this process. Without a tracer it
// is s itself.
func Traced(s Submitter, tracer trace.Tracer, address string) Submitter {
	if tracer == nil {
		return s
	}
	t := &tracedSubmitter{next: s, tracer: tracer, kind: trace.SpanKindInternal, attributes: []otelattribute.KeyValue{rpcSystem}}
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		t.kind = trace.SpanKindClient
		t.attributes = append(t.attributes, semconv.HTTPRequestMethodPost, semconv.ServerAddress(u.Hostname()), semconv.URLFull(u.Redacted()))
		if port, err := strconv.Atoi(u.Port()); err == nil {
			t.attributes = append(t.attributes, semconv.ServerPort(port))
		}
	}
	return t
}

// Submit is that of the Submitter behind.
func (t *tracedSubmitter) Submit(ctx context.Context, req *Request) (*Response, error) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return t.next.Submit(ctx, req)
	}
	ctx, span := t.tracer.Start(ctx, "MPF "+req.MainTarget().SpanName(), trace.WithSpanKind(t.kind), trace.WithAttributes(t.attributes...))
	defer span.End()
	describeRequest(span, req)
	resp, err := t.next.Submit(ctx, req)
	switch {
	case err != nil:
		failSpanOf(span, err)
	case resp != nil:
		FailSpan(span, resp.Err)
	}
	return resp, err
}

func describeRequest(span trace.Span, req *Request) {
	if !span.IsRecording() {
		return
	}
	target := req.MainTarget()
	span.SetAttributes(SpanNamespace.String(target.Namespace), SpanProcedure.String(target.Procedure),
		semconv.RPCService(target.Namespace), semconv.RPCMethod(target.Procedure))
	if req.Context.ClientTransactionID != "" {
		span.SetAttributes(SpanRequestID.String(req.Context.ClientTransactionID))
	}
}

// sendTrace writes the headers of W3C trace context, if there is a trace (F161).
func sendTrace(ctx context.Context, h http.Header) {
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(h))
}

// traceAnswer notes the status of an answer.
func traceAnswer(ctx context.Context, resp *http.Response) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(semconv.HTTPResponseStatusCode(resp.StatusCode))
	}
}

// statusWriter remembers the status for a span.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// traced makes a span of a request to the door, in the trace that its headers
// name, or in a new one.
func (h *handler) traced(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request)) {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := h.config.Tracer.Start(ctx, "POST "+r.URL.Path[:min(len(r.URL.Path), longestSpanName)], trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(rpcSystem, semconv.HTTPRequestMethodPost, semconv.URLPath(r.URL.Path)))
	defer span.End()
	watched := &statusWriter{ResponseWriter: w}
	serve(watched, r.WithContext(ctx))
	span.SetAttributes(semconv.HTTPResponseStatusCode(watched.status))
	if watched.status >= http.StatusInternalServerError {
		status := strconv.Itoa(watched.status)
		span.SetAttributes(semconv.ErrorTypeKey.String(status))
		span.SetStatus(otelcodes.Error, "HTTP status "+status)
	}
}
