package drift

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// WriteMetrics writes the sums of a comparison to a file for the textfile
// collector of node_exporter, which it replaces in one step. Nil is that the
// comparison came to no end: only the time of the attempt is written, and that it
// failed.
func WriteMetrics(file string, s *Summary, at time.Time) error {
	registry := prometheus.NewRegistry()
	gauge := func(name, help string, value float64) error {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "wsexchange", Subsystem: "drift", Name: name, Help: help})
		g.Set(value)
		return registry.Register(g)
	}
	const succeeded = "success"
	if err := gauge("last_run_timestamp_seconds", "When panel and directory were last compared.", float64(at.Unix())); err != nil {
		return err
	}
	if s == nil {
		if err := gauge(succeeded, "Whether the last comparison came to its end.", 0); err != nil {
			return err
		}
		return prometheus.WriteToTextfile(file, registry)
	}
	for _, g := range []struct {
		name, help string
		value      float64
	}{
		{succeeded, "Whether the last comparison came to its end.", 1},
		{"duration_seconds", "How long the last comparison took.", s.Duration.Seconds()},
		{"organizations", "Organizations of the panel that were compared.", float64(s.Organizations)},
		{"users", "Users of the panel that were compared.", float64(s.Users)},
		{"problems", "Rows of the panel that do not fit the others.", float64(s.Problems)},
	} {
		if err := gauge(g.name, g.help, g.value); err != nil {
			return err
		}
	}
	findings := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "wsexchange", Subsystem: "drift", Name: "findings", Help: "In what panel and directory do not agree.",
	}, []string{"kind", "object"})
	for _, kind := range Kinds {
		for _, object := range Objects {
			findings.WithLabelValues(string(kind), string(object)).Set(float64(s.Findings[kind][object]))
		}
	}
	if err := registry.Register(findings); err != nil {
		return err
	}
	return prometheus.WriteToTextfile(file, registry)
}
