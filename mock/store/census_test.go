package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCensus(t *testing.T) {
	tx := updating(t)
	before, err := tx.Census()
	require.NoError(t, err)
	assert.Len(t, before.Customers, 16, "four types in four statuses")
	assert.NotEmpty(t, before.Resources)
	assert.NotEmpty(t, before.Plans)
	assert.Zero(t, before.MailboxesEnabled+before.MailboxesDisabled)
	assert.Empty(t, before.Jobs)

	stores, err := tx.Resources(MailStore)
	require.NoError(t, err)
	mdb, err := tx.FindDatabase(MailStore, stores[0].Server, stores[0].Name)
	require.NoError(t, err)
	users := mustDomain(t, tx).DN.Child("CN", "Users")
	for name, control := range map[string]string{"one": "512", "two": "514", "three": "66048"} {
		_, err := tx.Create(users.Child("CN", name), "user", Attributes{
			value(KindSAM, name), value("userAccountControl", control),
			value("homeMDB", mdb.DN.String()),
		})
		require.NoError(t, err)
	}
	_, err = tx.SubmitJob(Job{ID: "1:{x}", Namespace: "n", Procedure: "p"}, true)
	require.NoError(t, err)
	plan := before.Plans[0].Plan
	customer, err := tx.CreateCustomer(Customer{GUID: tx.NewGUID(), Name: "c", Type: "BusinessOrganization"})
	require.NoError(t, err)
	require.NoError(t, tx.AssignPlan(customer.GUID, plan))

	after, err := tx.Census()
	require.NoError(t, err)
	assert.Equal(t, int64(2), after.MailboxesEnabled)
	assert.Equal(t, int64(1), after.MailboxesDisabled)
	assert.Equal(t, map[JobStatus]int64{JobSuspended: 1}, after.Jobs)
	assert.Equal(t, before.Plans[0].Assigned+1, after.Plans[0].Assigned)
	total := int64(0)
	for i, c := range after.Customers {
		total += c.Count - before.Customers[i].Count
	}
	assert.Equal(t, int64(1), total)
}

func TestWaits(t *testing.T) {
	s, err := Open(t.Context(), Config{})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	tx, err := s.Begin(t.Context(), true)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for writes, _ := s.Waits(); writes.Count == 0; writes, _ = s.Waits() {
		}
		cancel()
	}()
	_, err = s.Begin(ctx, true)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, tx.Rollback())
	writes, reads := s.Waits()
	assert.Equal(t, int64(1), writes.Count)
	assert.Positive(t, writes.Time)
	assert.Zero(t, reads)
}
