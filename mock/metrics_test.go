package mock_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock"
	"wsexchange/mock/queue"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

func TestMetrics_CountTheStore(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	e, err := mock.Open(t.Context(), mock.Config{HashCost: 4, Registerer: registry})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	families, err := registry.Gather()
	require.NoError(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)

	require.NoError(t, e.Store.Update(t.Context(), func(tx *state.Tx) error {
		stores, err := resource.In(tx).Resources(resource.MailStore)
		require.NoError(t, err)
		_, err = resource.In(tx).Allocate(tx.NewGUID(), stores[0].ID, 3)
		return err
	}))
	assert.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP mockmpf_census_success 1 if the figures of this scrape could be counted in time, else 0 and they are missing.
# TYPE mockmpf_census_success gauge
mockmpf_census_success 1
# HELP mockmpf_mailboxes Mailboxes by whether their account can be used.
# TYPE mockmpf_mailboxes gauge
mockmpf_mailboxes{state="disabled"} 0
mockmpf_mailboxes{state="enabled"} 0
# HELP mockmpf_store_allocated_bytes Space of a store that organizations have been given.
# TYPE mockmpf_store_allocated_bytes gauge
mockmpf_store_allocated_bytes{kind="consumer",server="EX1",store="Mailbox Store 3 (EX1)"} 0
mockmpf_store_allocated_bytes{kind="mail",server="EX1",store="Mailbox Store 1 (EX1)"} 3.145728e+06
mockmpf_store_allocated_bytes{kind="mail",server="EX1",store="Mailbox Store 2 (EX1)"} 0
mockmpf_store_allocated_bytes{kind="public",server="EX1",store="Public Folder Store (EX1)"} 0
# HELP mockmpf_transactions_unfinished Transactions of the log that have not ended: they run, or are in doubt if it stays so.
# TYPE mockmpf_transactions_unfinished gauge
mockmpf_transactions_unfinished 0
`), "mockmpf_census_success", "mockmpf_mailboxes", "mockmpf_store_allocated_bytes", "mockmpf_transactions_unfinished"))
	for name, want := range map[string]int{
		"mockmpf_customers": 16, "mockmpf_queue_jobs": len(queue.JobStatuses()), "mockmpf_database_waits_total": 2, "mockmpf_address_books_free": 1,
	} {
		count, err := testutil.GatherAndCount(registry, name)
		require.NoError(t, err)
		assert.Equal(t, want, count, name)
	}
}

func TestMetrics_DoNotWaitForAWriter(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	e, err := mock.Open(t.Context(), mock.Config{Registerer: registry})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	writer, err := e.Store.Begin(t.Context())
	require.NoError(t, err)
	defer writer.Rollback()
	count, err := testutil.GatherAndCount(registry, "mockmpf_mailboxes")
	require.NoError(t, err)
	assert.Equal(t, 2, count)
}
