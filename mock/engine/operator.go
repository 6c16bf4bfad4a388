package engine

import (
	"context"

	"wsexchange/mock/queue"
	"wsexchange/mock/state"
)

// Jobs lists the jobs with any of the statuses, or all, in the order of their
// submission. Requests and responses, which may hold secrets, are left out,
// and so are the jobs that they wait for.
func (e *Engine) Jobs(ctx context.Context, statuses ...queue.JobStatus) (jobs []*queue.Job, err error) {
	err = e.store.View(ctx, func(tx *state.Tx) error {
		jobs, err = queue.In(tx).Jobs(statuses...)
		return err
	})
	for _, job := range jobs {
		job.Request, job.Response = "", ""
	}
	return jobs, err
}

// Discard removes a job for an operator: a suspended one, one that waits for an
// operator, or one that has ended. Jobs that waited for it alone may run then.
// It fails with mpf.QueueJobUnknown and mpf.QueueState.
func (e *Engine) Discard(ctx context.Context, id string) error {
	err := e.changeJob(ctx, id, func(tx *state.Tx) error { return queue.In(tx).DeleteJob(id) })
	e.nudge(err == nil)
	return err
}
