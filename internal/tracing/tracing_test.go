package tracing

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/encoding/protowire"

	"wsexchange/internal/secret"
	"wsexchange/internal/tracing/tracingtest"
)

type opened struct {
	*Tracing
	registry *prometheus.Registry
	log      *bytes.Buffer
}

func open(t *testing.T, c Config) *opened {
	t.Helper()
	o := &opened{registry: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	c.Program, c.Registerer, c.Logger = "wsexchange", o.registry, slog.New(slog.NewTextHandler(o.log, nil))
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Ratio == 0 {
		c.Ratio = 1
	}
	var err error
	o.Tracing, err = Open(c)
	require.NoError(t, err)
	if o.client != nil {
		o.client.pause = 1
	}
	t.Cleanup(func() { _ = o.Close(context.WithoutCancel(t.Context())) })
	return o
}

// span makes one, and flush sends what there is, with repetitions.
func (o *opened) span(t *testing.T, name string) {
	_, span := o.Tracer().Start(t.Context(), name)
	span.End()
}

func (o *opened) flush(t *testing.T) { require.NoError(t, o.provider.ForceFlush(t.Context())) }

func (o *opened) count(t *testing.T, metrics string) {
	t.Helper()
	text := "# HELP wsexchange_spans_dropped_total Spans that were lost, by what became of them.\n# TYPE wsexchange_spans_dropped_total counter\n" + metrics + "\n"
	assert.NoError(t, testutil.GatherAndCompare(o.registry, strings.NewReader(text), "wsexchange_spans_dropped_total"))
}

func dropped(queue, export, rejected string) string {
	return `wsexchange_spans_dropped_total{reason="export"} ` + export + "\n" +
		`wsexchange_spans_dropped_total{reason="queue"} ` + queue + "\n" +
		`wsexchange_spans_dropped_total{reason="rejected"} ` + rejected
}

func TestOpen_WithoutEndpointIsOff(t *testing.T) {
	o := open(t, Config{})
	assert.Nil(t, o.Tracer())
	require.NoError(t, o.Close(t.Context()))
	o.count(t, dropped("0", "0", "0"))
}

func TestClose_SendsWhatIsLeft(t *testing.T) {
	collector := tracingtest.Start(t)
	o := open(t, Config{Settings: Settings{Endpoint: collector.URL, Service: "mine", Headers: secret.New("Authorization=Bearer%20hidden-one, X-Scope=a")}})
	o.span(t, "one")
	require.NoError(t, o.Close(t.Context()))
	assert.Equal(t, "mine", collector.Span(t, "mine", "one").Service)
	require.Len(t, collector.Headers(), 1)
	assert.Equal(t, "Bearer hidden-one", collector.Headers()[0].Get("Authorization"))
	assert.Equal(t, "a", collector.Headers()[0].Get("X-Scope"))
	o.count(t, dropped("0", "0", "0"))
	assert.Equal(t, 1.0, testutil.ToFloat64(o.pipe.metrics.exported))
}

func TestClient_RepeatsWhatTheCollectorWasTooBusyFor(t *testing.T) {
	collector := tracingtest.Start(t)
	o := open(t, Config{Settings: Settings{Endpoint: collector.URL}})
	collector.Say(tracingtest.Answer{Status: http.StatusServiceUnavailable}, tracingtest.Answer{Status: http.StatusTooManyRequests})
	o.span(t, "one")
	o.flush(t)
	assert.Len(t, collector.Headers(), 3)
	assert.Len(t, collector.Spans(), 1)
	o.count(t, dropped("0", "0", "0"))
}

func TestClient_GivesUp(t *testing.T) {
	busy := make([]tracingtest.Answer, mostAttempts)
	for i := range busy {
		busy[i].Status = http.StatusServiceUnavailable
	}
	for name, row := range map[string]struct {
		answers []tracingtest.Answer
		batches int
	}{
		"too busy for too long": {busy, mostAttempts},
		"refused":               {[]tracingtest.Answer{{Status: http.StatusBadRequest}}, 1},
		"elsewhere":             {[]tracingtest.Answer{{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"http://127.0.0.1:1/"}}}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			collector := tracingtest.Start(t)
			o := open(t, Config{Settings: Settings{Endpoint: collector.URL, Headers: secret.New("Authorization=hidden-one")}})
			collector.Say(row.answers...)
			o.span(t, "one")
			o.flush(t)
			assert.Len(t, collector.Headers(), row.batches)
			assert.Empty(t, collector.Spans())
			o.count(t, dropped("0", "1", "0"))
			assert.Contains(t, o.log.String(), "spans were lost")
			assert.NotContains(t, o.log.String(), "hidden-one")
		})
	}
}

func TestClient_NobodyListens(t *testing.T) {
	o := open(t, Config{Settings: Settings{Endpoint: "http://127.0.0.1:1/v1/traces"}})
	o.span(t, "one")
	require.NoError(t, o.Close(t.Context()))
	o.count(t, dropped("0", "1", "0"))
}

