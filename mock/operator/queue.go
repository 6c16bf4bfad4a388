package operator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"wsexchange/internal/daemon"
	"wsexchange/mock/queue"
	"wsexchange/mpf"
)

// Queue is what an operator can do to queued requests. *engine.Engine is one.
type Queue interface {
	Jobs(ctx context.Context, statuses ...queue.JobStatus) ([]*queue.Job, error)
	Activate(ctx context.Context, id string) error
	Discard(ctx context.Context, id string) error
}

// Job is a queued request as operators see it, without what it says. Times that
// have not come are left out.
type Job struct {
	ID            string     `json:"id"`
	Status        string     `json:"status"`
	Namespace     string     `json:"namespace,omitempty"`
	Procedure     string     `json:"procedure,omitempty"`
	Trusted       bool       `json:"trusted"`
	Caller        string     `json:"caller"`
	Priority      int        `json:"priority"`
	Attempts      int        `json:"attempts"`
	Retries       int        `json:"retries"` // at most, after the first run
	Code          string     `json:"code,omitempty"`
	Error         string     `json:"error,omitempty"` // the name of the code
	TransactionID string     `json:"transaction,omitempty"`
	Submitted     time.Time  `json:"submitted"`
	Started       *time.Time `json:"started,omitempty"`
	Finished      *time.Time `json:"finished,omitempty"`
	NextRun       *time.Time `json:"nextRun,omitempty"`
}

// mostJobs is how many jobs one answer lists.
const mostJobs = 1000

// List is the answer to GET /-/queue: the oldest jobs, and how many there are.
type List struct {
	Jobs  []Job `json:"jobs"`
	Total int   `json:"total"`
}

// HandleQueue adds the routes of the queue. The logger hears what operators
// change.
func HandleQueue(admin *daemon.Admin, q Queue, logger *slog.Logger) {
	change := func(what string, do func(context.Context, string) error) func(*http.Request) (any, error) {
		return func(r *http.Request) (any, error) {
			id := r.URL.Query().Get("id")
			if id == "" {
				return nil, errors.New("id: which queued request? GET /-/queue lists them")
			}
			if err := do(r.Context(), id); err != nil {
				return nil, err
			}
			logger.Info("queued request "+what, "id", id)
			return map[string]string{what: id}, nil
		}
	}
	admin.Handle("GET /-/queue", func(r *http.Request) (any, error) { return list(r, q) })
	admin.Handle("POST /-/queue/activate", change("activated", q.Activate))
	admin.Handle("DELETE /-/queue", change("deleted", q.Discard))
}

func list(r *http.Request, q Queue) (List, error) {
	statuses, err := statusesOf(r.URL.Query()["status"])
	if err != nil {
		return List{}, err
	}
	found, err := q.Jobs(r.Context(), statuses...)
	if err != nil {
		return List{}, err
	}
	answer := List{Jobs: []Job{}, Total: len(found)}
	for _, job := range found[:min(len(found), mostJobs)] {
		answer.Jobs = append(answer.Jobs, show(job))
	}
	return answer, nil
}

// statusesOf reads names of statuses; none stand for those that have not ended.
func statusesOf(names []string) ([]queue.JobStatus, error) {
	var statuses []queue.JobStatus
	var known []string
	for _, status := range queue.JobStatuses() {
		known = append(known, status.String())
		if len(names) == 0 && !status.Finished() {
			statuses = append(statuses, status)
		}
	}
	for _, name := range names {
		found := false
		for _, status := range queue.JobStatuses() {
			if strings.EqualFold(name, status.String()) {
				statuses, found = append(statuses, status), true
			}
		}
		if !found {
			return nil, fmt.Errorf("status %q is none of %s", name, strings.Join(known, ", "))
		}
	}
	return statuses, nil
}

func show(j *queue.Job) Job {
	shown := Job{
		ID: j.ID, Status: j.Status.String(), Namespace: j.Namespace, Procedure: j.Procedure, Trusted: j.Trusted, Caller: j.Caller,
		Priority: j.Priority, Attempts: j.Attempts, Retries: j.RetryCount, TransactionID: j.TransactionID,
		Submitted: j.Submitted, Started: moment(j.Started), Finished: moment(j.Finished),
	}
	if code := mpf.HRESULT(j.Code); code != mpf.OK {
		shown.Code, shown.Error = code.String(), code.Name()
	}
	if !j.Status.Finished() && j.Status != queue.JobAwaitingOperator {
		shown.NextRun = moment(j.NextRun)
	}
	return shown
}

func moment(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
