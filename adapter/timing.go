package adapter

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// timing adds durations to a histogram, with the request id as exemplar, and
// that of the trace if there is one, so that a dot in a graph leads to the line
// in the log.
type timing struct {
	to prometheus.Observer
	// last is when the last exemplar was made, in seconds.
	last atomic.Int64
}

// longestExemplar is the longest request id that becomes an exemplar: more is
// not allowed by OpenMetrics.
const longestExemplar = 100

// longestBesideTrace is the longest one that leaves room for the id of a trace.
const longestBesideTrace = 64

// alwaysExemplar is the duration from which each call becomes an exemplar.
// Those that take less come in such numbers that one a second will do: a
// bucket keeps its last exemplar only, and making one is dear beside a call
// that is answered at once.
const alwaysExemplar = 100 * time.Millisecond

func (t *timing) observe(d time.Duration, o *Observation) {
	with, ok := t.to.(prometheus.ExemplarObserver)
	if !ok || o.RequestID == "" || len(o.RequestID) > longestExemplar || !t.due(d, o) {
		t.to.Observe(d.Seconds())
		return
	}
	labels := prometheus.Labels{"request_id": o.RequestID}
	if o.TraceID.IsValid() && len(o.RequestID) <= longestBesideTrace {
		labels["trace_id"] = o.TraceID.String()
	}
	with.ObserveWithExemplar(d.Seconds(), labels)
}

func (t *timing) due(d time.Duration, o *Observation) bool {
	now, last := o.Started.Add(o.Duration).Unix(), t.last.Load()
	return d >= alwaysExemplar || now != last && t.last.CompareAndSwap(last, now)
}
