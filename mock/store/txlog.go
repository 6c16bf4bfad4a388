package store

import (
	"context"
	"time"
)

// TransactionState is what became of a logged transaction.
type TransactionState string

// The states of a logged transaction.
const (
	TransactionRunning   TransactionState = "running"
	TransactionCommitted TransactionState = "committed"
	TransactionAborted   TransactionState = "aborted"
)

// LoggedTransaction is a row of the transaction log: one request.
type LoggedTransaction struct {
	ID        string // GUID in braces
	ClientID  string // the caller's id for it, may be empty
	Caller    string
	Namespace string // empty for a request of its own procedure
	Procedure string
	QueueID   string // the job that ran it, empty if none
	State     TransactionState
	Code      uint32 // HRESULT of an aborted one
	Started   time.Time
	Ended     time.Time // zero while it runs
	Request   string    // summary; the caller removes secrets before
}

// LoggedStep is a call of a procedure within a logged transaction.
type LoggedStep struct {
	Seq          int // executeSeqNo, from 1
	Namespace    string
	Procedure    string
	State        string
	At           time.Time
	RollbackData string // what undoing it needs; the caller removes secrets before
}

const logColumns = "id, client_id, caller, namespace, procedure, queue_id, state, code, started, ended, request"

func scanLogged(row scanner) (LoggedTransaction, error) {
	var (
		l              LoggedTransaction
		started, ended int64
	)
	err := row.Scan(&l.ID, &l.ClientID, &l.Caller, &l.Namespace, &l.Procedure, &l.QueueID, &l.State, &l.Code, &started, &ended, &l.Request)
	l.Started, l.Ended = fromMicros(started), fromMicros(ended)
	return l, err
}

// LogBegin writes that a transaction runs, and commits at once, so that it is
// known after a crash. Call it before the transaction is begun. Started is set
// if it is zero.
func (s *Store) LogBegin(ctx context.Context, l LoggedTransaction) error {
	return s.Update(ctx, func(t *Tx) error {
		if l.Started.IsZero() {
			l.Started = t.Now()
		}
		_, err := t.exec("INSERT INTO transaction_log ("+logColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			l.ID, l.ClientID, l.Caller, l.Namespace, l.Procedure, l.QueueID, string(TransactionRunning), 0, micros(l.Started), 0, l.Request)
		return err
	})
}

// LogStep writes a step of a logged transaction, within the transaction: it
// commits or vanishes with the step's effects.
func (t *Tx) LogStep(id string, step LoggedStep) error {
	if step.At.IsZero() {
		step.At = t.Now()
	}
	_, err := t.exec("INSERT INTO transaction_step (transaction_id, seq, namespace, procedure, state, at, rollback_data)"+
		" VALUES (?, ?, ?, ?, ?, ?, ?)", id, step.Seq, step.Namespace, step.Procedure, step.State, micros(step.At), step.RollbackData)
	return err
}

// LogEnd writes what became of a logged transaction. Within the transaction
// itself it makes log and commit agree; after a rollback use it in one of its
// own. An id that is not in the log is ErrNotFound.
func (t *Tx) LogEnd(id string, state TransactionState, code uint32) error {
	changed, err := t.exec("UPDATE transaction_log SET state = ?, code = ?, ended = ? WHERE id = ?", string(state), code, micros(t.Now()), id)
	if err == nil && changed == 0 {
		return &NotFoundError{Kind: "transaction", Value: id}
	}
	return err
}

// RunningTransactions gives the logged transactions that have not ended,
// oldest first: after a start, those that a crash left. Nothing of their
// effects is in the store.
func (t *Tx) RunningTransactions() ([]LoggedTransaction, error) {
	return t.LoggedTransactions(TransactionRunning)
}

// LoggedTransactions gives the logged transactions in a state, oldest first.
func (t *Tx) LoggedTransactions(state TransactionState) ([]LoggedTransaction, error) {
	return collect(t, scanLogged, "SELECT "+logColumns+" FROM transaction_log WHERE state = ? ORDER BY started, id", string(state))
}

// LoggedTransaction gives a logged transaction by its id.
func (t *Tx) LoggedTransaction(id string) (LoggedTransaction, error) {
	found, err := collect(t, scanLogged, "SELECT "+logColumns+" FROM transaction_log WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		err = &NotFoundError{Kind: "transaction", Value: id}
	}
	if err != nil {
		return LoggedTransaction{}, err
	}
	return found[0], nil
}

// LoggedSteps gives the steps of a logged transaction in their order.
func (t *Tx) LoggedSteps(id string) ([]LoggedStep, error) {
	return collect(t, func(row scanner) (LoggedStep, error) {
		var (
			step LoggedStep
			at   int64
		)
		err := row.Scan(&step.Seq, &step.Namespace, &step.Procedure, &step.State, &at, &step.RollbackData)
		step.At = fromMicros(at)
		return step, err
	}, "SELECT seq, namespace, procedure, state, at, rollback_data FROM transaction_step WHERE transaction_id = ? ORDER BY seq", id)
}

// PruneTransactions removes the ended transactions that started before a time
// and tells how many.
func (t *Tx) PruneTransactions(before time.Time) (int64, error) {
	return t.exec("DELETE FROM transaction_log WHERE state IN ('committed', 'aborted') AND started < ?", micros(before))
}
