package adapter

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/internal/xmldoc"
	"wsexchange/internal/zeroed"
	"wsexchange/mpf"
)

// unknown is the label of an operation that no row has.
const unknown = "unknown"

// otherCode is the label of a code that is in no row of mpf.Codes.
const otherCode = "other"

// metrics are those of the web services. A nil metrics keeps none.
type metrics struct {
	requests   *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	backend    prometheus.Histogram
	inFlight   prometheus.Gauge
	sizeIn     prometheus.Histogram
	sizeOut    prometheus.Histogram
	rejections *prometheus.CounterVec
	refusals   *prometheus.CounterVec
	errors     *prometheus.CounterVec
	codes      map[mpf.HRESULT]string
	mpf        *mpfMetrics
	operations *operationErrors
	calls      map[callName]*callSeries
	backends   *timing
}

// callName names the series of one operation.
type callName struct{ service, operation string }

// callSeries are the series of one operation, found once: looking them up by
// their labels is expensive, and every call needs them. The durations begin
// with the first call, as most operations of an installation are never called.
type callSeries struct {
	requests func() map[Outcome]prometheus.Counter
	duration func() *timing
}

func newMetrics(registerer prometheus.Registerer, services []*service) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsexchange_requests_total", Help: "Calls of the web services by how they ended.",
		}, []string{"service", "operation", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wsexchange_request_duration_seconds", Help: "Time from the first byte of a call to the last of its answer.",
			Buckets: []float64{.005, .025, .1, .5, 2.5, 10, 60}, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		}, []string{"service", "operation"}),
		backend: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "wsexchange_backend_duration_seconds", Help: "Time that the provisioning engine took for a request.",
			Buckets: []float64{.005, .025, .1, .5, 2.5, 10, 60}, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "wsexchange_requests_in_flight", Help: "Calls that are being served now."}),
		sizeIn:   sizes("wsexchange_request_size_bytes", "Size of the messages received."),
		sizeOut:  sizes("wsexchange_response_size_bytes", "Size of the messages sent."),
		rejections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsexchange_xml_rejections_total", Help: "XML refused by the strict reader, by the rule it broke.",
		}, []string{"rule"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsexchange_translation_errors_total", Help: "Calls that did not become a request, by the step that refused them.",
		}, []string{"step"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsexchange_mpf_errors_total", Help: "Failed procedures by the code of their errorContext.",
		}, []string{"code"}),
		codes: make(map[mpf.HRESULT]string), mpf: newMPFMetrics(services), operations: newOperationErrors(services),
		calls: make(map[callName]*callSeries),
	}
	m.backends = &timing{to: m.backend}
	m.name(services)
	zero := sync.OnceFunc(m.zero)
	for _, c := range []prometheus.Collector{
		zeroed.Collector(m.requests, zero),
		zeroed.Collector(m.rejections, zero),
		zeroed.Collector(m.refusals, zero),
		zeroed.Collector(m.errors, zero),
		m.duration, m.backend, m.inFlight, m.sizeIn, m.sizeOut, m.mpf.requests, m.operations.total,
	} {
		if err := registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func sizes(name, help string) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(256, 4, 8)})
}

// name makes what finds the series of every operation and code.
func (m *metrics) name(services []*service) {
	for _, s := range services {
		names := []string{unknown}
		for _, op := range s.contract.Operations {
			names = append(names, op.Name)
		}
		for _, name := range names {
			series := &callSeries{
				requests: sync.OnceValue(func() map[Outcome]prometheus.Counter {
					all := make(map[Outcome]prometheus.Counter)
					for _, outcome := range Outcomes() {
						all[outcome] = m.requests.WithLabelValues(s.contract.Name, name, string(outcome))
					}
					return all
				}),
				duration: sync.OnceValue(func() *timing {
					return &timing{to: m.duration.WithLabelValues(s.contract.Name, name)}
				}),
			}
			m.calls[callName{s.contract.Name, name}] = series
		}
	}
	for _, c := range mpf.Codes() {
		if c.Code.Failed() {
			m.codes[c.Code] = c.Code.String()
		}
	}
}

// zero makes the counters of every operation and of everything that has few
// values, so that a rate over the first event is right. Series of an operation
// and a code, a result or a bucket exist from the first event: there are
// thousands, and an idle gateway needs none of them.
func (m *metrics) zero() {
	for _, series := range m.calls {
		series.requests()
	}
	for _, rule := range xmldoc.Rules() {
		m.rejections.WithLabelValues(rule)
	}
	for _, step := range Refusals() {
		m.refusals.WithLabelValues(string(step))
	}
	for _, code := range m.codes {
		m.errors.WithLabelValues(code)
	}
	m.errors.WithLabelValues(otherCode)
}

func (m *metrics) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

// follow drops the series of engines that a new configuration has no more.
func (m *metrics) follow(engines []string) {
	if m != nil {
		m.operations.follow(engines)
	}
}

func (m *metrics) end(o *Observation, engines []string) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	operation := o.Operation
	if operation == "" {
		operation = unknown
	}
	series := m.calls[callName{o.Service, operation}]
	series.requests()[o.Outcome].Inc()
	series.duration().observe(o.Duration, o)
	m.sizeIn.Observe(float64(o.RequestBytes))
	m.sizeOut.Observe(float64(o.ResponseBytes))
	if o.Procedure != "" {
		m.backends.observe(o.Backend, o)
		m.mpf.count(o)
	}
	if o.Rule != "" && slices.Contains(xmldoc.Rules(), o.Rule) {
		m.rejections.WithLabelValues(o.Rule).Inc()
	}
	if o.Refusal != "" {
		m.refusals.WithLabelValues(string(o.Refusal)).Inc()
	}
	m.operations.count(o, engines)
	if o.Outcome == OutcomeMPFError {
		code, ok := m.codes[o.Code]
		if !ok {
			code = otherCode
		}
		m.errors.WithLabelValues(code).Inc()
	}
}
