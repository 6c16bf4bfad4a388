package tracing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/internal/version"
)

// Config is what a Tracing needs. Settings without an endpoint switch it off.
type Config struct {
	Settings
	// Program is the name of the program: that of the service unless the
	// settings have another, and the beginning of the names of its metrics.
	Program string
	// Logger hears of spans that were lost; nil hears nothing.
	Logger *slog.Logger
	// Registerer gets the metrics, also while tracing is off; nil keeps none.
	Registerer prometheus.Registerer
	// Now is the clock of the log's pauses; nil is time.Now.
	Now func() time.Time
}

// Tracing sends spans until it is closed.
type Tracing struct {
	provider *sdktrace.TracerProvider // nil while tracing is off
	pipe     *pipe
	client   *client
}

// Limits of what one span can hold, whatever a caller sends: attributes and
// events of each, and bytes of a text.
const (
	mostAttributes = 64
	mostEvents     = 16
	longestText    = 256
)

// Open begins to send spans, if the settings have an endpoint; whether anybody
// listens there is not tried. Errors are those of the settings, and of metrics
// that are registered already.
func Open(c Config) (*Tracing, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	metrics, err := newMetrics(c.Program, c.Registerer)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	if c.Endpoint == "" {
		return &Tracing{}, nil
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	header, err := c.header()
	if err != nil {
		return nil, err
	}
	t := &Tracing{client: newClient(c.Endpoint, header)}
	t.pipe = newPipe(otlptrace.NewUnstarted(t.client), c, metrics)
	t.provider = sdktrace.NewTracerProvider(
		sdktrace.WithSpanProcessor(t.pipe),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.Ratio))),
		sdktrace.WithResource(c.resource()),
		sdktrace.WithRawSpanLimits(sdktrace.SpanLimits{
			AttributeValueLengthLimit: longestText, AttributeCountLimit: mostAttributes,
			EventCountLimit: mostEvents, LinkCountLimit: mostEvents,
			AttributePerEventCountLimit: mostAttributes, AttributePerLinkCountLimit: mostAttributes,
		}),
	)
	return t, nil
}

// resource tells who sends the spans. It names no schema, so that what the
// SDK reads from OTEL_RESOURCE_ATTRIBUTES goes with it.
func (c *Config) resource() *resource.Resource {
	attributes := []attribute.KeyValue{
		semconv.ServiceName(cmp.Or(c.Service, c.Program)), semconv.ServiceVersion(version.String()),
		semconv.TelemetrySDKLanguageGo, semconv.TelemetrySDKName("opentelemetry"), semconv.TelemetrySDKVersion(sdk.Version()),
	}
	if host, err := os.Hostname(); err == nil {
		attributes = append(attributes, semconv.HostName(host))
	}
	return resource.NewSchemaless(attributes...)
}

// Tracer makes spans. It is nil while tracing is off.
func (t *Tracing) Tracer() trace.Tracer {
	if t.provider == nil {
		return nil
	}
	return t.provider.Tracer("wsexchange", trace.WithInstrumentationVersion(version.String()), trace.WithSchemaURL(semconv.SchemaURL))
}

// longestFlush bounds Close.
const longestFlush = 5 * time.Second

// Close sends what has not been sent, without repetitions and for at most 5
// seconds. What is left then is lost, and counted. Spans that end later are not
// taken.
func (t *Tracing) Close(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, longestFlush)
	defer cancel()
	t.client.hurry()
	err := t.provider.Shutdown(ctx)
	t.pipe.abandon()
	if err = errors.Join(err, t.client.Stop(ctx)); err != nil {
		return fmt.Errorf("spans were not all sent: %w", err)
	}
	return nil
}
