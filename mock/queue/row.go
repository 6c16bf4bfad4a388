package queue

import (
	"cmp"
	"strings"
	"time"

	"wsexchange/mock/column"
	"wsexchange/mock/state"
)

// job is the row of a queued request.
type job struct {
	ID            string       `json:"id"`
	Seq           int64        `json:"seq"`
	Status        statusName   `json:"status"`
	Namespace     string       `json:"namespace,omitempty"`
	Procedure     string       `json:"procedure,omitempty"`
	Trusted       bool         `json:"trusted,omitempty"`
	Caller        string       `json:"caller,omitempty"`
	Base          string       `json:"base,omitempty"`
	Request       string       `json:"request,omitempty"`
	Priority      int          `json:"priority,omitempty"`
	RetryCount    int          `json:"retryCount,omitempty"`
	RetryInterval milliseconds `json:"retryInterval,omitzero"`
	RetryStop     column.Code  `json:"retryStop,omitzero"`
	OnFailure     string       `json:"onFailure,omitempty"`
	Retain        bool         `json:"retain,omitempty"`
	Attempts      int          `json:"attempts,omitempty"`
	NextRun       column.Time  `json:"nextRun,omitzero"`
	Submitted     column.Time  `json:"submitted,omitzero"`
	Started       column.Time  `json:"started,omitzero"`
	Finished      column.Time  `json:"finished,omitzero"`
	TransactionID string       `json:"transaction,omitempty"`
	Owner         string       `json:"owner,omitempty"`
	Code          column.Code  `json:"code,omitzero"`
	Response      string       `json:"response,omitempty"`
	Parents       []string     `json:"parents,omitempty"` // in the order of their ids
}

// milliseconds is a duration in whole milliseconds, written as 1m30s.
type milliseconds int64

func (d milliseconds) duration() time.Duration { return time.Duration(d) * time.Millisecond }

// MarshalText writes the duration.
func (d milliseconds) MarshalText() ([]byte, error) { return []byte(d.duration().String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *milliseconds) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	*d = milliseconds(read.Milliseconds())
	return err
}

var (
	jobs = state.Declare(state.Spec[string, job]{
		Name: "job", Key: func(j *job) string { return j.ID }, Compare: strings.Compare, Secret: true,
	})
	jobsInOrder = state.Unique(jobs, "seq", cmp.Compare[int64], func(j *job, add func(int64)) { add(j.Seq) })
	jobsReady   = state.Ordered(jobs, "ready", compareTurns, func(j *job, add func(turn)) {
		add(turn{JobStatus(j.Status), j.Priority, j.Seq})
	})
	jobsDue = state.Ordered(jobs, "due", compareDue, func(j *job, add func(due)) {
		add(due{JobStatus(j.Status), j.NextRun})
	})
	jobChildren = state.Ordered(jobs, "parent", strings.Compare, func(j *job, add func(string)) {
		for _, parent := range j.Parents {
			add(parent)
		}
	})
)

// turn is the place of a job among those of its status.
type turn struct {
	status   JobStatus
	priority int
	seq      int64
}

func compareTurns(a, b turn) int {
	return cmp.Or(cmp.Compare(a.status, b.status), cmp.Compare(a.priority, b.priority), cmp.Compare(a.seq, b.seq))
}

// due is when a job of a status is to run.
type due struct {
	status JobStatus
	at     column.Time
}

func compareDue(a, b due) int {
	return cmp.Or(cmp.Compare(a.status, b.status), cmp.Compare(a.at, b.at))
}

// newJob makes the row of a job that is submitted, without what running it
// will tell.
func newJob(j Job) *job {
	return &job{
		ID: j.ID, Seq: j.Seq, Status: statusName(j.Status), Namespace: j.Namespace, Procedure: j.Procedure, Trusted: j.Trusted,
		Caller: j.Caller, Base: j.Base, Request: j.Request, Priority: j.Priority, RetryCount: j.RetryCount,
		RetryInterval: milliseconds(j.RetryInterval.Milliseconds()), RetryStop: column.Code(j.RetryStop), OnFailure: j.OnFailure,
		Retain: j.Retain, NextRun: column.At(j.NextRun), Submitted: column.At(j.Submitted),
	}
}

// job makes the Job of a row, without its parents.
func (j *job) job() *Job {
	return &Job{
		ID: j.ID, Seq: j.Seq, Status: JobStatus(j.Status), Namespace: j.Namespace, Procedure: j.Procedure, Trusted: j.Trusted,
		Caller: j.Caller, Base: j.Base, Request: j.Request, Priority: j.Priority, RetryCount: j.RetryCount,
		RetryInterval: j.RetryInterval.duration(), RetryStop: uint32(j.RetryStop), OnFailure: j.OnFailure, Retain: j.Retain,
		Attempts: j.Attempts, NextRun: j.NextRun.Time(), Submitted: j.Submitted.Time(), Started: j.Started.Time(),
		Finished: j.Finished.Time(), TransactionID: j.TransactionID, Owner: j.Owner, Code: uint32(j.Code), Response: j.Response,
	}
}
