package engine

import (
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/internal/zeroed"
	"wsexchange/mpf"
)

// Observation is a request or a call that has ended.
type Observation struct {
	// Target is the procedure called, or the one that the request is about.
	Target        mpf.Target
	TransactionID string
	Code          mpf.HRESULT // 0 for success
	Duration      time.Duration
	// Call tells a call within a request from the request.
	Call bool
}

func (e *Engine) report(o Observation) {
	if e.observe != nil {
		e.observe(o)
	}
}

// Values of the label outcome.
const (
	outcomeSuccess = "success"
	outcomeFailure = "failure"
)

// Values of the label kind.
const (
	kindSimple  = "simple"
	kindTrusted = "trusted"
	kindQueued  = "queued"
	kindBoth    = "queued_trusted"
)

// metrics counts what the engine does. Labels come from the rows only.
type metrics struct {
	calls     *prometheus.CounterVec
	durations *prometheus.HistogramVec
	executing *prometheus.GaugeVec
	requests  *prometheus.CounterVec
	rollbacks prometheus.Counter
	latencies *prometheus.HistogramVec // of requests
	running   *prometheus.GaugeVec     // requests
	errors    *prometheus.CounterVec
	codes     map[mpf.HRESULT]prometheus.Counter
	counted   map[mpf.Target]bool // procedures whose calls are counted
	refused   map[mpf.Target]bool // those that are always refused: no series before the first call
	// What operators have to look into: lines of the log that were not
	// written, and effects that could not be taken back.
	auditLosses, journalLosses, inconsistent, commits prometheus.Counter
}

func newMetrics(registerer prometheus.Registerer, counted, refused map[mpf.Target]bool) (*metrics, error) {
	procedure := []string{"namespace", "procedure"}
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mockmpf_procedures_total",
			Help: "Calls of procedures that have ended, by their outcome.",
		}, append(procedure, "outcome")),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mockmpf_procedure_duration_seconds",
			Help: "How long calls of procedures took.", Buckets: durationBuckets,
		}, procedure),
		executing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mockmpf_procedures_executing",
			Help: "Calls of procedures that run now.",
		}, procedure),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mockmpf_requests_total",
			Help: "Requests that have ended, by the way they came and their outcome.",
		}, []string{"kind", "outcome"}),
		rollbacks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mockmpf_rollbacks_total",
			Help: "Requests whose transaction was rolled back.",
		}),
		latencies: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mockmpf_request_duration_seconds",
			Help: "How long requests took, by the way they came.", Buckets: durationBuckets,
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100,
		}, []string{"kind"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mockmpf_requests_executing",
			Help: "Requests that run now, by the way they came.",
		}, []string{"kind"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mockmpf_errors_total",
			Help: "Requests that failed, by the code of their errorContext.",
		}, []string{"code"}),
		codes: make(map[mpf.HRESULT]prometheus.Counter), counted: counted, refused: refused,
		auditLosses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mockmpf_audit_losses_total",
			Help: "Requests whose audit row could not be written.",
		}),
		journalLosses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mockmpf_transaction_log_losses_total",
			Help: "Requests whose end could not be written into the transaction log.",
		}),
		inconsistent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mockmpf_aborts_failed_total",
			Help: "Effects of failed requests that could not be taken back: something may be inconsistent (event 4108).",
		}),
		commits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mockmpf_commits_failed_total",
			Help: "Requests whose commit failed; nothing of them is left (event 4107).",
		}),
	}
	if registerer == nil {
		return m, nil // nobody looks: series come when they are counted
	}
	m.zero()
	zero := sync.OnceFunc(m.zeroProcedures)
	for _, c := range []prometheus.Collector{
		zeroed.Collector(m.calls, zero),
		m.durations, m.executing, m.requests, m.rollbacks, m.latencies, m.running, m.errors,
		m.auditLosses, m.journalLosses, m.inconsistent, m.commits,
	} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	return m, nil
}

// durationBuckets are from half a millisecond to eight seconds.
var durationBuckets = prometheus.ExponentialBuckets(0.0005, 4, 8)

// otherCode is the label of a code that is in no row of mpf.Codes.
const otherCode = "other"

// zeroProcedures makes the counters of every procedure that may succeed, so that a rate over the
// first event is right. How long they take, and what runs, begins with the first
// call: these are ten series for each.
func (m *metrics) zeroProcedures() {
	for target := range m.counted {
		if m.refused[target] {
			continue
		}
		m.calls.WithLabelValues(target.Namespace, target.Procedure, outcomeSuccess)
		m.calls.WithLabelValues(target.Namespace, target.Procedure, outcomeFailure)
	}
}

// zero makes every other series.
func (m *metrics) zero() {
	for _, kind := range []string{kindSimple, kindTrusted, kindQueued, kindBoth} {
		m.requests.WithLabelValues(kind, outcomeSuccess)
		m.requests.WithLabelValues(kind, outcomeFailure)
		m.latencies.WithLabelValues(kind)
		m.running.WithLabelValues(kind)
	}
	for _, c := range mpf.Codes() {
		if c.Code.Failed() {
			m.codes[c.Code] = m.errors.WithLabelValues(c.Code.String())
		}
	}
	m.errors.WithLabelValues(otherCode)
}

// begin counts a call that begins and gives what counts its end. The target is
// one of the rows.
func (m *metrics) begin(target mpf.Target) func(error) {
	if !m.counted[target] {
		return func(error) {}
	}
	running := m.executing.WithLabelValues(target.Namespace, target.Procedure)
	running.Inc()
	timer := prometheus.NewTimer(m.durations.WithLabelValues(target.Namespace, target.Procedure))
	return func(err error) {
		running.Dec()
		timer.ObserveDuration()
		m.calls.WithLabelValues(target.Namespace, target.Procedure, outcome(err != nil)).Inc()
	}
}

// request counts a request that begins and gives what counts its end.
func (m *metrics) request(req *mpf.Request, from origin) func(*mpf.Error) {
	kind := kindTrusted
	switch simple := !req.Target.IsZero(); {
	case from.job != nil && simple:
		kind = kindQueued
	case from.job != nil:
		kind = kindBoth
	case simple:
		kind = kindSimple
	}
	running := m.running.WithLabelValues(kind)
	running.Inc()
	timer := prometheus.NewTimer(m.latencies.WithLabelValues(kind))
	return func(failed *mpf.Error) {
		running.Dec()
		timer.ObserveDuration()
		m.requests.WithLabelValues(kind, outcome(failed != nil)).Inc()
		if failed == nil {
			return
		}
		if known := m.codes[failed.Code]; known != nil {
			known.Inc()
		} else {
			m.errors.WithLabelValues(otherCode).Inc()
		}
	}
}

func outcome(failed bool) string {
	if failed {
		return outcomeFailure
	}
	return outcomeSuccess
}
