package tracing

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Sizes of the pipe, in spans.
const (
	queueSize = 2048
	batchSize = 512
)

// pipe takes spans that have ended and hands them on in batches. The queue is
// that of the SDK, which drops what it has no room for without telling: so
// nothing more is given to it than it has room for, and what is not is counted.
type pipe struct {
	sdktrace.SpanProcessor
	exporter sdktrace.SpanExporter
	metrics  *metrics
	logger   *slog.Logger
	now      func() time.Time
	pending  atomic.Int64 // spans that were taken and not sent
	closed   atomic.Bool

	mu   sync.Mutex
	told time.Time // when the log heard of a loss
	lost int64     // spans since then
}

var (
	_ sdktrace.SpanProcessor = (*pipe)(nil)
	_ sdktrace.SpanExporter  = (*sender)(nil)
)

func newPipe(exporter sdktrace.SpanExporter, c Config, m *metrics) *pipe {
	p := &pipe{exporter: exporter, metrics: m, logger: c.Logger, now: c.Now}
	p.SpanProcessor = sdktrace.NewBatchSpanProcessor((*sender)(p),
		sdktrace.WithMaxQueueSize(queueSize), sdktrace.WithMaxExportBatchSize(batchSize), sdktrace.WithExportTimeout(c.Timeout))
	return p
}

// OnEnd takes a span.
func (p *pipe) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if p.closed.Load() || p.pending.Add(1) > queueSize {
		p.pending.Add(-1)
		p.lose(lostInQueue, 1, errors.New("there is no room for more"))
		return
	}
	p.SpanProcessor.OnEnd(s)
}

// abandon counts what the queue has kept at the end.
func (p *pipe) abandon() {
	p.closed.Store(true)
	if left := p.pending.Swap(0); left > 0 {
		p.lose(lostInQueue, left, errors.New("the program has ended"))
	}
}

// betweenLosses is how long the log hears nothing more of losses after one.
const betweenLosses = time.Minute

// lose counts spans, and tells the log if it has not heard for a while.
func (p *pipe) lose(reason string, spans int64, err error) {
	p.metrics.dropped.WithLabelValues(reason).Add(float64(spans))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost += spans
	now := p.now()
	if !p.told.IsZero() && now.Sub(p.told) < betweenLosses {
		return
	}
	p.logger.Warn("spans were lost", slog.Int64("spans", p.lost), slog.String("reason", reason), slog.Any("error", err))
	p.told, p.lost = now, 0
}

// sender is the pipe's other end.
type sender pipe

// ExportSpans sends a batch. A failure ends here, for the SDK would print it.
func (s *sender) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	all := int64(len(spans))
	defer s.pending.Add(-all)
	err := s.exporter.ExportSpans(ctx, spans)
	var some *rejected
	switch p := (*pipe)(s); {
	case err == nil:
	case errors.As(err, &some):
		some.spans = min(some.spans, all)
		all -= some.spans
		p.lose(lostRejected, some.spans, err)
	default:
		p.lose(lostOnTheWay, all, err)
		all = 0
	}
	s.metrics.exported.Add(float64(all))
	return nil
}

// Shutdown lets the exporter go.
func (s *sender) Shutdown(ctx context.Context) error { return s.exporter.Shutdown(ctx) }

// Values of the label reason.
const (
	lostInQueue  = "queue"
	lostOnTheWay = "export"
	lostRejected = "rejected"
)

// metrics count spans.
type metrics struct {
	exported prometheus.Counter
	dropped  *prometheus.CounterVec
}

func newMetrics(program string, registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		exported: prometheus.NewCounter(prometheus.CounterOpts{
			Name: program + "_spans_exported_total", Help: "Spans that the collector took.",
		}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: program + "_spans_dropped_total", Help: "Spans that were lost, by what became of them.",
		}, []string{"reason"}),
	}
	for _, reason := range []string{lostInQueue, lostOnTheWay, lostRejected} {
		m.dropped.WithLabelValues(reason)
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.exported, m.dropped} {
		if err := registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