func TestClient_CountsWhatTheCollectorRejects(t *testing.T) {
	collector := tracingtest.Start(t)
	o := open(t, Config{Settings: Settings{Endpoint: collector.URL}})
	partial := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	partial = protowire.AppendString(protowire.AppendTag(partial, 2, protowire.BytesType), "too old")
	collector.Say(tracingtest.Answer{Status: http.StatusOK, Body: protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), partial)})
	o.span(t, "one")
	o.span(t, "two")
	o.flush(t)
	o.count(t, dropped("0", "0", "1"))
	assert.Equal(t, 1.0, testutil.ToFloat64(o.pipe.metrics.exported))
	assert.Contains(t, o.log.String(), "too old")
	for _, strange := range []string{"", "\x00", "\xff\xff", "\x0a\x05\x08", "\x0a\x00", "<html>"} {
		assert.NoError(t, partialSuccess([]byte(strange)), "%q", strange)
	}
}

// stuck is an exporter that ends with its channel.
type stuck chan struct{}

func (s stuck) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	<-s
	return errors.New("stuck")
}

func (stuck) Shutdown(context.Context) error { return nil }

func TestPipe_CountsWhatItHasNoRoomFor(t *testing.T) {
	registry, exporter := prometheus.NewRegistry(), make(stuck)
	m, err := newMetrics("wsexchange", registry)
	require.NoError(t, err)
	p := newPipe(exporter, Config{Settings: Settings{Timeout: time.Minute}, Logger: slog.New(slog.DiscardHandler), Now: time.Now}, m)
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
	for range queueSize + 10 {
		_, span := provider.Tracer("x").Start(t.Context(), "x")
		span.End()
	}
	assert.Equal(t, 10.0, testutil.ToFloat64(m.dropped.WithLabelValues(lostInQueue)))
	close(exporter)
	require.NoError(t, provider.Shutdown(t.Context()))
	p.abandon()
	assert.Equal(t, float64(queueSize), testutil.ToFloat64(m.dropped.WithLabelValues(lostOnTheWay)))
	assert.Equal(t, 10.0, testutil.ToFloat64(m.dropped.WithLabelValues(lostInQueue)))
}

func TestPipe_TellsTheLogNowAndThen(t *testing.T) {
	collector := tracingtest.Start(t)
	now := time.Date(2005, 3, 1, 12, 0, 0, 0, time.UTC)
	o := open(t, Config{Settings: Settings{Endpoint: collector.URL}, Now: func() time.Time { return now }})
	for range 3 {
		collector.Say(tracingtest.Answer{Status: http.StatusBadRequest})
		o.span(t, "one")
		o.flush(t)
	}
	assert.Equal(t, 1, strings.Count(o.log.String(), "spans were lost"), o.log)
	now = now.Add(betweenLosses)
	collector.Say(tracingtest.Answer{Status: http.StatusBadRequest})
	o.span(t, "one")
	o.flush(t)
	assert.Equal(t, 2, strings.Count(o.log.String(), "spans were lost"), o.log)
	assert.Contains(t, o.log.String(), "spans=3")
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "2": 2 * time.Second, "86400": longestPause, "-1": 0, "soon": 0, "99999999999999999999": 0,
	} {
		assert.Equal(t, want, retryAfter(http.Header{"Retry-After": {text}}), text)
	}
}

func TestSettings_Validate(t *testing.T) {
	good := Settings{Endpoint: "https://collector.example/v1/traces", Ratio: 0.1, Timeout: time.Second}
	require.NoError(t, good.Validate())
	for name, row := range map[string]struct {
		change func(*Settings)
		want   string
	}{
		"no URL":           {func(s *Settings) { s.Endpoint = "127.0.0.1:4318" }, "tracing.endpoint"},
		"other scheme":     {func(s *Settings) { s.Endpoint = "grpc://127.0.0.1:4317/" }, "tracing.endpoint"},
		"credentials":      {func(s *Settings) { s.Endpoint = "http://me:hidden-one@127.0.0.1/v1/traces" }, "tracing.headers-file"},
		"no path":          {func(s *Settings) { s.Endpoint = "http://127.0.0.1:4318" }, "/v1/traces"},
		"ratio below":      {func(s *Settings) { s.Ratio = -0.1 }, "tracing.ratio"},
		"ratio above":      {func(s *Settings) { s.Ratio = 1.1 }, "tracing.ratio"},
		"no time":          {func(s *Settings) { s.Timeout = 0 }, "tracing.timeout"},
		"header no pair":   {func(s *Settings) { s.Headers = secret.New("a=b,hidden-one") }, "number 2"},
		"header no name":   {func(s *Settings) { s.Headers = secret.New("a b=hidden-one") }, "number 1"},
		"header two lines": {func(s *Settings) { s.Headers = secret.New("a=hidden-one%0d%0ax:y") }, "number 1"},
		"own header":       {func(s *Settings) { s.Headers = secret.New("content-type=hidden-one") }, "Content-Type"},
	} {
		t.Run(name, func(t *testing.T) {
			s := good
			row.change(&s)
			err := s.Validate()
			require.ErrorContains(t, err, row.want)
			assert.NotContains(t, err.Error(), "hidden-one")
			s.Timeout = max(s.Timeout, 0)
			_, err = Open(Config{Settings: s, Program: "x"})
			assert.Error(t, err)
		})
	}
}
