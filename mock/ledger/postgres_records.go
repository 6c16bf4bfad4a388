package ledger

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// numbered returns a query with the placeholders of PostgreSQL, $1 for the
// first ?.
func numbered(query string) string {
	var b strings.Builder
	for i := 1; ; i++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(i))
		query = after
	}
}

func (p *postgres) audit(ctx context.Context, q AuditQuery) ([]AuditRow, error) {
	query, arguments := auditQuery(q)
	query = strings.Replace(query, "SELECT "+auditColumns, "SELECT "+auditColumns+", engine", 1)
	return collect(ctx, p.db, func(rows *sql.Rows) (AuditRow, error) {
		var engine string
		a, err := scanAudit(rows, &engine)
		a.Engine = engine
		return a, err
	}, numbered(query), arguments...)
}

func (p *postgres) logged(ctx context.Context, id string, in TransactionState) ([]LoggedTransaction, error) {
	query, argument := "state = $1 ORDER BY started, id", string(in)
	if id != "" {
		query, argument = "id = $1", id
	}
	return collect(ctx, p.db, func(rows *sql.Rows) (LoggedTransaction, error) {
		var owner string
		l, err := scanLogged(rows, &owner)
		l.Owner = owner
		return l, err
	}, "SELECT "+logColumns+", owner FROM transaction_log WHERE "+query, argument)
}

func (p *postgres) prune(ctx context.Context, before limits) (pruned Pruned, err error) {
	if !before.audit.IsZero() {
		pruned.Audit, err = p.remove(ctx, "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)", micros(before.audit))
		if err != nil {
			return pruned, err
		}
	}
	if !before.history.IsZero() {
		if err := p.pruneHistory(ctx, before.history, &pruned); err != nil {
			return pruned, err
		}
	}
	return pruned, p.count(ctx)
}

func (p *postgres) pruneHistory(ctx context.Context, before time.Time, pruned *Pruned) (err error) {
	pruned.Log, err = p.remove(ctx, "DELETE FROM transaction_log WHERE id IN (SELECT id FROM transaction_log WHERE state IN ('committed', 'aborted')"+
		" AND started < $1 LIMIT $2)", micros(before))
	if err != nil {
		return err
	}
	var first sql.NullInt64 // that stays
	err = p.pool.QueryRow(ctx, "SELECT coalesce((SELECT min(number) FROM revision WHERE at >= $1), (SELECT max(number) FROM revision))", before).Scan(&first)
	if err != nil || !first.Valid {
		return err
	}
	pruned.History, err = p.remove(ctx, "DELETE FROM revision WHERE number IN (SELECT number FROM revision WHERE number < $1 ORDER BY number LIMIT $2)", first.Int64)
	if err == nil {
		// Engines that do not know the first revision read everything again.
		_, err = p.remove(ctx, "DELETE FROM gone WHERE (tbl, key) IN (SELECT tbl, key FROM gone WHERE revision < $1 LIMIT $2)", first.Int64)
	}
	return err
}

// remove deletes in small transactions until nothing is left to delete.
func (p *postgres) remove(ctx context.Context, query string, limit int64) (total int64, err error) {
	for {
		tag, err := p.pool.Exec(ctx, query, limit, pruneAtOnce)
		if err != nil {
			return total, err
		}
		total += tag.RowsAffected()
		if tag.RowsAffected() < pruneAtOnce {
			return total, nil
		}
	}
}
