package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// JobStatus is the status of a queued request, by the original's numbers.
// F110.
type JobStatus int

// The statuses of the queue.
const (
	JobSuccess                JobStatus = 0
	JobError                  JobStatus = 1
	JobFailure                JobStatus = 2
	JobErrorAndFailure        JobStatus = 3
	JobPending                JobStatus = 4
	JobStarted                JobStatus = 5
	JobQueuedForRetry         JobStatus = 10
	JobIncompletePrerequisite JobStatus = 11
	JobCompletePrerequisite   JobStatus = 12
	JobSuspended              JobStatus = 13
	JobSuspendedWithWaits     JobStatus = 14
	JobAwaitingOperator       JobStatus = 15
)

// jobStatusNames are the names in the original's documents.
var jobStatusNames = map[JobStatus]string{
	JobSuccess: "QUEUE_SUCCESS", JobError: "QUEUE_ERROR", JobFailure: "QUEUE_FAILURE", JobErrorAndFailure: "QUEUE_ERROR_AND_FAILURE",
	JobPending: "QUEUE_PENDING", JobStarted: "QUEUE_STARTED", JobQueuedForRetry: "QUEUE_QUEUED_FOR_RETRY",
	JobIncompletePrerequisite: "QUEUE_WITH_INCOMPLETE_PREREQ", JobCompletePrerequisite: "QUEUE_WITH_COMPLETE_PREREQ",
	JobSuspended: "QUEUE_SUSPENDED", JobSuspendedWithWaits: "QUEUE_SUSPENDED_WITH_WAITS",
	JobAwaitingOperator: "QUEUE_FAILED_AWAITING_OPERATOR",
}

// JobStatuses lists every status.
func JobStatuses() []JobStatus { return slices.Sorted(maps.Keys(jobStatusNames)) }

// String gives the original's name of the status.
func (s JobStatus) String() string { return jobStatusNames[s] }

// Finished tells whether the job will not run again by itself or by an
// operator.
func (s JobStatus) Finished() bool { return s >= JobSuccess && s <= JobErrorAndFailure }

// Errors of the queue.
var (
	ErrJobStatus = errors.New("job's status does not allow this")
	ErrJobCycle  = errors.New("jobs would wait for each other")
)

// Job is a queued request. Request may hold secrets, which running it needs:
// it is not for showing.
type Job struct {
	ID            string // such as 1:{guid}
	Seq           int64  // order of submission, given when it is written
	Status        JobStatus
	Namespace     string // of a simple request
	Procedure     string
	Trusted       bool
	Caller        string
	Request       string // XML
	Priority      int    // lower runs earlier
	RetryCount    int    // runs after the first, at most
	RetryInterval time.Duration
	RetryStop     uint32 // HRESULT that ends retrying, 0 = none
	OnFailure     string // continue or queueToOperator
	Retain        bool   // keep the response of a success
	Attempts      int    // runs begun
	NextRun       time.Time
	Submitted     time.Time
	Started       time.Time
	Finished      time.Time
	TransactionID string
	Code          uint32
	Response      string   // XML
	Parents       []string // ids of the jobs that must finish before
}

const jobColumns = "id, seq, status, namespace, procedure, trusted, caller, request, priority, retry_count, retry_interval," +
	" retry_stop, on_failure, retain, attempts, next_run, submitted, started, finished, transaction_id, code, response"

