// Package tracingtest is a collector for tests: it takes spans by OTLP over HTTP
// on loopback, as a real one does, and shows what came.
//
//	collector := tracingtest.Start(t)
//	// run a program with --tracing.endpoint collector.URL, and stop it
//	span := collector.Span(t, "wsexchange", "HostedExchange/EnableUser")
package tracingtest
