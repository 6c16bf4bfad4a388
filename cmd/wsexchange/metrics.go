package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/mpf"
)

// engineCollector gives what the balancer knows of its engines. The label
// engine is the URL from the configuration, which holds no credentials, or
// "embedded".
type engineCollector struct {
	engines func() []mpf.EngineState

	available, foreign, probe, probeSeconds, open, requests, failures, retries *prometheus.Desc
}

func newEngineCollector(engines func() []mpf.EngineState) *engineCollector {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("wsexchange_engine_"+name, help, []string{"engine"}, nil)
	}
	return &engineCollector{
		engines:      engines,
		available:    desc("available", "1 if the engine is in use, 0 while it is left out after a failure or has not answered yet."),
		foreign:      desc("foreign", "1 if the engine belongs to another installation than the others and gets no requests."),
		probe:        desc("probe_success", "1 if the last probe of the engine succeeded."),
		probeSeconds: desc("probe_seconds", "Time that the last probe of the engine took."),
		open:         desc("open_requests", "Requests that wait for the engine's answer now."),
		requests:     desc("requests_total", "Requests given to the engine."),
		failures:     desc("failures_total", "Requests that got no answer from the engine."),
		retries:      desc("retries_total", "Requests that surely did not reach the engine and went on to another one."),
	}
}

// Describe is for the registry.
func (c *engineCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.available, c.foreign, c.probe, c.probeSeconds, c.open, c.requests, c.failures, c.retries} {
		to <- d
	}
}

// Collect is for the registry.
func (c *engineCollector) Collect(to chan<- prometheus.Metric) {
	for _, e := range c.engines() {
		to <- prometheus.MustNewConstMetric(c.available, prometheus.GaugeValue, number(e.Health == mpf.In || e.Name == embedded), e.Name)
		to <- prometheus.MustNewConstMetric(c.foreign, prometheus.GaugeValue, number(e.Health == mpf.Foreign), e.Name)
		if !e.ProbedAt.IsZero() {
			to <- prometheus.MustNewConstMetric(c.probe, prometheus.GaugeValue, number(e.ProbeError == nil), e.Name)
			to <- prometheus.MustNewConstMetric(c.probeSeconds, prometheus.GaugeValue, e.ProbeTime.Seconds(), e.Name)
		}
		to <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(e.Open), e.Name)
		to <- prometheus.MustNewConstMetric(c.requests, prometheus.CounterValue, float64(e.Requests), e.Name)
		to <- prometheus.MustNewConstMetric(c.failures, prometheus.CounterValue, float64(e.Failures), e.Name)
		to <- prometheus.MustNewConstMetric(c.retries, prometheus.CounterValue, float64(e.Retries), e.Name)
	}
}

// number is a gauge of what is or is not.
func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// engines gives the state of the engines; none before there is a backend.
func (s *service) engines() []mpf.EngineState {
	if current := s.current.Load(); current != nil {
		return current.backend.balancer.Snapshot()
	}
	return nil
}
