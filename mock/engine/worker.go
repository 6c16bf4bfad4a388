package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/queue"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Pauses of the worker. It wakes at once for jobs queued through this engine;
// the longest pause is for those that others put into the same store.
const (
	longestPause = 5 * time.Second
	sweepEvery   = 15 * time.Second
)

// DefaultKeepDeleted is how long deleted objects can be found over LDAP: the
// lifetime of tombstones in a forest that Windows Server 2003 made (F456).
const DefaultKeepDeleted = 60 * 24 * time.Hour

// forgetAtOnce is how many deleted objects are removed in one transaction,
// between which others get their turn.
const forgetAtOnce = 2000

// Run runs queued requests, and clears old entries out of the logs and what
// stays of deleted objects, until ctx ends.
// Several goroutines may run it.
func (e *Engine) Run(ctx context.Context) error {
	var swept time.Time
	for {
		ran, err := e.RunOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			e.logger.Error("the queue could not be read", slog.Any("error", err))
		}
		if now := e.now(); now.Sub(swept) >= sweepEvery {
			swept = now
			if err := e.sweep(ctx); err != nil {
				e.logger.Error("the logs of transactions and audit, and the deleted objects, could not be swept", slog.Any("error", err))
			}
		}
		if ran && err == nil {
			continue
		}
		if !e.pause(ctx) {
			return nil
		}
	}
}

// pause waits for the next job. It is false when ctx has ended.
func (e *Engine) pause(ctx context.Context) bool {
	wait := longestPause
	_ = e.store.View(ctx, func(tx *state.Tx) error { // without it the longest pause is kept
		next, err := queue.In(tx).NextJobTime()
		if err == nil && !next.IsZero() {
			wait = min(wait, max(next.Sub(e.now()), 10*time.Millisecond))
		}
		return err
	})
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-e.wake:
	}
	return true
}

// sweep removes what is older than the ledger keeps it, and what stays of
// objects that were deleted long ago. Where engines share the ledger it also
// ends what those left that have stopped meanwhile.
func (e *Engine) sweep(ctx context.Context) error {
	if e.store.Shared() {
		if err := e.Recover(ctx); err != nil {
			return err
		}
	}
	_, err := e.store.Prune(ctx, e.now())
	return errors.Join(err, e.forgetDeleted(ctx))
}

func (e *Engine) forgetDeleted(ctx context.Context) error {
	if e.keepDeleted < 0 {
		return nil
	}
	before := e.now().Add(-e.keepDeleted)
	for {
		old := false
		if err := e.store.View(ctx, func(tx *state.Tx) error {
			old = directory.In(tx).DeletedBefore(before)
			return nil
		}); err != nil || !old {
			return err
		}
		if err := e.store.Update(ctx, func(tx *state.Tx) error {
			_, err := directory.In(tx).ForgetDeleted(before, forgetAtOnce)
			return err
		}); err != nil {
			return err
		}
	}
}

// RunOnce runs the queued request whose turn it is, if one is due, and tells
// whether there was one. How the request ended is kept with it; an error means
// that the queue itself could not be read or written.
func (e *Engine) RunOnce(ctx context.Context) (bool, error) {
	due, err := e.due(ctx)
	if err != nil || !due {
		return false, err
	}
	id := e.newID()
	var job *queue.Job
	err = e.store.Update(ctx, func(tx *state.Tx) (err error) {
		job, err = queue.In(tx).ClaimJob(id, e.store.Owner())
		return err
	})
	if err != nil || job == nil {
		return false, err
	}
	target := mpf.Target{Namespace: job.Namespace, Procedure: job.Procedure}
	if job.Trusted {
		target = mpf.Target{}
	}
	req, err := e.parseJob(job, target)
	from, unreadable := jobOrigin(job, id)
	if err = cmp.Or(err, unreadable); err != nil {
		return true, e.failJob(ctx, job, err)
	}
	// A job that has begun is finished even while the engine stops.
	e.submit(context.WithoutCancel(ctx), req, from)
	return true, e.settle(ctx, job)
}

