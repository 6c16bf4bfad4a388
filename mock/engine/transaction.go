package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/queue"
	"wsexchange/mock/state"
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
		paths: make(paths), pathSteps: &pathSteps{ctx: ctx, left: e.limits.PathSteps},
		started: e.now(), caller: Identity{Domain: from.caller.Domain, Username: from.caller.Username},
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
	r.writes = writes
	if err := r.begin(); err != nil {
		return r.abort(r.unexpected(err, mpf.Source{}))
	}
	defer r.rollback() // does nothing after the end
	err = r.perform()
	if err == nil && r.fatal != nil {
		err = r.fatal // a procedure went on after what no procedure may handle
	}
	if err == nil {
		err = r.commit()
	}
	if err != nil {
		r.undo()
		return r.abort(err)
	}
	return nil
}

// begin begins the request's transaction. One that writes hashes the passwords that
// it may set, and waits for its turn with its first call: what a request computes
// before, however long it takes, keeps no other from writing.
func (r *run) begin() error {
	root, err := r.engine.store.Current(r.ctx)
	if err != nil {
		return err
	}
	r.tx = root.Read(r.engine.store.Env()).With(r.ctx)
	if r.writes {
		r.prepared, err = r.engine.prepare(r.ctx, r.request)
	}
	return err
}

// hasTurn reports whether the request has all that it needs to call procedures.
func (r *run) hasTurn() bool { return !r.writes || r.writer != nil || r.rehearsal != nil }

// takeTurn waits for the writer's turn, if the request writes and has not got it
// yet, and tests again what was tested on the state of before.
func (r *run) takeTurn() error {
	if r.hasTurn() {
		return nil
	}
	var err error
	if r.writer, err = r.engine.store.Begin(r.ctx); err != nil {
		return r.unexpected(err, mpf.Source{})
	}
	r.tx = r.writer.Tx()
	directory.UsePrepared(r.tx, r.prepared)
	r.controllers, r.hosts, r.seers = nil, nil, nil
	return r.admit()
}