func scanJob(row scanner) (*Job, error) {
	var (
		j                                           Job
		interval, next, submitted, started, stopped int64
	)
	err := row.Scan(&j.ID, &j.Seq, &j.Status, &j.Namespace, &j.Procedure, &j.Trusted, &j.Caller, &j.Request, &j.Priority,
		&j.RetryCount, &interval, &j.RetryStop, &j.OnFailure, &j.Retain, &j.Attempts, &next, &submitted, &started, &stopped,
		&j.TransactionID, &j.Code, &j.Response)
	j.RetryInterval = time.Duration(interval) * time.Millisecond
	j.NextRun, j.Submitted, j.Started, j.Finished = fromMicros(next), fromMicros(submitted), fromMicros(started), fromMicros(stopped)
	return &j, err
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SubmitJob queues a request. suspended ones wait for ActivateJob; others wait
// for their parents, which must be in the queue.
func (t *Tx) SubmitJob(j Job, suspended bool) (*Job, error) {
	var err error
	if j.Seq, err = t.next("job"); err != nil {
		return nil, err
	}
	j.Submitted = t.Now()
	if j.NextRun.IsZero() {
		j.NextRun = j.Submitted
	}
	j.Status = JobSuspended
	_, err = t.exec("INSERT INTO job ("+jobColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		j.ID, j.Seq, j.Status, j.Namespace, j.Procedure, truth(j.Trusted), j.Caller, j.Request, j.Priority, j.RetryCount,
		j.RetryInterval.Milliseconds(), j.RetryStop, j.OnFailure, truth(j.Retain), 0, micros(j.NextRun), micros(j.Submitted), 0, 0, "", 0, "")
	if err != nil {
		return nil, err
	}
	for _, parent := range j.Parents {
		if err := t.AddJobDependency(parent, j.ID); err != nil {
			return nil, err
		}
	}
	if !suspended {
		if err := t.ActivateJob(j.ID); err != nil {
			return nil, err
		}
	}
	return t.Job(j.ID)
}

// Job gives a job with its parents.
func (t *Tx) Job(id string) (*Job, error) {
	found, err := collect(t, scanJob, "SELECT "+jobColumns+" FROM job WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		err = &NotFoundError{Kind: "job", Value: id}
	}
	if err != nil {
		return nil, err
	}
	found[0].Parents, err = collect(t, scanText, "SELECT parent_id FROM job_parent WHERE job_id = ? ORDER BY parent_id", id)
	return found[0], err
}

// Jobs gives the jobs with any of the statuses, or all, in the order of their
// submission. Their parents are left out.
func (t *Tx) Jobs(statuses ...JobStatus) ([]*Job, error) {
	query, arguments := "SELECT "+jobColumns+" FROM job", []any{}
	if len(statuses) > 0 {
		query += " WHERE status IN (?" + strings.Repeat(", ?", len(statuses)-1) + ")"
	}
	for _, status := range statuses {
		arguments = append(arguments, status)
	}
	return collect(t, scanJob, query+" ORDER BY seq", arguments...)
}

func (t *Tx) setJobStatus(id string, status JobStatus) error {
	_, err := t.exec("UPDATE job SET status = ? WHERE id = ?", status, id)
	return err
}

// AddJobDependency makes child wait until parent has finished. Both must be
// suspended, else it is ErrJobStatus; a ring of waits is ErrJobCycle.
func (t *Tx) AddJobDependency(parentID, childID string) error {
	child, err := t.Job(childID)
	if err != nil {
		return err
	}
	if _, err := t.Job(parentID); err != nil {
		return err
	}
	if child.Status != JobSuspended && child.Status != JobSuspendedWithWaits {
		return fmt.Errorf("job %s: %w", childID, ErrJobStatus)
	}
	ring, err := collect(t, scanText, "WITH RECURSIVE up (id) AS (SELECT parent_id FROM job_parent WHERE job_id = ?"+
		" UNION SELECT p.parent_id FROM up JOIN job_parent p ON p.job_id = up.id) SELECT id FROM up WHERE id = ?", parentID, childID)
	if err != nil {
		return err
	}
	if len(ring) > 0 || parentID == childID {
		return fmt.Errorf("job %s: %w", childID, ErrJobCycle)
	}
	if _, err := t.exec("INSERT INTO job_parent (job_id, parent_id) VALUES (?, ?) ON CONFLICT (job_id, parent_id) DO NOTHING",
		childID, parentID); err != nil {
		return err
	}
	return t.setJobStatus(childID, JobSuspendedWithWaits)
}
