package queue

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/mock/roomtest"
	"wsexchange/mock/state"
)

// Whatever is asked, a job that runs has no parent that may still run, nobody
// waits for ever for a job that is gone, and the best job that is due is run.
func TestQueue_UnderRandomOperations(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now := roomtest.Clock
		q := In(roomtest.Begin(t, state.Env{Now: func() time.Time { return now }}, Tables()))
		ids := []string{"a", "b", "c", "d", "e"}
		some := rapid.SampledFrom(ids)
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			id, other := some.Draw(r, "id"), some.Draw(r, "other")
			priority := rapid.IntRange(-1, 1).Draw(r, "priority")
			status := rapid.SampledFrom(JobStatuses()).Draw(r, "status")
			run := rapid.SampledFrom([]func() error{
				func() error {
					_, err := q.SubmitJob(Job{ID: id, Priority: priority, RetryInterval: time.Second, Retain: priority == 0}, priority < 0)
					return err
				},
				func() error { return q.AddJobDependency(other, id) },
				func() error { return q.ActivateJob(id) },
				func() error { return q.DeleteJob(id) },
				func() error { return q.FinishJob(id, status, 0, "") },
				func() error { now = now.Add(time.Second); return nil },
				func() error { _, err := q.RecoverJobs(func(string) bool { return true }); return err },
				func() error { return claimBest(r, q) },
			}).Draw(r, "operation")
			err := run()
			refused := errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrConflict) || errors.Is(err, ErrJobStatus) || errors.Is(err, ErrJobCycle)
			require.True(r, err == nil || refused, "%v", err)
			checkWaits(r, q)
		}
	})
}

// claimBest claims a job and requires that no other one that is due comes
// before it.
func claimBest(r *rapid.T, q Queue) error {
	candidates, err := q.Jobs(runnable...)
	require.NoError(r, err)
	candidates = slices.DeleteFunc(candidates, func(j *Job) bool { return j.NextRun.After(q.tx.Now()) })
	slices.SortStableFunc(candidates, func(a, b *Job) int { return a.Priority - b.Priority })
	claimed, err := q.ClaimJob("{t}", "")
	if len(candidates) == 0 {
		require.Nil(r, claimed)
		return err
	}
	require.Equal(r, candidates[0].ID, claimed.ID)
	return err
}

func checkWaits(r *rapid.T, q Queue) {
	all, err := q.Jobs()
	require.NoError(r, err)
	for _, one := range all {
		j, err := q.Job(one.ID)
		require.NoError(r, err)
		waiting := false
		for _, id := range j.Parents {
			parent, err := q.Job(id)
			require.NoError(r, err, "a parent that is gone")
			waiting = waiting || !parent.Status.Finished()
		}
		switch j.Status {
		case JobPending, JobStarted, JobCompletePrerequisite, JobQueuedForRetry:
			require.False(r, waiting, "%s is %s", j.ID, j.Status)
		case JobIncompletePrerequisite:
			require.True(r, waiting, "%s waits for nobody", j.ID)
		}
	}
}
