package adapter

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/mpf"
)

// Result is how a request to the provisioning engine ended, from a closed list.
type Result string

// The results.
const (
	ResultSuccess          Result = "success"
	ResultError            Result = "error" // an errorContext: the procedure failed
	ResultUnreachable      Result = "unreachable"
	ResultTimeout          Result = "timeout"
	ResultConnectionLost   Result = "connection_lost"
	ResultNotAuthenticated Result = "not_authenticated"
	ResultFault            Result = "fault"
	ResultProtocol         Result = "protocol"
	ResultCancelled        Result = "cancelled" // the caller gave up
	ResultOther            Result = "other"
)

// Results lists every result.
func Results() []Result {
	return []Result{
		ResultSuccess, ResultError, ResultUnreachable, ResultTimeout, ResultConnectionLost, ResultNotAuthenticated,
		ResultFault, ResultProtocol, ResultCancelled, ResultOther,
	}
}

// resultsOfErrors finds the result of a submitter's error; the first that fits
// counts.
var resultsOfErrors = []struct {
	is     error
	result Result
}{
	{mpf.ErrUnreachable, ResultUnreachable},
	{mpf.ErrTimeout, ResultTimeout},
	{context.DeadlineExceeded, ResultTimeout},
	{mpf.ErrNotAuthenticated, ResultNotAuthenticated},
	{mpf.ErrFault, ResultFault},
	{mpf.ErrProtocol, ResultProtocol},
	{context.Canceled, ResultCancelled},
	{mpf.ErrConnectionLost, ResultConnectionLost},
}

func resultOf(response *mpf.Response, err error) Result {
	for _, row := range resultsOfErrors {
		if errors.Is(err, row.is) {
			return row.result
		}
	}
	switch {
	case err != nil || response == nil:
		return ResultOther
	case response.Err != nil:
		return ResultError
	}
	return ResultSuccess
}

// targetOther counts what callers name themselves with SubmitMpsRequest: labels
// come from rows only.
var targetOther = mpf.Target{Namespace: otherCode, Procedure: otherCode}

// mpfMetrics are those of the requests to the provisioning engine. Successes
// are counted from zero; other results exist from the first one.
type mpfMetrics struct {
	requests *prometheus.CounterVec
	// success has the targets that become labels.
	success map[mpf.Target]prometheus.Counter
}

func newMPFMetrics(services []*service) *mpfMetrics {
	m := &mpfMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsexchange_mpf_requests_total",
			Help: "Requests to the provisioning engine by procedure and how they ended; \"other\" are those that callers compose themselves.",
		}, []string{"namespace", "procedure", "result"}),
		success: make(map[mpf.Target]prometheus.Counter),
	}
	m.add(targetOther)
	for _, s := range services {
		for _, op := range s.operations {
			if op.target.Namespace != "" && op.target.Procedure != "" {
				m.add(op.target)
			}
		}
	}
	return m
}

func (m *mpfMetrics) add(target mpf.Target) {
	m.success[target] = m.requests.WithLabelValues(target.Namespace, target.Procedure, string(ResultSuccess))
}

func (m *mpfMetrics) count(o *Observation) {
	target := mpf.Target{Namespace: o.Namespace, Procedure: o.Procedure}
	success, ok := m.success[target]
	if !ok {
		target, success = targetOther, m.success[targetOther]
	}
	if o.Result == ResultSuccess {
		success.Inc()
		return
	}
	m.requests.WithLabelValues(target.Namespace, target.Procedure, string(o.Result)).Inc()
}
