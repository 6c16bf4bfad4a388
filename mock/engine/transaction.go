package engine

import (
	"context"
	"errors"
	"log/slog"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// eventCommitFailed is the event of a commit that failed, by the original's
// number (F197).
const eventCommitFailed = 4107

// submit runs a request from its first check to its last audit row.
func (e *Engine) submit(ctx context.Context, req *mpf.Request, from origin) *mpf.Response {
	if from.id == "" {
		from.id = e.newID()
	}
	r := &run{
		engine: e, ctx: ctx, id: from.id, request: req, origin: from,
		paths: make(paths), started: e.now(), caller: Identity{Domain: from.caller.Domain, Username: from.caller.Username},
	}
	r.frame = r.newFrame()
	ended, traced := e.metrics.request(req, from), r.traceRequest()
	failed := r.whole()
	r.ended = true
	response := &mpf.Response{Data: r.result(failed != nil), Err: failed}
	ended(failed)
	r.logEnd(failed)
	e.report(Observation{Target: req.MainTarget(), TransactionID: r.id, Code: codeOfError(failed), Duration: e.now().Sub(r.started)})
	r.record(response)
	_ = r.intercept(AtAnswer, req.MainTarget(), 0) // nothing can be failed any more
	traced(failed)
	return response
}

// logEnd writes one line about the request. With the id that the caller gave,
// it is found in his log too.
func (r *run) logEnd(failed *mpf.Error) {
	if !r.engine.logger.Enabled(r.ctx, slog.LevelInfo) {
		return
	}
	r.log().Info("request", slog.String("caller", r.caller.String()), slog.String("code", codeOfError(failed).String()),
		slog.Int("calls", len(r.calls)), slog.Duration("duration", r.engine.now().Sub(r.started)))
}

// whole checks the request and runs it in its transaction.
func (r *run) whole() *mpf.Error {
	writes, err := r.engine.check(r.request, r.paths)
	if err == nil {
		err = r.logon()
	}
	if err == nil {
		err = r.admitted()
	}
	if err != nil {
		return r.refuse(err)
	}
	writes = writes || r.origin.job != nil
	if writes {
		if err := r.engine.store.LogBegin(r.ctx, r.logged()); err != nil {
			return r.refuse(r.unexpected(err, mpf.Source{}))
		}
	}
	r.writes = writes
	if r.tx, err = r.engine.begin(r.ctx, writes); err != nil {
		return r.abort(r.unexpected(err, mpf.Source{}), writes)
	}
	defer func() { _ = r.tx.Rollback() }() // does nothing after the end
	err = r.perform()
	if err == nil && r.fatal != nil {
		err = r.fatal // a procedure went on after what no procedure may handle
	}
	if err == nil {
		err = r.commit()
	}
	if err != nil {
		r.undo()
		return r.abort(err, writes)
	}
	return nil
}

// admitted lets the intercept refuse the request.
func (r *run) admitted() error {
	err := r.intercept(AtRequest, r.request.MainTarget(), 0)
	var refused *mpf.Error
	switch {
	case err == nil, errors.As(err, &refused):
		return err
	}
	return r.unexpected(err, mpf.Source{})
}

// logon checks the credentials of a request before its transaction begins:
// that a password was wrong is remembered whatever becomes of the request.
func (r *run) logon() error {
	security := r.request.Context.Security
	if security == nil || security.Basic == nil {
		return nil
	}
	who, err := r.engine.Authenticate(r.ctx, security.Basic.Domain, security.Basic.Username, security.Basic.Password)
	var refused *mpf.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case err != nil:
		return r.unexpected(err, mpf.Source{})
	}
	r.basic = &who
	return nil
}

func (r *run) logged() store.LoggedTransaction {
	target := r.request.MainTarget()
	l := store.LoggedTransaction{
		ID: r.id, ClientID: r.request.Context.ClientTransactionID, Caller: r.caller.String(),
		Namespace: target.Namespace, Procedure: target.Procedure, Started: r.started,
	}
	if r.origin.job != nil {
		l.QueueID = r.origin.job.ID
	}
	return l
}

// commit ends a request that succeeded. Its log, its audit row, the jobs it
// queued and the job it was are committed with it.
func (r *run) commit() error {
	err := r.alive()
	if err == nil && r.writes {
		_ = r.tenant() // asked for after the end, too
		r.leave(r.tx)
		err = r.collectChanges()
	}
	if err == nil && r.writes {
		err = r.finish(r.tx, store.TransactionCommitted, nil)
	}
	if err == nil {
		err = r.replicate()
	}
	if err == nil {
		err = r.tx.Commit()
	}
	if err != nil {
		r.engine.replication.drop(r.id)
		if r.fatal == nil && r.ctx.Err() == nil {
			r.engine.metrics.commits.Inc()
			r.log().Error("commit of transaction failed", slog.Int("event", eventCommitFailed), slog.Any("error", err))
		}
		return r.unexpected(err, mpf.Source{})
	}
	if !r.writes {
		r.afterwards(nil)
	}
	r.engine.nudge(len(r.jobs) > 0)
	return nil
}

