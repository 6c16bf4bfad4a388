package queue

import (
	"fmt"
	"math"
	"slices"
	"time"

	"wsexchange/mock/state"
)

// KindJob is what state.NotFoundError and state.ConflictError tell of jobs.
const KindJob = "job"

// Queue is the queue as a transaction sees it. It belongs to the goroutine of
// the transaction.
type Queue struct{ tx *state.Tx }

// In returns the queue in a transaction.
func In(tx *state.Tx) Queue { return Queue{tx: tx} }

// Tables returns the table of the queue: job, which is secret. All domain
// controllers have the same rows.
func Tables() []state.Declaration { return []state.Declaration{jobs} }

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
	Base          string        // distinguished name that the caller is held to, or empty
	Request       string        // XML
	Priority      int           // lower runs earlier
	RetryCount    int           // runs after the first, at most
	RetryInterval time.Duration // in whole milliseconds
	RetryStop     uint32        // HRESULT that ends retrying, 0 = none
	OnFailure     string        // continue or queueToOperator
	Retain        bool          // keep the response of a success
	Attempts      int           // runs begun
	NextRun       time.Time
	Submitted     time.Time
	Started       time.Time
	Finished      time.Time
	TransactionID string
	Owner         string // engine that runs it, or ran it last, see ledger.Store.Owner
	Code          uint32
	Response      string   // XML
	Parents       []string // ids of the jobs that must finish before
}

// SubmitJob queues a request. suspended ones wait for ActivateJob; others wait
// for their parents, which must be in the queue. An id that is in the queue
// already is state.ErrConflict.
func (q Queue) SubmitJob(j Job, suspended bool) (*Job, error) {
	if jobs.Get(q.tx, j.ID) != nil {
		return nil, &state.ConflictError{Kind: KindJob, Value: j.ID}
	}
	var err error
	if j.Seq, err = q.tx.Next("job"); err != nil {
		return nil, err
	}
	j.Submitted = q.tx.Now()
	if j.NextRun.IsZero() {
		j.NextRun = j.Submitted
	}
	j.Status = JobSuspended
	if err := jobs.Put(q.tx, newJob(j)); err != nil {
		return nil, err
	}
	for _, parent := range j.Parents {
		if err := q.AddJobDependency(parent, j.ID); err != nil {
			return nil, err
		}
	}
	if !suspended {
		if err := q.ActivateJob(j.ID); err != nil {
			return nil, err
		}
	}
	return q.Job(j.ID)
}

// Job returns a job with its parents.
func (q Queue) Job(id string) (*Job, error) {
	row, err := q.row(id)
	if err != nil {
		return nil, err
	}
	j := row.job()
	j.Parents = slices.Clone(row.Parents)
	return j, nil
}

func (q Queue) row(id string) (*job, error) {
	if row := jobs.Get(q.tx, id); row != nil {
		return row, nil
	}
	return nil, &state.NotFoundError{Kind: KindJob, Value: id}
}

// change puts a changed copy of a row. change must not write into what the
// row refers to.
func (q Queue) change(row *job, change func(*job)) error {
	changed := *row
	change(&changed)
	return jobs.Put(q.tx, &changed)
}

// Jobs returns the jobs with any of the statuses, or all, in the order of their
// submission. Their parents are left out.
func (q Queue) Jobs(statuses ...JobStatus) ([]*Job, error) {
	var all []*Job
	if len(statuses) == 0 {
		for _, row := range jobsInOrder.From(q.tx, 0) {
			all = append(all, row.job())
		}
		return all, q.tx.Ready(false)
	}
	for _, row := range q.withStatus(statuses...) {
		all = append(all, row.job())
	}
	return all, q.tx.Ready(false)
}

// withStatus returns the rows with any of the statuses in the order of their
// submission.
func (q Queue) withStatus(statuses ...JobStatus) []*job {
	var rows []*job
	for i, status := range statuses {
		if slices.Contains(statuses[:i], status) {
			continue
		}
		for place, row := range jobsReady.From(q.tx, turn{status: status, priority: math.MinInt}) {
			if place.status != status {
				break
			}
			rows = append(rows, row)
		}
	}
	inOrder(rows)
	return rows
}

func inOrder(rows []*job) {
	slices.SortFunc(rows, func(a, b *job) int { return int(a.Seq - b.Seq) })
}

// Census counts jobs by status; statuses without any are missing. Work grows
// with the number of jobs.
func (q Queue) Census() map[JobStatus]int64 {
	counts := make(map[JobStatus]int64)
	for place := range jobsReady.Keys(q.tx, turn{priority: math.MinInt}) {
		counts[place.status]++
	}
	return counts
}

// AddJobDependency makes child wait until parent has finished. Both must be
// in the queue and child suspended, else it is ErrJobStatus; a ring of waits is
// ErrJobCycle.
func (q Queue) AddJobDependency(parentID, childID string) error {
	child, err := q.row(childID)
	if err != nil {
		return err
	}
	if _, err := q.row(parentID); err != nil {
		return err
	}
	if status := JobStatus(child.Status); status != JobSuspended && status != JobSuspendedWithWaits {
		return fmt.Errorf("job %s: %w", childID, ErrJobStatus)
	}
	if parentID == childID || q.waitsFor(parentID, childID, make(map[string]bool)) {
		return fmt.Errorf("job %s: %w", childID, ErrJobCycle)
	}
	return q.change(child, func(j *job) {
		j.Status = statusName(JobSuspendedWithWaits)
		if i, found := slices.BinarySearch(j.Parents, parentID); !found {
			j.Parents = slices.Insert(slices.Clone(j.Parents), i, parentID)
		}
	})
}

// waitsFor reports whether a job waits for another, be it through others. seen
// are jobs of which that is known not to be so.
func (q Queue) waitsFor(id, other string, seen map[string]bool) bool {
	row := jobs.Get(q.tx, id)
	if row == nil || seen[id] {
		return false
	}
	seen[id] = true
	for _, parent := range row.Parents {
		if parent == other || q.waitsFor(parent, other, seen) {
			return true
		}
	}
	return false
}
