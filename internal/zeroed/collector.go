package zeroed

import "github.com/prometheus/client_golang/prometheus"

// Collector returns a collector that calls zero, which makes the series, before
// each collection. Where zero makes those of several collectors, or takes long,
// it is to be a sync.OnceFunc.
func Collector(of prometheus.Collector, zero func()) prometheus.Collector {
	return collector{Collector: of, zero: zero}
}

type collector struct {
	prometheus.Collector
	zero func()
}

// Collect is for the registry.
func (c collector) Collect(to chan<- prometheus.Metric) {
	c.zero()
	c.Collector.Collect(to)
}