// undo takes back everything: the database by its rollback, the rest by what
// the procedures registered.
func (r *run) undo() {
	_ = r.tenant() // asked for after the end, too
	r.rollbackIntercepted()
	if err := r.tx.Rollback(); err != nil {
		r.engine.metrics.inconsistent.Inc()
		r.log().Error("abort of transaction failed; possibly inconsistent", slog.Int("event", eventAbortFailed), slog.Any("error", err))
	}
	r.compensate(0)
	r.engine.metrics.rollbacks.Inc()
}

// abort writes down that the request failed and gives its error.
func (r *run) abort(err error, logged bool) *mpf.Error {
	failed := r.failure(err)
	r.dropJobs(0)
	if logged {
		ctx := context.WithoutCancel(r.ctx)
		err := r.engine.store.Update(ctx, func(tx *store.Tx) error {
			r.leave(tx)
			return r.finish(tx, store.TransactionAborted, failed)
		})
		if err != nil {
			r.engine.metrics.journalLosses.Inc()
			if r.engine.audits(r.writing(), failed) {
				r.engine.metrics.auditLosses.Inc()
			}
			r.log().Error("the end of an aborted transaction was not written down", slog.Any("error", err))
		}
		r.engine.nudge(len(r.jobs) > 0)
		return failed
	}
	r.afterwards(failed)
	return failed
}

// leave makes the writes that stay whatever becomes of the request. One that
// cannot be made must not keep the request from ending.
func (r *run) leave(tx *store.Tx) {
	for _, write := range r.atEnd {
		if err := tx.Savepoint(func() error { return write(tx) }); err != nil {
			r.log().Error("what should stay of a request was not written", slog.Any("error", err))
		}
	}
}

// refuse is abort for a request that never began.
func (r *run) refuse(err error) *mpf.Error { return r.abort(err, false) }

// finish writes the end of a request within tx.
func (r *run) finish(tx *store.Tx, state store.TransactionState, failed *mpf.Error) error {
	err := tx.LogEnd(r.id, state, uint32(codeOfError(failed)))
	if err == nil {
		err = r.submitJobs(tx)
	}
	if err == nil && r.origin.job != nil {
		err = r.finishJob(tx, failed)
	}
	if err == nil && r.engine.audits(r.writing(), failed) {
		_, err = tx.WriteAudit(r.auditRow(tx, failed))
	}
	return err
}

// afterwards writes the audit row of a request that was not logged, and its
// activated jobs, in a transaction of their own.
func (r *run) afterwards(failed *mpf.Error) {
	audited := r.engine.audits(r.writing(), failed)
	if !audited && len(r.jobs) == 0 && r.origin.job == nil {
		return
	}
	ctx := context.WithoutCancel(r.ctx)
	err := r.engine.store.Update(ctx, func(tx *store.Tx) error {
		err := r.submitJobs(tx)
		if err == nil && r.origin.job != nil {
			err = r.finishJob(tx, failed)
		}
		if err == nil && audited {
			_, err = tx.WriteAudit(r.auditRow(tx, failed))
		}
		return err
	})
	if err != nil {
		r.engine.metrics.auditLosses.Inc()
		r.log().Error("the audit row of a request was not written", slog.Any("error", err))
	}
}

// failure gives the error that callers see.
func (r *run) failure(err error) *mpf.Error {
	var failed *mpf.Error
	if !errors.As(err, &failed) {
		_ = r.unexpected(err, mpf.Source{})
		errors.As(r.fatal, &failed)
	}
	if failed.ExecuteSeqNo == 0 {
		c := *failed
		c.ExecuteSeqNo = max(r.seq, 1)
		failed = &c
	}
	return failed.AtEngine(r.request.Target)
}

func codeOfError(e *mpf.Error) mpf.HRESULT {
	if e == nil {
		return mpf.OK
	}
	return e.Code
}

// Recover ends what a stopped engine left: transactions that were running are
// marked as aborted and audited, for none of their effects is in the store,
// and queued requests that were running will run again. Call it before the
// first request and before Run.
func (e *Engine) Recover(ctx context.Context) error {
	return e.store.Update(ctx, func(tx *store.Tx) error {
		running, err := tx.RunningTransactions()
		if err != nil {
			return err
		}
		for _, l := range running {
			failed := mpf.Aborted.New("the engine was stopped")
			if err := tx.LogEnd(l.ID, store.TransactionAborted, uint32(failed.Code)); err != nil {
				return err
			}
			if e.audits(true, failed) {
				row := store.AuditRow{
					TransactionID: l.ID, ClientID: l.ClientID, Caller: l.Caller, Namespace: l.Namespace, Procedure: l.Procedure,
					At: l.Started, Code: uint32(failed.Code), Description: failed.Description,
				}
				if _, err := tx.WriteAudit(row); err != nil {
					return err
				}
			}
			e.logger.Warn("recovered an abandoned transaction", slog.String("transaction_id", l.ID),
				slog.String("namespace", l.Namespace), slog.String("procedure", l.Procedure))
		}
		jobs, err := tx.RecoverJobs()
		if len(jobs) > 0 {
			e.logger.Warn("queued requests will run again", slog.Int("count", len(jobs)))
		}
		return err
	})
}

// responseText is the text of a response as the queue keeps it.
func responseText(data *xmldoc.Node, failed *mpf.Error) string {
	return xmldoc.String((&mpf.Response{Data: data, Err: failed}).Element())
}
