package zeroed

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCollector(t *testing.T) {
	calls := 0
	of := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "calls_total", Help: "Calls."}, []string{"kind"})
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(Collector(of, func() { calls++; of.WithLabelValues("a") })))
	assert.Zero(t, calls, "registering makes no series")
	families, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	assert.Len(t, families[0].Metric, 1)
	assert.Equal(t, 1, calls)
}
