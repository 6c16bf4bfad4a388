package engine

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// Pauses of the worker. It wakes at once for jobs queued through this engine;
// the longest pause is for those that others put into the same store.
const (
	longestPause = 5 * time.Second
	sweepEvery   = 15 * time.Second
)

// Run runs queued requests, and clears old entries out of the logs, until ctx ends.
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
				e.logger.Error("the logs of transactions and audit could not be swept", slog.Any("error", err))
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
	_ = e.store.View(ctx, func(tx *store.Tx) error { // without it the longest pause is kept
		next, err := tx.NextJobTime()
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

// sweep clears old transactions, and old rows of the audit, out of the logs.
func (e *Engine) sweep(ctx context.Context) error {
	return e.store.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.PruneTransactions(e.now().Add(-e.keepLog))
		if err == nil && e.keepAudit > 0 {
			_, err = tx.PruneAudit(e.now().Add(-e.keepAudit))
		}
		return err
	})
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
	var job *store.Job
	err = e.store.Update(ctx, func(tx *store.Tx) (err error) {
		job, err = tx.ClaimJob(id)
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
	if err != nil {
		return true, e.failJob(ctx, job, err)
	}
	// A job that has begun is finished even while the engine stops.
	e.submit(context.WithoutCancel(ctx), req, jobOrigin(job, id))
	return true, e.settle(ctx, job)
}

// due tells whether a job waits whose time has come, without the lock that
// claiming it takes.
func (e *Engine) due(ctx context.Context) (bool, error) {
	var due bool
	err := e.store.View(ctx, func(tx *store.Tx) error {
		next, err := tx.NextJobTime()
		due = err == nil && !next.IsZero() && !next.After(tx.Now())
		return err
	})
	return due, err
}

func (e *Engine) parseJob(job *store.Job, target mpf.Target) (*mpf.Request, error) {
	n, err := xmldoc.ParseString(job.Request, e.readLimits())
	if err != nil {
		return nil, err
	}
	return mpf.ParseRequest(n, target)
}

// jobOrigin gives a job the caller that queued it. The right to submit was
// tested then.
func jobOrigin(job *store.Job, id string) origin {
	from := origin{id: id, job: job, vouched: true, system: job.Caller == serviceAccount}
	if domain, name, ok := strings.Cut(job.Caller, `\`); ok {
		from.caller = mpf.Caller{Domain: domain, Username: name}
	} else {
		from.caller = mpf.Caller{Username: job.Caller}
	}
	return from
}

// finishJob writes how a run of the job ended, in the transaction that ends
// the request.
func (r *run) finishJob(tx *store.Tx, failed *mpf.Error) error {
	status := store.JobSuccess
	if failed != nil {
		status = afterFailure(r.origin.job, failed)
	}
	data := r.engine.redact(r.result(failed != nil))
	return r.engine.endRun(tx, r.origin.job, status, failed, responseText(data, failed))
}

// endRun writes how a run of a job ended. One that will not run again has no
// need of the passwords in its request any more (F211).
func (e *Engine) endRun(tx *store.Tx, job *store.Job, status store.JobStatus, failed *mpf.Error, response string) error {
	err := tx.FinishJob(job.ID, status, uint32(codeOfError(failed)), response)
	if err != nil || !status.Finished() {
		return err
	}
	left := ""
	if n, err := xmldoc.ParseString(job.Request, e.readLimits()); err == nil {
		left = xmldoc.String(e.redact(n))
	}
	return tx.SetJobRequest(job.ID, left)
}

// afterFailure says what becomes of a job that failed: it is tried again while
// it has retries, once only after the code that stops retrying; then it has
// failed, or waits for the operator (F205).
func afterFailure(job *store.Job, failed *mpf.Error) store.JobStatus {
	retries := job.RetryCount
	if job.RetryStop != 0 && job.RetryStop == uint32(failed.Code) {
		retries = min(retries, 1)
	}
	switch {
	case job.Attempts <= retries:
		return store.JobQueuedForRetry
	case job.OnFailure == onFailureOperator:
		return store.JobAwaitingOperator
	}
	return store.JobFailure
}

// failJob ends a job that cannot be run at all.
func (e *Engine) failJob(ctx context.Context, job *store.Job, cause error) error {
	var failed *mpf.Error
	if !errors.As(cause, &failed) {
		failed = mpf.RequestMalformed.New(cause.Error())
	}
	return e.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return e.endRun(tx, job, store.JobError, failed, responseText(nil, failed))
	})
}

// settle makes sure that a job does not stay started when the transaction that
// should have finished it could not be written.
func (e *Engine) settle(ctx context.Context, job *store.Job) error {
	return e.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		now, err := tx.Job(job.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || now.Status != store.JobStarted || now.TransactionID != job.TransactionID {
			return err
		}
		failed := mpf.InternalError.New(job.TransactionID)
		return e.endRun(tx, job, afterFailure(job, failed), failed, responseText(nil, failed))
	})
}
