package queue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
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

// JobStatuses returns every status.
func JobStatuses() []JobStatus { return slices.Sorted(maps.Keys(jobStatusNames)) }

// runnable are the statuses of jobs that wait for their time alone.
var runnable = []JobStatus{JobPending, JobCompletePrerequisite, JobQueuedForRetry}

// String returns the original's name of the status.
func (s JobStatus) String() string { return jobStatusNames[s] }

// Finished reports whether the job will not run again by itself or by an
// operator.
func (s JobStatus) Finished() bool { return s >= JobSuccess && s <= JobErrorAndFailure }

// statusName is a status that rows write by its name.
type statusName JobStatus

// MarshalText writes the original's name.
func (s statusName) MarshalText() ([]byte, error) { return []byte(JobStatus(s).String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *statusName) UnmarshalText(text []byte) error {
	for status, name := range jobStatusNames {
		if name == string(text) {
			*s = statusName(status)
			return nil
		}
	}
	return fmt.Errorf("%q is not a status of the queue", text)
}

// Refusals of the queue.
var (
	ErrJobStatus = errors.New("job's status does not allow this")
	ErrJobCycle  = errors.New("jobs would wait for each other")
)
