// Package tracing records spans of OpenTelemetry and sends them to a collector,
// by OTLP over HTTP with protobuf.
//
// A program has one section of [Settings] and opens one [Tracing] from it. Its
// Tracer is handed to whatever makes spans, and is nil while tracing is off, so
// that those who have none do nothing:
//
//	tracing, err := tracing.Open(tracing.Config{Settings: cfg.Tracing, Program: "wsexchange", …})
//	handler, err := adapter.New(adapter.Config{Tracer: tracing.Tracer(), …})
//
// Sampling, batches and the form of the spans are the SDK's. The way to the
// collector is written here, since the SDK's own brings gRPC along: a client
// that compresses, repeats a bounded number of times what the collector was too
// busy for, and follows no redirects. What gets lost on the way is counted, by
// reason, and told in the log at most once a minute; nobody waits for it.
//
// What spans there are is said where they are made, and in docs/tracing.md.
package tracing
