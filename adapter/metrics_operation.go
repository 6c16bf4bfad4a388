package adapter

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/mpf"
)

// engineSelf is the label of the engine for failures that the gateway finds
// itself, before any engine was asked.
const engineSelf = "gateway"

// engineOther is the label of an engine that Config.Engines does not name.
const engineOther = otherCode

// codeLabels returns the values that the label code may have: a closed list, as
// an engine may answer with any number. They are the codes of mpf.Codes, the
// results of requests without an answer, and otherCode for the rest.
func codeLabels() map[string]bool {
	set := map[string]bool{otherCode: true}
	for _, c := range mpf.Codes() {
		if c.Code.Failed() {
			set[c.Code.String()] = true
		}
	}
	for _, result := range Results() {
		if result != ResultSuccess && result != ResultError && result != ResultOther {
			set[string(result)] = true
		}
	}
	return set
}

// operationErrors counts which operation fails with which code at which engine.
// Its series exist from the first failure.
type operationErrors struct {
	total *prometheus.CounterVec
	calls map[callName]bool // that have rows
	codes map[string]bool

	mu      sync.Mutex
	engines []string // of the configuration
}

func newOperationErrors(services []*service) *operationErrors {
	m := &operationErrors{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsexchange_operation_errors_total",
			Help: "Calls that failed, by operation, code and engine. The code is that of the errorContext, or how the request ended without one; " +
				"\"other\" is a code without a row in the table of codes. The engine \"gateway\" is for calls that no engine was asked for.",
		}, []string{"service", "operation", "code", "engine"}),
		calls: make(map[callName]bool), codes: codeLabels(),
	}
	for _, s := range services {
		for _, op := range s.contract.Operations {
			m.calls[callName{s.contract.Name, op.Name}] = true
		}
	}
	return m
}

// follow is for another configuration.
func (m *operationErrors) follow(engines []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, old := range m.engines {
		if !slices.Contains(engines, old) {
			m.total.DeletePartialMatch(prometheus.Labels{"engine": old})
		}
	}
	m.engines = engines
}

// count counts a call that failed. The engines are those of the configuration.
func (m *operationErrors) count(o *Observation, engines []string) {
	if !m.calls[callName{o.Service, o.Operation}] {
		return
	}
	engine, code := engineSelf, otherCode
	switch {
	case o.Procedure == "": // refused by the gateway
	case slices.Contains(engines, o.Engine):
		engine = o.Engine
	default:
		engine = engineOther
	}
	switch {
	case o.Outcome == OutcomeMPFError:
		code = o.Code.String()
	case o.Outcome == OutcomeServerFault && o.Result != "":
		code = string(o.Result)
	case o.Outcome != OutcomeServerFault:
		return
	}
	if !m.codes[code] {
		code = otherCode
	}
	m.total.WithLabelValues(o.Service, o.Operation, code, engine).Inc()
}
