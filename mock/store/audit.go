package store

import (
	"strings"
	"time"

	"wsexchange/internal/ldappath"
)

// AuditRow is what the audit log keeps of a request.
type AuditRow struct {
	ID            int64 // given when it is written
	TransactionID string
	ClientID      string
	Caller        string
	Organization  string // name or path of the organization concerned, may be empty
	Namespace     string
	Procedure     string
	At            time.Time // start of the request; set when written if zero
	Duration      time.Duration
	Code          uint32 // HRESULT, 0 for success
	Description   string // of the error
	Request       string // XML; the caller removes secrets before
	Steps         string // XML of the steps; the caller removes secrets before
}

const auditColumns = "id, transaction_id, client_id, caller, organization, org_key, namespace, procedure, at, duration_us, code, description, request, steps"

func scanAudit(row scanner) (AuditRow, error) {
	var (
		a            AuditRow
		at, duration int64
		key          string
	)
	err := row.Scan(&a.ID, &a.TransactionID, &a.ClientID, &a.Caller, &a.Organization, &key, &a.Namespace, &a.Procedure,
		&at, &duration, &a.Code, &a.Description, &a.Request, &a.Steps)
	a.At, a.Duration = fromMicros(at), time.Duration(duration)*time.Microsecond
	return a, err
}

// WriteAudit adds a row to the audit log within the transaction: it goes if
// that is rolled back.
func (t *Tx) WriteAudit(a AuditRow) (int64, error) {
	if a.At.IsZero() {
		a.At = t.Now()
	}
	id, err := t.next("audit")
	if err != nil {
		return 0, err
	}
	_, err = t.exec("INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		id, a.TransactionID, a.ClientID, a.Caller, a.Organization, ldappath.Fold(a.Organization), a.Namespace, a.Procedure,
		micros(a.At), a.Duration.Microseconds(), a.Code, a.Description, a.Request, a.Steps)
	return id, err
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

// defaultAuditLimit is how many audit rows a query without a limit gives.
const defaultAuditLimit = 100

// Audit gives the rows of the audit log that a query asks for, newest first.
func (t *Tx) Audit(q AuditQuery) ([]AuditRow, error) {
	var (
		conditions []string
		arguments  []any
	)
	where := func(wanted bool, condition string, argument any) {
		if wanted {
			conditions, arguments = append(conditions, condition), append(arguments, argument)
		}
	}
	where(!q.From.IsZero(), "at >= ?", micros(q.From))
	where(!q.To.IsZero(), "at < ?", micros(q.To))
	where(q.Organization != "", "org_key = ?", ldappath.Fold(q.Organization))
	where(q.Namespace != "", "namespace = ?", q.Namespace)
	where(q.Procedure != "", "procedure = ?", q.Procedure)
	where(q.TransactionID != "", "transaction_id = ?", q.TransactionID)
	if q.AnyID != "" {
		where(true, "(transaction_id = ? OR client_id = ?)", q.AnyID)
		arguments = append(arguments, q.AnyID)
	}
	if q.Code != nil {
		where(true, "code = ?", *q.Code)
	}
	where(q.Failed, "code <> ?", 0)
	if q.Limit <= 0 {
		q.Limit = defaultAuditLimit
	}
	query := "SELECT " + auditColumns + " FROM audit"
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	return collect(t, scanAudit, query+" ORDER BY at DESC, id DESC LIMIT ?", append(arguments, q.Limit)...)
}

// PruneAudit removes the audit rows of requests that began before a time and
// tells how many.
func (t *Tx) PruneAudit(before time.Time) (int64, error) {
	return t.exec("DELETE FROM audit WHERE at < ?", micros(before))
}
