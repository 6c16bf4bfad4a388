package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTransactionLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openDirectory(t, Config{Path: path})
	begun := LoggedTransaction{ID: "{a}", ClientID: "client", Caller: "FABRIKAM\\hsadmin", Namespace: "N", Procedure: "P", QueueID: "1:x", Request: "<r/>"}
	require.NoError(t, s.LogBegin(t.Context(), begun))
	assert.Error(t, s.LogBegin(t.Context(), begun), "an id is logged once")
	require.NoError(t, s.LogBegin(t.Context(), LoggedTransaction{ID: "{b}", Started: testClock.Add(-time.Hour)}))
	step := LoggedStep{Seq: 1, Namespace: "N", Procedure: "P", State: "done", At: testClock, RollbackData: "<x/>"}
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		require.NoError(t, tx.LogStep("{a}", step))
		assert.ErrorIs(t, tx.LogEnd("{none}", TransactionAborted, 1), ErrNotFound)
		return tx.LogEnd("{a}", TransactionCommitted, 0)
	}))
	again, err := Open(t.Context(), Config{Path: path, Now: func() time.Time { return testClock.Add(time.Hour) }})
	require.NoError(t, err)
	defer func() { assert.NoError(t, again.Close()) }()
	require.NoError(t, again.Update(t.Context(), func(tx *Tx) error {
		running, err := tx.RunningTransactions()
		require.NoError(t, err)
		require.Len(t, running, 1, "what a crash left")
		assert.Equal(t, "{b}", running[0].ID)
		ended, err := tx.LoggedTransaction("{a}")
		require.NoError(t, err)
		begun.State, begun.Started, begun.Ended = TransactionCommitted, testClock, testClock
		assert.Equal(t, begun, ended)
		steps, err := tx.LoggedSteps("{a}")
		require.NoError(t, err)
		assert.Equal(t, []LoggedStep{step}, steps)
		pruned, err := tx.PruneTransactions(testClock.Add(time.Second))
		require.NoError(t, err)
		assert.Equal(t, int64(1), pruned, "running ones stay")
		require.NoError(t, tx.LogEnd("{b}", TransactionAborted, 0x8000ffff))
		aborted, err := tx.LoggedTransactions(TransactionAborted)
		require.NoError(t, err)
		require.Len(t, aborted, 1)
		assert.Equal(t, uint32(0x8000ffff), aborted[0].Code)
		_, err = tx.LoggedTransaction("{a}")
		assert.ErrorIs(t, err, ErrNotFound, "it has been pruned")
		return nil
	}))
}

func TestAudit(t *testing.T) {
	s := openDirectory(t, Config{})
	for i, a := range []AuditRow{
		{Organization: "Org A", Namespace: "N", Procedure: "P", Code: 0},
		{Organization: "ORG a", Namespace: "N", Procedure: "Q", Code: 0x80070005, Description: "Access is denied."},
		{Organization: "Org B", Namespace: "M", Procedure: "P", Code: 0x80072030},
	} {
		a.At, a.TransactionID, a.Duration = testClock.Add(time.Duration(i)*time.Minute), string(rune('a'+i)), 1500*time.Microsecond
		a.ClientID = "of " + a.TransactionID
		require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
			_, err := tx.WriteAudit(a)
			return err
		}))
	}
	denied := uint32(0x80070005)
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		for name, row := range map[string]struct {
			query AuditQuery
			want  string
		}{
			"all, newest first": {AuditQuery{}, "cba"}, "limit": {AuditQuery{Limit: 2}, "cb"},
			"from": {AuditQuery{From: testClock.Add(time.Minute)}, "cb"}, "to": {AuditQuery{To: testClock.Add(time.Minute)}, "a"},
			"organization": {AuditQuery{Organization: "org A"}, "ba"}, "procedure": {AuditQuery{Namespace: "N", Procedure: "P"}, "a"},
			"code": {AuditQuery{Code: &denied}, "b"}, "success": {AuditQuery{Code: new(uint32)}, "a"}, "failed": {AuditQuery{Failed: true}, "cb"},
			"transaction": {AuditQuery{TransactionID: "c"}, "c"}, "any id": {AuditQuery{AnyID: "c"}, "c"},
			"id of the client": {AuditQuery{AnyID: "of a", Namespace: "N"}, "a"}, "nothing": {AuditQuery{Namespace: "O"}, ""},
		} {
			rows, err := tx.Audit(row.query)
			require.NoError(t, err)
			got := ""
			for _, found := range rows {
				got += found.TransactionID
			}
			assert.Equal(t, row.want, got, name)
		}
		rows, err := tx.Audit(AuditQuery{Code: &denied})
		require.NoError(t, err)
		assert.Equal(t, AuditRow{
			ID: 2, TransactionID: "b", ClientID: "of b", Organization: "ORG a", Namespace: "N", Procedure: "Q", Code: denied,
			At: testClock.Add(time.Minute), Duration: 1500 * time.Microsecond, Description: "Access is denied.",
		}, rows[0])
		pruned, err := tx.PruneAudit(testClock.Add(2 * time.Minute))
		require.NoError(t, err)
		assert.Equal(t, int64(2), pruned)
		return nil
	}))
}

