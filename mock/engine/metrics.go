package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/mock/store"
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
)

// metrics counts what the engine does. Labels come from the rows only.
type metrics struct {
	calls     *prometheus.CounterVec
	durations *prometheus.HistogramVec
	executing *prometheus.GaugeVec
	requests  *prometheus.CounterVec
	rollbacks prometheus.Counter
	jobs      *prometheus.GaugeVec // set by the worker
}

func newMetrics(registerer prometheus.Registerer, namespaces []Namespace) (*metrics, error) {
	procedure := []string{"namespace", "procedure"}
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mockmpf_procedures_total",
			Help: "Calls of procedures that have ended, by their outcome."}, append(procedure, "outcome")),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "mockmpf_procedure_duration_seconds",
			Help: "How long calls of procedures took.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8)}, procedure),
		executing: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "mockmpf_procedures_executing",
			Help: "Calls of procedures that run now."}, procedure),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mockmpf_requests_total",
			Help: "Requests that have ended, by the way they came and their outcome."}, []string{"kind", "outcome"}),
		rollbacks: prometheus.NewCounter(prometheus.CounterOpts{Name: "mockmpf_rollbacks_total",
			Help: "Requests whose transaction was rolled back."}),
		jobs: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "mockmpf_queue_jobs",
			Help: "Queued requests in the store, by their status, as the worker last saw them."}, []string{"status"}),
	}
	for _, status := range jobStatuses {
		m.jobs.WithLabelValues(status.String())
	}
	for _, ns := range namespaces {
		for _, p := range ns.Procedures {
			m.calls.WithLabelValues(ns.Name, p.Name, outcomeSuccess)
			m.calls.WithLabelValues(ns.Name, p.Name, outcomeFailure)
			m.durations.WithLabelValues(ns.Name, p.Name)
			m.executing.WithLabelValues(ns.Name, p.Name)
		}
	}
	for _, kind := range []string{kindSimple, kindTrusted, kindQueued} {
		m.requests.WithLabelValues(kind, outcomeSuccess)
		m.requests.WithLabelValues(kind, outcomeFailure)
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.calls, m.durations, m.executing, m.requests, m.rollbacks, m.jobs} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	return m, nil
}

// begin counts a call that begins and gives what counts its end. The target is
// one of the rows.
func (m *metrics) begin(target mpf.Target) func(error) {
	running := m.executing.WithLabelValues(target.Namespace, target.Procedure)
	running.Inc()
	timer := prometheus.NewTimer(m.durations.WithLabelValues(target.Namespace, target.Procedure))
	return func(err error) {
		running.Dec()
		timer.ObserveDuration()
		m.calls.WithLabelValues(target.Namespace, target.Procedure, outcome(err != nil)).Inc()
	}
}

// request gives what counts the end of a request.
func (m *metrics) request(req *mpf.Request, from origin) func(*mpf.Error) {
	kind := kindTrusted
	switch {
	case from.job != nil:
		kind = kindQueued
	case !req.Target.IsZero():
		kind = kindSimple
	}
	return func(failed *mpf.Error) { m.requests.WithLabelValues(kind, outcome(failed != nil)).Inc() }
}

func outcome(failed bool) string {
	if failed {
		return outcomeFailure
	}
	return outcomeSuccess
}

// jobStatuses are the values of the label status.
var jobStatuses = []store.JobStatus{
	store.JobSuccess, store.JobError, store.JobFailure, store.JobErrorAndFailure, store.JobPending, store.JobStarted,
	store.JobQueuedForRetry, store.JobIncompletePrerequisite, store.JobCompletePrerequisite, store.JobSuspended,
	store.JobSuspendedWithWaits, store.JobAwaitingOperator,
}

// countJobs sets the gauge of the queue.
func (e *Engine) countJobs(ctx context.Context) error {
	counts := make(map[store.JobStatus]int)
	err := e.store.View(ctx, func(tx *store.Tx) error {
		jobs, err := tx.Jobs()
		for _, j := range jobs {
			counts[j.Status]++
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, status := range jobStatuses {
		e.metrics.jobs.WithLabelValues(status.String()).Set(float64(counts[status]))
	}
	return nil
}
