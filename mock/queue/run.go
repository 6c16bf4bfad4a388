package queue

import (
	"fmt"
	"math"
	"slices"
	"time"

	"wsexchange/mock/column"
)

// ActivateJob lets a suspended job, or one that waits for an operator, run
// when its parents have finished. Any other is ErrJobStatus.
func (q Queue) ActivateJob(id string) error {
	row, err := q.row(id)
	if err != nil {
		return err
	}
	switch status := JobStatus(row.Status); status {
	case JobSuspended, JobSuspendedWithWaits:
		return q.setStatus(row, q.readiness(row))
	case JobAwaitingOperator:
		return q.change(row, func(j *job) {
			j.Status, j.Attempts, j.NextRun = statusName(JobPending), 0, column.At(q.tx.Now())
		})
	default:
		return fmt.Errorf("job %s is %s: %w", id, status, ErrJobStatus)
	}
}

func (q Queue) setStatus(row *job, status JobStatus) error {
	return q.change(row, func(j *job) { j.Status = statusName(status) })
}

// readiness returns the status that its parents allow an activated job.
func (q Queue) readiness(row *job) JobStatus {
	switch {
	case len(row.Parents) == 0:
		return JobPending
	case q.waits(row):
		return JobIncompletePrerequisite
	}
	return JobCompletePrerequisite
}

// waits reports whether a job has a parent that has not finished.
func (q Queue) waits(row *job) bool {
	return slices.ContainsFunc(row.Parents, func(id string) bool {
		parent := jobs.Get(q.tx, id)
		return parent != nil && !JobStatus(parent.Status).Finished()
	})
}

// DeleteJob removes a suspended or finished job, or one that waits for an
// operator. Any other is ErrJobStatus. Jobs that waited for it alone may run.
func (q Queue) DeleteJob(id string) error {
	row, err := q.row(id)
	if err != nil {
		return err
	}
	status := JobStatus(row.Status)
	switch {
	case status.Finished(), status == JobSuspended, status == JobSuspendedWithWaits, status == JobAwaitingOperator:
	default:
		return fmt.Errorf("job %s is %s: %w", id, status, ErrJobStatus)
	}
	children := q.children(id)
	if _, err := jobs.Delete(q.tx, id); err != nil {
		return err
	}
	for _, child := range children {
		err := q.change(child, func(j *job) {
			j.Parents = slices.DeleteFunc(slices.Clone(j.Parents), func(parent string) bool { return parent == id })
		})
		if err != nil {
			return err
		}
	}
	return q.release(children)
}

// children returns the jobs that wait for one, in the order of their
// submission.
func (q Queue) children(id string) []*job {
	rows := slices.Collect(jobChildren.Is(q.tx, id))
	inOrder(rows)
	return rows
}

// release lets the jobs run whose parents have all finished.
func (q Queue) release(children []*job) error {
	for _, child := range children {
		row := jobs.Get(q.tx, child.ID) // as it is now
		if row == nil || JobStatus(row.Status) != JobIncompletePrerequisite || q.waits(row) {
			continue
		}
		if err := q.setStatus(row, JobCompletePrerequisite); err != nil {
			return err
		}
	}
	return nil
}

// ClaimJob takes the next job to run: the lowest priority number first, then
// the oldest. Its status becomes JobStarted and its attempts grow by one. If
// none is due it is nil without an error. The owner is who runs it.
func (q Queue) ClaimJob(transactionID, owner string) (*Job, error) {
	now := column.At(q.tx.Now())
	var best *job
	for _, status := range runnable {
		row := q.claimable(status, now)
		if row != nil && (best == nil || row.Priority < best.Priority || row.Priority == best.Priority && row.Seq < best.Seq) {
			best = row
		}
	}
	if best == nil {
		return nil, q.tx.Ready(false)
	}
	err := q.change(best, func(j *job) {
		j.Status, j.Started, j.TransactionID, j.Owner = statusName(JobStarted), now, transactionID, owner
		j.Attempts++
	})
	if err != nil {
		return nil, err
	}
	return q.Job(best.ID)
}

// claimable returns the best job to run by priority, then age, among those in
// one status, or nil.
func (q Queue) claimable(status JobStatus, now column.Time) *job {
	for place, row := range jobsReady.From(q.tx, turn{status: status, priority: math.MinInt}) {
		if place.status != status {
			break
		}
		if row.NextRun <= now {
			return row
		}
	}
	return nil
}

// NextJobTime returns when the next job that waits for its time is due, the
// zero time if none does.
func (q Queue) NextJobTime() (time.Time, error) {
	var next time.Time
	for _, status := range runnable {
		for first := range jobsDue.Keys(q.tx, due{status: status, at: math.MinInt64}) {
			if at := first.at.Time(); first.status == status && (next.IsZero() || at.Before(next)) {
				next = at
			}
			break
		}
	}
	return next, q.tx.Ready(false)
}

// FinishJob ends a run of a started job. The status says how: a finished one
// releases the jobs that wait for it, JobQueuedForRetry runs it again after
// its interval, JobAwaitingOperator parks it. A success that is not retained
// is removed. Any status but these is ErrJobStatus.
func (q Queue) FinishJob(id string, status JobStatus, code uint32, response string) error {
	row, err := q.row(id)
	if err != nil {
		return err
	}
	if was := JobStatus(row.Status); was != JobStarted || !status.Finished() && status != JobQueuedForRetry && status != JobAwaitingOperator {
		return fmt.Errorf("job %s from %s to %s: %w", id, was, status, ErrJobStatus)
	}
	now := q.tx.Now()
	err = q.change(row, func(j *job) {
		j.Status, j.Code, j.Response, j.Finished = statusName(status), column.Code(code), response, column.At(now)
		j.NextRun = column.At(now.Add(j.RetryInterval.duration()))
	})
	if err != nil || !status.Finished() {
		return err
	}
	if err := q.release(q.children(id)); err != nil {
		return err
	}
	if status == JobSuccess && !row.Retain {
		return q.DeleteJob(id)
	}
	return nil
}

// SetJobRequest replaces what a job keeps of its request. A job that is gone
// is not an error.
func (q Queue) SetJobRequest(id, request string) error {
	row := jobs.Get(q.tx, id)
	if row == nil {
		return q.tx.Ready(true)
	}
	return q.change(row, func(j *job) { j.Request = request })
}

// RecoverJobs makes the jobs run again at once that were started by owners who
// have ended since, without counting the run that was cut off, and returns
// their ids. Call it before the first ClaimJob.
func (q Queue) RecoverJobs(ended func(owner string) bool) ([]string, error) {
	var ids []string
	for _, row := range q.withStatus(JobStarted) {
		if !ended(row.Owner) {
			continue
		}
		err := q.change(row, func(j *job) {
			j.Status, j.NextRun = statusName(JobQueuedForRetry), column.At(q.tx.Now())
			j.Attempts--
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, row.ID)
	}
	return ids, q.tx.Ready(false)
}