func TestQueue(t *testing.T) {
	now := testClock
	s := openDirectory(t, Config{Now: func() time.Time { return now }})
	tx, err := s.Begin(t.Context(), true)
	require.NoError(t, err)
	defer func() { assert.NoError(t, tx.Rollback()) }()
	submit := func(suspended bool, j Job) *Job {
		made, err := tx.SubmitJob(j, suspended)
		require.NoError(t, err)
		return made
	}
	claim := func() string {
		j, err := tx.ClaimJob("{t}")
		require.NoError(t, err)
		if j == nil {
			return ""
		}
		assert.Equal(t, JobStarted, j.Status)
		return j.ID
	}
	status := func(id string) JobStatus {
		j, err := tx.Job(id)
		require.NoError(t, err)
		return j.Status
	}
	full := Job{
		ID: "full", Namespace: "N", Procedure: "P", Trusted: true, Caller: "c", Request: "<r/>", Priority: -60, RetryCount: 3,
		RetryInterval: time.Second, RetryStop: 0x80070057, OnFailure: "queueToOperator", Retain: true,
	}
	made := submit(false, full)
	full.Seq, full.Status, full.Submitted, full.NextRun = 1, JobPending, now, now
	assert.Equal(t, &full, made)
	submit(false, Job{ID: "late", Priority: 5})
	submit(false, Job{ID: "early", Priority: 0, Retain: true})
	submit(false, Job{ID: "early2", Priority: 0})
	submit(true, Job{ID: "sleeping", Priority: -100})
	submit(false, Job{ID: "future", Priority: -100, NextRun: now.Add(time.Minute)})
	submit(false, Job{ID: "child", Priority: -100, Parents: []string{"early", "full"}})
	assert.Equal(t, JobIncompletePrerequisite, status("child"))
	assert.Equal(t, "full", claim(), "the lowest priority that is due")
	assert.Equal(t, "early", claim(), "then the oldest")
	require.NoError(t, tx.FinishJob("early", JobSuccess, 0, "<ok/>"))
	assert.Equal(t, JobSuccess, status("early"), "retained")
	assert.Equal(t, JobIncompletePrerequisite, status("child"), "one parent still runs")
	require.NoError(t, tx.FinishJob("full", JobQueuedForRetry, 0x8000ffff, ""))
	assert.Equal(t, "early2", claim())
	require.NoError(t, tx.FinishJob("early2", JobSuccess, 0, "<ok/>"))
	_, err = tx.Job("early2")
	assert.ErrorIs(t, err, ErrNotFound, "not retained")
	now = now.Add(time.Second)
	assert.Equal(t, "full", claim(), "due again")
	require.NoError(t, tx.FinishJob("full", JobAwaitingOperator, 0x8000ffff, "<e/>"))
	assert.Equal(t, "late", claim())
	assert.Empty(t, claim())
	next, err := tx.NextJobTime()
	require.NoError(t, err)
	assert.Equal(t, testClock.Add(time.Minute), next)
	recovered, err := tx.RecoverJobs()
	require.NoError(t, err)
	assert.Equal(t, []string{"late"}, recovered)
	assert.Equal(t, "late", claim())
	j, err := tx.Job("late")
	require.NoError(t, err)
	assert.Equal(t, 1, j.Attempts, "the run that was cut off does not count")
	require.NoError(t, tx.ActivateJob("full"))
	assert.Equal(t, "full", claim())
	require.NoError(t, tx.FinishJob("full", JobFailure, 0x8000ffff, "<e/>"))
	assert.Equal(t, JobCompletePrerequisite, status("child"), "a parent that used up its retries has finished")
	assert.Equal(t, "child", claim())
	require.NoError(t, tx.ActivateJob("sleeping"))
	assert.Equal(t, "sleeping", claim())
	jobs, err := tx.Jobs(JobStarted, JobFailure)
	require.NoError(t, err)
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	assert.Equal(t, []string{"full", "late", "sleeping", "child"}, ids)
}

func TestQueue_Refusals(t *testing.T) {
	tx := updating(t)
	for _, id := range []string{"a", "b", "c"} {
		_, err := tx.SubmitJob(Job{ID: id}, true)
		require.NoError(t, err)
	}
	require.NoError(t, tx.AddJobDependency("a", "b"))
	require.NoError(t, tx.AddJobDependency("a", "b"), "twice is once")
	require.NoError(t, tx.AddJobDependency("b", "c"))
	_, err := tx.SubmitJob(Job{ID: "running"}, false)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"ring":                {func() error { return tx.AddJobDependency("c", "a") }, ErrJobCycle},
		"itself":              {func() error { return tx.AddJobDependency("a", "a") }, ErrJobCycle},
		"unknown parent":      {func() error { return tx.AddJobDependency("x", "a") }, ErrNotFound},
		"unknown child":       {func() error { return tx.AddJobDependency("a", "x") }, ErrNotFound},
		"child is active":     {func() error { return tx.AddJobDependency("a", "running") }, ErrJobStatus},
		"activate an active":  {func() error { return tx.ActivateJob("running") }, ErrJobStatus},
		"delete an active":    {func() error { return tx.DeleteJob("running") }, ErrJobStatus},
		"finish an unstarted": {func() error { return tx.FinishJob("running", JobSuccess, 0, "") }, ErrJobStatus},
		"unknown parent job":  {func() error { _, err := tx.SubmitJob(Job{ID: "y", Parents: []string{"x"}}, true); return err }, ErrNotFound},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
	require.NoError(t, tx.ActivateJob("b"))
	require.NoError(t, tx.DeleteJob("a"))
	j, err := tx.Job("b")
	require.NoError(t, err)
	assert.Equal(t, JobCompletePrerequisite, j.Status, "what it waited for is gone")
	assert.Equal(t, "QUEUE_WITH_COMPLETE_PREREQ", j.Status.String())
}
