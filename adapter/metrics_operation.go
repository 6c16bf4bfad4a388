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

// Codes of one operation are few in practice, and every series is there from
// the start, so each operation counts by a short list; the rest is "other", and
// wsexchange_mpf_errors_total has its code. The lists hold what the procedures
// behind the services refuse with, and what any engine can run into.
var (
	codesOfAll = []mpf.HRESULT{
		mpf.InvalidArg, mpf.AccessDenied, mpf.NoSuchObject, mpf.InvalidOperation, mpf.BadPathname, mpf.DomainMismatch,
		mpf.ServerDown, mpf.RequestAborted, mpf.Unexpected, mpf.Fail,
	}
	codesOfService = map[string][]mpf.HRESULT{
		"HostedExchange": {
			mpf.AlreadyExists, mpf.IntegrityViolation, mpf.NoRankedResourcesFound, mpf.UserExists, mpf.PasswordPolicy, mpf.ConstraintViolation,
		},
		"ExchangeResourceManager": {
			mpf.IntegrityViolation, mpf.NoRankedResourcesFound, mpf.NoAllocations, mpf.ReleaseTooMuch, mpf.ResourceInUse,
		},
		"ManagedActiveDirectory": {
			mpf.AlreadyExists, mpf.UserExists, mpf.PasswordPolicy, mpf.InvalidPassword, mpf.ConstraintViolation, mpf.NotLeaf,
			mpf.AttributeSyntax, mpf.UnwillingToPerform,
		},
		"MPSGeneral": allCodes(), // callers choose the procedure
	}
	// codesOfGateway are those of the gateway's own refusals.
	codesOfGateway = []mpf.HRESULT{mpf.InvalidArg, mpf.AccessDenied}
)

func allCodes() (all []mpf.HRESULT) {
	for _, c := range mpf.Codes() {
		if c.Code.Failed() {
			all = append(all, c.Code)
		}
	}
	return all
}

// resultsAsCodes are the results that stand for a code, of requests without an
// answer.
func resultsAsCodes() []Result {
	return slices.DeleteFunc(Results(), func(r Result) bool {
		return r == ResultSuccess || r == ResultError || r == ResultOther
	})
}

// operationErrors counts which operation fails with which code at which engine.
// It is a collector that makes its series when they are first asked for: they
// are thousands, and the start of the program would wait for them.
type operationErrors struct {
	total *prometheus.CounterVec
	// codes are the labels that an operation's failures at engines may have,
	// own those of failures in the gateway.
	codes map[callName]map[string]bool
	own   map[string]bool

	mu  sync.Mutex
	due []string // engines without series
}

func newOperationErrors(services []*service) *operationErrors {
	m := &operationErrors{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wsexchange_operation_errors_total",
			Help: "Calls that failed, by operation, code and engine. The code is that of the errorContext, or how the request ended without one; " +
				"\"other\" is a code that is rare for the operation. The engine \"gateway\" stands for calls that no engine was asked for.",
		}, []string{"service", "operation", "code", "engine"}),
		codes: make(map[callName]map[string]bool), own: labels(codesOfGateway),
	}
	for _, s := range services {
		codes := labels(slices.Concat(codesOfAll, codesOfService[s.contract.Name]))
		for _, result := range resultsAsCodes() {
			codes[string(result)] = true
		}
		for _, op := range s.contract.Operations {
			m.codes[callName{s.contract.Name, op.Name}] = codes
		}
	}
	m.follow([]string{engineSelf})
	return m
}

func labels(codes []mpf.HRESULT) map[string]bool {
	set := map[string]bool{otherCode: true}
	for _, code := range codes {
		set[code.String()] = true
	}
	return set
}

// follow is for further engines.
func (m *operationErrors) follow(engines []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.due = append(m.due, engines...)
}

// Describe is for the registry.
func (m *operationErrors) Describe(to chan<- *prometheus.Desc) { m.total.Describe(to) }

// Collect is for the registry.
func (m *operationErrors) Collect(to chan<- prometheus.Metric) {
	m.zero()
	m.total.Collect(to)
}

// zero makes the series that are due, so that a rate over the first event is
// right.
func (m *operationErrors) zero() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, engine := range m.due {
		for name, codes := range m.codes {
			if engine == engineSelf {
				codes = m.own
			}
			for code := range codes {
				m.total.WithLabelValues(name.service, name.operation, code, engine)
			}
		}
	}
	m.due = nil
}

// count counts a call that failed. The engines are those of the configuration.
func (m *operationErrors) count(o *Observation, engines []string) {
	codes, known := m.codes[callName{o.Service, o.Operation}]
	if !known {
		return
	}
	engine, code := engineSelf, otherCode
	switch {
	case o.Procedure == "":
		codes = m.own
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
	if !codes[code] {
		code = otherCode
	}
	m.total.WithLabelValues(o.Service, o.Operation, code, engine).Inc()
}
