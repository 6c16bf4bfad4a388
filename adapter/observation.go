package adapter

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"wsexchange/mpf"
)

// Outcome is how a call ended, from a closed list.
type Outcome string

// The outcomes.
const (
	OutcomeOK           Outcome = "ok"
	OutcomeMPFError     Outcome = "mpf_error"
	OutcomeClientFault  Outcome = "client_fault"
	OutcomeServerFault  Outcome = "server_fault"
	OutcomeUnauthorized Outcome = "unauthorized"
	OutcomeThrottled    Outcome = "throttled"
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{OutcomeOK, OutcomeMPFError, OutcomeClientFault, OutcomeServerFault, OutcomeUnauthorized, OutcomeThrottled}
}

// Refusal says which step refused what the caller sent, from a closed list.
type Refusal string

// The refusals.
const (
	RefusedTransport Refusal = "transport" // content type, size
	RefusedEnvelope  Refusal = "envelope"
	RefusedOperation Refusal = "operation" // unknown, or not that of the SOAPAction
	RefusedBinding   Refusal = "binding"
	RefusedXML       Refusal = "xml" // XML in a parameter
	RefusedScope     Refusal = "scope"
	RefusedValue     Refusal = "value" // a parameter that a row itself checks
)

// Refusals lists every refusal.
func Refusals() []Refusal {
	return []Refusal{
		RefusedTransport, RefusedEnvelope, RefusedOperation, RefusedBinding, RefusedXML, RefusedScope, RefusedValue,
	}
}

// Observation is what became of one call.
type Observation struct {
	Service string
	// Operation is empty as long as none is recognized.
	Operation string
	Outcome   Outcome
	Status    int // of HTTP
	// Code is the code of the answer's errorContext, with OutcomeMPFError.
	Code mpf.HRESULT
	// Namespace and Procedure are what was submitted, if it came to that.
	Namespace, Procedure string
	// Engine is the name of the engine that was asked, if a balancer tells it,
	// and Result how that ended.
	Engine  string
	Result  Result
	Started time.Time
	// Duration is the whole time, Backend that of the submitter alone.
	Duration, Backend time.Duration
	// RequestBytes and ResponseBytes are the sizes of the bodies.
	RequestBytes, ResponseBytes int64
	RequestID                   string
	// TraceID and SpanID are those of the call's span, if that is recorded.
	TraceID trace.TraceID
	SpanID  trace.SpanID
	Remote  string
	Login   string // without password
	// Rule is the rule of the strict XML layer that was broken, or "".
	Rule string
	// Refusal is the step that refused the call, or "".
	Refusal Refusal
	// Err is the failure behind a fault. It holds no password.
	Err error
}

var levels = map[Outcome]slog.Level{
	OutcomeOK: slog.LevelInfo, OutcomeMPFError: slog.LevelInfo, OutcomeClientFault: slog.LevelWarn,
	OutcomeServerFault: slog.LevelError, OutcomeUnauthorized: slog.LevelWarn, OutcomeThrottled: slog.LevelWarn,
}

// log writes the observation as one line. A call that took slow or longer is
// marked and is at least a warning; 0 marks none.
func (o *Observation) log(ctx context.Context, l *slog.Logger, slow time.Duration) {
	level, marked := levels[o.Outcome], slow > 0 && o.Duration >= slow
	if marked {
		level = max(level, slog.LevelWarn)
	}
	if !l.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 20)
	attrs = append(attrs,
		slog.String("request_id", o.RequestID), slog.String("remote", o.Remote), slog.String("login", o.Login),
		slog.String("service", o.Service), slog.String("operation", o.Operation),
		slog.String("outcome", string(o.Outcome)), slog.Int("status", o.Status),
		slog.Duration("duration", o.Duration), slog.Duration("backend", o.Backend),
		slog.Int64("request_bytes", o.RequestBytes), slog.Int64("response_bytes", o.ResponseBytes))
	if o.Procedure != "" {
		attrs = append(attrs, slog.String("procedure", o.Namespace+"::"+o.Procedure))
	}
	if o.Engine != "" {
		attrs = append(attrs, slog.String("engine", o.Engine))
	}
	if o.Code != mpf.OK {
		attrs = append(attrs, slog.String("code", o.Code.String()))
	}
	if o.Refusal != "" {
		attrs = append(attrs, slog.String("refused", string(o.Refusal)))
	}
	if marked {
		attrs = append(attrs, slog.Bool("slow", true))
	}
	if o.TraceID.IsValid() {
		attrs = append(attrs, slog.String("trace_id", o.TraceID.String()), slog.String("span_id", o.SpanID.String()))
	}
	if o.Err != nil {
		attrs = append(attrs, slog.String("error", o.Err.Error()))
	}
	// Not by LogAttrs, which would look up the caller for each call.
	r := slog.NewRecord(o.Started.Add(o.Duration), level, "call", 0)
	r.AddAttrs(attrs...)
	_ = l.Handler().Handle(ctx, r) // a log that cannot be written cannot tell
}
