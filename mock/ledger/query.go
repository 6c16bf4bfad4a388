package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
)

const (
	auditColumns = "id, transaction_id, client_id, caller, organization, org_key, namespace, procedure, at, duration_us, code, description, request, steps"
	auditWidth   = 14
	logColumns   = "id, client_id, caller, namespace, procedure, queue_id, state, code, started, ended, request, steps"
	logWidth     = 12
	logAgain     = " ON CONFLICT (id) DO UPDATE SET client_id = excluded.client_id, caller = excluded.caller, namespace = excluded.namespace," +
		" procedure = excluded.procedure, queue_id = excluded.queue_id, state = excluded.state, code = excluded.code," +
		" started = excluded.started, ended = excluded.ended, request = excluded.request, steps = excluded.steps"
)

func (s *database) audit(ctx context.Context, q AuditQuery) ([]AuditRow, error) {
	query, arguments := auditQuery(q)
	return collect(ctx, s.readers, func(r *sql.Rows) (AuditRow, error) { return scanAudit(r) }, query, arguments...)
}

func auditQuery(q AuditQuery) (query string, arguments []any) {
	var conditions []string
	where := func(wanted bool, condition string, values ...any) {
		if wanted {
			conditions, arguments = append(conditions, condition), append(arguments, values...)
		}
	}
	where(!q.From.IsZero(), "at >= ?", micros(q.From))
	where(!q.To.IsZero(), "at < ?", micros(q.To))
	where(q.Organization != "", "org_key = ?", ldappath.Fold(q.Organization))
	where(q.Namespace != "", "namespace = ?", q.Namespace)
	where(q.Procedure != "", "procedure = ?", q.Procedure)
	where(q.TransactionID != "", "transaction_id = ?", q.TransactionID)
	where(q.AnyID != "", "(transaction_id = ? OR client_id = ?)", q.AnyID, q.AnyID)
	if q.Code != nil {
		where(true, "code = ?", int64(*q.Code))
	}
	where(q.Failed, "code <> 0")
	query = "SELECT " + auditColumns + " FROM audit"
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	return query + " ORDER BY at DESC, id DESC LIMIT ?", append(arguments, q.limit())
}

// scanAudit reads a row, and what follows its columns into rest.
func scanAudit(rows *sql.Rows, rest ...any) (a AuditRow, err error) {
	var (
		at, duration int64
		key          string
	)
	err = rows.Scan(append([]any{
		&a.ID, &a.TransactionID, &a.ClientID, &a.Caller, &a.Organization, &key, &a.Namespace, &a.Procedure,
		&at, &duration, &a.Code, &a.Description, &a.Request, &a.Steps,
	}, rest...)...)
	a.At, a.Duration = fromMicros(at), time.Duration(duration)*time.Microsecond
	return a, err
}

func (s *database) logged(ctx context.Context, id string, in TransactionState) ([]LoggedTransaction, error) {
	scan := func(r *sql.Rows) (LoggedTransaction, error) { return scanLogged(r) }
	if id != "" {
		return collect(ctx, s.readers, scan, "SELECT "+logColumns+" FROM transaction_log WHERE id = ?", id)
	}
	return collect(ctx, s.readers, scan, "SELECT "+logColumns+" FROM transaction_log WHERE state = ? ORDER BY started, id", string(in))
}

// scanLogged reads a row, and what follows its columns into rest.
func scanLogged(rows *sql.Rows, rest ...any) (l LoggedTransaction, err error) {
	var (
		started, ended int64
		steps          string
	)
	err = rows.Scan(append([]any{
		&l.ID, &l.ClientID, &l.Caller, &l.Namespace, &l.Procedure, &l.QueueID, &l.State, &l.Code, &started, &ended, &l.Request, &steps,
	}, rest...)...)
	if err != nil {
		return l, err
	}
	l.Started, l.Ended = fromMicros(started), fromMicros(ended)
	if steps != "[]" {
		if err := json.Unmarshal([]byte(steps), &l.Steps); err != nil {
			return l, fmt.Errorf("steps of transaction %s: %w", l.ID, err)
		}
	}
	return l, nil
}

// collect returns all rows of a query.
func collect[R any](ctx context.Context, db *sql.DB, scan func(*sql.Rows) (R, error), query string, arguments ...any) (all []R, err error) {
	rows, err := db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, explained(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, explained(rows.Err())
}

// pruneAtOnce is how many rows retention deletes in one transaction, between
// which commits have their turn.
const pruneAtOnce = 2000

func (s *database) prune(ctx context.Context, before limits) (p Pruned, err error) {
	s.mu.Lock()
	if s.unwiped { // a reader was in the way, and nothing was written since
		s.wipe(ctx)
	}
	s.mu.Unlock()
	if !before.audit.IsZero() {
		p.Audit, err = s.remove(ctx, &s.audits, "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?)", micros(before.audit))
		if err != nil {
			return p, err
		}
	}
	if before.history.IsZero() {
		return p, nil
	}
	p.Log, err = s.remove(ctx, &s.logs, "DELETE FROM transaction_log WHERE rowid IN (SELECT rowid FROM transaction_log WHERE state = 'committed' AND started < ?1"+
		" UNION ALL SELECT rowid FROM transaction_log WHERE state = 'aborted' AND started < ?1 LIMIT ?2)", micros(before.history))
	if err != nil {
		return p, err
	}
	var first sql.NullInt64 // that stays
	err = s.readers.QueryRowContext(ctx, "SELECT coalesce((SELECT number FROM revision WHERE at >= ? ORDER BY number LIMIT 1), (SELECT max(number) FROM revision))",
		before.history.UTC().Format(timeForm)).Scan(&first)
	if err != nil || !first.Valid {
		return p, explained(err)
	}
	p.History, err = s.remove(ctx, &s.revisions, "DELETE FROM revision WHERE number IN (SELECT number FROM revision WHERE number < ? ORDER BY number LIMIT ?)", first.Int64)
	return p, err
}

// remove deletes in small transactions, by a statement that takes a limit and
// a number of rows, until nothing is left to delete.
func (s *database) remove(ctx context.Context, rows interface{ Add(int64) int64 }, query string, limit int64) (total int64, err error) {
	for {
		var removed int64
		s.mu.Lock()
		err := s.change(ctx, func() (err error) {
			removed, err = s.affect(ctx, query, limit, pruneAtOnce)
			return err
		})
		s.mu.Unlock()
		if err != nil {
			return total, err
		}
		rows.Add(-removed)
		total += removed
		if removed < pruneAtOnce {
			return total, nil
		}
	}
}
