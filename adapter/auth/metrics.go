package auth

import (
	"sync/atomic"

	"wsexchange/internal/throttle"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts the decisions of gates. Several gates, one after the other,
// can share it.
type Metrics struct {
	decisions map[Reason]prometheus.Counter
	throttle  atomic.Pointer[throttle.Throttle]
}

// NewMetrics registers the metrics of authentication: decisions by outcome and
// reason, and who is shut out now. It is an error if they are there already.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{decisions: make(map[Reason]prometheus.Counter)}
	decisions := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "wsexchange_auth_decisions_total", Help: "Judgements on callers by outcome and reason.",
	}, []string{"outcome", "reason"})
	for _, outcome := range Outcomes() {
		for _, reason := range Reasons(outcome) {
			m.decisions[reason] = decisions.WithLabelValues(string(outcome), string(reason))
		}
	}
	shut := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "wsexchange_auth_throttled_sources",
		Help: "Sources, and accounts as seen from one, that are shut out now after bad passwords.",
	}, func() float64 {
		if t := m.throttle.Load(); t != nil {
			return float64(len(t.List()))
		}
		return 0
	})
	for _, c := range []prometheus.Collector{decisions, shut} {
		if err := registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Count is for Config.OnDecision.
func (m *Metrics) Count(d Decision) {
	if c := m.decisions[d.Reason]; c != nil {
		c.Inc()
	}
}

// Follow makes the gauge of throttled sources that of a gate; nil is none.
func (m *Metrics) Follow(g *Gate) {
	if g == nil {
		m.throttle.Store(nil)
		return
	}
	m.throttle.Store(g.Throttle())
}
