package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/roomtest"
	"wsexchange/mock/state"
)

func TestQueue(t *testing.T) {
	now := roomtest.Clock
	q := In(roomtest.Begin(t, state.Env{Now: func() time.Time { return now }}, Tables()))
	submit := func(suspended bool, j Job) *Job {
		made, err := q.SubmitJob(j, suspended)
		require.NoError(t, err)
		return made
	}
	claim := func() string {
		j, err := q.ClaimJob("{t}", "")
		require.NoError(t, err)
		if j == nil {
			return ""
		}
		assert.Equal(t, JobStarted, j.Status)
		return j.ID
	}
	status := func(id string) JobStatus {
		j, err := q.Job(id)
		require.NoError(t, err)
		return j.Status
	}
	full := Job{
		ID: "full", Namespace: "N", Procedure: "P", Trusted: true, Caller: "c", Base: "OU=b", Request: "<r/>", Priority: -60, RetryCount: 3,
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
	require.NoError(t, q.FinishJob("early", JobSuccess, 0, "<ok/>"))
	assert.Equal(t, JobSuccess, status("early"), "retained")
	assert.Equal(t, JobIncompletePrerequisite, status("child"), "one parent still runs")
	require.NoError(t, q.FinishJob("full", JobQueuedForRetry, 0x8000ffff, ""))
	assert.Equal(t, "early2", claim())
	require.NoError(t, q.FinishJob("early2", JobSuccess, 0, "<ok/>"))
	_, err := q.Job("early2")
	assert.ErrorIs(t, err, state.ErrNotFound, "not retained")
	now = now.Add(time.Second)
	assert.Equal(t, "full", claim(), "due again")
	require.NoError(t, q.FinishJob("full", JobAwaitingOperator, 0x8000ffff, "<e/>"))
	assert.Equal(t, "late", claim())
	assert.Empty(t, claim())
	next, err := q.NextJobTime()
	require.NoError(t, err)
	assert.Equal(t, roomtest.Clock.Add(time.Minute), next)
	recovered, err := q.RecoverJobs(func(string) bool { return true })
	require.NoError(t, err)
	assert.Equal(t, []string{"late"}, recovered)
	assert.Equal(t, "late", claim())
	j, err := q.Job("late")
	require.NoError(t, err)
	assert.Equal(t, 1, j.Attempts, "the run that was cut off does not count")
	require.NoError(t, q.ActivateJob("full"))
	assert.Equal(t, "full", claim())
	require.NoError(t, q.FinishJob("full", JobFailure, 0x8000ffff, "<e/>"))
	assert.Equal(t, JobCompletePrerequisite, status("child"), "a parent that used up its retries has finished")
	assert.Equal(t, "child", claim())
	require.NoError(t, q.ActivateJob("sleeping"))
	assert.Equal(t, "sleeping", claim())
	jobs, err := q.Jobs(JobStarted, JobFailure)
	require.NoError(t, err)
	var ids []string
	for _, j := range jobs {
		ids = append(ids, j.ID)
	}
	assert.Equal(t, []string{"full", "late", "sleeping", "child"}, ids)
}

func TestQueue_Refusals(t *testing.T) {
	q := In(roomtest.Begin(t, state.Env{}, Tables()))
	for _, id := range []string{"a", "b", "c"} {
		_, err := q.SubmitJob(Job{ID: id}, true)
		require.NoError(t, err)
	}
	require.NoError(t, q.AddJobDependency("a", "b"))
	require.NoError(t, q.AddJobDependency("a", "b"), "twice is once")
	require.NoError(t, q.AddJobDependency("b", "c"))
	_, err := q.SubmitJob(Job{ID: "running"}, false)
	require.NoError(t, err)
	for name, row := range map[string]struct {
		run  func() error
		want error
	}{
		"ring":                {func() error { return q.AddJobDependency("c", "a") }, ErrJobCycle},
		"itself":              {func() error { return q.AddJobDependency("a", "a") }, ErrJobCycle},
		"unknown parent":      {func() error { return q.AddJobDependency("x", "a") }, state.ErrNotFound},
		"unknown child":       {func() error { return q.AddJobDependency("a", "x") }, state.ErrNotFound},
		"child is active":     {func() error { return q.AddJobDependency("a", "running") }, ErrJobStatus},
		"activate an active":  {func() error { return q.ActivateJob("running") }, ErrJobStatus},
		"delete an active":    {func() error { return q.DeleteJob("running") }, ErrJobStatus},
		"finish an unstarted": {func() error { return q.FinishJob("running", JobSuccess, 0, "") }, ErrJobStatus},
		"unknown parent job":  {func() error { _, err := q.SubmitJob(Job{ID: "y", Parents: []string{"x"}}, true); return err }, state.ErrNotFound},
	} {
		assert.ErrorIs(t, row.run(), row.want, name)
	}
	require.NoError(t, q.ActivateJob("b"))
	require.NoError(t, q.DeleteJob("a"))
	j, err := q.Job("b")
	require.NoError(t, err)
	assert.Equal(t, JobCompletePrerequisite, j.Status, "what it waited for is gone")
	assert.Equal(t, "QUEUE_WITH_COMPLETE_PREREQ", j.Status.String())
}
