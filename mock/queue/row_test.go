package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/roomtest"
	"wsexchange/mock/state"
)

func TestRows_AreReadableAndComeBackAndAreNotDescribed(t *testing.T) {
	q := In(roomtest.Begin(t, state.Env{}, Tables()))
	for _, j := range []Job{
		{ID: "1:{a}"},
		{
			ID: "1:{b}", Namespace: "N", Procedure: "P", Trusted: true, Caller: "c", Base: "OU=b", Request: "<r>canary</r>", Priority: -60, RetryCount: 3,
			RetryInterval: 90*time.Second + time.Microsecond, RetryStop: 0x80070057, OnFailure: "continue", Retain: true, Parents: []string{"1:{a}"},
		},
	} {
		_, err := q.SubmitJob(j, false)
		require.NoError(t, err)
	}
	claimed, err := q.ClaimJob("{t}", "")
	require.NoError(t, err)
	assert.Equal(t, "1:{a}", claimed.ID)
	require.NoError(t, q.FinishJob("1:{a}", JobFailure, 0x8000ffff, "<e/>"))

	rows := roomtest.Rows(t, q.tx)
	assert.JSONEq(t, `{"id":"1:{a}","seq":1,"status":"QUEUE_FAILURE","attempts":1,"nextRun":"2004-05-06T07:08:09Z",
		"submitted":"2004-05-06T07:08:09Z","started":"2004-05-06T07:08:09Z","finished":"2004-05-06T07:08:09Z","transaction":"{t}",
		"code":"0x8000ffff","response":"<e/>"}`, rows["job 1:{a}"])
	assert.JSONEq(t, `{"id":"1:{b}","seq":2,"status":"QUEUE_WITH_COMPLETE_PREREQ","namespace":"N","procedure":"P","trusted":true,"caller":"c","base":"OU=b",
		"request":"<r>canary</r>","priority":-60,"retryCount":3,"retryInterval":"1m30s","retryStop":"0x80070057","onFailure":"continue",
		"retain":true,"nextRun":"2004-05-06T07:08:09Z","submitted":"2004-05-06T07:08:09Z","parents":["1:{a}"]}`, rows["job 1:{b}"])

	loaded := In(roomtest.Reload(t, q.tx))
	for _, id := range []string{"1:{a}", "1:{b}"} {
		want, err := q.Job(id)
		require.NoError(t, err)
		got, err := loaded.Job(id)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	assert.True(t, Tables()[0].Secret())
	assert.Empty(t, roomtest.Described(q.tx), "jobs hold secrets")
}

func TestRows_RefuseAnUnknownStatus(t *testing.T) {
	tx := roomtest.Begin(t, state.Env{}, Tables())
	_, err := tx.Load("job", []byte(`{"id":"x","status":"QUEUE_NONE"}`))
	assert.ErrorContains(t, err, `"QUEUE_NONE" is not a status of the queue`)
}

func TestJobs_InTheOrderOfSubmission(t *testing.T) {
	q := In(roomtest.Begin(t, state.Env{}, Tables()))
	for i, id := range []string{"z", "y", "x"} {
		_, err := q.SubmitJob(Job{ID: id, Priority: -i}, id == "y")
		require.NoError(t, err)
	}
	_, err := q.SubmitJob(Job{ID: "x"}, true)
	assert.ErrorIs(t, err, state.ErrConflict)
	for _, statuses := range [][]JobStatus{nil, {JobSuspended, JobPending, JobPending}, JobStatuses()} {
		found, err := q.Jobs(statuses...)
		require.NoError(t, err)
		ids := ""
		for _, j := range found {
			ids += j.ID
		}
		assert.Equal(t, "zyx", ids, statuses)
	}
	assert.Equal(t, map[JobStatus]int64{JobSuspended: 1, JobPending: 2}, q.Census())
}

func TestDeleteJob_LeavesNoTraceInThoseThatWaited(t *testing.T) {
	q := In(roomtest.Begin(t, state.Env{}, Tables()))
	for _, id := range []string{"a", "b", "c"} {
		_, err := q.SubmitJob(Job{ID: id}, true)
		require.NoError(t, err)
	}
	require.NoError(t, q.AddJobDependency("b", "c"))
	require.NoError(t, q.AddJobDependency("a", "c"))
	j, err := q.Job("c")
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, j.Parents)
	require.NoError(t, q.DeleteJob("a"))
	j, err = q.Job("c")
	require.NoError(t, err)
	assert.Equal(t, []string{"b"}, j.Parents)
	assert.Equal(t, JobSuspendedWithWaits, j.Status)
	require.NoError(t, q.SetJobRequest("c", "<r/>"))
	require.NoError(t, q.SetJobRequest("none", "<r/>"))
	j, err = q.Job("c")
	require.NoError(t, err)
	assert.Equal(t, "<r/>", j.Request)
}
