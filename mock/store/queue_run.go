package store

import (
	"fmt"
	"time"
)

// ActivateJob lets a suspended job, or one that waits for an operator, run
// when its parents have finished. Any other is ErrJobStatus.
func (t *Tx) ActivateJob(id string) error {
	j, err := t.Job(id)
	if err != nil {
		return err
	}
	switch j.Status {
	case JobSuspended, JobSuspendedWithWaits:
		return t.queueReady(j)
	case JobAwaitingOperator:
		_, err = t.exec("UPDATE job SET status = ?, attempts = 0, next_run = ? WHERE id = ?", JobPending, micros(t.Now()), id)
		return err
	}
	return fmt.Errorf("job %s is %s: %w", id, j.Status, ErrJobStatus)
}

// queueReady gives an activated job the status that its parents allow.
func (t *Tx) queueReady(j *Job) error {
	status := JobPending
	if len(j.Parents) > 0 {
		status = JobCompletePrerequisite
		waiting, err := t.waits(j.ID)
		if err != nil {
			return err
		}
		if waiting {
			status = JobIncompletePrerequisite
		}
	}
	return t.setJobStatus(j.ID, status)
}

// waits tells whether a job has a parent that has not finished.
func (t *Tx) waits(id string) (bool, error) {
	open, err := collect(t, scanText, "SELECT p.parent_id FROM job_parent p JOIN job j ON j.id = p.parent_id"+
		" WHERE p.job_id = ? AND j.status > 3 LIMIT 1", id)
	return len(open) > 0, err
}

// DeleteJob removes a suspended or finished job, or one that waits for an
// operator. Any other is ErrJobStatus. Jobs that waited for it alone may run.
func (t *Tx) DeleteJob(id string) error {
	j, err := t.Job(id)
	if err != nil {
		return err
	}
	switch {
	case j.Status.Finished(), j.Status == JobSuspended, j.Status == JobSuspendedWithWaits, j.Status == JobAwaitingOperator:
	default:
		return fmt.Errorf("job %s is %s: %w", id, j.Status, ErrJobStatus)
	}
	children, err := t.jobChildren(id)
	if err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM job WHERE id = ?", id); err != nil {
		return err
	}
	return t.release(children)
}

func (t *Tx) jobChildren(id string) ([]string, error) {
	return collect(t, scanText, "SELECT c.job_id FROM job_parent c JOIN job j ON j.id = c.job_id WHERE c.parent_id = ? ORDER BY j.seq", id)
}

// release lets the jobs run whose parents have all finished.
func (t *Tx) release(children []string) error {
	for _, child := range children {
		waiting, err := t.waits(child)
		if err != nil {
			return err
		}
		if waiting {
			continue
		}
		if _, err := t.exec("UPDATE job SET status = ? WHERE id = ? AND status = ?",
			JobCompletePrerequisite, child, JobIncompletePrerequisite); err != nil {
			return err
		}
	}
	return nil
}

// claimable is the best job to run by priority, then age, among those in one
// status.
const claimable = "SELECT " + jobColumns + " FROM job WHERE status = ? AND next_run <= ? ORDER BY priority, seq LIMIT 1"

// ClaimJob takes the next job to run: the lowest priority number first, then
// the oldest. Its status becomes JobStarted and its attempts grow by one. If
// none is due it is nil without an error.
func (t *Tx) ClaimJob(transactionID string) (*Job, error) {
	now := t.Now()
	var best *Job
	for _, status := range []JobStatus{JobPending, JobCompletePrerequisite, JobQueuedForRetry} {
		found, err := collect(t, scanJob, claimable, status, micros(now))
		if err != nil {
			return nil, err
		}
		for _, j := range found {
			if best == nil || j.Priority < best.Priority || j.Priority == best.Priority && j.Seq < best.Seq {
				best = j
			}
		}
	}
	if best == nil {
		return nil, nil
	}
	if _, err := t.exec("UPDATE job SET status = ?, attempts = attempts + 1, started = ?, transaction_id = ? WHERE id = ?",
		JobStarted, micros(now), transactionID, best.ID); err != nil {
		return nil, err
	}
	return t.Job(best.ID)
}

// NextJobTime gives when the next job that waits for its time is due, the zero
// time if none does.
func (t *Tx) NextJobTime() (time.Time, error) {
	var next time.Time
	for _, status := range []JobStatus{JobPending, JobCompletePrerequisite, JobQueuedForRetry} {
		due, err := collect(t, scanID, "SELECT next_run FROM job WHERE status = ? ORDER BY next_run LIMIT 1", status)
		if err != nil {
			return time.Time{}, err
		}
		for _, at := range due {
			if next.IsZero() || fromMicros(at).Before(next) {
				next = fromMicros(at)
			}
		}
	}
	return next, nil
}

// FinishJob ends a run of a started job. The status says how: a finished one
// releases the jobs that wait for it, JobQueuedForRetry runs it again after
// its interval, JobAwaitingOperator parks it. A success that is not retained
// is removed. Any status but these is ErrJobStatus.
func (t *Tx) FinishJob(id string, status JobStatus, code uint32, response string) error {
	j, err := t.Job(id)
	if err != nil {
		return err
	}
	if j.Status != JobStarted || !status.Finished() && status != JobQueuedForRetry && status != JobAwaitingOperator {
		return fmt.Errorf("job %s from %s to %s: %w", id, j.Status, status, ErrJobStatus)
	}
	now := t.Now()
	if _, err := t.exec("UPDATE job SET status = ?, code = ?, response = ?, next_run = ?, finished = ? WHERE id = ?",
		status, code, response, micros(now.Add(j.RetryInterval)), micros(now), id); err != nil {
		return err
	}
	if !status.Finished() {
		return nil
	}
	children, err := t.jobChildren(id)
	if err != nil {
		return err
	}
	if err := t.release(children); err != nil {
		return err
	}
	if status == JobSuccess && !j.Retain {
		return t.DeleteJob(id)
	}
	return nil
}

// SetJobRequest replaces what a job keeps of its request. A job that is gone
// is no error.
func (t *Tx) SetJobRequest(id, request string) error {
	_, err := t.exec("UPDATE job SET request = ? WHERE id = ?", request, id)
	return err
}

// RecoverJobs makes the jobs that a crash left started run again at once,
// without counting the run that was cut off, and gives their ids. Call it
// before the first ClaimJob.
func (t *Tx) RecoverJobs() ([]string, error) {
	ids, err := collect(t, scanText, "SELECT id FROM job WHERE status = ? ORDER BY seq", JobStarted)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	_, err = t.exec("UPDATE job SET status = ?, attempts = attempts - 1, next_run = ? WHERE status = ?",
		JobQueuedForRetry, micros(t.Now()), JobStarted)
	return ids, err
}