// due tells whether a job waits whose time has come, without the lock that
// claiming it takes.
func (e *Engine) due(ctx context.Context) (bool, error) {
	var due bool
	err := e.store.View(ctx, func(tx *state.Tx) error {
		next, err := queue.In(tx).NextJobTime()
		due = err == nil && !next.IsZero() && !next.After(tx.Now())
		return err
	})
	return due, err
}

func (e *Engine) parseJob(job *queue.Job, target mpf.Target) (*mpf.Request, error) {
	n, err := xmldoc.ParseString(job.Request, e.readLimits())
	if err != nil {
		return nil, err
	}
	return mpf.ParseRequest(n, target)
}

// jobOrigin gives a job the caller that queued it, held to the base of then. The
// right to submit was tested then.
func jobOrigin(job *queue.Job, id string) (origin, error) {
	from := origin{id: id, job: job, vouched: true, system: job.Caller == serviceAccount}
	if domain, name, ok := strings.Cut(job.Caller, `\`); ok {
		from.caller = mpf.Caller{Domain: domain, Username: name}
	} else {
		from.caller = mpf.Caller{Username: job.Caller}
	}
	if job.Base == "" {
		return from, nil
	}
	var err error
	from.caller.Base, err = ldappath.ParseDN(job.Base)
	return from, err
}

// finishJob writes how a run of the job ended, in the transaction that ends
// the request.
func (r *run) finishJob(tx *state.Tx, failed *mpf.Error) error {
	status := queue.JobSuccess
	if failed != nil {
		status = afterFailure(r.origin.job, failed)
	}
	data := r.engine.redact(r.result(failed != nil))
	return r.engine.endRun(tx, r.origin.job, status, failed, responseText(data, failed))
}

// errJobTaken says that another engine has taken a job over from this one,
// which could not be seen to live for a while.
var errJobTaken = errors.New("another engine runs the queued request now")

// endRun writes how a run of a job ended. One that will not run again has no
// need of the passwords in its request any more (F211).
func (e *Engine) endRun(tx *state.Tx, job *queue.Job, status queue.JobStatus, failed *mpf.Error, response string) error {
	now, err := queue.In(tx).Job(job.ID)
	if err == nil && now.TransactionID != job.TransactionID {
		err = errJobTaken
	}
	if err != nil {
		return err
	}
	err = queue.In(tx).FinishJob(job.ID, status, uint32(codeOfError(failed)), response)
	if err != nil || !status.Finished() {
		return err
	}
	left := ""
	if n, err := xmldoc.ParseString(job.Request, e.readLimits()); err == nil {
		left = xmldoc.String(e.redact(n))
	}
	return queue.In(tx).SetJobRequest(job.ID, left)
}

// afterFailure says what becomes of a job that failed: it is tried again while
// it has retries, once only after the code that stops retrying; then it has
// failed, or waits for the operator (F205).
func afterFailure(job *queue.Job, failed *mpf.Error) queue.JobStatus {
	retries := job.RetryCount
	if job.RetryStop != 0 && job.RetryStop == uint32(failed.Code) {
		retries = min(retries, 1)
	}
	switch {
	case job.Attempts <= retries:
		return queue.JobQueuedForRetry
	case job.OnFailure == onFailureOperator:
		return queue.JobAwaitingOperator
	}
	return queue.JobFailure
}

// failJob ends a job that cannot be run at all.
func (e *Engine) failJob(ctx context.Context, job *queue.Job, cause error) error {
	var failed *mpf.Error
	if !errors.As(cause, &failed) {
		failed = mpf.RequestMalformed.New(cause.Error())
	}
	return e.store.Update(context.WithoutCancel(ctx), func(tx *state.Tx) error {
		return e.endRun(tx, job, queue.JobError, failed, responseText(nil, failed))
	})
}

// settle makes sure that a job does not stay started when the transaction that
// should have finished it could not be written.
func (e *Engine) settle(ctx context.Context, job *queue.Job) error {
	return e.store.Update(context.WithoutCancel(ctx), func(tx *state.Tx) error {
		now, err := queue.In(tx).Job(job.ID)
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		if err != nil || now.Status != queue.JobStarted || now.TransactionID != job.TransactionID {
			return err
		}
		failed := mpf.InternalError.New(job.TransactionID)
		return e.endRun(tx, job, afterFailure(job, failed), failed, responseText(nil, failed))
	})
}
