package engine

import (
	"context"
	"errors"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/mpf"
)

// Attributes of the request's span that say how it came, and what it did.
const (
	spanTrusted = attribute.Key("mpf.trusted") // it brought its own procedure
	spanQueued  = attribute.Key("mpf.queued")  // the engine's queue submitted it
	spanCalls   = attribute.Key("mpf.calls")
)

// traceRequest begins the span of the request: within the trace of its context,
// or in a new one, which is what queued requests have. What it gives ends it.
func (r *run) traceRequest() (end func(*mpf.Error)) {
	if r.engine.tracer == nil {
		return func(*mpf.Error) {}
	}
	target := r.request.MainTarget()
	ctx, span := r.engine.tracer.Start(r.ctx, "engine "+target.SpanName(), trace.WithAttributes(
		mpf.SpanNamespace.String(target.Namespace), mpf.SpanProcedure.String(target.Procedure), mpf.SpanTransactionID.String(r.id),
		mpf.SpanRequestID.String(r.request.Context.ClientTransactionID),
		spanTrusted.Bool(r.request.Target.IsZero()), spanQueued.Bool(r.origin.job != nil)))
	r.ctx = ctx
	return func(failed *mpf.Error) {
		span.SetAttributes(spanCalls.Int(r.seq))
		mpf.FailSpan(span, failed)
		span.End()
	}
}

// traceCall begins the span of a call, within that of its caller. Until it has
// ended it is the one in the request's context, so that calls nest.
func (r *run) traceCall(c *Call, target mpf.Target) (end func(error)) {
	if r.engine.tracer == nil || !trace.SpanFromContext(r.ctx).IsRecording() {
		return func(error) {}
	}
	outer := r.ctx
	ctx, span := r.engine.tracer.Start(outer, target.SpanName(), trace.WithAttributes(
		mpf.SpanNamespace.String(target.Namespace), mpf.SpanProcedure.String(target.Procedure), mpf.SpanExecuteSeq.Int(c.seq)))
	r.ctx = ctx
	return func(err error) {
		r.ctx = outer
		var failed *mpf.Error
		if errors.As(err, &failed) {
			mpf.FailSpan(span, failed)
		}
		span.End()
	}
}

// traceIDs are for lines of the log, if there is a trace that is recorded.
func traceIDs(ctx context.Context) []any {
	in := trace.SpanContextFromContext(ctx)
	if !in.IsSampled() {
		return nil
	}
	return []any{slog.String("trace_id", in.TraceID().String()), slog.String("span_id", in.SpanID().String())}
}
