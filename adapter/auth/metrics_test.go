package auth

import (
	"strings"
	"testing"

	"wsexchange/internal/throttle"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m, err := NewMetrics(registry)
	require.NoError(t, err)
	count, err := testutil.GatherAndCount(registry, "wsexchange_auth_decisions_total")
	require.NoError(t, err)
	want := 0
	for _, o := range Outcomes() {
		want += len(Reasons(o))
	}
	assert.Equal(t, want, count, "every series is there from the start")

	g := mustGate(t, Config{Authenticator: newAccounts(), OnDecision: m.Count, Throttle: throttle.New(throttle.Config{SourceFailures: 2}, nil)})
	m.Follow(g)
	for _, pair := range []string{`FABRIKAM\hsadmin:s3cr%t`, `FABRIKAM\hsadmin:s3cr%t`, "", "a:b", "a:c", "a:d"} {
		r := request(t, "192.0.2.7", pair)
		g.Check(r.Context(), r)
	}
	text := `
# HELP wsexchange_auth_throttled_sources Sources, and accounts as seen from one, that are shut out now after bad passwords.
# TYPE wsexchange_auth_throttled_sources gauge
wsexchange_auth_throttled_sources 1
`
	assert.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(text), "wsexchange_auth_throttled_sources"))
	for reason, want := range map[Reason]float64{
		ReasonChecked: 1, ReasonCached: 1, ReasonMissing: 1, ReasonUnknownUser: 2, ReasonThrottledSource: 1, ReasonTimeout: 0,
	} {
		assert.Equal(t, want, testutil.ToFloat64(m.decisions[reason]), reason)
	}
	m.Follow(nil)
	assert.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(strings.Replace(text, "sources 1", "sources 0", 1)), "wsexchange_auth_throttled_sources"))
	_, err = NewMetrics(registry)
	assert.Error(t, err)
}
