package ledger

import (
	"time"

	"wsexchange/internal/ldappath"
)

// Records are what a request leaves beside its changes of the content. They
// are written with the commit, in one transaction.
type Records struct {
	TransactionID string // of the request, in the revision
	Controller    string // domain controller on which it ran, in the revision
	Audit         *AuditRow
	Log           *LoggedTransaction
}

func (r Records) empty() bool { return r.Audit == nil && r.Log == nil }

// at returns the records with the times that were left zero.
func (r Records) at(now time.Time) Records {
	if r.Audit != nil {
		row := *r.Audit
		if row.At.IsZero() {
			row.At = now
		}
		row.At = row.At.UTC().Truncate(time.Microsecond)
		row.Duration = row.Duration.Truncate(time.Microsecond)
		r.Audit = &row
	}
	if r.Log != nil {
		r.Log = r.Log.at(now)
	}
	return r
}

// AuditRow is what the audit log keeps of a request.
type AuditRow struct {
	ID            int64 // given when it is written
	TransactionID string
	ClientID      string
	Caller        string
	Organization  string // name or path of the organization concerned, may be empty
	Namespace     string
	Procedure     string
	At            time.Time     // start of the request; set when written if zero; microseconds are kept
	Duration      time.Duration // microseconds are kept
	Code          uint32        // HRESULT, 0 for success
	Description   string        // of the error
	Request       string        // XML; the caller removes secrets before
	Steps         string        // XML of the steps; the caller removes secrets before
	Engine        string        // name of the engine that ran it, given when it is written; empty unless the ledger is shared
}

// AuditQuery says which rows of the audit log are wanted. Zero fields ask for
// nothing.
type AuditQuery struct {
	From, To      time.Time // from included, to not
	Organization  string    // in any letter case
	Namespace     string
	Procedure     string
	TransactionID string
	AnyID         string  // a transaction's id or the one that its client gave it
	Code          *uint32 // exactly this result
	Failed        bool    // any result but success
	Limit         int     // rows at most; 0 = 100
}

// defaultAuditLimit is how many audit rows a query without a limit returns.
const defaultAuditLimit = 100

func (q AuditQuery) limit() int {
	if q.Limit <= 0 {
		return defaultAuditLimit
	}
	return q.Limit
}

// asksFor reports whether the query wants a row.
func (q AuditQuery) asksFor(a *AuditRow) bool {
	same := func(wanted, has string) bool { return wanted == "" || wanted == has }
	return (q.From.IsZero() || !a.At.Before(q.From)) &&
		(q.To.IsZero() || a.At.Before(q.To)) &&
		same(ldappath.Fold(q.Organization), ldappath.Fold(a.Organization)) &&
		same(q.Namespace, a.Namespace) &&
		same(q.Procedure, a.Procedure) &&
		same(q.TransactionID, a.TransactionID) &&
		(q.AnyID == "" || q.AnyID == a.TransactionID || q.AnyID == a.ClientID) &&
		(q.Code == nil || *q.Code == a.Code) &&
		(!q.Failed || a.Code != 0)
}

// TransactionState is what became of a logged transaction.
type TransactionState string

// The states of a logged transaction.
const (
	TransactionRunning   TransactionState = "running"
	TransactionCommitted TransactionState = "committed"
	TransactionAborted   TransactionState = "aborted"
)

// LoggedTransaction is a row of the transaction log: one request. It is
// recorded whole, in place of the row of its ID: running before the request
// does what leaves the process, committed with its commit, aborted after.
type LoggedTransaction struct {
	ID        string // GUID in braces
	ClientID  string // the caller's id for it, may be empty
	Caller    string
	Namespace string // empty for a request of its own procedure
	Procedure string
	QueueID   string           // the job that ran it, empty if none
	State     TransactionState // empty is running
	Code      uint32           // HRESULT of an aborted one
	Started   time.Time        // set when written if zero; microseconds are kept
	Ended     time.Time        // zero while it runs; set when written if zero after
	Owner     string           // that ran it, see Store.Owner; given when it is written
	Request   string           // summary; the caller removes secrets before
	Steps     []LoggedStep     // in their order
}

// LoggedStep is a call of a procedure within a logged transaction.
type LoggedStep struct {
	Seq          int       `json:"seq"` // executeSeqNo, from 1
	Namespace    string    `json:"namespace,omitempty"`
	Procedure    string    `json:"procedure"`
	State        string    `json:"state,omitempty"`
	At           time.Time `json:"at"`                     // set when written if zero
	RollbackData string    `json:"rollbackData,omitempty"` // what undoing it needs; the caller removes secrets before
}

func (l LoggedTransaction) at(now time.Time) *LoggedTransaction {
	if l.State == "" {
		l.State = TransactionRunning
	}
	if l.Started.IsZero() {
		l.Started = now
	}
	if l.Ended.IsZero() && l.State != TransactionRunning {
		l.Ended = now
	}
	l.Started, l.Ended = l.Started.UTC().Truncate(time.Microsecond), l.Ended.UTC().Truncate(time.Microsecond)
	l.Steps = append([]LoggedStep(nil), l.Steps...)
	for i := range l.Steps {
		if l.Steps[i].At.IsZero() {
			l.Steps[i].At = now
		}
		l.Steps[i].At = l.Steps[i].At.UTC().Truncate(time.Microsecond)
	}
	return &l
}