// rollback gives the writer's turn back and forgets what was written.
func (r *run) rollback() {
	if r.writer != nil {
		r.writer.Rollback()
	}
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

// logRunning records, before an effect outside of the state takes place, that
// the request runs, so that it is known after a crash.
func (r *run) logRunning() {
	if len(r.compensations) > 0 || !r.writes || r.rehearsal != nil {
		return
	}
	l := r.logged()
	if err := r.engine.store.Record(r.ctx, ledger.Records{TransactionID: r.id, Log: &l}); err != nil {
		r.engine.metrics.journalLosses.Inc()
		r.log().Error("failed to record that a transaction runs", slog.Any("error", err))
	}
}

// logged describes the request for the transaction log.
func (r *run) logged() ledger.LoggedTransaction {
	target := r.request.MainTarget()
	l := ledger.LoggedTransaction{
		ID: r.id, ClientID: r.request.Context.ClientTransactionID, Caller: r.caller.String(),
		Namespace: target.Namespace, Procedure: target.Procedure, Started: r.started, State: ledger.TransactionRunning,
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
	if err != nil {
		return r.unexpected(err, mpf.Source{})
	}
	if !r.writes {
		r.close(nil)
		r.engine.nudge(len(r.jobs) > 0)
		return nil
	}
	if err := r.takeTurn(); err != nil { // it has called nothing
		return err
	}
	_ = r.tenant() // asked for after the end, too
	r.leave(r.tx)
	r.collectChanges()
	if err = r.finish(r.tx, nil); err == nil {
		err = r.writer.Commit(r.ctx, r.records(r.tx, nil))
	}
	if err != nil {
		if r.fatal == nil && r.ctx.Err() == nil {
			r.engine.metrics.commits.Inc()
			r.log().Error("commit of transaction failed", slog.Int("event", eventCommitFailed), slog.Any("error", err))
		}
		return r.unexpected(err, mpf.Source{})
	}
	r.engine.nudge(len(r.jobs) > 0)
	return nil
}

// undo takes back everything: the state by forgetting it, the rest by what the
// procedures registered.
func (r *run) undo() {
	_ = r.tenant() // asked for after the end, too
	r.rollbackIntercepted()
	r.rollback()
	r.compensate(0)
	r.engine.metrics.rollbacks.Inc()
}

// abort records that the request failed and returns its error.
func (r *run) abort(err error) *mpf.Error {
	failed := r.failure(err)
	r.dropJobs(0)
	r.close(failed)
	r.engine.nudge(len(r.jobs) > 0)
	return failed
}

// leave makes the writes that stay whatever becomes of the request. One that
// cannot be made must not keep the request from ending.
func (r *run) leave(tx *state.Tx) {
	for _, write := range r.atEnd {
		if err := tx.Savepoint(func() error { return write(tx) }); err != nil {
			r.log().Error("failed to write what should stay of a request", slog.Any("error", err))
		}
	}
}

// refuse is abort for a request that never began.
func (r *run) refuse(err error) *mpf.Error { return r.abort(err) }

// finish writes what the end of a request changes in the state within tx: the
// jobs that it queued, and the job that it was.
func (r *run) finish(tx *state.Tx, failed *mpf.Error) error {
	if err := r.submitJobs(tx); err != nil {
		return err
	}
	if r.origin.job == nil {
		return nil
	}
	return r.finishJob(tx, failed)
}

// records are the rows of audit and transaction log for the request.
func (r *run) records(tx *state.Tx, failed *mpf.Error) ledger.Records {
	records := ledger.Records{TransactionID: r.id, Controller: r.at}
	if r.engine.audits(r.writing(), failed) {
		row := r.auditRow(tx, failed)
		records.Audit = &row
	}
	if r.writes && r.tx != nil {
		l := r.logged()
		l.State, l.Code, l.Ended, l.Steps = ledger.TransactionCommitted, uint32(codeOfError(failed)), r.engine.now().UTC(), r.steps
		if failed != nil {
			l.State = ledger.TransactionAborted
		}
		records.Log = &l
	}
	return records
}

// close records the end of a request whose transaction left nothing, or only
// read, in a transaction of its own.
func (r *run) close(failed *mpf.Error) {
	ctx := context.WithoutCancel(r.ctx)
	var err error
	if stays := len(r.jobs) > 0 || r.origin.job != nil || len(r.atEnd) > 0; stays {
		err = r.closeWith(ctx, failed)
	} else if records := r.records(r.engine.read(ctx), failed); records.Audit != nil || records.Log != nil {
		err = r.engine.store.Record(ctx, records)
	}
	if err == nil {
		return
	}
	if r.engine.audits(r.writing(), failed) {
		r.engine.metrics.auditLosses.Inc()
	}
	if failed != nil {
		r.engine.metrics.journalLosses.Inc()
		r.log().Error("failed to record the end of an aborted transaction", slog.Any("error", err))
		return
	}
	r.log().Error("failed to write the audit row of a request", slog.Any("error", err))
}

// closeWith is close for a request of which something stays in the state.
func (r *run) closeWith(ctx context.Context, failed *mpf.Error) error {
	writer, err := r.engine.store.Begin(ctx)
	if err != nil {
		return err
	}
	defer writer.Rollback() // does nothing after the commit
	r.leave(writer.Tx())
	if err := r.finish(writer.Tx(), failed); err != nil {
		return err
	}
	return writer.Commit(ctx, r.records(writer.Tx(), failed))
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

// Recover ends what stopped engines left, those that share the ledger among
// them: transactions with effects outside of the state that were running are
// marked as aborted and audited, for none of their changes is in the state, and
// queued requests that were running will run again. Call it before the first
// request and before Run.
func (e *Engine) Recover(ctx context.Context) error {
	running, err := e.store.LoggedTransactions(ctx, ledger.TransactionRunning)
	if err != nil {
		return err
	}
	started, err := e.startedJobs(ctx)
	if err != nil {
		return err
	}
	// Asked for last: an engine that began later owns nothing of these.
	ended, err := e.store.Abandoned(ctx)
	if err != nil {
		return err
	}
	for _, l := range running {
		if !ended(l.Owner) {
			continue
		}
		if err := e.recordAbandoned(ctx, l); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(started, func(j *queue.Job) bool { return ended(j.Owner) }) {
		return nil
	}
	return e.store.Update(ctx, func(tx *state.Tx) error {
		jobs, err := queue.In(tx).RecoverJobs(func(owner string) bool {
			return ended(owner) && slices.ContainsFunc(started, func(j *queue.Job) bool { return j.Owner == owner })
		})
		e.logger.Warn("queued requests will run again", slog.Int("count", len(jobs)))
		return err
	})
}

// recordAbandoned ends a logged transaction whose engine has stopped.
func (e *Engine) recordAbandoned(ctx context.Context, l ledger.LoggedTransaction) error {
	failed := mpf.Aborted.New("the engine was stopped")
	l.State, l.Code, l.Ended = ledger.TransactionAborted, uint32(failed.Code), e.now().UTC()
	records := ledger.Records{TransactionID: l.ID, Log: &l}
	if e.audits(true, failed) {
		records.Audit = &ledger.AuditRow{
			TransactionID: l.ID, ClientID: l.ClientID, Caller: l.Caller, Namespace: l.Namespace, Procedure: l.Procedure,
			At: l.Started, Code: uint32(failed.Code), Description: failed.Description,
		}
	}
	if err := e.store.Record(ctx, records); err != nil {
		return err
	}
	e.logger.Warn("recovered an abandoned transaction", slog.String("transaction_id", l.ID),
		slog.String("namespace", l.Namespace), slog.String("procedure", l.Procedure))
	return nil
}

func (e *Engine) startedJobs(ctx context.Context) (jobs []*queue.Job, err error) {
	err = e.store.View(ctx, func(tx *state.Tx) error {
		jobs, err = queue.In(tx).Jobs(queue.JobStarted)
		return err
	})
	return jobs, err
}

// responseText is the text of a response as the queue keeps it.
func responseText(data *xmldoc.Node, failed *mpf.Error) string {
	return xmldoc.String((&mpf.Response{Data: data, Err: failed}).Element())
}
